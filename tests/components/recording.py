"""Runs components on Pulumi's official mocks and records what they register."""

import functools
import json
import logging
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, set_all_config, set_mocks, settings
from pulumi.runtime.proto import resource_pb2

from tests.example import EXAMPLE

PROJECT = Path(__file__).parents[2]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"

SECRET_CONFIG = {
    "github:token": "ghp_000000000000000000000000000000000000",
    "vercel:apiToken": "vercelOperatorToken00000",
    "datadog:apiKey": "0123456789abcdef0123456789abcdef",
    "datadog:appKey": "0123456789abcdef0123456789abcdef01234567",
    "ai-tools:vercelToken": "vercelDeployToken0000000",
    "ai-tools:slackWebhook": "https://hooks.slack.com/services/T0/B0/slack-secret",
    "ai-tools:datadogApiKey": "fedcba9876543210fedcba9876543210",
    "ai-tools:datadogAppKey": "76543210fedcba9876543210fedcba9876543210",
    "ai-tools:databaseUrl": "postgresql://ai_tools:database-secret@db.example.com/ai_tools",
    "ai-tools:backupWebhook": "https://backup.example.com/start",
    "ai-tools:backupToken": "backup-secret",
    "ai-tools:dbRollbackWebhook": "https://backup.example.com/rollback",
    "ai-tools:dbRollbackToken": "rollback-secret",
    "ai-tools:secretVariables": json.dumps({"OPENAI_API_KEY": "openai-secret"}),
}
"""A value for every secret that a stack can have."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that reached the engine as a secret."""

    value: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A resource as the engine would have got it."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    protect: bool
    delete_before_replace: bool
    depends_on: frozenset[str]
    """Names of the resources that it waits for."""
    replace_on_changes: tuple[str, ...]


@dataclass(slots=True)
class Recording:
    """Everything that a program registered."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Registered]:
        """The resources of a class, by the last part of their type."""
        return [resource for resource in self.resources if resource.type.rsplit(":", 1)[-1] == kind]

    def named(self, name: str) -> Registered:
        """The one resource of that name."""
        (found,) = [resource for resource in self.resources if resource.name == name]
        return found


class _Mocks(mocks.Mocks):
    """Gives every resource an ID, and the outputs that only a provider could compute."""

    def __init__(self, unknown: frozenset[str]) -> None:
        self._unknown = unknown

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        computed = {"SyntheticsTest": {"monitorId": 4711}, "RepositoryRuleset": {"rulesetId": 12}}
        kind = args.typ.rsplit(":", 1)[-1]
        outputs = {**args.inputs, **computed.get(kind, {})}
        if kind == "ProjectProtectionBypass":
            outputs["secret"] = "bypass-secret-00000000000000000"
        return f"{args.name}-id", outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        name = args.args.get("username", args.args.get("slug"))
        if name in self._unknown:
            raise ValueError(
                f"invoke of {args.token} failed: GET https://api.github.com/users/{name}: 404 Not Found []"
            )
        return {"id": "7" if "username" in args.args else "8"}, []


class _Monitor(mocks.MockMonitor):
    """Records each registration with its options, which the mocks themselves are not shown."""

    def __init__(self, answers: _Mocks) -> None:
        super().__init__(answers)
        self.recording = Recording()

    def RegisterResource(  # noqa: N802 - gRPC's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if request.type == "pulumi:pulumi:Stack":
            return super().RegisterResource(request)
        self.recording.resources.append(
            Registered(
                type=request.type,
                name=request.name,
                inputs=_revealed(pulumi.runtime.rpc.deserialize_properties(request.object)),
                parent=request.parent.rsplit("::", 1)[-1],
                protect=request.protect,
                delete_before_replace=request.deleteBeforeReplace,
                depends_on=frozenset(urn.rsplit("::", 1)[-1] for urn in request.dependencies),
                replace_on_changes=tuple(request.replaceOnChanges),
            )
        )
        return super().RegisterResource(request)


@functools.cache
def stack_config(stack: str, folder: Path = EXAMPLE) -> Mapping[str, str]:
    """A stack's configuration in a folder, with a value for every secret, as the engine hands it to the program."""
    written = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())["config"]
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in written.items()}
    return {**plain, **SECRET_CONFIG}


def record(
    program: Callable[[], object],
    *,
    stack: str = "staging",
    config: Mapping[str, str] | None = None,
    plain: frozenset[str] = frozenset(),
    unknown: frozenset[str] = frozenset(),
) -> Recording:
    """Run a program on mocks.

    Args:
        program: registers resources.
        stack: the stack's name.
        config: what the engine would hand over; the example's configuration by default.
        plain: keys of secrets that are, wrongly, stored as plain text.
        unknown: logins and team slugs that GitHub does not know.

    Raises:
        Whatever the program raises.
    """
    monitor = _Monitor(_Mocks(unknown))
    # Each run is a stack of its own: the mocks would go on with the last one's.
    settings.set_root_resource(None)  # pyrefly: ignore[bad-argument-type] - the SDK resets it so, untyped
    set_mocks(
        _Mocks(unknown), project="ai-tools", stack=stack, monitor=monitor, logger=logging.getLogger("pulumi.mock")
    )
    set_all_config(dict(stack_config(stack) if config is None else config), list(SECRET_CONFIG.keys() - plain))

    @pulumi.runtime.test
    def run() -> pulumi.Output[None]:
        program()
        return pulumi.Output.from_input(_read_outputs(monitor.recording))

    run()
    return monitor.recording


async def _read_outputs(recording: Recording) -> None:
    root = settings.get_root_resource()
    for name, output in (getattr(root, "outputs", None) or {}).items():
        value = await pulumi.Output.from_input(output).future()
        recording.outputs[name] = Secret(value) if await pulumi.Output.from_input(output).is_secret() else value


def main_program() -> None:
    """The program that `pulumi up` runs."""
    runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__")


def _revealed(value: Any) -> Any:
    """Inputs with each secret as a `Secret`."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(_revealed(value["value"]))
        return {key: _revealed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_revealed(entry) for entry in value]
    return value
