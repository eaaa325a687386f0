import json
from typing import Any

import pytest

from tests.deploy.releases.production import DOMAIN, HOOK, Production

FOR_GOOD = 1000
LINK = "https://github.com/acme/ai-tools/actions/runs/4711"
NOBODY_LOOKED = "Nobody has looked at what serves: `python3 -m deploy settle` does."


def _jobs(**results: Any) -> str:
    """GitHub's `needs`."""
    return "--jobs=" + json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})


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
    (
        "production",
        "standard",
        {"awaiting_approval": "failure", "migrations": "success"},
        ":rocket: Production deployment successful",
    ),
    (
        "production",
        "standard",
        {"settle": "failure", "promote": "failure", "build": "success"},
        "deployment failed (promote, settle)!",
    ),
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
    assert production.asked("slack") == []


@pytest.mark.parametrize("missing", ["SLACK_WEBHOOK", "ENVIRONMENT", "DOMAIN"])
def test_without_a_setting_nobody_is_told(production: Production, missing: str) -> None:
    ended = production.run("notify", _jobs(a="success"), timeout_seconds=5, **{missing: ""})
    assert ended.code == 2, ended
    assert missing in ended.err
    assert production.asked("slack") == []


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
    assert production.asked("slack") == [f"/services/{HOOK}"]
    assert len(production.messages) == messages


def test_a_message_that_slack_put_off_is_sent_again(production: Production) -> None:
    production.arm(service="slack", status=429, headers={"Retry-After": "1"})
    ended = production.run("notify", _jobs(promote="success"))
    assert ended.code == 0, ended
    assert len(production.messages) == 1
