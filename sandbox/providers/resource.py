"""How a resource of a stand-in is written: what the real provider's schema adds to the SDK's types, and its calls."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from sandbox.providers.http_client import CallError
from sandbox.providers.values import Properties

Client = TypeVar("Client")


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that the provider refuses, in words that name it."""

    property: str
    """A path such as `reviewers[0].users`."""
    reason: str


class RefusedError(Exception):
    """The provider refuses what is asked before any request, or because of what the service answered; says why."""


class MadeInPartError(Exception):
    """The resource exists, but a call after the one that made it failed: the engine must keep its ID and state."""

    def __init__(self, resource_id: str, state: Properties, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.state = state


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """What the real provider's schema says about a resource beyond the SDK's types. Names are Pulumi's.

    A path (`rules.pullRequest.allowedMergeMethods`) leaves out list indices.
    """

    replace_on: frozenset[str] = frozenset()
    """Inputs whose change needs a new resource."""
    delete_before_replace: bool = False
    autonamed: bool = False
    """Whether a missing `name` is made from the resource's Pulumi name; a given one cannot exist twice at a time."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Filled into the inputs when they are left out."""
    implied: Mapping[str, Any] = field(default_factory=dict)
    """What leaving an input out means, though it is not filled in (the bridge fills in no deprecated input)."""
    unordered: frozenset[str] = frozenset()
    """Paths of lists whose order says nothing."""
    computed: frozenset[str] = frozenset()
    """Paths below the top level that the service fills when they are left out."""
    never_differs: frozenset[str] = frozenset()
    """Inputs that only steer the provider: a change of them alone changes nothing."""
    unknown_on_update: frozenset[str] = frozenset()
    """Outputs that the preview of any update leaves open."""
    same: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """By path: whether a value in the state and one that is wanted are two spellings of the same."""


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that was created."""

    resource_id: str
    state: Properties


class Resource(ABC, Generic[Client]):
    """One kind of resource: the calls that the real provider makes for it, in the same order."""

    pulumi_type: ClassVar[str]
    """Pulumi's type token: `github:index/repositoryFile:RepositoryFile`."""
    traits: ClassVar[Traits] = Traits()

    @property
    def sdk_class(self) -> str:
        """The name of the SDK's class."""
        return self.pulumi_type.rpartition(":")[2]

    def check(self, inputs: Properties, /) -> Iterator[Failure]:
        """What is wrong with inputs that fit the types; a preview's may hold unknowns."""
        del inputs
        return iter(())

    def plan(self, client: Client, resource_id: str | None, state: Properties, inputs: Properties, /) -> frozenset[str]:
        """Ask the service about a planned change, and name inputs that need a new resource beyond `replace_on`.

        Args:
            client: the configured client.
            resource_id: None for a resource that does not exist yet.
            state: what exists; empty for a new resource.
            inputs: what is wanted; may hold unknowns in a preview.

        Raises:
            RefusedError: if the service would refuse it.
        """
        del client, resource_id, state, inputs
        return frozenset()

    @abstractmethod
    def create(self, client: Client, inputs: Properties, /) -> Made:
        """Make the resource.

        Raises:
            CallError: if nothing was made.
            MadeInPartError: if it was made and a later call failed.
        """

    @abstractmethod
    def identify(self, client: Client, resource_id: str, /) -> Made:
        """Take an ID that a person typed for `pulumi import` apart, as far as `read` needs it.

        Raises:
            RefusedError: saying what the ID must look like.
        """

    @abstractmethod
    def read(self, client: Client, resource_id: str, state: Properties, /) -> Made | None:
        """What exists now; None when it is gone. `state` is what was known, for what the service does not tell."""

    @abstractmethod
    def update(self, client: Client, resource_id: str, state: Properties, inputs: Properties, /) -> Properties:
        """Change the resource to `inputs` and return its new state."""

    @abstractmethod
    def delete(self, client: Client, resource_id: str, state: Properties, /) -> None:
        """Remove the resource."""


@contextmanager
def made(resource_id: str, state: Properties) -> Iterator[None]:
    """Around calls that follow the one that made a resource.

    Raises:
        MadeInPartError: in place of a failed call.
    """
    try:
        yield
    except CallError as error:
        raise MadeInPartError(resource_id, dict(state), str(error)) from error


def merged(inputs: Mapping[str, Any], **outputs: Any) -> Properties:
    """A state: the inputs, with what the service says in their place, without what is None."""
    return {name: value for name, value in {**inputs, **outputs}.items() if value is not None}
