"""The rules that the real providers' schemas lay on inputs beside their types; an unknown passes each of them."""

import re
from collections.abc import Collection, Iterator, Sequence

from sandbox.providers.resource import Failure
from sandbox.providers.values import Properties, has_unknown


def one_of(inputs: Properties, name: str, allowed: Collection[str | int]) -> Iterator[Failure]:
    """The input, if given, is one of some values."""
    if _known(inputs, name) and inputs[name] not in allowed:
        yield Failure(name, f"{name!r} must be one of {', '.join(map(str, allowed))}.")


def exactly_one(inputs: Properties, names: Sequence[str]) -> Iterator[Failure]:
    """Exactly one of the inputs is given; an empty text counts as given, and so does an unknown."""
    given = [name for name in names if name in inputs]
    if len(given) != 1:
        yield Failure(
            names[0], f"Exactly one of {_listed(names)} must be set, and {_listed(given) or 'none'} {_are(given)} set."
        )


def conflicts(inputs: Properties, name: str, others: Sequence[str]) -> Iterator[Failure]:
    """The input is not given together with another."""
    for other in others:
        if name in inputs and other in inputs:
            yield Failure(name, f"{name!r} conflicts with {other!r}: set one of them.")


def needs(inputs: Properties, name: str, others: Sequence[str]) -> Iterator[Failure]:
    """The input is only given together with others."""
    for other in others:
        if name in inputs and other not in inputs:
            yield Failure(name, f"{name!r} needs {other!r} to be set as well.")


def between(inputs: Properties, name: str, least: float, most: float) -> Iterator[Failure]:
    """The number, if given, lies in a range."""
    if _known(inputs, name) and not least <= inputs[name] <= most:
        yield Failure(name, f"{name!r} must be between {least} and {most}, and is {inputs[name]}.")


def length(inputs: Properties, name: str, least: int, most: int) -> Iterator[Failure]:
    """The text, if given, has so many characters; the text itself is not shown."""
    if _known(inputs, name) and not least <= len(inputs[name]) <= most:
        yield Failure(name, f"{name!r} must have {least} to {most} characters, and has {len(inputs[name])}.")


def matches(inputs: Properties, name: str, pattern: str, meaning: str) -> Iterator[Failure]:
    """The text, if given, matches a pattern; the text itself is not shown."""
    if _known(inputs, name) and not re.fullmatch(pattern, inputs[name]):
        yield Failure(name, f"{name!r} {meaning}.")


def _known(inputs: Properties, name: str) -> bool:
    return name in inputs and not has_unknown(inputs[name])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) < 2 else "are"  # noqa: PLR2004 - grammar
