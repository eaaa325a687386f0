"""Every outgoing call of a release fails in every way, once and for good; afterwards production is what it should be.

The cases are generated: each command runs once without a fault, and every call that it made then is one that can fail.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.world.exchanges import Exchange
from sandbox.world.vercel.outcomes import break_site
from tests.deploy.migrations_folder import write
from tests.deploy.releases.production import DOMAIN, Production
from tests.deploy.releases.uploads import Uploads

FOR_GOOD = 100_000
QUICK = ("--tries=3", "--successes=1")
"""Enough for every kind of call to be made, and to survive that one of them fails."""
WHILE_NOBODY_ANSWERS = 8
"""Calls in a row that hang, where they fail for good: two looks with all their attempts. Each takes its time."""

LASTING = ("401", "404")
"""Ways in which a service says that asking again is of no use."""

WAYS: Mapping[str, Mapping[str, Any]] = {
    "refused": {"kind": "refused"},
    "timeout": {"kind": "timeout"},
    "reset after sending": {"kind": "reset", "applied": True},
    "401": {"status": 401},
    "404": {"status": 404},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "500": {"status": 500},
    "500 although it was done": {"status": 500, "applied": True},
    "503": {"status": 503},
    "broken JSON": {"kind": "broken"},
    "slow": {"kind": "slow", "seconds": 0.05},
}
"""Each way a call can fail, as a fault of the world."""

OUTAGES = ("refused", "timeout", "reset after sending", "401", "500")
"""The ways that are tried for good as well: to go on failing, the others are like one of these."""
CASES = [(way, 1) for way in WAYS] + [(way, FOR_GOOD) for way in OUTAGES]
BY_CASE = pytest.mark.parametrize(
    ("way", "times"), CASES, ids=[f"{way} {'once' if times == 1 else 'for good'}" for way, times in CASES]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What is there before a command runs.

    Attributes:
        good: the deployment that was verified, and serves or served.
        new: the release, or for a rollback what has to go.
        argv: the command.
        ends: what may serve when the command says 0.
        safe: what serves when it says 1.
    """

    good: str
    new: str
    argv: tuple[str, ...]
    ends: str
    safe: str
    settle: tuple[str, ...] = field(default=())


def _promote(production: Production) -> Scene:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    argv = ("promote", f"--deployment={new}", f"--previous={good}")
    settle = ("settle", f"--deployment={new}", "--tests=skipped", f"--previous={good}")
    return Scene(good=good, new=new, argv=argv, ends=new, safe=good, settle=settle)


def _promote_what_breaks(production: Production) -> Scene:
    scene = _promote(production)
    break_site(production.state, deployment=scene.new, host=f"^{DOMAIN}$")
    # It never ends well: going back is what has to withstand the faults. Before that it is a promotion like any other.
    return Scene(good=scene.good, new=scene.new, argv=scene.argv, ends="", safe=scene.good, settle=scene.settle)


def _settle(production: Production) -> Scene:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(new)
    argv = ("settle", f"--deployment={new}", "--tests=failure", f"--previous={good}")
    return Scene(good=good, new=new, argv=argv, ends=good, safe="", settle=argv)


def _rollback(production: Production) -> Scene:
    good, bad = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(bad)
    argv = ("rollback", "--reason=checkout fails", "--database")
    return Scene(good=good, new=bad, argv=argv, ends=good, safe=bad, settle=("settle",))


def _rollback_to_a_name(production: Production) -> Scene:
    scene = _rollback(production)
    argv = ("rollback", f"--target={scene.good}", "--reason=checkout fails", "--database")
    return Scene(good=scene.good, new=scene.new, argv=argv, ends=scene.good, safe=scene.new, settle=("settle",))


SCENES: Mapping[str, Callable[[Production], Scene]] = {
    "promote": _promote,
    "promote what breaks": _promote_what_breaks,
    "settle": _settle,
    "rollback": _rollback,
    "rollback to a name": _rollback_to_a_name,
}


@dataclass(frozen=True, slots=True)
class Target:
    """One call of a command: how a fault finds it among the others, whatever the deployments are called."""

    service: str
    host: str
    method: str
    path: str
    before: int
    """How many calls of the same kind come before it."""

    def fault(self, names: Mapping[str, str], way: Mapping[str, Any], times: int) -> dict[str, Any]:
        """The fault that makes it fail in a scene whose deployments have these names."""
        host, path = self.host, self.path
        for name, value in names.items():
            host, path = host.replace(f"<{name}>", value), path.replace(f"<{name}>", value)
        where = {"service": self.service, "host": f"^{re.escape(host)}$"}
        if way.get("kind") != "refused":
            where |= {"method": self.method, "path": f"^{re.escape(path)}$"}
        many = WHILE_NOBODY_ANSWERS if way.get("kind") == "timeout" else times
        return {**where, "times": 1 if times == 1 else many, "skip": self.before if times == 1 else 0, **way}


def _names(production: Production, scene: Scene) -> dict[str, str]:
    """What differs between two scenes of a kind."""
    found = {"good": scene.good, "new": scene.new}
    return {**found, **{f"{name}-host": production.look(value)["url"] for name, value in found.items()}}


def _targets(exchanges: list[Exchange], names: Mapping[str, str], way: str, times: int) -> list[Target]:
    """The calls of a run, in order; of a connection that is refused, only the host is known."""
    seen: Counter[tuple[str, ...]] = Counter()
    found: list[Target] = []
    for exchange in exchanges:
        host, path = exchange.host.partition(":")[0], exchange.path.partition("?")[0]
        for name, value in names.items():
            host, path = host.replace(value, f"<{name}>"), path.replace(value, f"<{name}>")
        where = (exchange.service, host) + (() if way == "refused" else (exchange.method, path))
        # For good, a call fails together with all others of its kind.
        if times == 1 or not seen[where]:
            found.append(Target(exchange.service, host, exchange.method, path, seen[where]))
        seen[where] += 1
    return found


@BY_CASE
@pytest.mark.parametrize("scene", SCENES)
def test_production_ends_verified_whatever_call_fails(
    production: Production, scene: str, way: str, times: int, request: pytest.FixtureRequest
) -> None:
    clean = SCENES[scene](production)
    names, before = _names(production, clean), _last(production)
    production.run(*clean.argv, *QUICK)
    calls = [exchange for _, exchange in production.exchanges(before)]
    moved = next(number for number, exchange in enumerate(calls) if exchange.method == "POST")
    targets = _targets(calls, names, way, times)[0 if clean.ends else moved :]
    for target in targets:
        again = SCENES[scene](production)
        fault = target.fault(_names(production, again), WAYS[way], times)
        problems = _problems(production, again, fault, survives=times == 1 and way not in LASTING)
        assert not problems, f"{target} {way}:\n" + "\n".join(problems)
    request.node.user_properties.append(("calls that failed", len(targets)))


@BY_CASE
def test_staging_moves_nothing_and_makes_one_deployment_whatever_call_fails(
    production: Production, uploads: Uploads, build: Path, request: pytest.FixtureRequest, *, way: str, times: int
) -> None:
    good = production.deploy("v1")
    production.serve(good)
    before = _last(production)
    argv = ("stage", f"--folder={build}", f"--migrations={write(build / 'migrations', [None])}")
    production.run(*argv, "--version=clean")
    calls = [exchange for _, exchange in production.exchanges(before) if exchange.host == "api.vercel.com"]
    names = {"new": uploads.made[0], "new-host": production.look(uploads.made[0])["url"]}
    targets = _targets(calls, names, way, times)
    for number, target in enumerate(targets):
        # What the command asks for by name has none before the command has run.
        fault = {**target.fault({"new": "NEW", "new-host": "NEW"}, WAYS[way], times)}
        if "path" in fault:
            fault["path"] = fault["path"].replace("NEW", "[^/]+")
        production.arm(**fault)
        ended = production.run(*argv, f"--version=v{number}", timeout_seconds=0.3)
        production.disarm()
        again = production.run(*argv, f"--version=v{number}")
        problem = f"{target} {way}: {ended}\nand then {again}"
        assert ended.code in (0, 1), problem
        assert again.code == 0, problem
        assert production.serving == good, problem
        assert len(production.carrying(f"v{number}")) == 1, problem
    request.node.user_properties.append(("calls that failed", len(targets)))


def _problems(production: Production, scene: Scene, fault: Mapping[str, Any], *, survives: bool) -> list[str]:
    """What is wrong after a command ran with a fault, and after `settle` without it; a leaked secret fails at once."""
    before = _last(production)
    told, asked = len(production.messages), len(production.state.collection("webhooks.database_rollbacks"))
    production.arm(**fault)
    ended = production.run(*scene.argv, *QUICK, timeout_seconds=0.3)
    production.disarm()
    serving = production.serving
    done = [exchange for _, exchange in production.exchanges(before) if exchange.method == "POST"]
    moves = Counter(
        exchange.path.partition("?")[0]
        for exchange in done
        if exchange.service == "vercel" and (exchange.status == 201 or (exchange.injected and fault_works(fault)))
    )
    rolled_back = len(production.state.collection("webhooks.database_rollbacks")) - asked
    heard = production.messages[told:]
    checks = {
        "it says 0, but the domain does not serve what it should": ended.code != 0 or serving == scene.ends,
        "it says 1, but what served does not serve": ended.code != 1 or serving == scene.safe,
        "it does not survive a failure that passes": not survives or ended.code == (0 if scene.ends else 1),
        "it ends with neither 0, 1 nor 3": ended.code in (0, 1, 3),
        f"production was moved twice: {dict(moves)}": all(count == 1 for count in moves.values()),
        f"the database was rolled back {rolled_back} times": rolled_back <= 1,
        f"the team was told the same twice: {heard}": len(heard) == len(set(heard)),
        "a person is needed, but neither was the team told nor does the log say who was not": ended.code != 3
        or scene.argv[0] == "promote"
        or any("<!channel>" in message for message in heard)
        or "the team" in ended.err.lower(),
    }
    found = [problem for problem, fine in checks.items() if not fine]
    # Whatever the command left, what always runs after it puts right.
    settled = production.run(*(scene.settle if ended.code else ("settle",)), *QUICK)
    verified = (scene.good, scene.new) if ended.code == 0 else (scene.good, scene.safe)
    if settled.code != 0 or production.serving not in verified:
        found.append(f"settle left {production.serving}: {settled}")
    return [*found, f"{fault}", f"good {scene.good}, new {scene.new}, serves {serving}", str(ended)] if found else []


def fault_works(fault: Mapping[str, Any]) -> bool:
    """Whether the service does what it was asked although the answer is wrong."""
    return bool(fault.get("applied")) or fault.get("kind") in ("broken", "slow")


def _last(production: Production) -> int:
    """The number of the last exchange."""
    return max((key for key, _ in production.exchanges()), default=0)
