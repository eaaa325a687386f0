"""ProjectProtectionBypass: PATCH /v10/projects/{idOrName}/protection-bypass."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.rules import length, matches
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel, parse_import_id

SCOPE = "automation-bypass"
_SOLO = (
    "isEnvVar is false for the project's only bypass, and Vercel exposes exactly one as the environment variable. "
    "Nothing was changed. Leave isEnvVar out, or make another bypass with isEnvVar=True."
)

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
"""By project: a generated secret is told apart from the others by what was not there before."""


class ProjectProtectionBypass(Resource[Vercel]):
    """A secret that opens a project's protected deployments to automation.

    The resource's ID is `<project_id>/<secret>`, as the real provider's: Pulumi keeps IDs in plain text.
    """

    pulumi_type: ClassVar[str] = "vercel:index/projectProtectionBypass:ProjectProtectionBypass"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"projectId", "teamId", "secret"}),
        unknown_on_update=frozenset({"createdAt", "createdBy"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """The form of the secret."""
        yield from matches(inputs, "secret", r"[a-zA-Z0-9]{32}", "must be 32 letters and digits")
        yield from length(inputs, "note", 0, 100)

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """GET the project if Vercel makes the secret, PATCH to generate, PATCH again to make it the variable's."""
        project_id = inputs["projectId"]
        with _locks[project_id]:
            secret = inputs.get("secret")
            before = set() if secret else set(client.project(inputs).get("protectionBypass") or {})
            wanted = {name: inputs[name] for name in ("secret", "note") if inputs.get(name)}
            bypasses = client.http.patch(_path(client, inputs), {"generate": wanted})["protectionBypass"]
            if not secret:
                secret = next(
                    (s for s, b in bypasses.items() if s not in before and b.get("scope") == SCOPE),
                    None,
                )
            if secret is None or secret not in bypasses:
                raise RefusedError(
                    "Vercel made a bypass and did not tell it. Look at the project's settings before trying again."
                )
            bypass = bypasses[secret]
            state = _state(client, inputs, secret, bypass)
            if inputs.get("isEnvVar") is False and bypass.get("isEnvVar"):
                client.http.patch(_path(client, inputs), {"revoke": {"secret": secret, "regenerate": False}})
                raise RefusedError(_SOLO)
            made_id = f"{project_id}/{secret}"
            if inputs.get("isEnvVar") and not bypass.get("isEnvVar"):
                with made(made_id, state):
                    bypass = _change(client, inputs, {"secret": secret, "isEnvVar": True})
                state = _state(client, inputs, secret, bypass)
        return Made(made_id, state)

    def identify(self, _client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<project_id>/<secret>`."""
        team, (project_id, secret) = parse_import_id(resource_id, "project_id", "secret")
        return Made(f"{project_id}/{secret}", merged({"projectId": project_id, "secret": secret}, teamId=team))

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the project, which lists its bypasses."""
        try:
            project = client.project(state)
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        bypass = (project.get("protectionBypass") or {}).get(state["secret"])
        return bypass and Made(resource_id, _state(client, {**state, "note": None}, state["secret"], bypass))

    def update(self, client: Vercel, _resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """Give the variable to another bypass, or PATCH the note and take the variable over."""
        secret = state["secret"]
        wanted = inputs.get("isEnvVar")
        changes: dict[str, Any] = {}
        if inputs.get("note") != state.get("note"):
            changes["note"] = inputs.get("note", "")
        if wanted and not state.get("isEnvVar"):
            changes["isEnvVar"] = True
        with _locks[inputs["projectId"]]:
            if wanted is False and state.get("isEnvVar") and not _promote_another(client, inputs, secret):
                raise RefusedError(_SOLO)
            if changes:
                bypass = _change(client, inputs, {"secret": secret, **changes})
            else:
                bypass = client.project(inputs)["protectionBypass"][secret]
        return _state(client, inputs, secret, bypass)

    def delete(self, client: Vercel, _resource_id: str, state: Properties) -> None:
        """GET the project, give the variable to another bypass, PATCH to revoke. One that is gone is no error."""
        secret = state["secret"]
        with _locks[state["projectId"]]:
            try:
                _promote_another(client, state, secret)
                client.http.patch(_path(client, state), {"revoke": {"secret": secret, "regenerate": False}})
            except CallError as error:
                if error.status != NOT_FOUND:
                    raise


def _path(client: Vercel, properties: Properties) -> str:
    return client.path(f"/v10/projects/{properties['projectId']}/protection-bypass", properties)


def _change(client: Vercel, properties: Properties, change: Mapping[str, Any]) -> Any:
    return client.http.patch(_path(client, properties), {"update": change})["protectionBypass"][change["secret"]]


def _promote_another(client: Vercel, properties: Properties, secret: str) -> bool:
    """Make another bypass the variable's, if this one is; whether that is so now."""
    bypasses = client.project(properties).get("protectionBypass") or {}
    if not bypasses.get(secret, {}).get("isEnvVar"):
        return True
    others = sorted(other for other, bypass in bypasses.items() if other != secret and bypass.get("scope") == SCOPE)
    if others:
        _change(client, properties, {"secret": others[0], "isEnvVar": True})
    return bool(others)


def _state(client: Vercel, known: Properties, secret: str, bypass: Mapping[str, Any]) -> Properties:
    return merged(
        {"projectId": known["projectId"]},
        teamId=client.team_of(known),
        secret=secret,
        note=bypass.get("note") if bypass.get("note") is not None else known.get("note"),
        isEnvVar=bypass.get("isEnvVar"),
        scope=bypass["scope"],
        createdAt=bypass["createdAt"],
        createdBy=bypass["createdBy"],
    )
