import pytest

from sandbox.actions.moments import StartingStep
from sandbox.actions.processes import is_alive
from sandbox.actions.runner import RunnerError
from tests.sandbox.actions.conftest import Forge

WORK = """
on: push
jobs:
  work:
    runs-on: ubuntu-latest
    outputs: {done: "${{ steps.one.outputs.done }}"}
    steps:
      - {name: Check out, uses: actions/checkout@v7}
      - {name: One, id: one, run: 'echo $$ > FOLDER/pid; touch FOLDER/one; echo done=1 >> $GITHUB_OUTPUT'}
      - {name: Two, run: 'touch FOLDER/two', shell: sh}
      - {name: Tidy, if: always(), run: 'touch FOLDER/tidied'}
  dependent: {runs-on: ubuntu-latest, needs: work, steps: [{run: exit 0}]}
  settle:
    runs-on: ubuntu-latest
    needs: work
    if: always()
    steps: [{run: 'test "${{ needs.work.result }}${{ needs.work.outputs.done }}" = failure'}]
"""


@pytest.mark.parametrize(
    ("killed", "left"),
    [("Check out", []), ("One", []), ("Two", ["one"]), ("Tidy", ["one", "two"])],
)
def test_a_job_that_is_killed_at_a_step_does_nothing_more(forge: Forge, killed: str, left: list[str]) -> None:
    forge.folder.mkdir()

    def kill(step: StartingStep) -> None:
        if (step.job, step.step) == ("work", killed):
            step.kill()

    result = forge.run(WORK.replace("FOLDER", str(forge.folder)), runner=forge.runner(on_step=kill))
    assert result.results == {"work": "failure", "dependent": "skipped", "settle": "success"}, result.log
    assert [name for name in ("one", "two", "tidied") if (forge.folder / name).exists()] == left
    names = [step.name for step in result.jobs["work"].steps]
    conclusions = [step.conclusion for step in result.jobs["work"].steps]
    assert conclusions == ["success"] * names.index(killed) + ["failure"] + ["skipped"] * (3 - names.index(killed))
    assert "lost communication" in result.log


def test_a_job_is_killed_from_outside_with_all_its_processes(forge: Forge) -> None:
    forge.folder.mkdir()
    pid = forge.folder / "pid"
    runner = forge.runner()
    workflow = WORK.replace("touch FOLDER/one;", "sleep 30 & wait;").replace("FOLDER", str(forge.folder))
    forge.commit({".github/workflows/flow.yml": workflow})
    run = forge.start()
    while not (pid.exists() and pid.read_text()):
        pass
    runner.kill(run, "work")
    assert runner.wait(run, 20).results == {"work": "failure", "dependent": "skipped", "settle": "success"}
    assert not is_alive(int(pid.read_text()))
    with pytest.raises(RunnerError, match="is not under way; it is completed; ended: work failure"):
        runner.kill(run, "work")


def test_what_fails_in_the_sandbox_itself_is_no_jobs_failure(forge: Forge) -> None:
    def fail(step: StartingStep) -> None:
        raise LookupError(f"no answer for {step.job}")

    with pytest.raises(RunnerError, match="no answer for a"):
        forge.run(
            "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: sleep 5}]}}", runner=forge.runner(on_step=fail)
        )


def test_a_run_that_does_not_end_in_time_says_where_it_is(forge: Forge) -> None:
    workflow = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: sleep 5}]}}"
    forge.commit({".github/workflows/flow.yml": workflow})
    runner = forge.runner()
    run = forge.start()
    with pytest.raises(RunnerError, match=f"run {run} has not ended after 0.2 s; it is in_progress; ended: none"):
        runner.wait(run, 0.2)
