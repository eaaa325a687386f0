"""The story: from a pull request to a database that stays, each step with what is to be seen after it."""

import os
import subprocess
import sys

from components.branch_ruleset import check_names
from rehearsal import app
from rehearsal.step import Step
from rehearsal.team import MAINTAINER, OPERATOR, REVIEWER, Team, closed_window
from sandbox.paths import PROJECT
from sandbox.world import exchanges

DELIVERED = PROJECT / "app_repository/.github"
GATES = len(check_names(DELIVERED / "workflows/pre-deploy.yml"))
STAGING, PRODUCTION = "staging.ai-tools.example.com", "ai-tools.example.com"
ALWAYS = "Mon-Sun 00:00-00:00 UTC"
REVISION = "0001_add_revenue_tracking"
COLUMNS = ("affiliate_revenue", "conversion_rate")
BEFORE, AFTER = "posts has no revenue yet", "posts has affiliate_revenue and conversion_rate"
WELL = "ok, database ok"
MERGE, HOTFIX = "the pull request", "the hotfix"
SERVER_ERROR = 500


def _gates(team: Team) -> tuple[str, ...]:
    number, run = team.propose("feature/revenue", app.revenue(), "Track what a post earns")
    team.notes["pull request"] = number
    passed = [job for job in run.jobs.values() if job.conclusion == "success"]
    return (f"{len(passed)} of {len(run.jobs)} checks passed", team.serving("staging"))


def _staging(team: Team) -> tuple[str, ...]:
    run = team.merge(team.notes["pull request"], MERGE)
    return (f"Deploy to staging: {run.conclusion}", team.serving("staging"), _schema(team, "staging"))


def _production(team: Team) -> tuple[str, ...]:
    asked: list[str] = []

    def look() -> None:
        asked.append(f"{REVIEWER} was asked, while {team.serving('production')}")
        team.notes["at the approval"] = _schema(team, "production")

    def look_again() -> None:
        team.notes["at the promotion"] = _schema(team, "production")

    team.before_approval, team.before_promotion = look, look_again
    try:
        run = team.push("production", app.revenue(), MERGE)
    finally:
        team.before_approval = team.before_promotion = lambda: None
    return (f"Deploy to production: {run.conclusion}", *asked, team.serving("production"), *_told(team, ":rocket:"))


def _migration(team: Team) -> tuple[str, ...]:
    ledger = team.query("production", "SELECT revision || ' ' || state FROM deploy_migrations ORDER BY number")
    titles = team.query("production", "SELECT title FROM posts ORDER BY id")
    return (
        f"before the approval {team.notes['at the approval']}",
        f"before the promotion {team.notes['at the promotion']}",
        f"the ledger says {', '.join(ledger) or 'nothing'}",
        f"{len([title for title in titles if title in team.visit('production').text])} posts are shown",
    )


def _bad_staged(team: Team) -> tuple[str, ...]:
    # What follows is not tried on staging first: the story is about what catches it all the same.
    team.set_variable("REQUIRE_STAGING", "false")
    run = team.push("production", app.bad_query(), "the bad query")
    return (
        f"Tests on the staged deployment: {run.results['staged_tests']}",
        f"Approval and migrations: {run.results['migrations']}, Promote: {run.results['promote']}",
        team.serving("production"),
        *_told(team, "failed (staged_tests)!"),
    )


def _bad_live(team: Team) -> tuple[str, ...]:
    since = max((key for key, _ in exchanges.since(team.state)), default=0)
    run = team.push("production", app.bad_on_the_domain(PRODUCTION), "what breaks live")
    errors = [
        exchange
        for _, exchange in exchanges.since(team.state, since)
        if exchange.host == PRODUCTION and exchange.status == SERVER_ERROR
    ]
    rollbacks = [f"{event['type']} rollback: {event['outcome']}" for event in team.events("rollback")]
    return (
        f"Tests on the staged deployment: {run.results['staged_tests']}",
        f"Promote: {run.results['promote']}; the domain {'answered 500' if errors else 'never answered 500'}",
        *rollbacks,
        team.serving("production"),
        *_told(team, "failed (promote)!"),
    )


def _hotfix(team: Team) -> tuple[str, ...]:
    team.set_variable("DEPLOY_WINDOW", closed_window())
    refused = team.push("production", app.fix(), HOTFIX)
    while_refused = team.serving("production")
    run = team.dispatch("production.yml", deployment_type="hotfix", reason="The checkout is down")
    return (
        f"The push, outside the window: Admission {refused.results['admission']}, Build {refused.results['build']}",
        f"so {while_refused}",
        f"The hotfix: {run.conclusion}",
        team.serving("production"),
        *_told(team, "Production hotfix successful"),
    )


def _rollback(team: Team) -> tuple[str, ...]:
    team.grant(MAINTAINER, "maintain")
    started, answer = team.comment("@workflow:rollback previous the checkout still fails")
    return (
        *(f"Roll back: {run.conclusion}" for run in started),
        team.serving("production"),
        f"the answer says {'✅ **Rollback**' if '✅ **Rollback**' in answer else answer}",
        _schema(team, "production"),
    )


def _no_way_down(team: Team) -> tuple[str, ...]:
    team.query("production", "UPDATE posts SET affiliate_revenue = 12.50 WHERE id = 1")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "deploy", "migrate", "down", "--to=base"),
            f"--folder={app.EXAMPLE / app.MIGRATIONS}",
        ],
        cwd=DELIVERED / "deploy",
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
        f"{_schema(team, 'production')}, and 1 earned {kept}",
        team.serving("production"),
    )


def _schema(team: Team, stack: str) -> str:
    present = set(team.columns(stack))
    if present.isdisjoint(COLUMNS):
        return BEFORE
    return AFTER if present >= set(COLUMNS) else f"posts has {', '.join(sorted(present))}"


def _told(team: Team, words: str) -> tuple[str, ...]:
    """What Slack was told last: the words, where it has them."""
    last = team.messages[-1] if team.messages else "nothing"
    return (f"Slack was told: {words if words in last else last}",)


STORY = (
    Step(
        "A pull request passes the gates",
        (f"{GATES} of {GATES} checks passed", f"{STAGING} serves nothing"),
        _gates,
    ),
    Step(
        "Merged into develop, it goes to staging",
        ("Deploy to staging: success", f"{STAGING} serves {MERGE}: {WELL}", AFTER),
        _staging,
    ),
    Step(
        "Pushed to main, it goes to production once it is approved",
        (
            "Deploy to production: success",
            f"{REVIEWER} was asked, while {PRODUCTION} serves nothing",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
            "Slack was told: :rocket:",
        ),
        _production,
    ),
    Step(
        "Its migration came first",
        (
            f"before the approval {BEFORE}",
            f"before the promotion {AFTER}",
            f"the ledger says {REVISION} applied",
            "2 posts are shown",
        ),
        _migration,
    ),
    Step(
        "A bad release is caught on its staged URL",
        (
            "Tests on the staged deployment: failure",
            "Approval and migrations: skipped, Promote: skipped",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
            "Slack was told: failed (staged_tests)!",
        ),
        _bad_staged,
    ),
    Step(
        "One breaks live, and rolls itself back",
        (
            "Tests on the staged deployment: success",
            "Promote: failure; the domain answered 500",
            "automatic rollback: success",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
            "Slack was told: failed (promote)!",
        ),
        _bad_live,
    ),
    Step(
        "A hotfix goes outside the window",
        (
            "The push, outside the window: Admission failure, Build skipped",
            f"so {PRODUCTION} serves {MERGE}: {WELL}",
            "The hotfix: success",
            f"{PRODUCTION} serves {HOTFIX}: {WELL}",
            "Slack was told: Production hotfix successful",
        ),
        _hotfix,
    ),
    Step(
        "@workflow:rollback previous, in a comment",
        (
            "Roll back: success",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
            "the answer says ✅ **Rollback**",
            AFTER,
        ),
        _rollback,
    ),
    Step(
        "The database must not go down",
        (
            f"{OPERATOR}'s `migrate down` ended with 1 and named --accept-data-loss",
            f"{AFTER}, and 1 earned 12.50",
            f"{PRODUCTION} serves {MERGE}: {WELL}",
        ),
        _no_way_down,
    ),
)
