"""One stand-in as the engine sees it: Pulumi's ResourceProvider protocol over gRPC.

Source: proto/pulumi/provider.proto of github.com/pulumi/pulumi, and what the Terraform bridge answers with it. Like the
bridge it does not accept secrets: the engine takes them apart before a call, and marks the same properties of the
answer.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.providers.check import check
from sandbox.providers.diff import Change, Kind, diff, same_value
from sandbox.providers.http_client import CallError
from sandbox.providers.provider import ConfigurationError, Configured, Provider, Settings
from sandbox.providers.resource import Failure, MadeInPartError, RefusedError, Resource
from sandbox.providers.schema import ResourceSchema
from sandbox.providers.values import UNKNOWN, Properties, decode, encode

_Answer = TypeVar("_Answer")

_KINDS = {
    (Kind.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Kind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Kind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Kind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Kind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Kind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider to one run of the engine: `Configure` sets up the client that every later call uses."""

    def __init__(self, provider: Provider, settings: Settings) -> None:
        self._provider = provider
        self._settings = settings
        self._client: Any = None
        self._configured: list[Configured] = []

    def close(self) -> None:
        """Release the connections of every configuration, once the engine's calls have ended."""
        for configured in self._configured:
            configured.http.close()

    # The generated base class names the protocol's methods and their parameters.
    # ruff: noqa: N802, D102, ARG002

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        _abort(context, "the sandbox's stand-ins carry no package schema", grpc.StatusCode.UNIMPLEMENTED)

    def Parameterize(
        self, request: provider_pb2.ParameterizeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ParameterizeResponse:
        _abort(context, f"{self._provider.name} is not parameterized", grpc.StatusCode.UNIMPLEMENTED)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        # Every call is short, and one that writes must not be cut off.
        return empty_pb2.Empty()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        _, failures = self._provider.read_config(decode(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        changed = decode(request.news) != decode(request.old_inputs)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        )

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        config, failures = self._provider.read_config(decode(request.args))
        if failures:
            _abort(context, "; ".join(failure.reason for failure in failures))
        configured = _guarded(context, lambda: self._provider.configure(config, self._settings))
        self._configured.append(configured)
        self._client = configured
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        resource, schema = self._resource(request.urn, context)
        inputs, failures = check(
            resource,
            schema,
            decode(request.news),
            name=request.urn.rpartition("::")[2],
            seed=request.randomSeed,
            old_inputs=decode(request.olds),
        )
        return provider_pb2.CheckResponse(inputs=encode(inputs, schema.secrets), failures=_failures(failures))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        resource, schema = self._resource(request.urn, context)
        state, inputs = decode(request.olds), decode(request.news)
        also_replaces = _guarded(context, lambda: resource.plan(self._client, request.id, state, inputs))
        changes = diff(schema, resource.traits, state, inputs, also_replaces=also_replaces)
        changes = [change for change in changes if not _ignored(change.path, request.ignoreChanges)]
        return _diff_response(resource, state, inputs, changes)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        resource, schema = self._resource(request.urn, context)
        inputs = decode(request.properties)
        _guarded(context, lambda: resource.plan(self._client, None, {}, inputs))
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(_to_be_created(schema, inputs), schema.secrets))
        try:
            made = _guarded(context, lambda: resource.create(self._client, inputs))
        except MadeInPartError as error:
            _abort_made_in_part(context, error, schema, inputs)
        return provider_pb2.CreateResponse(id=made.resource_id, properties=encode(made.state, schema.secrets))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        resource, schema = self._resource(request.urn, context)
        state, old_inputs = decode(request.properties), decode(request.inputs)
        resource_id = request.id
        importing = not state and not old_inputs
        if importing:
            named = _guarded(context, lambda: resource.identify(self._client, resource_id))
            resource_id, state = named.resource_id, named.state
        found = _guarded(context, lambda: resource.read(self._client, resource_id, state))
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = (
            _imported_inputs(schema, resource, found.state)
            if importing
            else _refreshed_inputs(resource, old_inputs, found.state)
        )
        return provider_pb2.ReadResponse(
            id=found.resource_id,
            properties=encode(found.state, schema.secrets),
            inputs=encode(inputs, schema.secrets),
        )

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        resource, schema = self._resource(request.urn, context)
        state, inputs = decode(request.olds), decode(request.news)
        _guarded(context, lambda: resource.plan(self._client, request.id, state, inputs))
        if request.preview:
            planned = _to_be_updated(schema, resource, state, inputs)
            return provider_pb2.UpdateResponse(properties=encode(planned, schema.secrets))
        updated = _guarded(context, lambda: resource.update(self._client, request.id, state, inputs))
        return provider_pb2.UpdateResponse(properties=encode(updated, schema.secrets))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        resource, _ = self._resource(request.urn, context)
        state = decode(request.properties)
        _guarded(context, lambda: resource.delete(self._client, request.id, state))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        function = self._provider.functions.get(request.tok)
        if function is None:
            _abort(
                context,
                f"the sandbox's {self._provider.name} has no function {request.tok}; it has "
                f"{', '.join(sorted(self._provider.functions)) or 'none'}",
                grpc.StatusCode.UNIMPLEMENTED,
            )
        arguments = decode(request.args)
        failures = self._provider.check_arguments(function, arguments)
        if failures:
            return provider_pb2.InvokeResponse(failures=_failures(failures))
        result = _guarded(context, lambda: function.call(self._client, arguments))
        response = provider_pb2.InvokeResponse()
        # `return` is a keyword here and the field's name there.
        getattr(response, "return").CopyFrom(encode(result))
        return response

    def _resource(self, urn: str, context: grpc.ServicerContext) -> tuple[Resource[Any], ResourceSchema]:
        """The resource of a URN (`urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`)."""
        token = urn.split("::")[2].rpartition("$")[2]
        resource = self._provider.by_type.get(token)
        if resource is None:
            _abort(
                context,
                f"the sandbox's {self._provider.name} has no resource {token}; it has "
                f"{', '.join(sorted(self._provider.by_type))}",
                grpc.StatusCode.UNIMPLEMENTED,
            )
        return resource, self._provider.schema(resource)


def _to_be_created(schema: ResourceSchema, inputs: Properties) -> Properties:
    return {**dict.fromkeys(schema.computed, UNKNOWN), **inputs}


def _to_be_updated(
    schema: ResourceSchema, resource: Resource[Any], state: Properties, inputs: Properties
) -> Properties:
    kept = {name: state[name] for name in schema.computed if name in state}
    return {**kept, **dict.fromkeys(resource.traits.unknown_on_update, UNKNOWN), **inputs}


def _refreshed_inputs(resource: Resource[Any], old: Properties, state: Properties) -> Properties:
    """The program's inputs with what has drifted; what the program left to the provider stays left to it."""
    inputs: Properties = {}
    for name, value in old.items():
        if name in resource.traits.never_differs or same_value(state.get(name), value, name, resource.traits):
            inputs[name] = value
        elif name in state:
            inputs[name] = state[name]
    return inputs


def _imported_inputs(schema: ResourceSchema, resource: Resource[Any], state: Properties) -> Properties:
    """The inputs that a program needs to describe an imported resource."""
    return {
        name: state[name]
        for name, declared in schema.inputs.items()
        if name in state
        and (
            declared.required or not same_value(state[name], resource.traits.defaults.get(name), name, resource.traits)
        )
    }


def _diff_response(
    resource: Resource[Any], state: Properties, inputs: Properties, changes: list[Change]
) -> provider_pb2.DiffResponse:
    replaces = sorted({change.input for change in changes if change.replaces})
    keeps_name = resource.traits.autonamed and state.get("name") == inputs.get("name")
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=replaces,
        diffs=sorted({change.input for change in changes}),
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces]) for change in changes
        },
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(replaces) and (resource.traits.delete_before_replace or keeps_name),
    )


def _ignored(path: str, patterns: Iterable[str]) -> bool:
    return any(path == pattern or re.match(rf"{re.escape(pattern)}[.\[]", path) for pattern in patterns)


def _failures(failures: Iterable[Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures]


def _guarded(context: grpc.ServicerContext, call: Callable[[], _Answer]) -> _Answer:
    """Run a resource's call; what it refuses or cannot do ends the request in its words."""
    try:
        return call()
    except (CallError, RefusedError, ConfigurationError) as error:
        _abort(context, str(error))


def _abort(context: grpc.ServicerContext, message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort does not return")


def _abort_made_in_part(
    context: grpc.ServicerContext, error: MadeInPartError, schema: ResourceSchema, inputs: Properties
) -> NoReturn:
    """End a Create whose resource exists: the engine stores it, and the next `up` updates it."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=encode(error.state, schema.secrets),
        reasons=[str(error)],
        inputs=encode(inputs, schema.secrets),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _abort(context, str(error))
