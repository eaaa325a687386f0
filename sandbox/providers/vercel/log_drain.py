"""LogDrain: POST, GET and DELETE /v1/drains."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, merged
from sandbox.providers.rules import between, length, one_of
from sandbox.providers.values import UNKNOWN, Properties
from sandbox.providers.vercel.client import Vercel, parse_import_id

FORMATS = ("json", "ndjson")
ENVIRONMENTS = ("production", "preview")
SOURCES = ("static", "edge", "external", "build", "lambda", "firewall", "redirect")
_MOST_HEADERS = 5
_SHORTEST_SECRET = 32
_LONGEST_SECRET = 10_000
_PATH = "/v1/drains"


class LogDrain(Resource[Vercel]):
    """Where a team's logs are sent. The real provider cannot change a drain: it makes another."""

    pulumi_type: ClassVar[str] = "vercel:index/logDrain:LogDrain"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset(
            (
                *("deliveryFormat", "endpoint", "environments", "headers", "name", "projectIds", "samplingRate"),
                *("secret", "sources", "teamId"),
            )
        ),
        autonamed=True,
        unordered=frozenset({"environments", "projectIds", "sources"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """The values that Vercel offers, and how many headers it takes."""
        yield from one_of(inputs, "deliveryFormat", FORMATS)
        yield from _some_of(inputs, "environments", ENVIRONMENTS)
        yield from _some_of(inputs, "sources", SOURCES)
        yield from between(inputs, "samplingRate", 0, 1)
        yield from length(inputs, "secret", _SHORTEST_SECRET, _LONGEST_SECRET)
        headers = inputs.get("headers")
        if isinstance(headers, Mapping) and len(headers) > _MOST_HEADERS:
            yield Failure("headers", f"'headers' takes at most {_MOST_HEADERS}, and has {len(headers)}.")

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """POST the drain."""
        drain = client.http.post(client.path(_PATH, inputs), _to_api(inputs))
        return Made(drain["id"], _state(inputs, drain))

    def identify(self, _client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<log_drain_id>`."""
        team, (drain_id,) = parse_import_id(resource_id, "log_drain_id")
        return Made(drain_id, merged({}, teamId=team))

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the drain, which tells its headers too; the signing secret stays the one that is known."""
        try:
            drain = client.http.get(client.path(f"{_PATH}/{resource_id}", state))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return Made(resource_id, _state(state, drain))

    def update(self, _client: Vercel, _resource_id: str, _state: Properties, _inputs: Properties) -> Properties:
        """Nothing can be updated: every input replaces."""
        raise RefusedError("Updating a Log Drain is not supported. Nothing was changed.")

    def delete(self, client: Vercel, resource_id: str, state: Properties) -> None:
        """DELETE the drain. One that is gone is no error."""
        try:
            client.http.delete(client.path(f"{_PATH}/{resource_id}", state))
        except CallError as error:
            if error.status != NOT_FOUND:
                raise


def _some_of(inputs: Properties, name: str, allowed: tuple[str, ...]) -> Iterator[Failure]:
    """A set of at least one of some values."""
    given = inputs[name]
    if given == []:
        yield Failure(name, f"{name!r} takes at least one of {', '.join(allowed)}.")
    if isinstance(given, list) and any(value is not UNKNOWN and value not in allowed for value in given):
        yield Failure(name, f"{name!r} takes only {', '.join(allowed)}.")


def _to_api(inputs: Properties) -> dict[str, Any]:
    delivery = {
        "type": "http",
        "endpoint": inputs["endpoint"],
        "encoding": inputs["deliveryFormat"],
        "headers": dict(inputs.get("headers") or {}),
    }
    if inputs.get("secret"):
        delivery["secret"] = inputs["secret"]
    body: dict[str, Any] = {
        "name": inputs["name"],
        "projects": "some" if inputs.get("projectIds") else "all",
        "filter": {
            "version": "v2",
            "filter": {
                "type": "basic",
                "log": {"sources": inputs["sources"]},
                "deployment": {"environments": inputs["environments"]},
            },
        },
        "schemas": {"log": {"version": "v1"}},
        "delivery": delivery,
        "source": {"kind": "self-served"},
    }
    if inputs.get("projectIds"):
        body["projectIds"] = inputs["projectIds"]
    if inputs.get("samplingRate"):
        body["sampling"] = [{"type": "head_sampling", "rate": inputs["samplingRate"]}]
    return body


def _state(known: Properties, drain: Mapping[str, Any]) -> Properties:
    delivery = drain["delivery"]
    chosen = drain["filterV2"]["filter"]
    sampling = drain.get("sampling") or []
    return merged(
        {},
        name=drain["name"],
        deliveryFormat=delivery["encoding"],
        endpoint=delivery["endpoint"],
        headers=delivery["headers"] or None,
        secret=known.get("secret") or delivery.get("secret"),
        environments=chosen.get("deployment", {}).get("environments", []),
        sources=chosen.get("log", {}).get("sources", []),
        projectIds=drain.get("projectIds"),
        samplingRate=sampling[0]["rate"] if sampling else None,
        teamId=drain["ownerId"],
    )
