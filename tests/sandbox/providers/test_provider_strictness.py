from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.providers.check import check
from sandbox.providers.datadog.provider import DATADOG
from sandbox.providers.github.provider import GITHUB
from sandbox.providers.resource import Resource
from sandbox.providers.schema import ListOf, MapOf, ObjectOf, Property, ResourceSchema, Scalar, Type
from sandbox.providers.values import UNKNOWN, Properties
from sandbox.providers.vercel.provider import VERCEL
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
    PROJECT_VARIABLE,
    RETENTION,
    RULESET,
    SECRET,
    TEST,
    VARIABLE,
    Example,
)

PROVIDERS = {provider.name: provider for provider in (GITHUB, VERCEL, DATADOG)}
WRONG: dict[str, list[Any]] = {
    "string": [7391, True, ["given"], {"given": "value"}],
    "integer": ["7391", True, 7391.5, [7391]],
    "number": ["7391", True, {}],
    "boolean": ["true", 7391, [True]],
}
"""Values of other types; none is a part of a path, so that it would be seen in an error that shows it."""


def known(example: Example) -> tuple[Resource[Any], ResourceSchema]:
    provider = PROVIDERS[example.provider]
    resource = provider.by_type[example.pulumi_type]
    return resource, provider.schema(resource)


def failures(example: Example, inputs: Properties) -> dict[str, str]:
    resource, schema = known(example)
    _, failed = check(resource, schema, inputs, name="example", seed=b"seed", old_inputs={})
    return {failure.property: failure.reason for failure in failed}


def mistyped(declared: Type) -> Iterator[Any]:
    match declared:
        case Scalar(kind):
            yield from WRONG[kind]
        case ListOf():
            yield from ("given", {"given": 7391}, 7391)
        case MapOf() | ObjectOf():
            yield from ("given", ["given"], 7391)


def nested(properties: Mapping[str, Property], values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Type]]:
    """Every property that the values hold, however deep, with its declared type."""
    for name, value in values.items():
        declared = properties[name].type
        yield f"{path}{name}", declared
        if isinstance(declared, ObjectOf):
            yield from nested(declared.properties, value, f"{path}{name}.")
        if isinstance(declared, ListOf) and isinstance(declared.item, ObjectOf):
            for index, item in enumerate(value):
                yield from nested(declared.item.properties, item, f"{path}{name}[{index}].")


def replaced(values: Any, path: str, new: Any) -> Any:
    """A copy with the value at a path replaced."""
    first, _, rest = path.partition(".")
    name, bracket, index = first.partition("[")
    inner = values[name]
    if bracket:
        position = int(index.rstrip("]"))
        changed = replaced(inner[position], rest, new) if rest else new
        return {**values, name: [*inner[:position], changed, *inner[position + 1 :]]}
    return {**values, name: replaced(inner, rest, new) if rest else new}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_good_inputs_pass(example: Example) -> None:
    assert failures(example, example.inputs) == {}
    assert failures(example, {**example.inputs, **example.change}) == {}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_missing_required_property_is_named(example: Example) -> None:
    _, schema = known(example)
    required = [name for name, declared in schema.inputs.items() if declared.required]
    for name in required:
        inputs = {key: value for key, value in example.inputs.items() if key != name}
        assert list(failures(example, inputs)) == [name], f"leaving out {name}"


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
@settings(max_examples=30, deadline=None)
@given(name=st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1))
def test_an_unknown_property_is_named(example: Example, name: str) -> None:
    _, schema = known(example)
    if name not in schema.inputs:
        assert name in failures(example, {**example.inputs, name: "value"})


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_python_spelling_of_a_property_is_unknown_and_the_right_one_is_suggested(example: Example) -> None:
    for name in example.inputs:
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        if snake != name:
            renamed = {snake if key == name else key: value for key, value in example.inputs.items()}
            assert repr(name) in failures(example, renamed)[snake]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_outputs_cannot_be_set(example: Example) -> None:
    _, schema = known(example)
    for output in schema.only_outputs:
        assert output in failures(example, {**example.inputs, output: "value"})


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_wrong_type_is_named_wherever_it_stands_and_its_value_is_not_shown(example: Example) -> None:
    _, schema = known(example)
    for path, declared in nested(schema.inputs, example.inputs):
        for wrong in mistyped(declared):
            failed = failures(example, replaced(example.inputs, path, wrong))
            assert path in failed, f"{path} = {wrong!r} passed"
            assert "given" not in failed[path]
            assert "7391" not in failed[path]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_unknown_values_pass_in_a_preview(example: Example) -> None:
    for name in example.inputs:
        assert failures(example, {**example.inputs, name: UNKNOWN}) == {}, f"{name} unknown"


def without(example: Example, *names: str) -> Properties:
    return {name: value for name, value in example.inputs.items() if name not in names}


RULES: list[tuple[str, Properties, str]] = [
    (ENVIRONMENT, {"waitTimer": 43201}, "waitTimer"),
    (ENVIRONMENT, {"reviewers": [{"users": [1]}, {"teams": [2]}]}, "reviewers"),
    (ENVIRONMENT, {"reviewers": [{"users": [1, 2, 3, 4, 5, 6, 7]}]}, "reviewers[0].users"),
    (POLICY, {"tagPattern": "v*"}, "branchPattern"),
    (POLICY, {"branchPattern": ""}, "branchPattern"),
    (SECRET, {"plaintextValue": "again"}, "value"),
    (SECRET, {"keyId": "1"}, "keyId"),
    (SECRET, {"secretName": "1ST"}, "secretName"),
    (SECRET, {"secretName": "github_token"}, "secretName"),
    (VARIABLE, {"variableName": "A-B"}, "variableName"),
    (FILE, {"commitAuthor": "Someone"}, "commitAuthor"),
    (FILE, {"autocreateBranchSourceBranch": "main"}, "autocreateBranchSourceBranch"),
    (RULESET, {"target": "commit"}, "target"),
    (RULESET, {"enforcement": "on"}, "enforcement"),
    (RULESET, {"name": ""}, "name"),
    (RULESET, {"conditions": {"refName": {"includes": [], "excludes": []}}, "target": "push"}, "conditions.refName"),
    (RULESET, {"rules": {"maxFileSize": {"maxFileSize": 1}}}, "rules.maxFileSize"),
    (
        RULESET,
        {"rules": {"pullRequest": {"requiredApprovingReviewCount": 11}}},
        "rules.pullRequest.requiredApprovingReviewCount",
    ),
    (RULESET, {"rules": {"pullRequest": {"allowedMergeMethods": []}}}, "rules.pullRequest.allowedMergeMethods"),
    (
        RULESET,
        {"bypassActors": [{"actorId": 1, "actorType": "Robot", "bypassMode": "always"}]},
        "bypassActors[0].actorType",
    ),
    (PROJECT, {"name": "Ai-Tools"}, "name"),
    (PROJECT, {"name": "ai_tools.staging"}, "name"),
    (PROJECT, {"name": "a" * 53}, "name"),
    (PROJECT, {"nodeVersion": "16.x"}, "nodeVersion"),
    (PROJECT, {"skewProtection": "2 days"}, "skewProtection"),
    (PROJECT, {"vercelAuthentication": {"deploymentType": "all"}}, "vercelAuthentication.deploymentType"),
    (PROJECT, {"previewComments": True, "enablePreviewFeedback": True}, "previewComments"),
    (DOMAIN, {"gitBranch": "develop", "customEnvironmentId": "env_1"}, "gitBranch"),
    (DOMAIN, {"redirect": "example.com", "redirectStatusCode": 303}, "redirectStatusCode"),
    (PROJECT_VARIABLE, {"targets": ["staging"]}, "targets"),
    (PROJECT_VARIABLE, {"targets": ["development"]}, "sensitive"),
    (PROJECT_VARIABLE, {"valueWo": "again"}, "value"),
    (PROJECT_VARIABLE, {"customEnvironmentIds": []}, "customEnvironmentIds"),
    (BYPASS, {"secret": "short"}, "secret"),
    (BYPASS, {"secret": "-" * 32}, "secret"),
    (BYPASS, {"note": "n" * 101}, "note"),
    (RETENTION, {"expirationErrored": "2y"}, "expirationErrored"),
    (LOG_DRAIN, {"deliveryFormat": "syslog"}, "deliveryFormat"),
    (LOG_DRAIN, {"environments": []}, "environments"),
    (LOG_DRAIN, {"environments": ["development"]}, "environments"),
    (LOG_DRAIN, {"sources": []}, "sources"),
    (LOG_DRAIN, {"sources": ["lambda", "function"]}, "sources"),
    (LOG_DRAIN, {"samplingRate": 1.5}, "samplingRate"),
    (LOG_DRAIN, {"secret": "s" * 31}, "secret"),
    (LOG_DRAIN, {"headers": {f"X-{number}": "1" for number in range(6)}}, "headers"),
    (MONITOR, {"type": "alert"}, "type"),
    (MONITOR, {"priority": "6"}, "priority"),
    (MONITOR, {"notifyNoData": True}, "onMissingData"),
    (MONITOR, {"monitorThresholds": {"critical": "high"}}, "monitorThresholds.critical"),
    (TEST, {"status": "on"}, "status"),
    (TEST, {"locations": []}, "locations"),
    (TEST, {"optionsList": {"tickEvery": 10}}, "optionsList.tickEvery"),
    (TEST, {"assertions": [{"type": "status", "operator": "is", "target": "200"}]}, "assertions[0].type"),
    (TEST, {"assertions": [{"type": "statusCode", "operator": "is", "target": "ok"}]}, "assertions[0].target"),
    (DASHBOARD, {"dashboard": "title: x"}, "dashboard"),
    (DASHBOARD, {"dashboard": "[]"}, "dashboard"),
    (OBJECTIVE, {"type": "uptime"}, "type"),
    (OBJECTIVE, {"type": "monitor", "monitorIds": [1]}, "query"),
    (OBJECTIVE, {"thresholds": [{"timeframe": "1d", "target": 99}]}, "thresholds[0].timeframe"),
    (LOGS_METRIC, {"compute": {"aggregationType": "average"}}, "compute.aggregationType"),
]


@pytest.mark.parametrize(
    ("pulumi_type", "change", "named"),
    RULES,
    ids=[f"{BY_TYPE[pulumi_type]}-{named}-{index}" for index, (pulumi_type, _, named) in enumerate(RULES)],
)
def test_a_rule_of_the_real_provider_holds(pulumi_type: str, change: Properties, named: str) -> None:
    example = BY_TYPE[pulumi_type]
    assert named in failures(example, {**example.inputs, **change})


@pytest.mark.parametrize(
    ("pulumi_type", "names", "named"),
    [
        (POLICY, ["branchPattern"], "branchPattern"),
        (SECRET, ["value"], "value"),
        (PROJECT_VARIABLE, ["value"], "value"),
        (PROJECT_VARIABLE, ["targets"], "targets"),
        (OBJECTIVE, ["query"], "query"),
    ],
)
def test_one_of_several_properties_must_be_set(pulumi_type: str, names: list[str], named: str) -> None:
    example = BY_TYPE[pulumi_type]
    assert named in failures(example, without(example, *names))


def test_a_resource_without_a_name_gets_one_that_stays() -> None:
    resource, schema = known(BY_TYPE[PROJECT])
    first, _ = check(resource, schema, {"framework": "nextjs"}, name="web", seed=b"1", old_inputs={})
    again, _ = check(resource, schema, {"framework": "nextjs"}, name="web", seed=b"2", old_inputs=first)
    other, _ = check(resource, schema, {"framework": "nextjs"}, name="web", seed=b"2", old_inputs={})
    assert first["name"].startswith("web-")
    assert again["name"] == first["name"] != other["name"]


def test_the_sdk_says_which_outputs_are_secret() -> None:
    secret = {str(example): set(known(example)[1].secrets) for example in EXAMPLES}
    assert {name: names for name, names in secret.items() if names} == {
        "ActionsEnvironmentSecret": {"value", "valueEncrypted", "plaintextValue", "encryptedValue"},
        "ProjectEnvironmentVariable": {"value", "valueWo"},
        "ProjectProtectionBypass": {"secret"},
        "LogDrain": {"headers", "secret"},
    }
