"""The story's steps, played by a team that only looks as if it had done what they ask: what they hold it to."""

import io
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from rich.console import Console

from rehearsal import app, database, story
from rehearsal.database import CONTRACT, LATER, REMOVED
from rehearsal.names import PRODUCTION, STAGING
from rehearsal.step import play, show
from rehearsal.story import GATES, HOTFIX, STORY
from rehearsal.team import Team
from rehearsal.wording import COLUMNS, MERGE
from sandbox.actions.result import JobResult, RunResult
from sandbox.actions.team import Answered

DOMAINS = {"staging": STAGING, "production": PRODUCTION}
SUCCESS, FAILURE, SKIPPED = "success", "failure", "skipped"


def ended(conclusion: str, **jobs: str) -> RunResult:
    return RunResult(1, conclusion, {name: JobResult(name, ended) for name, ended in jobs.items()})


@dataclass
class FakeTeam:
    """A team to which everything happens as it should, but for what a test changes."""

    serves: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    state: None = None
    databases: Mapping[str, str] = field(default_factory=lambda: {"production": "postgresql://nowhere"})
    console: Console = field(default_factory=lambda: Console(file=io.StringIO()))
    before_approval: Callable[[], None] = lambda: None
    before_promotion: Callable[[], None] = lambda: None
    window: str = database.ALWAYS
    migrated: set[str] = field(default_factory=set)
    titles: Sequence[str] = ("title",)
    wrong: str = ""
    """What goes another way."""
    untold: str = "\0"
    """The message that has these words is not sent."""

    def propose(self, _branch: str, _files: Mapping[str, str], _title: str) -> tuple[int, RunResult]:
        lint = FAILURE if self.wrong == "lint" else SUCCESS
        return 1, ended(SUCCESS, lint=lint, **{f"job{number}": SUCCESS for number in range(1, GATES)})

    def merge(self, _number: int, name: str) -> RunResult:
        return self._release("staging", name)

    def push(self, stack: str, _files: Mapping[str, str], name: str) -> RunResult:
        if self.window != database.ALWAYS:
            self._tell(":hourglass: Production deployment did not start: outside the window")
            return ended(FAILURE, admission=FAILURE, build=SKIPPED)
        if name == "the bad query" and self.wrong != "staged":
            self._tell(":fire: Production deployment failed (staged_tests)! <!channel>")
            return ended(FAILURE, staged_tests=FAILURE, migrations=SKIPPED, promote=SKIPPED)
        if name == "what breaks live":
            self._tell(":fire: Production deployment failed (promote)! <!channel>")
            if self.wrong == "live":
                self.serves[stack] = name
            return ended(FAILURE, staged_tests=SUCCESS, migrations=SUCCESS, promote=FAILURE)
        if name == (CONTRACT if self.wrong == "contract" else LATER[1]) and self.wrong != "no contract":
            self.titles = ()
        return self._release(stack, name)

    def dispatch(self, _workflow: str, **_inputs: str) -> RunResult:
        return self._release("production", HOTFIX, "hotfix")

    def comment(self, text: str) -> Answered:
        if text == "@workflow:unlock":
            return Answered(1, [], [], ["🔓 **production is unlocked.**"], [])
        if "dpl_" in text and self.wrong != "rollback":
            return Answered(1, [], [ended(FAILURE)], [REMOVED.replace("_", r"\_")], [])
        if self.wrong == "down":
            self.migrated.discard("production")
        self.serves["production"] = MERGE
        return Answered(1, [], [ended(SUCCESS)], ["✅ **Rollback**"], [])

    def set_variable(self, name: str, value: str) -> None:
        if name == "DEPLOY_WINDOW":
            self.window = value

    def grant(self, _login: str, _role: str) -> None:
        """Everybody may."""

    def serving(self, stack: str) -> str:
        domain = DOMAINS[stack]
        serves = self.serves.get(stack)
        return f"{domain} serves {serves}: ok, database ok" if serves else f"{domain} serves nothing"

    def columns(self, stack: str) -> list[str]:
        return ["id", *self.titles, *((*COLUMNS, "heading") if stack in self.migrated else ())]

    def query(self, _stack: str, statement: str) -> list[str]:
        answers = {"title": ["a", "b"], "affiliate_revenue": ["12.50"]}
        answers["revision"] = [f"{revision} applied" for revision in app.EXPANDED]
        return next((rows for word, rows in answers.items() if f"SELECT {word}" in statement), [])

    def visit(self, _stack: str, path: str = "/", *, host: str = "") -> httpx2.Response:
        return httpx2.Response(500 if host and path == "/" else 200, text="a b")

    def made_of(self, _stack: str, name: str) -> Mapping[str, Any]:
        return {"id": "dpl_1", "url": f"{name}.vercel.app"}

    def events_of(self, _kind: str) -> Sequence[Mapping[str, str]]:
        return [{"type": "automatic", "outcome": SUCCESS}]

    def _tell(self, message: str) -> None:
        if self.untold not in message:
            self.messages.append(message)

    def _release(self, stack: str, name: str, kind: str = "deployment") -> RunResult:
        if self.wrong == "early":
            self.migrated.add(stack)
        if self.wrong != "unasked":
            self.before_approval()
        if self.wrong != "migration":
            self.migrated.add(stack)
        self.before_promotion()
        self.serves[stack] = name
        self._tell(f":rocket: {stack.title()} {kind} successful: https://{DOMAINS[stack]}")
        log = f"{database.WAITS}, {database.RESTORE_POINT}"
        return RunResult(1, SUCCESS, {"migrations": JobResult("migrations", SUCCESS, log=log)})


@pytest.fixture(autouse=True)
def nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def since(_state: object, _key: int = 0) -> list[tuple[int, SimpleNamespace]]:
        return [(1, SimpleNamespace(host=PRODUCTION, status=500))]

    def refuse(*_arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "then add --accept-data-loss")

    monkeypatch.setattr(story.exchanges, "since", since)
    monkeypatch.setattr(database.subprocess, "run", refuse)


def played(wrong: str = "", *, untold: str = "\0") -> tuple[bool, str, int]:
    """Whether the story went as expected, its table, and how many steps were played."""
    output = io.StringIO()
    console = Console(file=output, width=400, color_system=None)
    steps = play(STORY, cast("Team", FakeTeam(wrong=wrong, untold=untold)), Console(file=io.StringIO()))
    return show(console, STORY, steps), output.getvalue(), len(steps)


def test_everything_going_as_it_should_is_what_the_story_expects() -> None:
    passed, table, steps = played()
    assert passed, table
    assert steps == len(STORY)


@pytest.mark.parametrize(
    ("wrong", "step", "seen"),
    [
        ("lint", 1, f"{GATES - 1} of {GATES} checks passed"),
        ("migration", 2, "posts has no revenue yet"),
        ("unasked", 3, "not seen"),
        ("early", 4, "before the approval posts has affiliate_revenue and conversion_rate"),
        ("staged", 5, "Tests on the staged deployment: success"),
        ("live", 6, "serves what breaks live"),
        ("down", 8, "posts has no revenue yet"),
        ("contract", 10, "posts has heading"),
        ("no contract", 11, "posts has title and heading"),
        ("rollback", 12, "Roll back: success"),
    ],
)
def test_a_step_that_goes_another_way_is_the_last_and_is_shown(wrong: str, step: int, seen: str) -> None:
    passed, table, steps = played(wrong)
    assert (passed, steps) == (False, step)
    assert seen in table


@pytest.mark.parametrize(
    ("untold", "step", "told_last"),
    [
        ("Production deployment successful", 3, ":rocket: Staging deployment successful"),
        ("failed (staged_tests)!", 5, ":rocket: Production deployment successful"),
        ("failed (promote)!", 6, "failed (staged_tests)!"),
        ("Production hotfix successful", 7, "did not start"),
    ],
)
def test_a_step_whose_message_slack_does_not_get_is_not_taken_for_told_by_an_earlier_one(
    untold: str, step: int, told_last: str
) -> None:
    passed, table, steps = played(untold=untold)
    assert (passed, steps) == (False, step)
    assert told_last in table
