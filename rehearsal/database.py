"""The end of the story: a database that must not go down, and one that goes on without what nothing needs."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rehearsal import app
from rehearsal.names import PRODUCTION
from rehearsal.step import Step
from rehearsal.team import Team
from rehearsal.wording import AFTER, MERGE, SERVER_ERROR, WELL, part, schema
from sandbox.actions.result import RunResult
from sandbox.actions.team import OPERATOR
from sandbox.paths import PROJECT

ALWAYS = "Mon-Sun 00:00-00:00 UTC"
RENAMED = ("title", "heading")
BOTH, CONTRACTED = "posts has title and heading", "posts has heading"
WAITS = f"{app.DROPPED}: left for a later release"
REMOVED = f"{app.DROPPED} removed what the target needs"
RESTORE_POINT = "Restore point: the backup"
CONTRACT, LATER = "the contract", ("the next release", "the one after it")


def _no_way_down(team: Team) -> tuple[str, ...]:
    team.query("production", "UPDATE posts SET affiliate_revenue = 12.50 WHERE id = 1")
    with tempfile.TemporaryDirectory() as folder:
        for path, text in app.migrations(*app.EXPANDED, app.UNUSED).items():
            Path(folder, Path(path).name).write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "deploy", "migrate", "down", "--to=base", f"--folder={folder}"],
            cwd=PROJECT / "app_repository/.github/deploy",
            env={"PATH": os.environ["PATH"], "DATABASE_URL": team.databases["production"]},
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout + done.stderr
    team.console.print(said.replace(team.databases["production"], "…"), style="dim", markup=False, soft_wrap=True)
    named = " and named --accept-data-loss" if "--accept-data-loss" in said else ""
    (kept,) = team.query("production", "SELECT affiliate_revenue FROM posts WHERE id = 1")
    return (
        f"{OPERATOR}'s `migrate down` ended with {done.returncode}{named}",
        f"{schema(team, 'production')}, and 1 earned {kept}",
        team.serving("production"),
    )


def _contract_waits(team: Team) -> tuple[str, ...]:
    team.set_variable("DEPLOY_WINDOW", ALWAYS)
    said = team.comment("@workflow:unlock")
    run = team.push("production", app.contract(), CONTRACT)
    return (
        f"the answer says {part(said.answer, '**production is unlocked.**')}",
        f"Deploy to production: {run.conclusion}",
        _logged(run, WAITS),
        team.serving("production"),
        schema(team, "production", RENAMED),
    )


def _contract_runs(team: Team) -> tuple[str, ...]:
    seen: list[str] = []
    for name in LATER:
        run = team.push("production", app.words(f"that are in {name}."), name)
        waits_or_runs = _logged(run, WAITS if name == LATER[0] else RESTORE_POINT)
        seen += [f"{name}: {run.conclusion}; {waits_or_runs}; {schema(team, 'production', RENAMED)}"]
    return (*seen, team.serving("production"))


def _refused(team: Team) -> tuple[str, ...]:
    target = team.made_of("production", MERGE)
    said = team.comment(f"@workflow:rollback {target['id']} the checkout still fails")
    health, posts = (team.visit("production", path, host=target["url"]).status_code for path in ("/api/health", "/"))
    return (
        *(f"Roll back: {run.conclusion}" for run in said.started),
        # Markdown shows an underscore that follows a backslash.
        f"the answer says {part(said.answer.replace(chr(92), ''), REMOVED)}",
        team.serving("production"),
        schema(team, "production", RENAMED),
        f"at its own address {MERGE} answers {health} to /api/health and {posts} to /",
    )


def _logged(run: RunResult, words: str) -> str:
    return f"the log {'says' if words in run.log else 'does not say'} {words}"


STEPS = (
    Step(
        "The database must not go down",
        (
            f"{OPERATOR}'s `migrate down` ended with 1 and named --accept-data-loss",
            f"{AFTER}, and 1 earned 12.50",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
        ),
        _no_way_down,
    ),
    Step(
        "A contract waits for what could be rolled back to",
        (
            "the answer says **production is unlocked.**",
            "Deploy to production: success",
            f"the log says {WAITS}",
            f"{PRODUCTION} serves {CONTRACT}: {WELL}",
            BOTH,
        ),
        _contract_waits,
    ),
    Step(
        "It runs once nothing that is kept needs what it drops",
        (
            f"{LATER[0]}: success; the log says {WAITS}; {BOTH}",
            f"{LATER[1]}: success; the log says {RESTORE_POINT}; {CONTRACTED}",
            f"{PRODUCTION} serves {LATER[1]}: {WELL}",
        ),
        _contract_runs,
    ),
    Step(
        "A rollback to what it broke is refused",
        (
            "Roll back: failure",
            f"the answer says {REMOVED}",
            f"{PRODUCTION} serves {LATER[1]}: {WELL}",
            CONTRACTED,
            f"at its own address {MERGE} answers 200 to /api/health and {SERVER_ERROR} to /",
        ),
        _refused,
    ),
)
