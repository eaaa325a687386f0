import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from deploy.comments.markup import facts_of, marked
from deploy.comments.thread import update
from deploy.release import serving_record
from deploy.release.serving_record import Serving
from sandbox.world.github.identifiers import own_request
from sandbox.world.github.issues import add_comment
from sandbox.world.github.workflow_run_events import end_run
from sandbox.world.github.workflow_runs import show_run, update_run
from tests.deploy.comments.hostile import TEXTS
from tests.deploy.comments.team import FOR_GOOD, Team
from tests.deploy.comments.test_answering import assert_harmless
from tests.deploy.ended import Ended


def job(name: str, conclusion: str, *said: str) -> dict[str, Any]:
    """A job that ended, and what it wrote in workflow commands."""
    lines = [f"2026-11-23T12:00:00Z|1| ##[{line}" for line in said]
    moments = dict.fromkeys(("started_at", "completed_at"), "2026-11-23T12:00:00Z")
    whole: dict[str, Any] = {"id": name, "name": name, "status": "completed", "conclusion": conclusion, "steps": []}
    return {**whole, **moments, "log": "\n".join(lines)}


def end(team: Team, run: int, conclusion: str, jobs: Sequence[Mapping[str, Any]] = (), **environ: str) -> Ended:
    """Let a run end, and do what the workflow does then."""
    started = end_run(team.production.state, run, conclusion=conclusion, jobs=[dict(one) for one in jobs])
    assert [one["path"] for one in started] == [".github/workflows/commands.yml"]
    return team.act("answer", "--json", event=started[0]["payload"], job="result", **environ)


def asked(team: Team, text: str, *, login: str = "octocat", issue: int = 1) -> tuple[int, int]:
    """Carry a comment out: the answer and the run."""
    _, answer = team.carry_out(team.say(f"@workflow:{text}", login=login, issue=issue))
    return answer, team.dispatched[-1]["id"]


@pytest.mark.parametrize(
    ("conclusion", "sign", "said"),
    [
        ("success", "✅", "done"),
        ("failure", "❌", "failed"),
        ("cancelled", "🚫", "cancelled"),
        ("timed_out", "❌", "timed out"),
        ("startup_failure", "❌", "failed"),
    ],
)
def test_the_answer_says_how_the_run_ended(team: Team, conclusion: str, sign: str, said: str) -> None:
    answer, run = asked(team, "deploy the page")
    ended = end(team, run, conclusion)
    assert (ended.code, ended.document["answered"]) == (0, answer), ended
    body = team.body(answer)
    assert body.startswith(f"{sign} **Deploy**, commit `{team.head('main')[:12]}`: [{said}](https://github.com/")
    assert ("Next: `@workflow:status`" in body) == (conclusion != "success")
    assert ("`@workflow:rollback previous reason…`" in body) == (conclusion != "success")
    assert facts_of(body) == {
        "command": "deploy",
        "done": True,
        "run": run,
        "commit": team.head("main"),
        "conclusion": conclusion,
    }


def test_the_answer_says_what_serves_now(team: Team) -> None:
    answer, run = asked(team, "rollback slow")
    end(team, run, "success")
    assert "Serves production now: nothing that is recorded." in team.body(answer)
    record = Serving(deployment="dpl_1", commit="", url="https://x.vercel.app", by="mona", run="", kind="rollback")
    serving_record.write(team.github(), "production", "main", record)
    end(team, run, "success")
    assert "Serves production now: [dpl_1](https://x.vercel.app), dpl\\_1 since" in team.body(answer)


def test_a_failed_job_is_named_with_its_first_error(team: Team) -> None:
    answer, run = asked(team, "deploy")
    jobs = [
        job("Build", "success", "error]is not shown", "notice]nor this"),
        job(
            "Stage",
            "failure",
            "warning]is not shown",
            "error]It broke <b>badly</b>. Next: call @octocat.",
            "error]more",
        ),
        job("Promote", "skipped"),
        job("Audit", "timed_out"),
    ]
    ended = end(team, run, "failure", jobs)
    assert ended.code == 0, ended
    body = team.body(answer)
    assert "`Stage`: It broke \\<b\\>badly\\</b\\>. Next: call @\u200boctocat." in body
    assert "`Audit`: timed\\_out" in body
    assert not any(text in body for text in ("not shown", "nor this", "more", "Promote"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_hostile_error_or_name_is_only_shown(team: Team, text: str) -> None:
    answer, run = asked(team, "deploy")
    ended = end(team, run, "failure", [job(text, "failure", f"error]{text}")])
    assert ended.code == 0, ended
    (shown,) = (paragraph for paragraph in team.body(answer).split("\n\n") if paragraph.startswith("`"))
    assert_harmless(shown)
    assert facts_of(team.body(answer))["run"] == run


def test_a_preview_shows_its_address(team: Team) -> None:
    number = team.pull_request()
    answer, run = asked(team, "preview", login="mona", issue=number)
    url = "https://ai-tools-abc-acme.vercel.app"
    jobs = [
        job("Build", "success", "notice]https://evil.vercel.app shows it"),
        job("Deploy the preview", "success", f"notice]{url} shows commit 0123abc and is healthy."),
    ]
    ended = end(team, run, "success", jobs)
    assert ended.code == 0, ended
    assert f"<{url}> shows commit 0123abc and is healthy." in team.body(answer)
    assert "evil" not in team.body(answer)
    assert "Serves" not in team.body(answer)


def test_what_a_run_says_twice_is_answered_once_and_the_last_word_stands(team: Team) -> None:
    answer, run = asked(team, "deploy")
    end(team, run, "failure")
    end(team, run, "success")
    assert team.body(answer).startswith("✅")
    assert len(team.answers()) == 1


def test_a_run_that_no_comment_asked_for_is_left_alone(team: Team) -> None:
    before = len(team.changes)
    ended = end(team, team.run_of("production.yml", "main"), "failure")
    assert (ended.code, ended.document["answered"], len(team.changes)) == (0, None, before), ended


def test_a_run_that_is_not_the_answers_changes_nothing(team: Team) -> None:
    answer, _ = asked(team, "deploy")
    before, changes = team.body(answer), len(team.changes)
    other = team.run_of("rollback.yml", "main", event="workflow_dispatch", inputs={"answer": str(answer)})
    ended = end(team, other, "success")
    assert (ended.code, ended.document["answered"]) == (0, None), ended
    assert (team.body(answer), len(team.changes)) == (before, changes)


@pytest.mark.parametrize("login", ["mona", "renovate[bot]"])
def test_somebody_elses_comment_is_never_changed(team: Team, login: str) -> None:
    number = add_comment(team.production.state, team.repository, 1, login=login, body="x")
    run = team.run_of("production.yml", "main", event="workflow_dispatch", inputs={"answer": str(number)})
    comments = team.production.state.collection("github.comments")
    comments[str(number)] = {**comments[str(number)], "body": marked("Mine", {"command": "deploy", "run": run})}
    ended = end(team, run, "success")
    assert (ended.code, ended.document["answered"]) == (0, None), ended
    assert team.changes == []


@pytest.mark.parametrize(
    "text", ["Done.", marked("x", {}), marked("x", {"run": "1"}), marked("x", {"run": 1}) + "\nMore."]
)
def test_an_answer_without_its_run_is_never_changed(team: Team, text: str) -> None:
    number = team.answer(1, text)
    run = team.run_of("production.yml", "main", event="workflow_dispatch", inputs={"answer": str(number)})
    ended = end(team, run, "success")
    assert (ended.code, ended.document["answered"]) == (0, None), ended
    assert team.changes == []


def test_an_answer_that_is_gone_is_no_fault(team: Team) -> None:
    run = team.run_of("production.yml", "main", event="workflow_dispatch", inputs={"answer": "4711"})
    ended = end(team, run, "success")
    assert (ended.code, ended.document["answered"]) == (0, None), ended


@pytest.mark.parametrize(
    "title",
    [
        "(answer 1)",
        "Release (answer x)",
        "Release (answer 1) ",
        "Release (answer -1)",
        "(answer 1) Release",
        f"R (answer {'1' * 19})",
    ],
)
def test_a_title_that_only_looks_like_an_answers_is_left_alone(team: Team, title: str) -> None:
    run = team.run_of("production.yml", "main")
    update_run(team.production.state, run, display_title=title, status="completed", conclusion="success")
    shown = show_run(
        own_request(team.production.state),
        team.repository,
        team.production.state.collection("github.workflow_runs")[str(run)],
    )
    ended = team.act("answer", "--json", event={"workflow_run": shown}, job="result")
    assert (ended.code, ended.document["message"]) == (0, "No comment asked for this run."), ended
    assert team.changes == []


def test_a_run_that_ends_before_its_answer_names_it_is_waited_for(team: Team) -> None:
    answer = team.answer(1, marked("👀", {"command": "deploy"}))
    run = team.run_of("production.yml", "main", event="workflow_dispatch", inputs={"answer": str(answer)})
    ended = end(team, run, "success")
    assert (ended.code, ended.document["answered"]) == (0, None), ended
    looks = [sent for _, sent in team.production.exchanges() if sent.path.endswith(f"/issues/comments/{answer}")]
    assert len(looks) == 6


@pytest.mark.parametrize("path", ["", "/issues/comments/", "/jobs", "/annotations", "/deployments"])
@pytest.mark.parametrize("way", [{"status": 503}, {"kind": "reset"}, {"kind": "broken"}])
def test_where_github_is_down_the_job_fails_and_can_be_run_again(team: Team, path: str, way: Mapping[str, Any]) -> None:
    answer, run = asked(team, "deploy")
    before = team.body(answer)
    team.production.arm(service="github", path=path, times=FOR_GOOD, **way)
    ended = end(team, run, "failure", [job("Stage", "failure", "error]x")])
    assert ended.code == 1, ended
    assert ended.document["next"] == "re-run this job."
    assert team.body(answer) == before
    team.production.disarm()
    assert end(team, run, "failure").document["answered"] == answer


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        {"workflow_run": None},
        {"workflow_run": {"id": 1, "display_title": "x", "conclusion": None, "html_url": ""}},
    ],
)
def test_another_event_is_wrong_usage(team: Team, event: Any) -> None:
    ended = team.act("answer", event=event, job="result")
    assert ended.code == 2, ended
    assert "is no file with an event of workflow_run" in ended.err


def test_the_facts_of_an_answer_stay_on_one_line(team: Team) -> None:
    answer, run = asked(team, "deploy a\u2028b")
    end(team, run, "success")
    (line,) = (line for line in team.body(answer).splitlines() if line.startswith("<!--"))
    assert json.loads(line.removeprefix("<!-- deploy ").removesuffix(" -->"))["run"] == run


def test_a_rollback_that_could_not_lock_says_so(team: Team) -> None:
    answer, run = asked(team, "rollback slow")
    end(
        team, run, "success", [job("Roll back", "success", "warning]Production may not be locked, for GitHub is down.")]
    )
    assert "Production may not be locked" in team.body(answer)


def test_an_answer_that_never_heard_of_its_run_is_answered_all_the_same(team: Team) -> None:
    answer, run = asked(team, "deploy")
    update(team.github(), answer, "👀", {"command": "deploy"})
    assert end(team, run, "success").document["answered"] == answer
    assert team.body(answer).startswith("✅")


def test_a_run_of_another_workflow_does_not_take_such_an_answer(team: Team) -> None:
    answer, run = asked(team, "deploy")
    update(team.github(), answer, "👀", {"command": "rollback"})
    assert end(team, run, "success").document["answered"] is None


def test_a_preview_that_turned_stale_while_it_ran_still_says_so(team: Team) -> None:
    number = team.pull_request()
    answer, run = asked(team, "preview", login="mona", issue=number)
    update(team.github(), answer, "⏳", {**facts_of(team.body(answer)), "stale": True})
    end(team, run, "success")
    assert team.body(answer).startswith("⚠️ **Stale**")
