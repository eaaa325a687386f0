from collections.abc import Mapping
from typing import Any

import pytest

from deploy.release import lock, serving_record
from deploy.release.serving_record import Serving
from tests.deploy.comments.team import FOR_GOOD, Team
from tests.deploy.comments.test_command import CLOSED
from tests.deploy.comments.test_lock import WANTED

RUN = "https://github.com/acme/ai-tools/actions/runs/7"


def told(team: Team, **environ: str) -> tuple[str, dict[str, Any]]:
    """What is answered, for people and machines; nothing is changed by it."""
    before = len(team.changes)
    ended = team.type("@workflow:status", login="mona", **environ)
    assert ended.code == 0, ended
    assert len(team.changes) == before
    return ended.document["message"], ended.document


def record(team: Team, deployment: str) -> None:
    commit = team.head("main")
    serving = Serving(
        deployment=deployment, commit=commit, url="https://x.vercel.app", by="`@mona`", run=RUN, kind="release"
    )
    serving_record.write(team.github(), "production", "main", serving)


def test_where_nothing_is_known_it_says_so(team: Team) -> None:
    text, data = told(team)
    assert text.count("- Serves: nothing that is recorded") == 2
    assert text.count("- Lock: none") == 2
    assert "- Window: Mon-Fri 09:00-17:00 UTC: open now" in text
    assert (data["production"]["serving"], data["production"]["locked"]) == (None, False)


def test_it_says_what_serves_since_when_and_through_what(team: Team) -> None:
    deployment = team.production.deploy("v1")
    team.production.serve(deployment)
    record(team, deployment)
    text, data = told(team)
    assert f"- Serves: [{deployment}](https://x.vercel.app), commit `{team.head('main')[:12]}`, since 20" in text
    assert f"by `` `@mona` ``, through a release ([run]({RUN}))" in text
    assert "⚠️" not in text
    assert (data["production"]["serving"], data["production"]["vercel"]) == (deployment, None)


def test_what_was_moved_beside_the_pipeline_is_said(team: Team) -> None:
    first, second = team.production.deploy("v1"), team.production.deploy("v2")
    record(team, first)
    team.production.serve(second)
    text, data = told(team)
    assert f"⚠️ Vercel says that {second}" in text
    assert second in data["production"]["vercel"]
    assert "⚠️" not in told(team, VERCEL_TOKEN="")[0]


def test_it_says_what_is_locked_and_under_way(team: Team) -> None:
    lock.take(team.github(), WANTED)
    team.run_of("production.yml", "main", conclusion="success")
    run = team.run_of("production.yml", "main")
    text, data = told(team)
    assert f"- Lock: Locked by `octocat` since `2026-11-23T12:00:00Z` ([where]({WANTED.link})): `an audit`." in text
    assert data["production"]["locked"] is True
    assert any(url.endswith(f"/runs/{run}") for url in data["production"]["under_way"])
    assert "(queued)](" in text


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (CLOSED, "opens at Sat 2026-11-28 01:00 UTC"),
        ({"DEPLOY_WINDOW": ""}, "unknown: There is no window"),
        ({"DEPLOY_WINDOW": "x"}, "unknown: The window"),
    ],
)
def test_it_says_when_the_window_opens(team: Team, environ: Mapping[str, str], said: str) -> None:
    assert said in told(team, **environ)[0]


@pytest.mark.parametrize(
    ("path", "line"), [("/deployments", "Serves"), ("/contents/", "Lock"), ("/production.yml/runs", "Under way")]
)
def test_what_github_does_not_tell_is_said_to_be_unknown(team: Team, path: str, line: str) -> None:
    team.production.arm(service="github", path=path, times=FOR_GOOD, status=403)
    text, data = told(team)
    assert f"- {line}: unknown, for GitHub `answered 403" in text
    if line == "Lock":
        assert data["production"]["locked"] is None


def test_where_vercel_is_down_the_rest_is_said(team: Team) -> None:
    team.production.arm(service="vercel", times=FOR_GOOD, status=503)
    text, _ = told(team)
    assert "⚠️ Vercel does not say what serves: it `answered 503" in text
    assert "- Lock: none" in text


def test_it_is_answered_where_it_was_asked_with_what_its_job_may_read(team: Team) -> None:
    ended, answer = team.carry_out(team.say("@workflow:status", login="mona"))
    assert ended.code == 0, ended
    assert "### production" in team.body(answer)
    assert "### staging" in team.body(answer)
    assert "unknown" not in team.body(answer)
