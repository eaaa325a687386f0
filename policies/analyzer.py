"""The rules as a policy pack: the service that the engine asks about every resource, and about the stack at the end.

PyPI's `pulumi-policy` offers the same service and is left out: it takes the mark off each secret before a rule sees the
value, so no rule could tell whether a secret is one; it skips a rule that meets a value which only the provider will
know, as every preview has; and it holds protobuf at 5.

Source: https://github.com/pulumi/pulumi/blob/v3.259.0/proto/pulumi/analyzer.proto.
"""

import sys
import threading
from collections.abc import Iterable
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from policies.model import Context, Resource, Stack
from policies.reading import STACK_TYPE, is_declared, name_of, read, stack_of
from policies.rule import Rule, Severity, Violation, check_resource, check_stack
from policies.rules import RULES
from policies.stack_files import context_of

PACK = "ai-tools"
VERSION = "1.0.0"
"""Also in PulumiPolicy.yaml."""

_LARGEST_MESSAGE = 400 * 1024 * 1024
_LEVELS = {Severity.MANDATORY: analyzer_pb2.MANDATORY, Severity.ADVISORY: analyzer_pb2.ADVISORY}
_BY_ID = {rule.id: rule for rule in RULES}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers for the rules. A violation of a mandatory one ends a preview, and an `up` before it changes anything."""

    def __init__(self, root: Path) -> None:
        """For a project, by the folder of its stacks' files."""
        self._root = root
        self._contexts: dict[str, Context] = {}
        self._inputs: dict[str, dict[str, Any]] = {}

    def Analyze(  # noqa: N802 - gRPC's name
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """What is wrong with one resource, before it is touched."""
        if not is_declared(request.type):
            return analyzer_pb2.AnalyzeResponse()
        inputs = _read(request.properties)
        # At the end the engine shows outputs; the rules are about what was asked for.
        self._inputs[request.urn] = inputs
        resource = _resource(request, request.options.parent, inputs)
        stack = self._context(request.urn, context)
        found = [violation for rule in RULES for violation in check_resource(resource, stack, rule)]
        return _response((violation, request.urn) for violation in found)

    def AnalyzeStack(  # noqa: N802 - gRPC's name
        self, request: analyzer_pb2.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """What is wrong with the stack as a whole, at the end of a preview and of an `up`."""
        if not request.resources:
            return analyzer_pb2.AnalyzeResponse()
        declared = {each.urn: each for each in request.resources if is_declared(each.type)}
        stack = Stack(
            context=self._context(request.resources[0].urn, context),
            resources=tuple(
                _resource(each, each.parent, self._inputs.get(urn) or _read(each.properties))
                for urn, each in declared.items()
            ),
            outputs=next((_read(each.properties) for each in request.resources if each.type == STACK_TYPE), {}),
        )
        urns = {name_of(urn): urn for urn in declared}
        found = [violation for rule in RULES for violation in check_stack(stack, rule)]
        return _response((violation, urns.get(violation.resource, "")) for violation in found)

    def Remediate(  # noqa: N802 - gRPC's name
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.RemediateResponse:
        """Nothing: a rule says what to change, and a person changes it."""
        del request, context
        return analyzer_pb2.RemediateResponse()

    def GetAnalyzerInfo(  # noqa: N802 - gRPC's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerInfo:
        """Every rule."""
        del request, context
        policies = [
            analyzer_pb2.PolicyInfo(
                name=rule.id,
                displayName=rule.id,
                description=rule.what,
                message=rule.fix,
                remediation_steps=rule.fix,
                enforcementLevel=_LEVELS[rule.severity],
                policy_type=analyzer_pb2.POLICY_TYPE_RESOURCE if rule.resource else analyzer_pb2.POLICY_TYPE_STACK,
            )
            for rule in RULES
        ]
        return analyzer_pb2.AnalyzerInfo(name=PACK, displayName=PACK, version=VERSION, policies=policies)

    def GetPluginInfo(  # noqa: N802 - gRPC's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The pack's version."""
        del request, context
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(  # noqa: N802 - gRPC's name
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Nothing can be configured: a rule is changed where it can be reviewed."""
        del request, context
        return empty_pb2.Empty()

    def _context(self, urn: str, call: grpc.ServicerContext) -> Context:
        name = stack_of(urn)
        if name not in self._contexts:
            try:
                self._contexts[name] = context_of(name, self._root)
            except ValueError as error:
                # The engine ends with this sentence, and not with a violation of a rule that could not be asked.
                call.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return self._contexts[name]


def start(root: Path) -> tuple[grpc.Server, int]:
    """Answer on a port of this machine.

    Args:
        root: the folder of the stacks' files.

    Returns:
        The server, to be stopped, and its port.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE)]
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(root), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(root: Path) -> None:
    """Answer until the engine ends the process; the first line of the output is the port, as the engine expects."""
    _, port = start(root)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()


def _read(properties: struct_pb2.Struct) -> dict[str, Any]:
    return read(json_format.MessageToDict(properties))


def _resource(
    told: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource, parent: str, inputs: dict[str, Any]
) -> Resource:
    return Resource(
        type=told.type,
        name=name_of(told.urn),
        parent=name_of(parent),
        inputs=inputs,
        protect=told.options.protect,
    )


def _response(found: Iterable[tuple[Violation, str]]) -> analyzer_pb2.AnalyzeResponse:
    """The engine shows each with the resource's name, and the description of the rule."""
    return analyzer_pb2.AnalyzeResponse(
        diagnostics=[
            analyzer_pb2.AnalyzeDiagnostic(
                policyName=violation.rule,
                policyPackName=PACK,
                policyPackVersion=VERSION,
                description=_BY_ID[violation.rule].what,
                message=_message(violation, _BY_ID[violation.rule]),
                enforcementLevel=_LEVELS[_BY_ID[violation.rule].severity],
                urn=urn,
            )
            for violation, urn in found
        ]
    )


def _message(violation: Violation, rule: Rule) -> str:
    return f"{violation.message}.\nWhy: {rule.why}\nFix: {rule.fix}"
