"""RepositoryRuleset: /repos/{owner}/{repo}/rulesets."""

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.github.client import GitHub, parse_id
from sandbox.providers.github.ruleset_rules import FILLED_IN, ON_PUSH, from_api, keep_computed, to_api
from sandbox.providers.http_client import NOT_FOUND, NOT_MODIFIED, Answer, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, merged
from sandbox.providers.rules import length, matches, one_of
from sandbox.providers.values import Properties, only_known

_ACTORS = ("RepositoryRole", "Team", "Integration", "OrganizationAdmin", "DeployKey", "EnterpriseOwner", "User")
_BYPASS_MODES = ("always", "pull_request", "exempt")
_MERGE_METHODS = ("merge", "squash", "rebase")
_MOST_APPROVALS = 10
_UPDATES_ONLY_FLAG = "updateAllowsFetchAndMerge"


class RepositoryRuleset(Resource[GitHub]):
    """Rules for branches, tags or pushes of a repository."""

    pulumi_type: ClassVar[str] = "github:index/repositoryRuleset:RepositoryRuleset"
    traits: ClassVar[Traits] = Traits(
        autonamed=True,
        unordered=frozenset({"bypassActors", "rules.requiredStatusChecks.requiredChecks"}),
        computed=FILLED_IN,
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Values from GitHub's lists, and rules that fit the target."""
        yield from length(inputs, "name", 1, 100)
        yield from one_of(inputs, "target", ("branch", "push", "tag"))
        yield from one_of(inputs, "enforcement", ("disabled", "active", "evaluate"))
        yield from matches(inputs, "repository", r"[-a-zA-Z0-9_.]{1,100}", "must be a repository's name")
        known = only_known(inputs)
        for index, actor in enumerate(known.get("bypassActors", [])):
            for name, allowed in (("actorType", _ACTORS), ("bypassMode", _BYPASS_MODES)):
                if actor[name] not in allowed:
                    yield Failure(f"bypassActors[{index}].{name}", f"{name!r} must be one of {', '.join(allowed)}.")
        if "rules" in known and "target" in known:
            yield from _check_rules(known["rules"], known["target"])
        if "conditions" in known and (known.get("target") == "push") == ("refName" in known["conditions"]):
            verb = "must not" if known.get("target") == "push" else "must"
            yield Failure("conditions.refName", f"'refName' {verb} be set for the target {known.get('target')}.")

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """GET the repository, which must not be archived, then POST the ruleset."""
        repository = client.repository(inputs["repository"])
        if repository.get("archived"):
            raise RefusedError(
                f"{client.owner}/{inputs['repository']} is archived, and takes no ruleset. Nothing was changed."
            )
        answer = client.http.call("POST", _path(client, inputs), _body(inputs))
        return Made(str(answer.body["id"]), _state(inputs, answer))

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<ruleset_id>`."""
        repository, ruleset_id = parse_id(resource_id, "repository", "ruleset_id")
        if not ruleset_id.isdecimal():
            raise RefusedError(f"The ID {resource_id!r} must end in a ruleset's number. Nothing was imported.")
        return Made(ruleset_id, {"repository": client.repository(repository)["name"]})

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the ruleset, if it changed since."""
        known = {"If-None-Match": state["etag"]} if state.get("etag") else {}
        query = {"includes_parents": "false"}
        try:
            answer = client.http.call("GET", f"{_path(client, state)}/{resource_id}", query=query, headers=known)
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            if error.status == NOT_MODIFIED:
                return Made(resource_id, state)
            raise
        return Made(resource_id, _state(state, answer))

    def update(self, client: GitHub, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """GET the repository, then PUT the whole ruleset; an archived repository's is left alone."""
        if client.repository(inputs["repository"]).get("archived"):
            return state
        wanted = {**inputs, "rules": keep_computed(inputs["rules"], state.get("rules", {}))}
        answer = client.http.call("PUT", f"{_path(client, inputs)}/{resource_id}", _body(wanted))
        return _state(inputs, answer)

    def delete(self, client: GitHub, resource_id: str, state: Properties) -> None:
        """DELETE the ruleset; one that is gone already is an error, as with the real provider."""
        client.http.delete(f"{_path(client, state)}/{resource_id}")


def _check_rules(rules: dict[str, Any], target: str) -> Iterator[Failure]:
    for name, rule in rules.items():
        if rule and name != _UPDATES_ONLY_FLAG and (name in ON_PUSH) != (target == "push"):
            yield Failure(f"rules.{name}", f"The rule {name!r} does not exist for the target {target}.")
    if "branchNamePattern" in rules and "tagNamePattern" in rules:
        yield Failure("rules.branchNamePattern", "'branchNamePattern' conflicts with 'tagNamePattern'.")
    pull_request = rules.get("pullRequest", {})
    if not 0 <= pull_request.get("requiredApprovingReviewCount", 0) <= _MOST_APPROVALS:
        yield Failure(
            "rules.pullRequest.requiredApprovingReviewCount",
            f"'requiredApprovingReviewCount' must be between 0 and {_MOST_APPROVALS}.",
        )
    methods = pull_request.get("allowedMergeMethods")
    if methods is not None and (not methods or not set(methods) <= set(_MERGE_METHODS)):
        yield Failure(
            "rules.pullRequest.allowedMergeMethods",
            f"'allowedMergeMethods' takes at least one of {', '.join(_MERGE_METHODS)}.",
        )
    if "requiredStatusChecks" in rules and not rules["requiredStatusChecks"]["requiredChecks"]:
        yield Failure("rules.requiredStatusChecks.requiredChecks", "'requiredChecks' takes at least one check.")


def _path(client: GitHub, properties: Properties) -> str:
    return f"{client.repository_path(properties['repository'])}/rulesets"


def _body(inputs: Properties) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": inputs["name"],
        "target": inputs["target"],
        "source_type": "Repository",
        "source": inputs["repository"],
        "enforcement": inputs["enforcement"],
        "bypass_actors": [
            {
                **({"actor_id": actor["actorId"]} if actor.get("actorId") else {}),
                "actor_type": actor["actorType"],
                "bypass_mode": actor["bypassMode"],
            }
            for actor in inputs.get("bypassActors", [])
        ],
        "rules": to_api(inputs["rules"]),
    }
    if ref_name := inputs.get("conditions", {}).get("refName"):
        body["conditions"] = {"ref_name": {"include": ref_name["includes"], "exclude": ref_name["excludes"]}}
    return body


def _state(known: Properties, answer: Answer) -> Properties:
    ruleset = answer.body
    ref_name = (ruleset.get("conditions") or {}).get("ref_name")
    return merged(
        known,
        name=ruleset["name"],
        target=ruleset["target"],
        enforcement=ruleset["enforcement"],
        bypassActors=[
            {
                "actorId": actor.get("actor_id") or 0,
                "actorType": actor["actor_type"],
                "bypassMode": actor["bypass_mode"],
            }
            for actor in ruleset.get("bypass_actors") or []
        ],
        conditions=ref_name and {"refName": {"includes": ref_name["include"], "excludes": ref_name["exclude"]}},
        rules=from_api(ruleset.get("rules") or []),
        nodeId=ruleset.get("node_id", ""),
        rulesetId=ruleset["id"],
        etag=answer.headers.get("etag", ""),
    )
