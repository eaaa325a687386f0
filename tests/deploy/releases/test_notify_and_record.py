import json
from typing import Any

import pytest

from tests.deploy.releases.production import DOMAIN, HOOK, Production

FOR_GOOD = 1000
COMMIT = "c" * 40
LINK = "https://github.com/acme/ai-tools/actions/runs/4711"
STARTED = "2026-01-31T12:00:00Z"
NOBODY_LOOKED = "Nobody has looked at what serves: `python3 -m deploy settle` does."


def _jobs(**results: Any) -> str:
    """GitHub's `needs`."""
    return "--jobs=" + json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})


def _asked(production: Production, service: str) -> list[str]:
    return [exchange.path for _, exchange in production.exchanges() if exchange.service == service]


def _events(production: Production) -> list[dict[str, Any]]:
    return list(production.state.collection("datadog.events").values())


def _dora(production: Production) -> dict[str, Any]:
    return {name: made["attributes"] for name, made in production.state.collection("datadog.dora_deployments").items()}


ENDS = [
    (
        "production",
        "standard",
        {"admission": "success", "promote": "success"},
        ":rocket: Production deployment successful",
    ),
    ("production", "hotfix", {"admission": "skipped", "promote": "success"}, ":rocket: Production hotfix successful"),
    ("staging", "standard", {"promote": "success"}, ":rocket: Staging deployment successful"),
    ("production", "standard", {"promote": "failure"}, ":fire: Production deployment failed (promote)!"),
    ("production", "hotfix", {"stage": "cancelled"}, ":fire: Production hotfix failed (stage)!"),
    ("staging", "standard", {"a": "failure", "b": "skipped"}, ":fire: Staging deployment failed (a)!"),
    ("production", "standard", {"admission": "failure", "b": "cancelled"}, "deployment failed (admission, b)!"),
    ("production", "standard", {"<!here>": "failure"}, ":fire: Production deployment failed (&lt;!here&gt;)!"),
    (
        "production",
        "standard",
        {"admission": "failure", "stage": "skipped", "promote": "skipped"},
        ":hourglass: Production deployment did not start: outside the window, locked, or not what staging",
    ),
    (
        "staging",
        "standard",
        {"admission": "failure"},
        ":hourglass: Staging deployment did not start: outside the window, locked, or not what staging",
    ),
]


@pytest.mark.parametrize(("environment", "kind", "results", "text"), ENDS)
def test_the_team_reads_how_it_ended_and_only_a_failure_calls_everybody(
    production: Production, environment: str, kind: str, results: dict[str, str], text: str
) -> None:
    ended = production.run("notify", _jobs(**results), f"--type={kind}", ENVIRONMENT=environment)
    assert ended.code == 0, ended
    (message,) = production.messages
    assert text in message
    assert "By octocat." in message
    assert message.endswith(LINK)
    failed = ":fire:" in text or "failed" in text
    assert ("<!channel>" in message) is failed
    assert (f"https://{DOMAIN}" in message) is ("successful" in text)
    assert (NOBODY_LOOKED in message) is failed


@pytest.mark.parametrize(
    ("results", "outcome", "failed"),
    [
        ({"promote": "success"}, "success", []),
        ({"promote": "failure"}, "failure", ["promote"]),
        ({"admission": "failure"}, "failure", ["admission"]),
    ],
)
def test_a_machine_reads_the_outcome(
    production: Production, results: dict[str, str], outcome: str, failed: list[str]
) -> None:
    document = production.run("notify", _jobs(**results), "--json").document
    assert (document["outcome"], document["failed"], document["warnings"]) == (outcome, failed, [])


@pytest.mark.parametrize("result", ["success", "failure"])
@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("<!channel> wake up", "Reason: &lt;!channel&gt; wake up By"),
        ("<https://evil.example.com|fix>", "Reason: &lt;https://evil.example.com|fix&gt; By"),
        ("you & me", "Reason: you &amp; me By"),
        ("two\nlines\r\n  and  spaces ", "Reason: two lines and spaces By"),
    ],
)
def test_a_reason_is_shown_as_it_is_and_calls_nobody(
    production: Production, reason: str, shown: str, result: str
) -> None:
    ended = production.run("notify", _jobs(promote=result), f"--reason={reason}")
    assert ended.code == 0, ended
    assert shown in production.messages[0]
    assert production.messages[0].count("<") == (result == "failure")


def test_without_a_reason_none_is_spoken_of(production: Production) -> None:
    assert production.run("notify", _jobs(promote="success"), "--reason= ").code == 0
    assert "Reason" not in production.messages[0]


def test_the_state_is_shown_where_it_failed(production: Production) -> None:
    ended = production.run("notify", _jobs(promote="failure"), "--state=v1 serves & is <healthy>.")
    assert ended.code == 0, ended
    assert "v1 serves &amp; is &lt;healthy&gt;." in production.messages[0]
    assert NOBODY_LOOKED not in production.messages[0]


def test_a_person_on_a_machine_is_named_and_no_run(production: Production) -> None:
    ended = production.run("notify", _jobs(a="success"), GITHUB_ACTOR="", GITHUB_RUN_ID="", USER="<grace>")
    assert ended.code == 0, ended
    assert production.messages[0].endswith("By &lt;grace&gt;.")


@pytest.mark.parametrize(
    "jobs",
    [
        "",
        "{",
        "[]",
        "null",
        '"admission"',
        '{"promote": "failure"}',
        '{"promote": {}}',
        '{"promote": {"result": null}}',
        '{"promote": {"result": "Failure"}}',
        '{"promote": {"result": ["failure"]}}',
    ],
)
def test_a_list_of_jobs_that_is_none_is_refused_and_never_taken_for_a_success(
    production: Production, jobs: str
) -> None:
    ended = production.run("notify", f"--jobs={jobs}")
    assert ended.code == 2, ended
    assert "toJSON(needs)" in ended.err
    assert _asked(production, "slack") == []


@pytest.mark.parametrize("missing", ["SLACK_WEBHOOK", "ENVIRONMENT", "DOMAIN"])
def test_without_a_setting_nobody_is_told(production: Production, missing: str) -> None:
    ended = production.run("notify", _jobs(a="success"), timeout_seconds=5, **{missing: ""})
    assert ended.code == 2, ended
    assert missing in ended.err
    assert _asked(production, "slack") == []


@pytest.mark.parametrize(
    ("fault", "messages"),
    [
        ({"status": 404}, 0),
        ({"status": 500}, 0),
        ({"status": 500, "applied": True}, 1),
        ({"kind": "timeout", "applied": True}, 1),
        ({"kind": "reset", "applied": True}, 1),
    ],
)
def test_a_message_that_may_have_arrived_is_not_sent_twice(
    production: Production, fault: dict[str, Any], messages: int
) -> None:
    production.arm(service="slack", times=FOR_GOOD, **fault)
    ended = production.run("notify", _jobs(promote="success"), timeout_seconds=0.3)
    assert ended.code == 1, ended
    assert "tell them yourself" in ended.err
    assert _asked(production, "slack") == [f"/services/{HOOK}"]
    assert len(production.messages) == messages


def test_a_message_that_slack_put_off_is_sent_again(production: Production) -> None:
    production.arm(service="slack", status=429, headers={"Retry-After": "1"})
    ended = production.run("notify", _jobs(promote="success"))
    assert ended.code == 0, ended
    assert len(production.messages) == 1


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_datadog_has_an_event_of_the_deployment(production: Production, environment: str) -> None:
    argv = ("record", "--outcome=success", "--deployment=dpl_1", "--version=v2", "--type=hotfix", "--reason=a\n b")
    ended = production.run(*argv, ENVIRONMENT=environment, GITHUB_SHA=COMMIT)
    assert ended.code == 0, ended
    (event,) = _events(production)
    assert event["title"] == f"{environment.title()} Deployment"
    assert event["text"].startswith(f"New version deployed to {environment}. ")
    for part in ("deployment dpl_1", f"commit {COMMIT}", "reason: a b", "by octocat", LINK):
        assert part in event["text"]
    assert {f"environment:{environment}", "service:ai-tools", "version:v2", "type:hotfix"} <= set(event["tags"])
    assert event["alert_type"] == "success"
    assert _dora(production) == {}


@pytest.mark.parametrize(
    ("kind", "outcome", "title", "alert_type"),
    [
        ("deployment", "success", "Production Deployment", "success"),
        ("deployment", "failure", "Production Deployment failed", "error"),
        ("rollback", "success", "Production Rollback", "warning"),
        ("rollback", "failure", "Production Rollback failed", "error"),
    ],
)
def test_an_event_says_what_ended_and_how(
    production: Production, kind: str, outcome: str, title: str, alert_type: str
) -> None:
    ended = production.run("record", f"--kind={kind}", f"--outcome={outcome}", "--json")
    assert ended.code == 0, ended
    assert (ended.document["kind"], ended.document["outcome"]) == (kind, outcome)
    (event,) = _events(production)
    assert (event["title"], event["alert_type"]) == (title, alert_type)
    assert ("New version deployed" in event["text"]) is ((kind, outcome) == ("deployment", "success"))
    assert {f"kind:{kind}", f"outcome:{outcome}", "environment:production"} <= set(event["tags"])


@pytest.mark.parametrize(
    ("outcome", "environ", "recorded"),
    [
        ("success", {"DATADOG_DORA": "true", "GITHUB_SHA": COMMIT}, True),
        ("success", {"DATADOG_DORA": "true"}, False),
        ("success", {"DATADOG_DORA": "false", "GITHUB_SHA": COMMIT}, False),
        ("success", {"DATADOG_DORA": "", "GITHUB_SHA": COMMIT}, False),
        ("failure", {"DATADOG_DORA": "true", "GITHUB_SHA": COMMIT}, False),
    ],
)
@pytest.mark.parametrize("deployment", ["dpl_0123456789abcdef", ""])
def test_a_dora_deployment_is_recorded_where_switched_on_and_its_commit_is_known(
    production: Production, outcome: str, environ: dict[str, str], deployment: str, *, recorded: bool
) -> None:
    argv = ("record", f"--outcome={outcome}", f"--deployment={deployment}", "--version=v2", f"--started={STARTED}")
    ended = production.run(*argv, timeout_seconds=5, **environ)
    assert ended.code == 0, ended
    assert len(_events(production)) == 1
    assert list(_dora(production)) == ([f"{deployment or COMMIT}-4711"] if recorded else [])
    for attributes in _dora(production).values():
        assert (attributes["service"], attributes["env"], attributes["version"]) == ("ai-tools", "production", "v2")
        assert attributes["git"] == {"commit_sha": COMMIT, "repository_url": "https://github.com/acme/ai-tools"}
        assert attributes["started_at"] == 1_769_860_800 * 10**9


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v2/dora/deployment"])
@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 500}, {"kind": "timeout"}])
def test_what_datadog_may_have_missed_is_said_and_not_sent_twice(
    production: Production, path: str, fault: dict[str, Any]
) -> None:
    production.arm(service="datadog", path=path, times=FOR_GOOD, **fault)
    argv = ("record", "--outcome=success", "--deployment=dpl_0123456789abcdef", f"--started={STARTED}")
    ended = production.run(*argv, timeout_seconds=0.3, DATADOG_DORA="true", GITHUB_SHA=COMMIT)
    assert ended.code == 1, ended
    assert "Datadog may not know of this deployment" in ended.err
    assert "run the same again" in ended.err
    assert _asked(production, "datadog").count(path) == 1


def test_datadog_is_asked_at_the_site_of_the_account(production: Production) -> None:
    ended = production.run("record", "--outcome=success", DATADOG_SITE="datadoghq.eu")
    assert ended.code == 0, ended
    (exchange,) = [exchange for _, exchange in production.exchanges() if exchange.service == "datadog"]
    assert exchange.host == "api.datadoghq.eu"


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (("--outcome=success",), {"DATADOG_API_KEY": ""}),
        (("--outcome=success",), {"SERVICE": ""}),
        (("--outcome=success",), {"ENVIRONMENT": ""}),
        (("--outcome=success", "--started=yesterday"), {}),
        (("--outcome=great",), {}),
        ((), {}),
    ],
)
def test_what_cannot_be_meant_is_not_recorded(
    production: Production, argv: tuple[str, ...], environ: dict[str, str]
) -> None:
    assert production.run("record", *argv, timeout_seconds=5, **environ).code == 2
    assert _asked(production, "datadog") == []
