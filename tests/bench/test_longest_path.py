from graphlib import CycleError

import pytest

from bench.longest_path import Job, Path, Step, longest_path

TIMES = {"runner_start": 10.0, "short": 1.0, "long": 50.0, "middle": 20.0}


def job(*kinds: str, needs: tuple[str, ...] = ()) -> Job:
    return Job(needs=needs, steps=tuple(Step(name=f"{kind} step", kinds=(kind,)) for kind in kinds))


DIAMOND = {
    "gate": job("short"),  # 0 to 11
    "quick": job("short", needs=("gate",)),  # 11 to 22
    "slow": job("long", "short", needs=("gate",)),  # 11 to 72
    "join": job("middle", "short", needs=("quick", "slow")),  # 72 to 103
    "aside": job("long", "middle"),  # 0 to 80
}


def test_the_longest_path_is_the_one_that_ends_last_and_counts_a_runner_for_each_job() -> None:
    assert longest_path(DIAMOND, TIMES) == Path(jobs=("gate", "slow", "join"), seconds=103)


def test_a_job_that_nothing_needs_can_be_the_longest_path() -> None:
    jobs = {**DIAMOND, "aside": job("long", "long", "middle")}
    assert longest_path(jobs, TIMES) == Path(jobs=("aside",), seconds=130)


def test_the_order_in_which_jobs_are_written_does_not_matter() -> None:
    backwards = dict(reversed(DIAMOND.items()))
    assert longest_path(backwards, TIMES) == longest_path(DIAMOND, TIMES)


def test_a_step_of_several_kinds_takes_as_long_as_all_of_them() -> None:
    jobs = {"one": Job(steps=(Step(name="both", kinds=("short", "long")),))}
    assert longest_path(jobs, TIMES).seconds == 61


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (("gate", "short step"), Path(jobs=("gate",), seconds=11)),
        (("slow", "long step"), Path(jobs=("gate", "slow"), seconds=71)),
        (("join", "middle step"), Path(jobs=("gate", "slow", "join"), seconds=102)),
    ],
)
def test_a_path_to_a_step_leaves_out_what_comes_after_it_and_beside_it(until: tuple[str, str], expected: Path) -> None:
    assert longest_path(DIAMOND, TIMES, until=until) == expected


def test_from_dispatch_to_traffic_moved_only_the_steps_before_it_count() -> None:
    jobs = {
        "rollback": job("short", "middle", "long"),
        "settle": job("long", needs=("rollback",)),
    }
    assert longest_path(jobs, TIMES, until=("rollback", "middle step")) == Path(jobs=("rollback",), seconds=31)


def test_a_need_that_does_not_run_holds_nothing_up() -> None:
    jobs = {"join": job("short", needs=("skipped", "gate")), "gate": job("short")}
    assert longest_path(jobs, TIMES) == Path(jobs=("gate", "join"), seconds=22)


def test_jobs_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(CycleError):
        longest_path({"a": job("short", needs=("b",)), "b": job("short", needs=("a",))}, TIMES)


@pytest.mark.parametrize("until", [("nowhere", "short step"), ("gate", "no such step")])
def test_a_moment_that_is_not_in_the_workflow_is_refused(until: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="there is no"):
        longest_path(DIAMOND, TIMES, until=until)
