"""A stack as the rules see it, whoever read it: mocks, the events of a preview, or the engine through the pack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PRODUCTION = "production"

COMPONENTS = "ai-tools:index:"
"""How the type of each of the program's own components begins."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is kept as a secret. Nothing prints it."""

    value: Any = field(default=None, repr=False)
    """None where whoever read the stack was not shown it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the provider will know, such as an ID."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackNames:
    """What one stack calls its own, as its file says."""

    environment: str
    branch: str
    """Empty, as the domain, where another stack's file does not say it; of the stack itself both are known."""
    domain: str
    vercel_project: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a rule can know beside a resource."""

    project: str
    names: StackNames
    others: tuple[StackNames, ...]
    """The project's other stacks."""

    @property
    def production(self) -> bool:
        """Whether loss here hurts users."""
        return self.names.environment == PRODUCTION


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource as it will be."""

    type: str
    """`github:index/repositoryFile:RepositoryFile`."""
    name: str
    parent: str = ""
    """The parent's name; empty where the stack itself is the parent."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """With `Secret` and `Unknown` in place of such values."""
    protect: bool = False

    @property
    def kind(self) -> str:
        """The last part of its type; empty for a component, which is none of what it is named after."""
        return "" if self.is_component else self.type.rsplit(":", 1)[-1]

    @property
    def is_component(self) -> bool:
        """Whether it is one of the program's own components."""
        return self.type.startswith(COMPONENTS)

    def text(self, key: str) -> str:
        """A plain text among its inputs; empty where it is absent, secret or unknown."""
        value = self.inputs.get(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """Everything that one stack will consist of."""

    context: Context
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Resource]:
        """The resources of a class, by the last part of their type."""
        return [resource for resource in self.resources if resource.kind == kind]


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every plain text within a value, keys of mappings too, with where it is: `rules.name`. Secrets are left out."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            inside = f"{path}.{key}".lstrip(".")
            yield path or "a key", str(key)
            yield from texts(entry, inside)
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            yield from texts(entry, f"{path}[{index}]")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping; an empty one where it is absent, secret or unknown."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The value where it is a list; an empty one where it is absent, secret or unknown."""
    return value if isinstance(value, (list, tuple)) else ()


def at(value: Any, *keys: str) -> Any:
    """What some keys lead to: None where there is nothing, unknown where something on the way is."""
    for key in keys:
        if isinstance(value, Unknown):
            return value
        value = mapping(value).get(key)
    return value


def is_unknown(value: Any) -> bool:
    """Whether only the provider will know a value, or one of the entries of a list."""
    return isinstance(value, Unknown) or any(isinstance(entry, Unknown) for entry in sequence(value))


def differs(value: Any, *allowed: Any) -> bool:
    """Whether a value is none of those allowed. What nobody knows yet is not said to differ: no rule stands on it."""
    return not is_unknown(value) and value not in allowed
