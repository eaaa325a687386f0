"""The story: from a pull request to a database that stays, each step with what is to be seen after it."""

from components.branch_ruleset import check_names
from rehearsal import app, database
from rehearsal.names import PRODUCTION, REVIEWER, STAGING
from rehearsal.step import Step
from rehearsal.team import Team
from rehearsal.wording import AFTER, BEFORE, MERGE, SERVER_ERROR, WELL, part, schema, told
from sandbox.actions.team import MAINTAINER, closed_window
from sandbox.paths import PROJECT
from sandbox.world import exchanges

GATES = len(check_names(PROJECT / "app_repository/.github/workflows/pre-deploy.yml"))
HOTFIX = "the hotfix"
DEPLOYED, HOTFIXED = "Production deployment successful", "Production hotfix successful"
STAGED_FAILED = "Production deployment failed (staged_tests)!"
LIVE_FAILED = "Production deployment failed (promote)!"


def _gates(team: Team) -> tuple[str, ...]:
    number, run = team.propose("feature/revenue", app.revenue(), "Track what a post earns")
    team.notes["pull request"] = number
    passed = [job for job in run.jobs.values() if job.conclusion == "success"]
    return (f"{len(passed)} of {len(run.jobs)} checks passed", team.serving("staging"))


def _staging(team: Team) -> tuple[str, ...]:
    run = team.merge(team.notes["pull request"], MERGE)
    return (f"Deploy to staging: {run.conclusion}", team.serving("staging"), schema(team, "staging"))


def _production(team: Team) -> tuple[str, ...]:
    asked: list[str] = []

    def look() -> None:
        asked.append(f"{REVIEWER} was asked, while {team.serving('production')}")
        team.notes["at the approval"] = schema(team, "production")

    def look_again() -> None:
        team.notes["at the promotion"] = schema(team, "production")

    team.before_approval, team.before_promotion = look, look_again
    try:
        run = team.push("production", app.revenue(), MERGE)
    finally:
        team.before_approval = team.before_promotion = lambda: None
    return (f"Deploy to production: {run.conclusion}", *asked, team.serving("production"), *told(team, DEPLOYED))


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
        *told(team, STAGED_FAILED),
    )


def _bad_live(team: Team) -> tuple[str, ...]:
    since = max((key for key, _ in exchanges.since(team.state)), default=0)
    run = team.push("production", app.bad_on_the_domain(PRODUCTION), "what breaks live")
    errors = [
        exchange
        for _, exchange in exchanges.since(team.state, since)
        if exchange.host == PRODUCTION and exchange.status == SERVER_ERROR
    ]
    rollbacks = [f"{event['type']} rollback: {event['outcome']}" for event in team.events_of("rollback")]
    return (
        f"Tests on the staged deployment: {run.results['staged_tests']}",
        f"Promote: {run.results['promote']}; the domain {'answered 500' if errors else 'never answered 500'}",
        *rollbacks,
        team.serving("production"),
        *told(team, LIVE_FAILED),
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
        *told(team, HOTFIXED),
    )


def _rollback(team: Team) -> tuple[str, ...]:
    team.grant(MAINTAINER, "maintain")
    said = team.comment("@workflow:rollback previous the checkout still fails")
    return (
        *(f"Roll back: {run.conclusion}" for run in said.started),
        team.serving("production"),
        f"the answer says {part(said.answer, '✅ **Rollback**')}",
        schema(team, "production"),
    )


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
            f"Slack was told: {DEPLOYED}",
        ),
        _production,
    ),
    Step(
        "Its migration came first",
        (
            f"before the approval {BEFORE}",
            f"before the promotion {AFTER}",
            f"the ledger says {', '.join(f'{revision} applied' for revision in app.EXPANDED)}",
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
            f"Slack was told: {STAGED_FAILED}",
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
            f"Slack was told: {LIVE_FAILED}",
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
            f"Slack was told: {HOTFIXED}",
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
    *database.STEPS,
)
