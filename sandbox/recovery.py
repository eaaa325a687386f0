"""Puts a stack's state right after a kill: what the services made is adopted, what they did not make is forgotten.

What the engine writes and when (Pulumi 3.259.0): `OnResourceStepPre` (pkg/engine/update.go), which
pkg/resource/deploy/step_executor.go calls before a step is applied, waits until the snapshot manager has saved a
pending operation (`doCreate` and `defaultServiceLoop` of pkg/backend/snapshot.go). So whenever a provider was asked to
create something, the file says so. `createSnapshotMutation.End` drops the operation and adds the resource in the same
snapshot, and a file backend replaces the state by a rename (gocloud.dev/blob/fileblob). So after a kill of the engine
each resource stands in the resources or among the pending operations, never in neither. Three exceptions:

- `PULUMI_SKIP_CHECKPOINTS=true` saves only at the end.
- No write waits for the disk: a machine that loses power can lose the last ones.
- The file beside the state that ends in `.attrs` is written in place, so a kill can leave it empty, and every command
  then fails with `failed to load checkpoint: EOF`. `Workspace.cut_off` mends that.

A snapshot that another resource caused may show a pending operation with the ID and the outputs that the provider has
answered already. And the engine carries pending creates along for ever: one may be of a resource that exists by now.

`pulumi refresh --import-pending-creates` is of no use here: pkg/cmd/pulumi/operations/refresh.go turns the operations
into the type `importing`, which nothing reads, and the next snapshot leaves them out, so the resource is forgotten. So
what exists is put into the state by its import ID alone, through `pulumi stack import`, and read by a
`pulumi refresh --target`: a provider that is given an ID and no properties reads as for `pulumi import`.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from operations.stack_files import read_config
from sandbox.accounts import Accounts
from sandbox.daemon import SandboxError
from sandbox.lookups import LOOKUPS, Found
from sandbox.providers.http_client import CallError
from sandbox.providers.provider import ConfigurationError, Pace, Settings
from sandbox.providers.server import PROVIDERS, serve
from sandbox.workspace import Workspace, half_adopted

Resource = dict[str, Any]
"""A resource as a state has it."""
ClientOf = Callable[[str], Any]
"""The configured client of a package, made when it is first asked for."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one resource whose operation was cut off."""

    urn: str
    outcome: str
    """A sentence without its subject: `exists (prj_…) and is adopted`."""

    def __str__(self) -> str:
        """For a person: the resource's name and what became of it."""
        return f"{self.urn.rpartition('::')[2]} {self.outcome}"


def recover(
    workspace: Workspace, stack: str, urls: Mapping[str, str], accounts: Accounts, pace: Pace | None = None
) -> list[Recovered]:
    """Resolve every pending operation of a stack.

    Args:
        workspace: prepared for the stack, whose lock nobody holds.
        stack: its name.
        urls: where the services are, as for the providers.
        accounts: the credentials to ask them with.
        pace: how patient the look-ups and the providers are.

    Returns:
        What became of each.

    Raises:
        SandboxError: where several existing things could be the one that was created, where a service cannot be asked,
            and where the engine refuses. The pending operations are kept, so the same can be run again.
    """
    exported = json.loads(_engine(workspace, stack, "stack", "export", "--stack", stack))
    state = exported["deployment"]
    resources: list[Resource] = state.get("resources") or []
    recovered: list[Recovered] = []
    with _clients(workspace, stack, urls, accounts, pace or Pace()) as client_of:
        for operation in state.pop("pending_operations", None) or []:
            resource = operation["resource"]
            if operation["type"] == "creating":
                adopted, outcome = _resolve(resource, resources, client_of)
                if adopted is not None:
                    _place(adopted, resources)
            elif operation["type"] == "deleting" and resource.get("delete"):
                outcome = _settle_deletion(resource, resources, client_of)
            else:
                outcome = f"was cut off while {operation['type']}, and is read anew"
            recovered.append(Recovered(resource["urn"], outcome))
    recovered += [
        Recovered(resource["urn"], "was being adopted, and is read anew")
        for resource in resources
        if half_adopted(resource) and not any(resource["urn"] == known.urn for known in recovered)
    ]
    state["resources"] = resources
    _engine(workspace, stack, "stack", "import", "--stack", stack, value=json.dumps(exported))
    _read_anew(workspace, stack, {each.urn for each in recovered} & _custom(resources), urls, pace)
    return recovered


@contextmanager
def _clients(
    workspace: Workspace, stack: str, urls: Mapping[str, str], accounts: Accounts, pace: Pace
) -> Iterator[ClientOf]:
    """Clients with the stack's own configuration and the accounts' credentials; what they meet ends the recovery."""
    settings = read_config(workspace.folder / f"Pulumi.{stack}.yaml")
    credentials = {
        "github": {"token": accounts.github_token},
        "vercel": {"apiToken": accounts.vercel_token},
        "datadog": {"apiKey": accounts.datadog_api_key, "appKey": accounts.datadog_app_key},
    }
    with ExitStack() as opened:

        @cache
        def client_of(package: str) -> Any:
            provider = next(provider for provider in PROVIDERS if provider.name == package)
            plain = {key.partition(":")[2]: value for key, value in settings.items() if key.startswith(f"{package}:")}
            client = provider.configure({**plain, **credentials[package]}, Settings(base_url=urls[package], pace=pace))
            opened.callback(client.http.close)
            return client

        try:
            yield client_of
        except (CallError, ConfigurationError) as error:
            raise SandboxError(
                f"A kill cut off what {stack} was doing, and the service cannot be asked what came of it: {error}\n"
                "The state is as the kill left it. When the service answers, run the same command again."
            ) from error


def _resolve(pending: Resource, resources: list[Resource], client_of: ClientOf) -> tuple[Resource | None, str]:
    """What to put into the state for a pending create, if anything, and what that means in words."""
    kind = pending["type"]
    if not pending.get("custom") or kind.startswith("pulumi:"):
        return None, "is no service's: the next up makes it"
    known = {(resource["type"], resource.get("id")) for resource in resources}
    if pending.get("id") and pending.get("outputs"):
        if (kind, pending["id"]) in known:
            return None, "is in the state already"
        return pending, "was answered before the kill, and is adopted"
    lookup, inputs = LOOKUPS[kind], pending.get("inputs") or {}
    if lookup is None or inputs.get("overwriteOnCreate"):
        return None, "may exist; the next up overwrites it"
    found = [each for each in lookup(client_of(_package(kind)), inputs) if (kind, each.resource_id) not in known]
    if len(found) > 1:
        raise _ambiguous(pending, found)
    if not found:
        return None, "was not made; the next up makes it"
    bare = {name: value for name, value in pending.items() if name not in ("inputs", "outputs")}
    return {**bare, "id": found[0].import_id}, f"exists ({found[0].about}), and is adopted"


def _ambiguous(pending: Resource, found: list[Found]) -> SandboxError:
    names = "".join(f"\n  {each.about}" for each in found)
    return SandboxError(
        f"A kill cut off the creation of {pending['urn']}, and {len(found)} that exist could be it:{names}\n"
        "The state is as the kill left it. Delete all of them but one at the service, then run the same command again: "
        "the one that is left is adopted."
    )


def _settle_deletion(replaced: Resource, resources: list[Resource], client_of: ClientOf) -> str:
    """Forget what was replaced if it is gone: a refresh does not read it, and to delete it twice can be an error."""
    kind, inputs = replaced["type"], replaced.get("inputs") or {}
    lookup = LOOKUPS.get(kind)
    if lookup is None or any(each.resource_id == replaced["id"] for each in lookup(client_of(_package(kind)), inputs)):
        return "was replaced; the next up deletes the old one"
    resources[:] = [
        resource
        for resource in resources
        if (resource["urn"], resource.get("id"), resource.get("delete")) != (replaced["urn"], replaced["id"], True)
    ]
    return "was replaced, and the old one is deleted"


def _place(adopted: Resource, resources: list[Resource]) -> None:
    """Add a resource where the engine would have; one that it replaces is then to be deleted, or gone already."""
    for index, resource in enumerate(resources):
        if resource["urn"] == adopted["urn"] and not resource.get("delete"):
            if resource.get("pendingReplacement"):
                resources[index] = adopted
            else:
                resources[index : index + 1] = [adopted, {**resource, "delete": True}]
            return
    resources.append(adopted)


def _package(kind: str) -> str:
    return kind.partition(":")[0]


def _custom(resources: list[Resource]) -> set[str]:
    """The URNs that a provider can read."""
    return {resource["urn"] for resource in resources if resource.get("custom") and not resource.get("delete")}


def _read_anew(workspace: Workspace, stack: str, urns: set[str], urls: Mapping[str, str], pace: Pace | None) -> None:
    if not urns:
        return
    targets = [argument for urn in sorted(urns) for argument in ("--target", urn)]
    with serve(urls, pace) as debug_providers:
        _engine(
            workspace,
            stack,
            *("refresh", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", *targets),
            debug_providers=debug_providers,
        )


def _engine(
    workspace: Workspace, stack: str, *arguments: str, value: str | None = None, debug_providers: str = ""
) -> str:
    try:
        return workspace.pulumi(*arguments, value=value, debug_providers=debug_providers)
    except subprocess.CalledProcessError as error:
        raise SandboxError(
            f"A kill cut off what {stack} was doing, and `pulumi {' '.join(arguments[:2])}` could not put its state "
            f"right: {(error.stderr or error.stdout).strip()}\nRun the same command again when that is mended."
        ) from error
