from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.page.snapshot import Snapshot, take
from sandbox.page.view.database import Migration, database_entries, database_view
from sandbox.page.view.datadog import datadog_entries
from sandbox.page.view.entry import KINDS, Entry, ended, milliseconds
from sandbox.page.view.github import github_entries, plain_markdown
from sandbox.page.view.slack import plain_mrkdwn, slack_entries
from sandbox.page.view.timeline import LONGEST, newest, timeline
from tests.sandbox.page.story import STACKS, Story

entries = st.lists(
    st.builds(
        Entry,
        key=st.text(max_size=4),
        at=st.integers(min_value=0, max_value=5),
        kind=st.sampled_from(sorted(KINDS)),
        title=st.just("Something happened"),
    ),
    unique_by=lambda entry: entry.key,
    max_size=20,
)


@given(entries, st.randoms())
def test_the_order_is_the_same_whichever_order_the_services_are_read_in(made: list[Entry], chance: Any) -> None:
    shuffled = list(made)
    chance.shuffle(shuffled)
    assert newest(shuffled) == newest(made)


@given(entries)
def test_nothing_is_above_what_is_newer(made: list[Entry]) -> None:
    moments = [entry.at for entry in newest(made)]
    assert moments == sorted(moments, reverse=True)


@given(entries, st.integers(min_value=0, max_value=20))
def test_what_does_not_fit_is_older_than_what_is_shown(made: list[Entry], most: int) -> None:
    shown = newest(made, most)
    left_out = [entry for entry in made if entry not in shown]
    assert len(shown) == min(most, len(made))
    assert all(entry.at <= shown[-1].at for entry in left_out if shown)


@given(entries, st.builds(Entry, key=st.just("newer"), at=st.just(9), kind=st.just("push"), title=st.just("a push")))
def test_a_newer_entry_comes_first_and_moves_no_other(made: list[Entry], newer: Entry) -> None:
    assert newest([*made, newer]) == [newer, *newest(made)]


def test_what_was_said_within_one_second_is_told_in_the_order_in_which_it_was_said(story: Story) -> None:
    issue = story.issue("Checkout fails")
    for number in range(12):
        story.comment(issue, f"comment {number}")
    for name in ("github.issues", "github.comments"):
        collection = story.state.collection(name)
        for key, document in list(collection.items()):
            collection[key] = {**document, "created_at": "2026-01-01T00:00:00Z"}
    told = [entry.title for entry in timeline(take(story.state, STACKS), STACKS, {}) if entry.kind == "comment"]
    assert told[::-1] == [
        "mona opened issue #1: Checkout fails",
        *(f"morgan on #1: comment {number}" for number in range(12)),
    ]


def test_the_page_does_not_grow_for_ever() -> None:
    many = [Entry(key=str(number), at=number, kind="push", title="a push") for number in range(LONGEST + 1)]
    assert [entry.at for entry in newest(many)] == list(range(LONGEST, 0, -1))


def test_a_moment_is_told_in_milliseconds_whichever_offset_it_is_written_with() -> None:
    assert milliseconds("1970-01-01T00:00:01Z") == milliseconds("1970-01-01T01:00:01+01:00") == 1000
    assert milliseconds("1970-01-01T00:00:01") == 1000


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [
        (None, "running"),
        ("success", "success"),
        ("failure", "failure"),
        ("startup_failure", "failure"),
        ("cancelled", "info"),
        ("skipped", "info"),
    ],
)
def test_a_conclusion_is_what_it_means_to_people(conclusion: str | None, outcome: str) -> None:
    assert ended(conclusion) == outcome


def test_slacks_markup_is_shown_as_people_see_it() -> None:
    written = ":fire: <!channel> &lt;b&gt; <https://example.com|the run> <https://example.com> :unheard_of:"
    assert plain_mrkdwn(written) == "🔥 @channel <b> the run https://example.com :unheard_of:"


def test_a_slack_message_says_what_its_attachments_say_and_which_environment_it_is_about() -> None:
    fields = [{"title": "Reason", "value": "prices are stale"}]
    message = {
        "channel": "deploys",
        "ts": "12.5",
        "text": ":rotating_light: Production: EMERGENCY ROLLBACK",
        "attachments": [{"color": "warning", "fields": fields}],
    }
    (entry,) = slack_entries(_snapshot({"slack.messages": {"7": message}}), STACKS)
    assert (entry.at, entry.environment, entry.outcome) == (12_500, "production", "failure")
    assert entry.title == "#deploys: 🚨 Production: EMERGENCY ROLLBACK"
    assert entry.text == "Reason: prices are stale"


def test_a_comment_is_shown_without_what_only_a_program_reads() -> None:
    written = '**Rollback**: [done](https://github.com/x), dpl\\_1 `main`\n\n<!-- deploy {"run": 1} -->'
    assert plain_markdown(written) == "Rollback: done, dpl_1 main"


def test_monitors_are_one_entry_for_each_environment_and_one_for_each_that_changed() -> None:
    common = {"tags": ["env:production"], "created": "2026-01-01T00:00:00+00:00", "overall_state_modified": None}
    quiet = {**common, "id": 1, "name": "errors", "overall_state": "No Data"}
    changed: dict[str, Any] = {"overall_state": "Alert", "overall_state_modified": "2026-01-01T00:05:00+00:00"}
    loud = {**common, "id": 2, "name": "latency", **changed}
    found = list(datadog_entries(_snapshot({"datadog.monitors": {"1": quiet, "2": loud}}), STACKS))
    assert [(entry.title, entry.outcome) for entry in found] == [
        ("2 monitors watch production", "info"),
        ("latency: Alert", "failure"),
    ]


def test_jobs_that_passed_are_one_entry_and_each_that_did_not_is_its_own() -> None:
    jobs = [
        _job("Build", "success"),
        _job("Stage", "success"),
        _job("Promote", "failure"),
        _job("Settle", "skipped"),
        _job("Report", None),
    ]
    found = github_entries(_snapshot({"github.workflow_runs": {"5": _run(jobs)}}), STACKS)
    checks = [(entry.title, entry.text) for entry in found if entry.kind == "check"]
    assert checks == [
        ("Promote: failure", "Deploy to production #3 at abcdef0"),
        ("Deploy to production #3: 2 jobs passed", "Build, Stage"),
    ]


def test_a_delivery_commit_is_no_push_and_a_lock_is_told_as_one() -> None:
    activities = {
        "1": _activity("refs/heads/main", "a" * 40),
        "2": _activity("refs/heads/main", "b" * 40),
        "3": {**_activity("refs/heads/deploy-lock/production", "c" * 40), "activity_type": "branch_creation"},
        "4": {**_activity("refs/heads/deploy-lock/production", "0" * 40), "activity_type": "branch_deletion"},
    }
    messages = {"a" * 40: "Deliver [skip ci]", "b" * 40: "Search by tag"}
    snapshot = Snapshot(collections={"github.activities": activities}, messages=messages)
    assert [entry.title for entry in github_entries(snapshot, STACKS)] == [
        "mona pushed to main: “Search by tag”",
        "mona locked production",
        "mona unlocked production",
    ]


def test_a_migration_is_told_with_what_it_came_to() -> None:
    began = datetime.fromtimestamp(10, UTC)
    rows = [
        Migration(
            revision="0001_posts",
            kind="expand",
            state="applied",
            attempts=1,
            rows_done=0,
            began=began,
            ended=datetime.fromtimestamp(12, UTC),
            actor="mona",
            error="",
        ),
        Migration(
            revision="0002_slugs",
            kind="backfill",
            state="failed",
            attempts=2,
            rows_done=500,
            began=began,
            ended=None,
            actor="mona",
            error="canceling statement due to lock timeout",
        ),
    ]
    applied, failed = database_entries({"production": rows})
    assert (applied.at, applied.title, applied.outcome) == (12_000, "Migration 0001_posts: applied", "success")
    assert (failed.at, failed.outcome) == (10_000, "failure")
    assert failed.text == "backfill · 500 rows · attempt 2\ncanceling statement due to lock timeout"
    assert database_view(rows) == {"revision": "0001_posts", "applied": 1, "unfinished": ["0002_slugs failed"]}
    assert database_view(None) is None


def _snapshot(collections: Mapping[str, Mapping[str, dict[str, Any]]]) -> Snapshot:
    return Snapshot(collections=collections)


def _activity(ref: str, after: str) -> dict[str, Any]:
    return {"ref": ref, "after": after, "activity_type": "push", "actor": "mona", "timestamp": "2026-01-01T00:00:00Z"}


def _job(name: str, conclusion: str | None) -> dict[str, Any]:
    moment = None if conclusion is None else "2026-01-01T00:01:00Z"
    return {"id": name.lower(), "name": name, "conclusion": conclusion, "completed_at": moment}


def _run(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    nobody: list[dict[str, Any]] = []
    return {
        "id": 5,
        "name": "Deploy to production",
        "run_number": 3,
        "event": "push",
        "head_branch": "main",
        "head_sha": "abcdef0123",
        "display_title": "Search by tag",
        "actor": "mona",
        "status": "in_progress",
        "conclusion": None,
        "approvals": nobody,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:01:00Z",
        "jobs": jobs,
    }
