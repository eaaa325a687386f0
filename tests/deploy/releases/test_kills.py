"""A command is killed at each of its calls, as when a runner is lost; what runs afterwards puts production right."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sandbox.world import exchanges
from sandbox.world.exchanges import Exchange
from tests.deploy.releases.production import Production

PACKAGE = Path(__file__).parents[3] / "app_repository/.github/deploy"
QUICK = ("--tries=3", "--interval=0", "--successes=1")
LONGEST = 60
"""Calls that no command makes."""


def _run_until(production: Production, argv: tuple[str, ...], number: int) -> int:
    """Run a command in a process of its own, killed when its call of that number was done but not answered.

    Returns:
        Its exit code; -9 when it was killed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy", *argv, *QUICK],
        cwd=PACKAGE,
        env={**production.environ, "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    left = number

    def kill(_exchange: Exchange) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            process.send_signal(signal.SIGKILL)

    exchanges.observers.append(kill)
    try:
        process.communicate(timeout=120)
    finally:
        exchanges.observers.remove(kill)
    return process.returncode


def _promote(production: Production) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    settle = ("settle", f"--deployment={new}", "--tests=skipped", f"--previous={good}")
    return good, new, ("promote", f"--deployment={new}"), settle


def _rollback(production: Production) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    good, bad = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(bad)
    return good, bad, ("rollback", f"--target={good}", "--reason=slow"), ("settle",)


def _settle(production: Production) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    good, bad, _, _ = _rollback(production)
    settle = ("settle", f"--deployment={bad}", "--tests=failure")
    return good, bad, settle, settle


SCENES: Mapping[str, Callable[[Production], tuple[str, str, tuple[str, ...], tuple[str, ...]]]] = {
    "promote": _promote,
    "rollback": _rollback,
    "settle": _settle,
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_command_that_is_killed_at_any_of_its_calls_is_settled_afterwards(
    production: Production, scene: str, request: pytest.FixtureRequest
) -> None:
    for number in range(1, LONGEST):
        good, other, argv, settle = SCENES[scene](production)
        code = _run_until(production, argv, number)
        if code == 0:
            break
        assert code == -signal.SIGKILL, f"killed at call {number}, it ended with {code}"
        settled = production.run(*settle)
        wanted = {good} if scene != "rollback" else {good, other}
        assert settled.code == 0, f"killed at call {number}: {settled}"
        assert production.serving in wanted, f"killed at call {number}, {production.serving} serves: {settled}"
        if scene == "rollback":
            # Typed again, the killed command finishes, or says that it has.
            again = production.run(*argv)
            assert production.serving == good, f"killed at call {number}: {again}"
    else:
        pytest.fail(f"{scene} was killed {LONGEST} times, and never came to its end")
    request.node.user_properties.append(("kills", number - 1))
    assert number > len(("look", "move", "watch"))
