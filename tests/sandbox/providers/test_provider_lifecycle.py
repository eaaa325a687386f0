from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.providers.values import UNKNOWN, Properties, decode, encode, has_unknown
from sandbox.world.github.seed import seed as seed_github
from tests.sandbox.providers.conftest import TEAM, Plugin, World, secret_names, urn
from tests.sandbox.providers.examples import (
    BY_TYPE,
    BYPASS,
    DASHBOARD,
    DOMAIN,
    ENVIRONMENT,
    EXAMPLES,
    FILE,
    LOG_DRAIN,
    LOGS_METRIC,
    MONITOR,
    OBJECTIVE,
    POLICY,
    PROJECT,
    PROJECT_ID,
    PROJECT_VARIABLE,
    RETENTION,
    RULESET,
    SECRET,
    SECRET_VALUE,
    TEST,
    VARIABLE,
    Example,
)

NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME
ENVIRONMENTS = "/api/v3/repos/acme/ai-tools/environments/staging"
SECRETS = "/api/v3/repositories/{repository}/environments/staging/secrets"
CONTENT = "/api/v3/repos/acme/ai-tools/contents/.github/workflows/pre-deploy.yml"


class Prepared:
    """A configured stand-in, and inputs of an example with everything in place that they refer to."""

    def __init__(self, plugin: Plugin, example: Example, inputs: Properties) -> None:
        self.plugin = plugin
        self.example = example
        self.inputs = inputs

    def create(self) -> tuple[str, Properties]:
        return self.plugin.create(self.example.pulumi_type, self.inputs)

    def change(self) -> Properties:
        return {**self.inputs, **self.example.change}


@pytest.fixture
def prepare(plugin: Callable[[str], Plugin], world: World) -> Callable[[str], Prepared]:
    """Sets up what an example's resource needs, and forgets the requests that this took."""

    def prepared(pulumi_type: str) -> Prepared:
        example = BY_TYPE[pulumi_type]
        connected = plugin(example.provider)
        inputs = dict(example.inputs)
        if example.in_environment:
            for environment in ("staging", "production"):
                connected.create(ENVIRONMENT, {**BY_TYPE[ENVIRONMENT].inputs, "environment": environment})
        if inputs.get("projectId") == PROJECT_ID:
            inputs["projectId"], _ = connected.create(PROJECT, BY_TYPE[PROJECT].inputs)
        if pulumi_type == DOMAIN:
            # What a domain redirects to must be one of the project's own.
            connected.create(DOMAIN, {"projectId": inputs["projectId"], "domain": "www.example.com"})
        world.calls()
        return Prepared(connected, example, inputs)

    return prepared


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_what_was_created_differs_in_nothing_from_what_was_asked(
    example: Example, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(example.pulumi_type, resource_id, state, prepared.inputs)
    assert (plan.changes, dict(plan.detailedDiff)) == (NONE, {})


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_refresh_of_what_was_created_finds_no_drift(example: Example, prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.create()
    checked, _ = prepared.plugin.check(example.pulumi_type, prepared.inputs)
    found = prepared.plugin.read(example.pulumi_type, resource_id, state, checked)
    assert found.id == resource_id
    assert decode(found.inputs) == checked
    assert decode(found.properties) == state
    plan = prepared.plugin.diff(example.pulumi_type, resource_id, decode(found.properties), prepared.inputs)
    assert dict(plan.detailedDiff) == {}


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.change], ids=str)
def test_a_change_is_planned_made_and_seen(example: Example, prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(example.pulumi_type, resource_id, state, prepared.change())
    assert plan.changes == SOME
    assert set(plan.diffs) == set(example.change)
    assert list(plan.replaces) == []
    updated = prepared.plugin.update(example.pulumi_type, resource_id, state, prepared.change())
    found = prepared.plugin.read(example.pulumi_type, resource_id, updated, prepared.change())
    again = prepared.plugin.diff(example.pulumi_type, resource_id, decode(found.properties), prepared.change())
    assert dict(again.detailedDiff) == {}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_each_property_that_the_real_provider_replaces_on_is_planned_as_a_replacement(
    example: Example, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.create()
    for name, value in example.replaces.items():
        inputs = {**prepared.inputs, **example.replaced_with, name: value}
        plan = prepared.plugin.diff(example.pulumi_type, resource_id, state, inputs)
        assert list(plan.replaces) == [name], f"changing {name}"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_deleted_resource_is_gone(example: Example, prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.create()
    prepared.plugin.delete(example.pulumi_type, resource_id, state)
    found = prepared.plugin.read(example.pulumi_type, resource_id, state, prepared.inputs)
    # Retention is a setting of the project: the real provider only forgets it.
    assert found.id == (resource_id if example.pulumi_type == RETENTION else "")


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_preview_of_a_creation_asks_nothing_to_be_made_and_leaves_what_the_service_decides_open(
    example: Example, prepare: Callable[[str], Prepared], world: World
) -> None:
    prepared = prepare(example.pulumi_type)
    resource_id, state = prepared.plugin.create(example.pulumi_type, prepared.inputs, preview=True)
    assert resource_id == ""
    assert {name: state[name] for name in prepared.inputs} == prepared.inputs
    computed = {name for name, value in state.items() if value is UNKNOWN}
    assert computed.isdisjoint(prepared.inputs)
    asked = [call for call in world.calls() if not call.text.startswith("GET") and "/validate" not in call.text]
    assert asked == []


@pytest.mark.parametrize(
    ("pulumi_type", "resource_id"),
    [
        (ENVIRONMENT, "ai-tools:staging"),
        (SECRET, "ai-tools:staging:TOKEN"),
        (VARIABLE, "ai-tools:staging:DOMAIN"),
        (FILE, "ai-tools:.github/workflows/pre-deploy.yml:develop"),
        (DOMAIN, "ai-tools.example.com"),
    ],
)
def test_ids_are_the_real_providers(pulumi_type: str, resource_id: str, prepare: Callable[[str], Prepared]) -> None:
    assert prepare(pulumi_type).create()[0] == resource_id


def test_ids_that_hold_numbers_and_secrets_are_the_real_providers(prepare: Callable[[str], Prepared]) -> None:
    policy_id, policy = prepare(POLICY).create()
    assert policy_id == f"ai-tools:staging:{policy['policyId']}"
    ruleset_id, ruleset = prepare(RULESET).create()
    assert ruleset_id == str(ruleset["rulesetId"])
    bypass_id, bypass = prepare(BYPASS).create()
    assert bypass_id == f"{bypass['projectId']}/{bypass['secret']}"


def test_an_environment_whose_name_holds_a_colon_and_a_slash_has_an_id_that_comes_apart(
    plugin: Callable[[str], Plugin], world: World
) -> None:
    github = plugin("github")
    inputs = {"repository": "ai-tools", "environment": "eu:1/live"}
    resource_id, _ = github.create(ENVIRONMENT, inputs)
    assert resource_id == "ai-tools:eu??1/live"
    variable = {**inputs, "variableName": "DOMAIN", "value": "x"}
    variable_id, _ = github.create(VARIABLE, variable)
    assert variable_id == "ai-tools:eu??1/live:DOMAIN"
    imported = github.read(VARIABLE, variable_id, {}, {})
    assert decode(imported.inputs) == variable
    assert "environments/eu%3A1%2Flive/variables/DOMAIN" in repr(world.calls())


IMPORTS: list[tuple[str, str]] = [
    (ENVIRONMENT, "{id}"),
    (POLICY, "{id}"),
    (SECRET, "{id}"),
    (VARIABLE, "{id}"),
    (FILE, "{id}"),
    (RULESET, "ai-tools:{id}"),
    (PROJECT, "{id}"),
    (PROJECT, f"{TEAM}/{{id}}"),
    (DOMAIN, "{project}/{id}"),
    (PROJECT_VARIABLE, f"{TEAM}/{{project}}/{{id}}"),
    (BYPASS, "{id}"),
    (RETENTION, "{project}"),
    (LOG_DRAIN, f"{TEAM}/{{id}}"),
    (MONITOR, "{id}"),
    (TEST, "{id}"),
    (DASHBOARD, "{id}"),
    (OBJECTIVE, "{id}"),
    (LOGS_METRIC, "{id}"),
]


@pytest.mark.parametrize(("pulumi_type", "form"), IMPORTS)
def test_an_import_finds_the_resource_under_the_id_it_would_have_been_created_with(
    pulumi_type: str, form: str, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(pulumi_type)
    resource_id, state = prepared.create()
    typed = form.format(id=resource_id, project=prepared.inputs.get("projectId"))
    found = prepared.plugin.read(pulumi_type, typed, {}, {})
    assert found.id == resource_id
    inputs = decode(found.inputs)
    # Nobody tells the value of a secret, how a file was delivered, or of self-reviews where nobody reviews; what is
    # the default needs no mention in a program.
    left_out = {"value", "overwriteOnCreate", "preventSelfReview", "expirationProduction"}
    assert set(prepared.inputs) - left_out <= set(inputs)
    assert {name: state[name] for name in inputs} == inputs


@pytest.mark.parametrize("pulumi_type", [ENVIRONMENT, POLICY, SECRET, VARIABLE, FILE, RULESET, DOMAIN, MONITOR])
def test_an_id_that_cannot_be_one_is_refused_with_its_form(pulumi_type: str, plugin: Callable[[str], Plugin]) -> None:
    connected = plugin(BY_TYPE[pulumi_type].provider)
    with pytest.raises(Exception, match=r"must (look like|be)"):
        connected.read(pulumi_type, "nonsense", {}, {})


CREATIONS: list[tuple[str, list[str]]] = [
    (ENVIRONMENT, [f"PUT {ENVIRONMENTS}", "GET /api/v3/repos/acme/ai-tools"]),
    (POLICY, [f"POST {ENVIRONMENTS}/deployment-branch-policies", "GET /api/v3/repos/acme/ai-tools"]),
    (
        SECRET,
        [
            "GET /api/v3/repos/acme/ai-tools",
            f"GET {SECRETS}/public-key",
            f"PUT {SECRETS}/TOKEN",
            f"GET {SECRETS}/TOKEN",
        ],
    ),
    (
        VARIABLE,
        [
            f"POST {ENVIRONMENTS}/variables",
            "GET /api/v3/repos/acme/ai-tools",
            f"GET {ENVIRONMENTS}/variables/DOMAIN",
        ],
    ),
    (
        FILE,
        [
            "GET /api/v3/repos/acme/ai-tools",
            "GET /api/v3/repos/acme/ai-tools/branches/develop",
            f"GET {CONTENT}",
            f"PUT {CONTENT}",
            f"GET {CONTENT}",
            "GET /api/v3/repos/acme/ai-tools/commits/{commit}",
        ],
    ),
    (RULESET, ["GET /api/v3/repos/acme/ai-tools", "POST /api/v3/repos/acme/ai-tools/rulesets"]),
    (PROJECT, ["POST /v8/projects", "GET /v8/projects/{id}/env", "PATCH /v9/projects/{id}"]),
    (
        DOMAIN,
        [
            "GET /v10/projects/{project}",
            "POST /v10/projects/{project}/domains",
            "GET /v6/domains/ai-tools.example.com/config",
        ],
    ),
    (PROJECT_VARIABLE, ["GET /v10/projects/{project}", "POST /v10/projects/{project}/env"]),
    (BYPASS, ["GET /v10/projects/{project}", "PATCH /v10/projects/{project}/protection-bypass"]),
    (RETENTION, ["GET /v10/projects/{project}", "PATCH /v9/projects/{project}/deployment-expiration"]),
    (LOG_DRAIN, ["POST /v1/drains"]),
    (MONITOR, ["POST /api/v1/monitor/validate", "POST /api/v1/monitor"]),
    (TEST, ["POST /api/v1/synthetics/tests/api", "GET /api/v1/synthetics/tests/api/{id}"]),
    (DASHBOARD, ["POST /api/v1/dashboard", "GET /api/v1/dashboard/{id}"]),
    (OBJECTIVE, ["POST /api/v1/slo"]),
    (LOGS_METRIC, ["POST /api/v2/logs/config/metrics"]),
]


@pytest.mark.parametrize(("pulumi_type", "expected"), CREATIONS, ids=[str(BY_TYPE[name]) for name, _ in CREATIONS])
def test_a_creation_makes_the_real_providers_calls_in_its_order(
    pulumi_type: str, expected: list[str], prepare: Callable[[str], Prepared], world: World
) -> None:
    prepared = prepare(pulumi_type)
    resource_id, state = prepared.create()
    names = {
        "id": resource_id,
        "project": prepared.inputs.get("projectId"),
        "repository": state.get("repositoryId"),
        "commit": state.get("commitSha"),
    }
    assert [call.text for call in world.calls()] == [text.format(**names) for text in expected]


@pytest.mark.parametrize(
    ("pulumi_type", "secret"),
    [(SECRET, {"value"}), (PROJECT_VARIABLE, {"value"}), (BYPASS, {"secret"}), (LOG_DRAIN, {"headers", "secret"})],
)
def test_secret_outputs_are_marked_secret(
    pulumi_type: str, secret: set[str], prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(pulumi_type)
    checked, _ = prepared.plugin.check(pulumi_type, prepared.inputs)
    request = provider_pb2.CreateRequest(urn=urn(pulumi_type), properties=encode(checked))
    answer = prepared.plugin.stub.Create(request)
    assert secret_names(answer.properties) == secret


def test_a_secret_leaves_only_sealed(prepare: Callable[[str], Prepared], world: World) -> None:
    prepare(SECRET).create()
    assert all(SECRET_VALUE.encode() not in call.body for call in world.calls())


def test_another_secret_of_the_environment_is_deleted_before_it_is_replaced(
    prepare: Callable[[str], Prepared],
) -> None:
    prepared = prepare(SECRET)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(SECRET, resource_id, state, {**prepared.inputs, "secretName": "OTHER"})
    assert plan.deleteBeforeReplace


@pytest.mark.parametrize("pulumi_type", [PROJECT, LOG_DRAIN])
def test_a_resource_with_a_given_name_is_deleted_before_it_is_replaced(
    pulumi_type: str, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(pulumi_type)
    resource_id, state = prepared.create()
    inputs = {**prepared.inputs, **prepared.example.replaces, "name": prepared.inputs["name"]}
    assert prepared.plugin.diff(pulumi_type, resource_id, state, inputs).deleteBeforeReplace


def test_a_branch_pattern_cannot_become_a_tag_pattern(prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(POLICY)
    resource_id, state = prepared.create()
    inputs = {name: value for name, value in prepared.inputs.items() if name != "branchPattern"}
    plan = prepared.plugin.diff(POLICY, resource_id, state, {**inputs, "tagPattern": "v*"})
    assert list(plan.replaces) == ["branchPattern", "tagPattern"]


@pytest.mark.parametrize("pulumi_type", [ENVIRONMENT, POLICY, SECRET, VARIABLE, FILE])
def test_another_repository_needs_another_resource(
    pulumi_type: str, prepare: Callable[[str], Prepared], world: World
) -> None:
    prepared = prepare(pulumi_type)
    seed_github(world.state, owner="acme", repository="other", branches=[])
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(pulumi_type, resource_id, state, {**prepared.inputs, "repository": "other"})
    assert list(plan.replaces) == ["repository"]


def test_a_ruleset_is_not_replaced_for_another_repository_as_the_real_provider_does_not(
    prepare: Callable[[str], Prepared],
) -> None:
    prepared = prepare(RULESET)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(RULESET, resource_id, state, {**prepared.inputs, "repository": "other"})
    assert (list(plan.diffs), list(plan.replaces)) == (["repository"], [])


SPELLINGS: list[tuple[str, Properties]] = [
    (MONITOR, {"message": "Slow. @slack-acme-deploys"}),
    (MONITOR, {"monitorThresholds": {"critical": "1500.0"}}),
    (MONITOR, {"tags": ["env:staging", "service:ai-tools"]}),
    (MONITOR, {"type": "metric alert"}),
    (MONITOR, {"validate": False}),
    (TEST, {"locations": ["aws:eu-central-1", "aws:us-east-1"]}),
    (DASHBOARD, {"dashboard": BY_TYPE[DASHBOARD].inputs["dashboard"].replace(": ", ":")}),
    (OBJECTIVE, {"thresholds": [{"timeframe": "7d", "target": 99}, {"timeframe": "30d", "target": 99.9}]}),
    (ENVIRONMENT, {"waitTimer": 0}),
    (PROJECT, {"gitForkProtection": True}),
]


@pytest.mark.parametrize(("pulumi_type", "inputs"), SPELLINGS)
def test_another_spelling_of_the_same_is_no_change(
    pulumi_type: str, inputs: Properties, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(pulumi_type)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(pulumi_type, resource_id, state, {**prepared.inputs, **inputs})
    assert dict(plan.detailedDiff) == {}


def test_an_unknown_input_is_planned_as_a_change(prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(VARIABLE)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(VARIABLE, resource_id, state, {**prepared.inputs, "value": UNKNOWN})
    assert list(plan.diffs) == ["value"]


def test_ignored_changes_are_left_out_of_the_plan(prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(ENVIRONMENT)
    resource_id, state = prepared.create()
    checked, _ = prepared.plugin.check(ENVIRONMENT, prepared.inputs)
    request = provider_pb2.DiffRequest(
        urn=urn(ENVIRONMENT),
        id=resource_id,
        olds=encode(state),
        news=encode({**checked, "waitTimer": 5, "preventSelfReview": False}),
        ignoreChanges=["waitTimer"],
    )
    assert list(prepared.plugin.stub.Diff(request).diffs) == ["preventSelfReview"]


def test_a_secret_that_was_written_elsewhere_is_left_so_as_by_the_real_provider(
    prepare: Callable[[str], Prepared],
) -> None:
    prepared = prepare(SECRET)
    resource_id, state = prepared.create()
    drifted = {**state, "remoteUpdatedAt": "2031-01-01 00:00:00 +0000 UTC"}
    assert list(prepared.plugin.diff(SECRET, resource_id, drifted, prepared.inputs).diffs) == []


def test_a_refresh_takes_over_what_was_changed_by_hand(prepare: Callable[[str], Prepared]) -> None:
    prepared = prepare(VARIABLE)
    resource_id, state = prepared.create()
    prepared.plugin.update(VARIABLE, resource_id, state, {**prepared.inputs, "value": "by hand"})
    found = prepared.plugin.read(VARIABLE, resource_id, state, prepared.inputs)
    assert decode(found.inputs) == {**prepared.inputs, "value": "by hand"}
    plan = prepared.plugin.diff(VARIABLE, resource_id, decode(found.properties), prepared.inputs)
    assert list(plan.diffs) == ["value"]


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("github:index/getUser:getUser", {"username": "octocat"}, {"login": "octocat", "username": "octocat"}),
        ("github:index/getTeam:getTeam", {"slug": "deployers", "summaryOnly": True}, {"slug": "deployers"}),
        ("github:index/getRepository:getRepository", {"name": "ai-tools"}, {"fullName": "acme/ai-tools"}),
    ],
)
def test_a_function_looks_up_what_the_service_knows(
    function: str, arguments: Properties, expected: dict[str, Any], plugin: Callable[[str], Plugin]
) -> None:
    answer = plugin("github").invoke(function, arguments)
    result = decode(getattr(answer, "return"))
    assert {name: result[name] for name in expected} == expected
    assert result["id"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({}, "username"), ({"username": 1}, "username"), ({"username": "octocat", "login": "x"}, "login")],
)
def test_arguments_of_a_function_are_checked(
    arguments: Properties, named: str, plugin: Callable[[str], Plugin]
) -> None:
    answer = plugin("github").invoke("github:index/getUser:getUser", arguments)
    assert [failure.property for failure in answer.failures] == [named]


def test_a_preview_of_an_update_keeps_what_stays_and_opens_what_may_change(
    prepare: Callable[[str], Prepared],
) -> None:
    prepared = prepare(DOMAIN)
    resource_id, state = prepared.create()
    request = provider_pb2.UpdateRequest(
        urn=urn(DOMAIN), id=resource_id, olds=encode(state), news=encode(prepared.change()), preview=True
    )
    planned = decode(prepared.plugin.stub.Update(request).properties)
    assert planned["teamId"] == state["teamId"]
    assert has_unknown(planned["verified"])
    assert planned["redirect"] == prepared.change()["redirect"]


def test_a_drain_is_read_with_what_was_changed_by_hand_in_its_headers(
    prepare: Callable[[str], Prepared], world: World
) -> None:
    prepared = prepare(LOG_DRAIN)
    resource_id, state = prepared.create()
    drains = world.state.collection("vercel.drains")
    by_hand = {**drains[resource_id]["delivery"], "headers": dict[str, str](), "secret": "s" * 32}
    drains[resource_id] = {**drains[resource_id], "delivery": by_hand}
    found = decode(prepared.plugin.read(LOG_DRAIN, resource_id, state, prepared.inputs).properties)
    assert "headers" not in found
    # The real provider holds on to the secret that it knows.
    assert found["secret"] == state["secret"]
    plan = prepared.plugin.diff(LOG_DRAIN, resource_id, found, prepared.inputs)
    assert list(plan.replaces) == ["headers"]


@pytest.mark.parametrize(
    "compute",
    [{"aggregationType": "distribution", "path": "@size"}, {"aggregationType": "count"}],
)
def test_a_metric_of_another_value_or_aggregation_is_another_metric(
    compute: Properties, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(LOGS_METRIC)
    resource_id, state = prepared.create()
    plan = prepared.plugin.diff(LOGS_METRIC, resource_id, state, {**prepared.inputs, "compute": compute})
    assert list(plan.replaces) == ["compute"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("ai-tools.requests", "ai_tools.requests"),
        ("7_ai tools_.requests-", "ai_tools.requests"),
        ("ai_tools._requests", "ai_tools.requests"),
        ("ai__tools..requests", "ai_tools..requests"),
    ],
)
def test_a_metric_gets_the_name_that_the_real_provider_makes_of_the_given_one(
    given: str, made: str, prepare: Callable[[str], Prepared]
) -> None:
    prepared = prepare(LOGS_METRIC)
    inputs = {**prepared.inputs, "name": given}
    resource_id, state = prepared.plugin.create(LOGS_METRIC, inputs)
    assert (resource_id, state["name"]) == (made, made)
    assert prepared.plugin.diff(LOGS_METRIC, resource_id, state, inputs).changes == NONE
