"""Random releases and rollbacks of an app with contracts: what serves always lives with the database.

The database is the test's own: the code that is tested sees deployments only, as in a real rollback.
"""

import io
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.clients.vercel import AliasRequest, Deployment, Project
from deploy.console import Console
from deploy.errors import FailedError
from deploy.release import rollback_target
from deploy.release.schema import decide, schema_at, schema_of
from tests.deploy.migrations_folder import Steps
from tests.deploy.test_schema import deployment, history

OUTCOMES = ("serves", "is taken back", "fails before its migrations", "fails after its migrations")


@dataclass
class Platform:
    """What Vercel shows, and beside it the database that it does not know."""

    steps: Steps = field(default_factory=list)
    """The revisions that the database has had."""
    project_id: str = "prj"
    made: list[Deployment] = field(default_factory=list)
    """Newest first."""
    serves: str = ""
    asked: AliasRequest | None = None

    def project(self) -> Project:
        return Project(serving=self.deployment(self.serves) if self.serves else None, alias_request=self.asked)

    def deployment(self, identifier: str) -> Deployment:
        return next(made for made in self.made if made.id == identifier)

    def production_deployments(self, *, attempts: int = 4) -> list[Deployment]:
        assert attempts
        return [replace(made, can_serve_again=self._can(made)) for made in self.made]

    def _can(self, made: Deployment) -> bool:
        return made.substate == "PROMOTED" and made.id != self.serves

    @property
    def oldest(self) -> int:
        """What the database really asks of an application."""
        return schema_at(history(self.steps), len(self.steps)).oldest

    def check(self) -> None:
        if self.serves:
            number = schema_of(self.deployment(self.serves)).number
            assert number >= self.oldest, f"{self.serves} brings {number}, and the database needs {self.oldest}"

    def move(self, kind: str, target: Deployment) -> None:
        self.asked = AliasRequest(kind=kind, origin=self.serves, target=target.id, state="succeeded")
        self.serves = target.id
        self.made = [replace(made, substate="PROMOTED") if made.id == target.id else made for made in self.made]
        self.check()

    def release(self, steps: Steps, outcome: str, *, keep: int) -> None:
        serving = self.project().serving
        try:
            decision = decide(history(steps), serving, self.production_deployments(), keep=keep)
        except FailedError:
            return
        staged = deployment(len(self.made) + 1, decision.schema, substate="STAGED")
        self.made.insert(0, staged)
        # `migrate up` refuses files that do not know what the database has had.
        if outcome == "fails before its migrations" or steps[: len(self.steps)] != self.steps:
            return
        if decision.schema.number > len(self.steps):
            self.steps = steps[: decision.schema.number]
        self.check()
        if outcome == "fails after its migrations":
            return
        self.move("promote", staged)
        if outcome == "is taken back" and serving is not None:
            self.move("rollback", serving)

    def roll_back(self, target: str, **how: Any) -> bool:
        """Whether it was accepted."""
        vercel: Any = self
        try:
            _, found = rollback_target.find(vercel, target, quiet(), **how)
        except FailedError:
            return False
        self.move("rollback", found)
        return True


def quiet() -> Console:
    return Console({}, out=io.StringIO(), err=io.StringIO())


@st.composite
def revisions(draw: st.DrawFn, past: Steps) -> Steps:
    """A history that goes on from what the database has had; now and then one of an old branch."""
    old = draw(st.sampled_from([False, False, False, False, True]))
    steps = list(past[: draw(st.integers(0, len(past)))] if old else past)
    for _ in range(draw(st.sampled_from([1, 1, 2, 0, 3]))):
        contract = draw(st.sampled_from([False, True]))
        newest = st.sampled_from([len(steps), max(0, len(steps) - 1), 0])
        steps.append(draw(newest) if contract else None)
    return steps or [None]


@settings(deadline=None)
@given(data=st.data(), keep=st.integers(0, 2))
def test_an_accepted_rollback_never_leads_to_an_app_that_the_database_has_left_behind(
    data: st.DataObject, keep: int
) -> None:
    platform = Platform()
    for _ in range(data.draw(st.integers(3, 12), label="moves")):
        if len(platform.made) < 2 or data.draw(st.sampled_from([True, True, False]), label="releases"):
            platform.release(
                data.draw(revisions(platform.steps), label="history"),
                data.draw(st.sampled_from(["serves", *OUTCOMES]), label="outcome"),
                keep=keep,
            )
        else:
            others = [made.id for made in platform.made if made.id != platform.serves]
            platform.roll_back(data.draw(st.sampled_from([*reversed(others), "previous"]), label="target"))


def test_the_previous_deployment_is_always_kept_able_to_serve() -> None:
    platform = Platform()
    for steps in ([None], [None, None], [None, None], [None, None, 2], [None, None, 2], [None, None, 2]):
        platform.release(steps, "serves", keep=1)
        if len(platform.made) > 1:
            before = platform.serves
            assert platform.roll_back("previous")
            platform.move("promote", platform.deployment(before))
    assert len(platform.steps) == 3


@pytest.mark.parametrize("target", ["previous", "dpl_1"])
def test_everything_is_looked_up_in_one_round(target: str) -> None:
    platform = Platform()
    for _ in range(2):
        platform.release([None], "serves", keep=3)
    together = threading.Barrier(2 if target == "previous" else 3, timeout=10)

    class Slow(Platform):
        def project(self) -> Project:
            together.wait()
            return platform.project()

        def deployment(self, identifier: str) -> Deployment:
            together.wait()
            return platform.deployment(identifier)

        def production_deployments(self, *, attempts: int = 4) -> list[Deployment]:
            together.wait()
            return platform.production_deployments(attempts=attempts)

    vercel: Any = Slow()
    _, found = rollback_target.find(vercel, target, quiet())
    assert found.id == "dpl_1"


def test_a_list_that_hangs_does_not_hold_a_named_target_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback_target, "LIST_GRACE", 0.05)
    platform = Platform()
    for _ in range(2):
        platform.release([None], "serves", keep=3)
    answered = threading.Event()

    def hang(*, attempts: int) -> list[Deployment]:
        assert attempts == 1
        assert answered.wait(10)
        return []

    monkeypatch.setattr(platform, "production_deployments", hang)
    try:
        assert platform.roll_back("dpl_1")
    finally:
        answered.set()
