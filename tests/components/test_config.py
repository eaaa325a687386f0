"""A stack's configuration: one error says everything that is wrong, each with the command that puts it right."""

import json

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.config import StackConfig
from tests.components.recording import SECRET_CONFIG, record, stack_config


def problems(
    changes: dict[str, str | None], *, stack: str = "production", plain: frozenset[str] = frozenset()
) -> list[tuple[str, str]]:
    """The problems that a stack's configuration has after some changes, each with its fix; empty when it loads."""
    config = {key: value for key, value in {**stack_config(stack), **changes}.items() if value is not None}
    try:
        record(StackConfig.load, stack=stack, config=config, plain=plain)
    except pulumi.RunError as error:
        first, *lines = str(error).splitlines()
        assert f"stack {stack}" in first
        assert "Nothing was changed" in first
        said = [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]
        fixes = [line.strip() for line in lines if line.startswith("      ")]
        assert f"{len(said)} problem" in first
        return list(zip(said, fixes, strict=True))
    return []


def public(**changes: str) -> str:
    return json.dumps({**json.loads(stack_config("production")["ai-tools:publicVariables"]), **changes})


def without(name: str) -> str:
    return json.dumps({key: value for key, value in json.loads(public()).items() if key != name})


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "VERCEL_API_TOKEN", "DD_API_KEY", "DATADOG_API_KEY", "DD_APP_KEY", "DATADOG_APP_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_committed_configuration_with_every_secret_set_is_valid(stack: str) -> None:
    assert problems({}, stack=stack) == []


@pytest.mark.parametrize(
    ("key", "value", "says", "fix"),
    [
        ("github:owner", None, "github:owner is missing", "pulumi config set github:owner acme"),
        ("vercel:team", "acme", "vercel:team is 'acme'", "pulumi config set vercel:team"),
        (
            "ai-tools:repository",
            "acme/ai-tools",
            "repository is 'acme/ai-tools'",
            "pulumi config set repository ai-tools",
        ),
        ("ai-tools:branch", None, "branch is missing", "pulumi config set branch main"),
        ("ai-tools:domain", "https://ai-tools.example.com", "domain is 'https:", "pulumi config set domain"),
        (
            "ai-tools:nodeVersion",
            "18.x",
            "nodeVersion is '18.x', not one of 22.x, 24.x",
            "pulumi config set nodeVersion",
        ),
        ("ai-tools:publicVariables", without("NEXT_PUBLIC_API_URL"), "NEXT_PUBLIC_API_URL is missing", "--path"),
        ("ai-tools:publicVariables", without("NEXT_PUBLIC_STRIPE_KEY"), "STRIPE_KEY is missing", "--path"),
        ("ai-tools:publicVariables", public(NEXT_PUBLIC_API_URL="api"), "is 'api', not a URL", "https://"),
        (
            "ai-tools:publicVariables",
            public(NEXT_PUBLIC_ENV="production"),
            "follows from the stack's name",
            "config rm",
        ),
        ("ai-tools:publicVariables", public(DATABASE_URL="x"), "is not a public variable", "config rm --path"),
        ("ai-tools:publicVariables", "[]", "publicVariables is not a map", "pulumi config rm publicVariables"),
        ("ai-tools:secretVariables", '{"NEXT_PUBLIC_X": "v"}', "not the name of a server-side variable", "config rm"),
        ("ai-tools:reviewers", None, "reviewers is missing", "pulumi config set --path 'reviewers[0]' 'octocat'"),
        ("ai-tools:reviewers", "[]", "reviewers is empty", "'reviewers[0]'"),
        ("ai-tools:reviewers", '["ok", "not ok"]', "reviewers[1] is 'not ok'", "--path 'reviewers[1]'"),
        ("ai-tools:preventSelfReview", "yes", "preventSelfReview is 'yes'", "pulumi config set preventSelfReview true"),
        ("ai-tools:deployWindow", None, "deployWindow is missing", "'Mon-Fri 09:00-17:00 UTC'"),
        ("ai-tools:deployWindow", "9-17", "deployWindow is '9-17'", "pulumi config set deployWindow"),
        ("ai-tools:deployWindow", "Mon-Fri 09:00-17:00 Mars/X", "no IANA time zone", "pulumi config set deployWindow"),
        ("ai-tools:deployFreezes", '["24 December"]', "deployFreezes[0]", "2026-12-24/2027-01-02"),
        ("ai-tools:deployFreezes", '["2027-01-02/2026-12-24"]', "in order", "2026-12-24/2027-01-02"),
        ("ai-tools:deliveredBy", "everyone", "deliveredBy is 'everyone'", "pulumi config set deliveredBy role:admin"),
        ("ai-tools:deliveredBy", "role:write", "deliveredBy is 'role:write'", "set deliveredBy role:admin"),
        ("ai-tools:deliveredBy", "role:maintain", "deliveredBy is 'role:maintain'", "set deliveredBy role:admin"),
        ("ai-tools:datadogNotify", '["slack"]', "datadogNotify[0] is 'slack'", "@slack-acme-deploys"),
        ("ai-tools:healthCheckSeconds", "61", "healthCheckSeconds is '61'", "pulumi config set healthCheckSeconds"),
        ("ai-tools:datadogPage", None, "datadogPage is missing", "@oncall-web"),
        ("ai-tools:team", "Web Team", "team is 'Web Team'", "pulumi config set team web"),
        ("ai-tools:availabilityTarget", None, "availabilityTarget is missing", "set availabilityTarget 99.9"),
        ("ai-tools:availabilityTarget", "100", "'100', not a number between 0 and 100", "set availabilityTarget 99.9"),
        ("ai-tools:availabilityTarget", "0", "'0', not a number between 0 and 100", "set availabilityTarget 99.9"),
        ("ai-tools:availabilityTarget", "90", "14.4 is out of reach", "pulumi config set availabilityTarget 99.5"),
        ("ai-tools:availabilityTarget", "99.99", "1 failed of 240 probes", "set availabilityTarget 99.94"),
        ("ai-tools:healthCheckSeconds", "900", "would often be without a probe", "set healthCheckSeconds 60"),
        ("ai-tools:healthCheckSeconds", "300", "take a target of at most 99.71", "set availabilityTarget 99.71"),
        ("ai-tools:healthCheckLocations", '["aws:eu-central-1"]', "of at most 99.76", "availabilityTarget 99.76"),
        ("ai-tools:latencyTarget", "50", "latencyTarget is 50", "pulumi config set latencyTarget 99"),
        ("ai-tools:latencyMilliseconds", "1.5 s", "latencyMilliseconds is '1.5 s'", "set latencyMilliseconds 1500"),
        ("ai-tools:healthCheckLocations", "[]", "healthCheckLocations is empty", "aws:eu-central-1"),
        ("ai-tools:vercelProject", "AI Tools", "vercelProject is 'AI Tools'", "pulumi config set vercelProject"),
        ("ai-tools:runbookUrl", "runbook.md", "runbookUrl is 'runbook.md'", "pulumi config set runbookUrl"),
        ("ai-tools:vercelToken", None, "vercelToken is missing", "pulumi config set --secret vercelToken"),
        ("ai-tools:backupToken", None, "backupToken is missing", "pulumi config set --secret backupToken"),
        ("ai-tools:databaseUrl", "mysql://x", "databaseUrl is malformed", "pulumi config set --secret databaseUrl"),
        ("github:token", None, "github:token is missing", "pulumi config set --secret github:token"),
    ],
)
def test_a_single_mistake_is_named_with_its_fix(key: str, value: str | None, says: str, fix: str) -> None:
    ((said, fixes),) = problems({key: value})
    assert says in said
    assert fix in fixes
    assert fixes.endswith("-s production")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    missing = [key for key in stack_config("production") if key != "github:retryableErrors"]
    found = problems(dict.fromkeys(missing))
    optional = {"ai-tools:deployFreezes", "ai-tools:secretVariables", "ai-tools:latencyTarget"}
    optional.add("ai-tools:datadogAppKey")
    for key in set(missing) - optional - {"ai-tools:publicVariables"}:
        assert any(key.removeprefix("ai-tools:") in said for said, _ in found), key
    assert sum("publicVariables." in said for said, _ in found) == 3


@pytest.mark.parametrize("key", sorted(SECRET_CONFIG))
def test_a_secret_in_plain_text_is_refused_and_not_repeated(key: str) -> None:
    ((said, fix),) = problems({}, plain=frozenset({key}))
    assert "plain text" in said
    assert "pulumi config set --secret" in fix
    for value in SECRET_CONFIG.values():
        assert value not in said + fix


def test_a_malformed_secret_is_not_repeated() -> None:
    ((said, fix),) = problems({"ai-tools:slackWebhook": "slack-secret-without-scheme"})
    assert "slackWebhook is malformed" in said
    assert "slack-secret" not in said + fix


def test_a_stripe_secret_key_is_never_published() -> None:
    public = {"NEXT_PUBLIC_API_URL": "https://x.example.com", "NEXT_PUBLIC_ANALYTICS_ID": "G"}
    ((said, _),) = problems(
        {"ai-tools:publicVariables": json.dumps({**public, "NEXT_PUBLIC_STRIPE_KEY": "sk_live_doNotShow"})}
    )
    assert "every visitor would download it" in said
    assert "doNotShow" not in said


def test_a_provider_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "from-the-environment")
    assert problems({"github:token": None}) == []


def test_staging_needs_neither_window_nor_backup_nor_reviewers() -> None:
    optional = ["backupWebhook", "backupToken", "dbRollbackWebhook", "dbRollbackToken", "reviewers", "deployWindow"]
    assert problems({f"ai-tools:{key}": None for key in optional}, stack="staging") == []


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(stack_config("production"))), st.text(max_size=40) | st.none(), max_size=4)
)
def test_no_configuration_ends_in_a_traceback(changes: dict[str, str | None]) -> None:
    for said, fix in problems(changes):
        assert said
        assert fix.startswith("pulumi config ")


def test_only_production_wakes_somebody() -> None:
    ((said, fix),) = problems({"ai-tools:datadogPage": '["@oncall-web"]'}, stack="staging")
    assert "only production wakes somebody" in said
    assert "pulumi config rm datadogPage" in fix


def test_staging_promises_nothing_unless_it_is_told_to() -> None:
    assert problems({"ai-tools:availabilityTarget": None}, stack="staging") == []
    ((said, _),) = problems({"ai-tools:availabilityTarget": "99.9"}, stack="staging")
    assert "would often be without a probe" in said


@pytest.mark.parametrize("stack", ["QA", "qa_eu", "2nd"])
def test_a_stack_whose_name_would_not_do_as_a_tag_is_refused(stack: str) -> None:
    config = dict(stack_config("staging"))
    with pytest.raises(pulumi.RunError, match="is not made of small letters, digits and dashes"):
        record(StackConfig.load, stack=stack, config=config)
