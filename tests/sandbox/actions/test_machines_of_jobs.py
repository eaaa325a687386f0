"""How many jobs run at once."""

import threading

from sandbox.actions.moments import StartingStep
from tests.sandbox.actions.conftest import Forge

THREE = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: exit 0}]}
  b: {runs-on: ubuntu-latest, steps: [{run: exit 0}]}
  settle: {runs-on: ubuntu-latest, needs: [a, b], if: always(), steps: [{run: exit 0}]}
"""


def test_jobs_run_side_by_side_where_each_has_a_machine(forge: Forge) -> None:
    together = threading.Barrier(2)

    def meet(step: StartingStep) -> None:
        if step.job != "settle":
            together.wait(20)

    result = forge.run(THREE, runner=forge.runner(on_step=meet))
    assert result.results == {"a": "success", "b": "success", "settle": "success"}, result.log


def test_jobs_wait_for_a_machine_where_there_are_fewer(forge: Forge) -> None:
    forge.folder.mkdir()
    # Whoever finds another one there fails.
    alone = f"mkdir {forge.folder}/here && sleep 0.5 && rmdir {forge.folder}/here"
    result = forge.run(THREE.replace("exit 0", alone), runner=forge.runner(jobs_at_once=1))
    assert result.results == {"a": "success", "b": "success", "settle": "success"}, result.log


def test_a_job_that_is_cancelled_while_it_waits_for_a_machine_does_not_begin(forge: Forge) -> None:
    begun: list[str] = []

    def cancel(step: StartingStep) -> None:
        begun.append(step.job)
        if step.job != "settle":
            forge.runners[0].cancel(step.run)

    runner = forge.runner(on_step=cancel, jobs_at_once=1)
    result = forge.run(THREE, runner=runner)
    assert result.conclusion == "cancelled"
    assert (len(begun), begun[-1]) == (2, "settle")
    assert result.results == {"a": "cancelled", "b": "cancelled", "settle": "success"}
