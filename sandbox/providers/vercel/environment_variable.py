"""ProjectEnvironmentVariable: POST, GET and PATCH /v10/projects/{idOrName}/env, DELETE /v8/…."""

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, merged
from sandbox.providers.rules import exactly_one, length, needs
from sandbox.providers.values import Properties, only_known
from sandbox.providers.vercel.client import Vercel, parse_import_id

TARGETS = ("production", "preview", "development")
_LONGEST_COMMENT = 1000


class ProjectEnvironmentVariable(Resource[Vercel]):
    """An environment variable of a project."""

    pulumi_type: ClassVar[str] = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"key", "projectId", "teamId", "sensitive", "customEnvironmentIds"}),
        unordered=frozenset({"targets", "customEnvironmentIds"}),
        never_differs=frozenset({"valueWo"}),
        unknown_on_update=frozenset({"comment"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """One value, somewhere to be seen, and nothing sensitive on developers' machines."""
        yield from exactly_one(inputs, ("value", "valueWo"))
        yield from needs(inputs, "valueWoVersion", ["valueWo"])
        yield from length(inputs, "comment", 0, _LONGEST_COMMENT)
        known = only_known(inputs)
        for target in known.get("targets", []):
            if target not in TARGETS:
                yield Failure("targets", f"'targets' takes {', '.join(TARGETS)}, and not {target!r}.")
        if "targets" not in inputs and "customEnvironmentIds" not in inputs:
            yield Failure("targets", "At least one of 'targets', 'customEnvironmentIds' must be set.")
        if known.get("customEnvironmentIds") == []:
            yield Failure("customEnvironmentIds", "'customEnvironmentIds' takes at least one ID.")
        if "development" in known.get("targets", []) and known.get("sensitive"):
            yield Failure("sensitive", "A variable of the target development must have 'sensitive' set to false.")

    def plan(self, client: Vercel, resource_id: str | None, _state: Properties, inputs: Properties) -> frozenset[str]:
        """A team may demand that new variables are sensitive (GET /v2/teams/{team})."""
        known = only_known(inputs)
        team_id = client.team_of(known)
        targets = set(known.get("targets", [])) - {"development"}
        if resource_id is None and team_id and known.get("sensitive") is False and targets:
            team = client.http.get(f"/v2/teams/{team_id}")
            if team.get("sensitiveEnvironmentVariablePolicy") == "on":
                raise RefusedError(
                    f"The team demands sensitive variables, and {known['key']} is not. Nothing was changed. Set "
                    "sensitive=True, or have the team's policy changed."
                )
        return frozenset()

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """GET the project, then POST the variable. One that is there already is an error that names its ID."""
        client.require_project(inputs)
        body = {"key": inputs["key"], "value": inputs.get("value") or inputs.get("valueWo"), **_common(inputs)}
        try:
            answer = client.http.post(_path(client, "v10", inputs), body)
        except CallError as error:
            raise _conflict(client, inputs, error) from error
        return Made(answer["created"]["id"], _state(client, inputs, answer["created"], inputs.get("value")))

    def identify(self, _client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<project_id>/<env_id>`."""
        team, (project_id, variable_id) = parse_import_id(resource_id, "project_id", "env_id")
        # Any text: it says that the value is wanted in the state, where Vercel tells it.
        return Made(variable_id, merged({"projectId": project_id}, teamId=team, value=""))

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the variable; a sensitive value is not told, so the known one stays."""
        try:
            found = client.http.get(_path(client, "v10", state, resource_id))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        value = state.get("value")
        if value is not None and found["type"] != "sensitive":
            value = found["value"]
        return Made(resource_id, _state(client, state, found, value))

    def update(self, client: Vercel, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PATCH the variable."""
        wanted = {**{name: state[name] for name in ("targets", "customEnvironmentIds") if name in state}, **inputs}
        body: dict[str, Any] = dict(_common(wanted))
        if "value" in inputs or inputs.get("valueWoVersion") != state.get("valueWoVersion"):
            body["value"] = inputs.get("value") or inputs.get("valueWo")
        found = client.http.patch(_path(client, "v10", inputs, resource_id), body)
        return _state(client, inputs, found, inputs.get("value"))

    def delete(self, client: Vercel, resource_id: str, state: Properties) -> None:
        """DELETE the variable; one that is gone already is no error."""
        try:
            client.http.delete(_path(client, "v8", state, resource_id))
        except CallError as error:
            if error.status != NOT_FOUND:
                raise


def _path(client: Vercel, version: str, properties: Properties, variable_id: str = "") -> str:
    path = f"/{version}/projects/{properties['projectId']}/env"
    return client.path(f"{path}/{variable_id}" if variable_id else path, properties)


def _common(inputs: Properties) -> dict[str, Any]:
    sent = {
        "target": inputs.get("targets") or None,
        "customEnvironmentIds": inputs.get("customEnvironmentIds") or None,
        "gitBranch": inputs.get("gitBranch"),
        "type": "sensitive" if inputs["sensitive"] else "encrypted",
        "comment": inputs.get("comment", ""),
    }
    return {name: value for name, value in sent.items() if value is not None}


def _conflict(client: Vercel, inputs: Properties, error: CallError) -> CallError | RefusedError:
    """Of a refusal because the variable exists: an error with the ID that `pulumi import` wants."""
    body = error.body if isinstance(error.body, dict) else {}
    reasons = [body.get("error"), *(failed.get("error") for failed in body.get("failed") or [])]
    codes = {reason.get("code") for reason in reasons if isinstance(reason, dict)}
    if "ENV_CONFLICT" not in codes:
        return error
    listed = client.http.get(_path(client, "v8", inputs) + ("&" if client.team_of(inputs) else "?") + "decrypt=true")
    existing = next(
        (
            entry["id"]
            for entry in listed["envs"]
            if entry["key"] == inputs["key"]
            and entry.get("gitBranch") == inputs.get("gitBranch")
            and (not inputs.get("targets") or set(entry.get("target") or []) & set(inputs["targets"]))
        ),
        None,
    )
    team = client.team_of(inputs)
    import_id = "/".join(part for part in (team, inputs["projectId"], existing) if part)
    return RefusedError(
        f"{inputs['key']} exists already in {inputs['projectId']} for the same target. Nothing was changed. Remove it, "
        f"or run `pulumi import vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable NAME {import_id}`."
    )


def _state(client: Vercel, known: Properties, found: Any, value: str | None) -> Properties:
    return merged(
        {name: known[name] for name in ("projectId", "valueWo", "valueWoVersion", "visibility") if name in known},
        key=found["key"],
        value=value,
        targets=_listed(found.get("target")),
        customEnvironmentIds=_listed(found.get("customEnvironmentIds")),
        gitBranch=found.get("gitBranch"),
        sensitive=found["type"] == "sensitive",
        comment=found.get("comment") or "",
        teamId=client.team_of(known),
    )


def _listed(value: Any) -> list[str]:
    """Vercel tells a single target as a text."""
    return [value] if isinstance(value, str) else list(value or [])
