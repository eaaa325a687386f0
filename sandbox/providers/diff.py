"""Diff: what changes between what exists and what is wanted, and which of it needs a new resource."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.providers.resource import Traits
from sandbox.providers.schema import ResourceSchema
from sandbox.providers.values import UNKNOWN, Properties, has_unknown


class Kind(Enum):
    """What happens to a property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Change:
    """One changed property."""

    path: str
    """`reviewers[0].users`; the first part is the input's name."""
    input: str
    kind: Kind
    replaces: bool


def diff(
    schema: ResourceSchema,
    traits: Traits,
    state: Properties,
    inputs: Properties,
    *,
    also_replaces: frozenset[str] = frozenset(),
) -> list[Change]:
    """Compare property by property, as the bridged providers do: what exists against what is wanted.

    An input that is left out and that the service computes keeps its value; any other is to be unset. Unset, empty,
    zero and false are the same, as in the providers' plugin SDK.
    """
    wanted = {**traits.implied, **inputs}
    changes: list[Change] = []
    for name in schema.inputs:
        if name in traits.never_differs or (name not in wanted and name in schema.computed):
            continue
        replaces = name in traits.replace_on or name in also_replaces
        changes.extend(
            Change(path, name, kind, replaces)
            for path, kind in _compare(state.get(name), wanted.get(name), name, name, traits)
        )
    return changes


def _compare(old: Any, new: Any, path: str, shape: str, traits: Traits) -> Iterator[tuple[str, Kind]]:
    """Differences below one property; `path` has indices, `shape` has none."""
    if new is UNKNOWN:
        yield path, Kind.ADD if old is None else Kind.UPDATE
    elif (_is_zero(old) and _is_zero(new)) or _is_same(old, new, shape, traits):
        return
    elif _is_zero(old):
        yield path, Kind.ADD if old is None or old == [] else Kind.UPDATE
    elif _is_zero(new) and not isinstance(new, Mapping):
        yield path, Kind.DELETE if new is None or new == [] else Kind.UPDATE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            inner = f"{shape}.{name}"
            if name in new or inner not in traits.computed:
                yield from _compare(old.get(name), new.get(name), f"{path}.{name}", inner, traits)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compare_lists(old, new, path, shape, traits)
    elif old != new:
        yield path, Kind.UPDATE


def _compare_lists(old: list[Any], new: list[Any], path: str, shape: str, traits: Traits) -> Iterator[tuple[str, Kind]]:
    """Differences by place: an item more is an addition at its place, an item less a deletion at the place it had."""
    if has_unknown(new) and len(old) != len(new):
        yield path, Kind.UPDATE
        return
    if shape in traits.unordered and not has_unknown(new):
        old, new = _sorted(old, shape, traits), _sorted(new, shape, traits)
    left, right = dict(enumerate(old)), dict(enumerate(new))
    if len(old) != len(new) and (shape in traits.unordered or not any(isinstance(item, Mapping) for item in new)):
        _strike_out_equal(left, right, shape, traits)
    for index in sorted(left.keys() | right.keys()):
        if index not in left or index not in right:
            yield f"{path}[{index}]", Kind.ADD if index in right else Kind.DELETE
        else:
            yield from _compare(left[index], right[index], f"{path}[{index}]", shape, traits)


def _strike_out_equal(left: dict[int, Any], right: dict[int, Any], shape: str, traits: Traits) -> None:
    """Take out what both sides have, wherever it stands."""
    for index, item in list(left.items()):
        said = _said(item, shape, traits)
        place = next((other for other, found in right.items() if _said(found, shape, traits) == said), None)
        if place is not None:
            del left[index], right[place]


def _is_same(old: Any, new: Any, shape: str, traits: Traits) -> bool:
    """Whether the resource takes two values for spellings of one."""
    same = traits.same.get(shape)
    return same is not None and not has_unknown(new) and same(old, new)


def _is_zero(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_zero(item) for item in value.values())
    return value is None or value is False or value in ("", 0, [])


def _sorted(items: list[Any], shape: str, traits: Traits) -> list[Any]:
    """The items by what a program can have said of them."""
    return sorted(items, key=lambda item: json.dumps(_said(item, shape, traits), sort_keys=True))


def _said(item: Any, shape: str, traits: Traits) -> Any:
    if not isinstance(item, Mapping):
        return item
    return {
        name: value for name, value in item.items() if not _is_zero(value) and f"{shape}.{name}" not in traits.computed
    }


def same_value(old: Any, new: Any, name: str, traits: Traits) -> bool:
    """Whether two values of one input are the same."""
    return not any(True for _ in _compare(old, new, name, name, traits))
