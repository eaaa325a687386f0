"""A stack as the engine tells of it: in a preview's events, and in its calls to a policy pack."""

from collections.abc import Iterator
from typing import Any

from google.protobuf import struct_pb2
from pulumi import automation as auto
from pulumi.runtime.proto import analyzer_pb2

from policies.model import Resource, Secret, Stack, Unknown

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_STACK = "pulumi:pulumi:Stack"


def urn(stack: Stack, resource: Resource) -> str:
    """The resource's URN."""
    return f"{_prefix(stack)}{resource.type}::{resource.name}"


def events(stack: Stack) -> Iterator[auto.EngineEvent]:
    """A first preview: each resource before and after its step, the stack's outputs last. Secrets are masked."""
    urns = {resource.name: urn(stack, resource) for resource in stack.resources}
    for number, resource in enumerate(stack.resources):
        state = {
            "type": resource.type,
            "urn": urns[resource.name],
            "parent": urns.get(resource.parent, _stack_urn(stack)),
            "inputs": _written(resource.inputs, masked=True),
            "outputs": dict[str, Any](),
            **({"protect": True} if resource.protect else {}),
        }
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            yield _event(number, kind, state, "create")
    outputs = _written(stack.outputs, masked=True)
    yield _event(0, "resOutputsEvent", {"type": _STACK, "urn": _stack_urn(stack), "outputs": outputs}, "create")


def deletion(stack: Stack, resource: Resource) -> auto.EngineEvent:
    """A resource that the program no longer has."""
    return _event(0, "resourcePreEvent", {"type": resource.type, "urn": urn(stack, resource)}, "delete", "old")


def asked_each(stack: Stack) -> list[analyzer_pb2.AnalyzeRequest]:
    """The calls about one resource each."""
    urns = {resource.name: urn(stack, resource) for resource in stack.resources}
    return [
        analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            urn=urns[resource.name],
            name=resource.name,
            properties=_struct(resource.inputs),
            options=analyzer_pb2.AnalyzerResourceOptions(
                protect=resource.protect, parent=urns.get(resource.parent, _stack_urn(stack))
            ),
        )
        for resource in stack.resources
    ]


def asked_all(stack: Stack) -> analyzer_pb2.AnalyzeStackRequest:
    """The call about the stack, which shows outputs where the others showed inputs."""
    root = analyzer_pb2.AnalyzerResource(type=_STACK, urn=_stack_urn(stack), properties=_struct(stack.outputs))
    return analyzer_pb2.AnalyzeStackRequest(
        resources=[
            root,
            *(
                analyzer_pb2.AnalyzerResource(
                    type=each.type,
                    urn=each.urn,
                    name=each.name,
                    properties=_struct({"id": "only an output"}),
                    options=each.options,
                    parent=each.options.parent,
                )
                for each in asked_each(stack)
            ),
        ]
    )


def _prefix(stack: Stack) -> str:
    return f"urn:pulumi:{stack.context.names.environment}::{stack.context.project}::"


def _stack_urn(stack: Stack) -> str:
    return f"{_prefix(stack)}{_STACK}::{stack.context.project}-{stack.context.names.environment}"


def _event(number: int, kind: str, state: dict[str, Any], operation: str, place: str = "new") -> auto.EngineEvent:
    metadata = {"op": operation, "urn": state["urn"], "type": state["type"], place: state}
    return auto.EngineEvent.from_json({"sequence": number, "timestamp": 0, kind: {"metadata": metadata}})


def _struct(properties: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(_written(properties, masked=False))
    return struct


def _written(value: Any, *, masked: bool) -> Any:
    if isinstance(value, Secret):
        if masked:
            return "[secret]"
        return {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "value": _written(value.value, masked=False),
        }
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _written(entry, masked=masked) for key, entry in value.items()}
    if isinstance(value, list):
        return [_written(entry, masked=masked) for entry in value]
    return value
