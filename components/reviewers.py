"""Reviewers by name: GitHub's API wants numbers, people write logins and team slugs."""

from collections.abc import Sequence

import pulumi
import pulumi_github as github


def resolve_reviewers(
    names: Sequence[str], opts: pulumi.InvokeOptions
) -> list[github.RepositoryEnvironmentReviewerArgs]:
    """Look up the IDs of reviewers, `LOGIN` or `team:SLUG`.

    Sources: GET /users/{username}, GET /orgs/{org}/teams/{team_slug}.

    Returns:
        At most one entry: GitHub keeps all reviewers of an environment in one rule.

    Raises:
        pulumi.RunError: naming each reviewer that GitHub does not know.
    """
    users: list[int] = []
    teams: list[int] = []
    unknown: list[str] = []
    for name in names:
        kind, _, slug = name.rpartition(":")
        try:
            if kind == "team":
                teams.append(int(github.get_team(slug=slug, summary_only=True, opts=opts).id))
            else:
                users.append(int(github.get_user(username=name, opts=opts).id))
        except Exception as error:  # the SDK raises nothing narrower for a failed look-up
            if ": 404 " not in str(error):
                raise
            unknown.append(name)
    if unknown:
        # Logged as well as raised: the SDK ends the program with the failed look-up, whatever is raised after it.
        problem = (
            f"GitHub knows no {', '.join(unknown)}. Nothing of this environment was changed. Put the login of a person "
            "or team:SLUG of a team in ai-tools:reviewers, then run `pulumi up` again."
        )
        pulumi.log.error(problem)
        raise pulumi.RunError(problem)
    return [github.RepositoryEnvironmentReviewerArgs(users=users, teams=teams)] if names else []
