"""What a resource takes and gives, derived from the installed SDK's own types.

The SDKs are generated from the providers' schemas, so their classes say which inputs there are, which are required,
what is nested in them, which outputs the provider computes, and which of those are secret.
"""

import ast
import collections.abc
import enum
import importlib
import inspect
import textwrap
import threading
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import pulumi
from pulumi import _types as sdk_types

_PARSING = threading.Lock()
"""Python 3.11 counts the depth of a tree once for all threads: of two that parse, one may fail with SystemError."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, an integer, a number or a boolean."""

    kind: typing.Literal["string", "integer", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of an enumeration's values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from strings to one type."""

    value: "Type"


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """A nested object; read lazily because some of Datadog's are very large."""

    read: Callable[[], Mapping[str, "Property"]]

    @property
    def properties(self) -> Mapping[str, "Property"]:
        """The object's properties by Pulumi's name."""
        return self.read()


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that the SDK does not type."""


Type: TypeAlias = Scalar | Choice | ListOf | MapOf | ObjectOf | Anything


@dataclass(frozen=True, slots=True)
class Property:
    """One property that a program may set."""

    name: str
    type: Type
    required: bool


@dataclass(frozen=True, slots=True)
class ResourceSchema:
    """A resource as its SDK class describes it."""

    inputs: Mapping[str, Property]
    outputs: frozenset[str]
    """Every property of the created resource, inputs included."""
    computed: frozenset[str]
    """Outputs that the provider always fills, whether they can be inputs too or not."""
    secrets: frozenset[str] = field(default_factory=frozenset)

    @property
    def only_outputs(self) -> frozenset[str]:
        """Outputs that no program can set."""
        return self.outputs - self.inputs.keys()


_SCALARS: Mapping[type, Scalar] = {
    str: Scalar("string"),
    int: Scalar("integer"),
    float: Scalar("number"),
    bool: Scalar("boolean"),
}


def resource_schema(module: str, name: str) -> ResourceSchema:
    """The schema of resource class `name` of SDK `module` (`pulumi_github`), which is imported only now."""
    sdk = importlib.import_module(module)
    return _resource_schema(getattr(sdk, name), getattr(sdk, f"{name}Args"))


@cache
def _resource_schema(resource: type, args: type) -> ResourceSchema:
    outputs: dict[str, bool] = {}
    names = sdk_types.resource_py_to_pulumi_names(resource)
    for python_name, name in names.items():
        hint = typing.get_type_hints(getattr(resource, python_name).fget)["return"]
        outputs[name] = type(None) in typing.get_args(typing.get_args(hint)[0])
    return ResourceSchema(
        inputs=_object(args),
        outputs=frozenset(outputs),
        computed=frozenset(name for name, optional in outputs.items() if not optional and not _is_required(args, name)),
        secrets=_secrets(resource),
    )


def _is_required(args: type, name: str) -> bool:
    declared = _object(args).get(name)
    return declared is not None and declared.required


@cache
def _object(args: type) -> Mapping[str, Property]:
    names = sdk_types.input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args.__init__).parameters
    hints = sdk_types.input_type_types(args)
    return {
        name: Property(
            name=name,
            type=_type(hints[name]),
            required=parameters[python_name].default is inspect.Parameter.empty,
        )
        for python_name, name in names.items()
    }


def _type(hint: Any) -> Type:
    hint = _without_wrappers(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (collections.abc.Sequence, list):
        return ListOf(_type(arguments[0]))
    if origin in (collections.abc.Mapping, dict):
        return MapOf(_type(arguments[1]))
    if not isinstance(hint, type):
        return Anything()
    if issubclass(hint, enum.Enum):
        return Choice(tuple(member.value for member in hint))
    if sdk_types.is_input_type(hint):
        return ObjectOf(lambda: _object(hint))
    return _SCALARS.get(hint, Anything())


def _without_wrappers(hint: Any) -> Any:
    """Strip `Optional`, `Awaitable` and `Output` from what `pulumi.Input[…]` stands for."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    kept = [
        argument
        for argument in typing.get_args(hint)
        if argument is not type(None)
        and typing.get_origin(argument) not in (collections.abc.Awaitable, pulumi.Output)
        and not typing.is_typeddict(argument)
    ]
    return _without_wrappers(kept[0]) if len(kept) == 1 else hint


def _secrets(resource: type) -> frozenset[str]:
    """Outputs that the class asks the engine to keep secret: `additional_secret_outputs` in its constructor."""
    text = textwrap.dedent(inspect.getsource(resource._internal_init))  # noqa: SLF001 - the only place where the SDK says it
    with _PARSING:
        source = ast.parse(text)
    return frozenset(
        element.value
        for node in ast.walk(source)
        if isinstance(node, ast.keyword)
        and node.arg == "additional_secret_outputs"
        and isinstance(node.value, ast.List)
        for element in node.value.elts
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    )
