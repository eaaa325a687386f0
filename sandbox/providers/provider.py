"""What a stand-in consists of: its SDK, its configuration, its resources and its functions."""

import importlib
import inspect
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any, Protocol

from sandbox.providers.check import check_object
from sandbox.providers.http_client import HttpClient
from sandbox.providers.resource import Failure, Resource
from sandbox.providers.schema import ListOf, Property, ResourceSchema, Scalar, resource_schema
from sandbox.providers.values import UNKNOWN, Properties

_ENGINES_OWN = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_SCALARS: Mapping[Any, Scalar] = {str: Scalar("string"), int: Scalar("integer"), bool: Scalar("boolean")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How patient a stand-in is. The real providers wait whole seconds; a sandbox need not."""

    retry_seconds: float = 0.05
    """Before a request is tried again, where the provider's configuration does not say."""
    longest_retry_after_seconds: float = 1
    """The most of a service's `Retry-After` that is waited for."""
    timeout_seconds: float = 30
    """How long an answer is waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a stand-in is told when it is served."""

    base_url: str
    """Where its service is, when its configuration does not say: `http://127.0.0.1:PORT`."""
    pace: Pace = field(default_factory=Pace)


class Configured(Protocol):
    """A client that a provider made from its configuration."""

    @property
    def http(self) -> HttpClient:
        """The connections, to be closed in the end."""
        ...


class ConfigurationError(Exception):
    """A provider's configuration that cannot work; says what is wrong and what to type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """A function of a provider (Pulumi's invoke): `github.get_user`."""

    sdk_name: str
    """The SDK's function, whose parameters are its arguments."""
    required: frozenset[str]
    call: Callable[[Any, Properties], Properties]
    """From the configured client and the arguments to the result."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One stand-in."""

    name: str
    """Pulumi's name of the package: `github`."""
    module: str
    """The SDK's Python package: `pulumi_github`."""
    resources: tuple[Resource[Any], ...]
    functions: Mapping[str, Function] = field(default_factory=dict)
    """By Pulumi's token: `github:index/getUser:getUser`."""
    check_config: Callable[[Properties], Iterator[Failure]]
    """What is wrong with a configuration that fits the types."""
    configure: Callable[[Properties, Settings], Configured]
    """Make the client that the resources' calls go through; raises ConfigurationError or CallError."""

    @cached_property
    def version(self) -> str:
        """The installed SDK's version, which the real plugin of the same version would report."""
        return version(self.module.replace("_", "-"))

    @cached_property
    def by_type(self) -> Mapping[str, Resource[Any]]:
        """The resources by type token."""
        return {resource.pulumi_type: resource for resource in self.resources}

    def schema(self, resource: Resource[Any]) -> ResourceSchema:
        """A resource's schema, from the installed SDK."""
        return resource_schema(self.module, resource.sdk_class)

    @cached_property
    def config_schema(self) -> ResourceSchema:
        """The configuration's schema, from the SDK's `Provider` class."""
        return resource_schema(self.module, "Provider")

    def read_config(self, given: Properties) -> tuple[Properties, list[Failure]]:
        """The configuration with JSON texts read, as the engine hands everything over as text; and what is wrong."""
        config: Properties = {}
        for name, value in given.items():
            if name in _ENGINES_OWN:
                continue
            declared = self.config_schema.inputs.get(name)
            config[name] = _read(declared, value)
        failures = list(check_object(self.config_schema.inputs, config))
        if not failures:
            failures = list(self.check_config({name: value for name, value in config.items() if value is not UNKNOWN}))
        return config, failures

    def check_arguments(self, function: Function, arguments: Properties) -> list[Failure]:
        """What is wrong with the arguments of a function, by the SDK function's own parameters."""
        sdk = importlib.import_module(self.module)
        parameters = inspect.signature(getattr(sdk, function.sdk_name)).parameters
        properties = {
            (camel := _camel(name)): Property(camel, _parameter_type(parameter.annotation), camel in function.required)
            for name, parameter in parameters.items()
            if name != "opts"
        }
        return list(check_object(properties, arguments))


def _read(declared: Property | None, value: Any) -> Any:
    if declared is None or not isinstance(value, str) or declared.type == Scalar("string"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _parameter_type(annotation: Any) -> Scalar | ListOf:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(item for item in typing.get_args(annotation) if item is not type(None))
    if typing.get_origin(annotation) is not None:
        return ListOf(_SCALARS[typing.get_args(annotation)[0]])
    return _SCALARS[annotation]
