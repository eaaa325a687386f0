import threading
from typing import Any

import pytest

from sandbox.actions.concurrency import Group, Groups, read_group
from sandbox.actions.moments import StartingStep
from sandbox.actions.workflow_file import WorkflowError
from tests.sandbox.actions.conftest import FLOW, Forge

NAMED: dict[str, Any] = {"inputs": {"type": "rollback"}, "github": {"run_id": "9", "ref": "refs/heads/x"}}


@pytest.mark.parametrize(
    ("declared", "group"),
    [
        (None, None),
        ("live", Group("live", cancel_in_progress=False)),
        (
            {"group": "x-${{ github.ref }}", "cancel-in-progress": True},
            Group("x-refs/heads/x", cancel_in_progress=True),
        ),
        (
            {"group": "${{ inputs.type == 'rollback' && format('r-{0}', github.run_id) || 'live' }}"},
            Group("r-9", cancel_in_progress=False),
        ),
        (
            {"group": "a", "cancel-in-progress": "${{ inputs.type != 'rollback' }}"},
            Group("a", cancel_in_progress=False),
        ),
    ],
)
def test_a_group_is_named_by_its_expressions(declared: Any, group: Group | None) -> None:
    assert read_group(declared, NAMED, "flow") == group


def test_what_the_sandbox_does_not_know_of_concurrency_is_refused() -> None:
    with pytest.raises(WorkflowError, match="`concurrency` has `queue`, which the sandbox does not know"):
        read_group({"group": "a", "queue": "max"}, NAMED, "flow")


def test_of_those_that_wait_only_the_newest_stays() -> None:
    groups, group = Groups(), Group("Live", cancel_in_progress=False)
    reasons: list[str] = []
    first = groups.join(group, reasons.append)
    second = groups.join(Group("live", cancel_in_progress=False), reasons.append)
    third = groups.join(group, reasons.append)
    other = groups.join(Group("other", cancel_in_progress=True), reasons.append)
    assert [place.state for place in (first, second, third, other)] == ["running", "superseded", "waiting", "running"]
    assert not groups.wait(second, lambda: False)
    groups.leave(first)
    assert groups.wait(third, lambda: False)
    assert reasons == []


WAITING = """
on: push
concurrency: {group: live, cancel-in-progress: CANCEL}
jobs:
  a: {runs-on: ubuntu-latest, steps: [{name: Wait, run: sleep 5}]}
  b: {runs-on: ubuntu-latest, needs: a, if: always(), steps: [{run: echo}]}
"""


def test_the_runs_of_a_group_run_one_at_a_time_and_the_newest_of_the_waiting_is_kept(forge: Forge) -> None:
    started, go_on = threading.Event(), threading.Event()

    def hold(_: StartingStep) -> None:
        started.set()
        go_on.wait(10)

    forge.commit({FLOW: WAITING.replace("CANCEL", "false").replace("sleep 5", "sleep 0")})
    runner = forge.runner(on_step=hold)
    runs = [forge.start()]
    assert started.wait(10)
    runs += [forge.start(), forge.start()]
    superseded = runner.wait(runs[1], 10)
    assert (superseded.conclusion, superseded.jobs) == ("cancelled", {})
    assert "higher priority waiting request for 'live'" in superseded.message
    assert [forge.document(run)["status"] for run in runs] == ["in_progress", "completed", "pending"]
    go_on.set()
    assert [runner.wait(run, 20).conclusion for run in runs] == ["success", "cancelled", "success"]


def test_a_group_that_cancels_ends_what_runs(forge: Forge) -> None:
    started = threading.Event()

    def note(_: StartingStep) -> None:
        started.set()

    forge.commit({FLOW: WAITING.replace("CANCEL", "true")})
    runner = forge.runner(on_step=note)
    first = forge.start()
    assert started.wait(10)
    forge.commit({FLOW: WAITING.replace("CANCEL", "true").replace("sleep 5", "sleep 0")})
    second = runner.wait(forge.start(), 20)
    ended = runner.wait(first, 20)
    assert (ended.conclusion, ended.results) == ("cancelled", {"a": "cancelled", "b": "success"})
    assert ended.jobs["a"].step("Wait").conclusion == "cancelled"
    assert second.conclusion == "success"


def test_a_jobs_group_holds_one_job_while_the_rest_of_the_run_goes_on(forge: Forge) -> None:
    result = forge.run(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, concurrency: one, steps: [{run: mkdir $T/held && sleep 0.2 && rmdir $T/held}]}
  b: {runs-on: ubuntu-latest, concurrency: ONE, steps: [{run: mkdir $T/held && sleep 0.2 && rmdir $T/held}]}
""".replace("$T", str(forge.folder))
    )
    assert result.conclusion == "success", result.log


def test_cancelled_steps_get_their_signals_and_those_that_always_run_still_do(forge: Forge) -> None:
    forge.folder.mkdir()
    workflow = f"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - name: Work
        shell: python
        run: |
          import signal, sys, time
          signal.signal(signal.SIGINT, lambda *_: (print("interrupted", flush=True), sys.exit(7)))
          open("{forge.folder}/ready", "w").close()
          time.sleep(20)
      - {{name: Not, run: exit 0}}
      - {{name: On failure, if: failure(), run: exit 0}}
      - {{name: Tidy, if: always(), run: echo tidied}}
      - {{name: Cancelled, if: cancelled(), run: 'echo ${{{{ job.status }}}}'}}
"""
    forge.commit({FLOW: workflow})
    runner = forge.runner()
    run = forge.start()
    while not (forge.folder / "ready").exists():
        threading.Event().wait(0.01)
    runner.cancel(run)
    result = runner.wait(run, 20)
    assert result.results == {"a": "cancelled"}
    assert {step.name: step.conclusion for step in result.jobs["a"].steps} == {
        "Work": "cancelled",
        "Not": "skipped",
        "On failure": "skipped",
        "Tidy": "success",
        "Cancelled": "success",
    }
    assert "| interrupted" in result.log
    assert "| tidied" in result.log
    assert "| cancelled" in result.log
