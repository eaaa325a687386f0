"""What exists on Vercel before a stack is created: a team."""

from sandbox.world.state import State
from sandbox.world.vercel.authentication import TEAMS
from sandbox.world.vercel.identifiers import now

PLANS = ("hobby", "pro", "enterprise")


def seed(state: State, team_id: str, team_slug: str, plan: str = "pro") -> None:
    """Make sure that a team exists. Run again, it changes only slug and plan.

    Args:
        state: the world.
        team_id: `team_` and 24 letters or digits.
        team_slug: the team's name in URLs.
        plan: `hobby`, `pro` or `enterprise`.
    """
    if plan not in PLANS:
        raise ValueError(f"a Vercel plan is one of {', '.join(PLANS)}, not {plan!r}")
    teams = state.collection(TEAMS)
    team = teams.get(team_id) or {"id": team_id, "createdAt": now(state)}
    teams[team_id] = {**team, "slug": team_slug, "name": team_slug, "plan": plan}
