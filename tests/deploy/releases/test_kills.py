"""A command is killed at each of its calls, as when a runner is lost; what runs afterwards puts production right.

And whenever traffic went back, Datadog has heard of it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox.world import exchanges
from sandbox.world.exchanges import Exchange
from sandbox.world.vercel.outcomes import break_site
from sandbox.world.vercel.project_store import PROJECTS
from tests.deploy.releases.production import DOMAIN, Production

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What is begun, and what puts it right.

    Attributes:
        good: what served before.
        other: what production goes to, or comes back from.
        argv: the command that is killed.
        settle: what runs afterwards.
        ends: its exit code where nobody kills it.
    """

    good: str
    other: str
    argv: tuple[str, ...]
    settle: tuple[str, ...]
    ends: int = 0


def _deploy(production: Production, version: str) -> str:
    # GitHub knows no commit of it.
    return production.deploy(version, meta={"version": version})


def _promote(production: Production) -> Scene:
    good, new = _deploy(production, "v1"), _deploy(production, "v2")
    production.serve(good)
    settle = ("settle", f"--deployment={new}", "--tests=skipped", f"--previous={good}")
    return Scene(good=good, other=new, argv=("promote", f"--deployment={new}"), settle=settle)


def _taken_back(production: Production) -> Scene:
    scene = _promote(production)
    break_site(production.state, deployment=scene.other, host=f"^{DOMAIN}$")
    return replace(scene, ends=1)


def _rollback(production: Production) -> Scene:
    good, bad = _deploy(production, "v1"), _deploy(production, "v2")
    production.serve(good)
    production.serve(bad)
    argv = ("rollback", f"--target={good}", "--reason=slow")
    return Scene(good=good, other=bad, argv=argv, settle=("settle",))


def _settle(production: Production) -> Scene:
    scene = _rollback(production)
    settle = ("settle", f"--deployment={scene.other}", "--tests=failure")
    return replace(scene, argv=settle, settle=settle)


SCENES: Mapping[str, Callable[[Production], Scene]] = {
    "promote": _promote,
    "taken back": _taken_back,
    "rollback": _rollback,
    "settle": _settle,
}


def _went_back(production: Production, scene: Scene) -> bool:
    """Whether Vercel has moved traffic back from what the scene is about."""
    asked = production.state.collection(PROJECTS)[production.project]["lastAliasRequest"]
    return (asked["type"], asked["fromDeploymentId"], asked["toDeploymentId"]) == ("rollback", scene.other, scene.good)


def _told(production: Production, scene: Scene) -> list[str]:
    """The keys of the events that say that the scene's deployment was taken back: Datadog shows one a key."""
    wanted = {"kind:rollback", "outcome:success", f"from:{scene.other}", f"deployment:{scene.good}"}
    return [event["aggregation_key"] for event in production.events if wanted <= set(event["tags"])]


@pytest.mark.parametrize("name", SCENES)
def test_a_command_that_is_killed_at_any_of_its_calls_is_settled_afterwards(
    repository: Production, name: str, request: pytest.FixtureRequest
) -> None:
    production = repository
    for number in range(1, LONGEST):
        scene = SCENES[name](production)
        code = _run_until(production, scene.argv, number)
        if code != -signal.SIGKILL:
            assert code == scene.ends, f"not killed at call {number}, it ended with {code}"
        settled = production.run(*scene.settle)
        wanted = {scene.good} if name != "rollback" else {scene.good, scene.other}
        assert settled.code == 0, f"killed at call {number}: {settled}"
        assert production.serving in wanted, f"killed at call {number}, {production.serving} serves: {settled}"
        told = _told(production, scene)
        assert len(set(told)) == _went_back(production, scene), f"killed at call {number}: {told}, {settled}"
        if code != -signal.SIGKILL:
            assert len(told) == _went_back(production, scene), told
            break
        if name == "rollback":
            # Typed again, the killed command finishes, or says that it has.
            again = production.run(*scene.argv)
            assert production.serving == scene.good, f"killed at call {number}: {again}"
            assert len(set(_told(production, scene))) == 1, f"killed at call {number}: {again}"
    else:
        pytest.fail(f"{name} was killed {LONGEST} times, and never came to its end")
    request.node.user_properties.append(("kills", number - 1))
    assert number > len(("look", "move", "watch"))
