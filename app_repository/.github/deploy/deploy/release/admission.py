"""Whether a release may go on: nobody holds the environment, and staging has verified what production is to get."""

from typing import NamedTuple

from deploy.clients.github import GitHub
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release import lock, staging_first
from deploy.release.environments import PRODUCTION, Environment
from deploy.settings import Settings

VARIABLE = "REQUIRE_STAGING"
"""`false` lets production take what staging has not verified."""
STATE = "Nothing was released."


def require_unlocked(github: GitHub, environment: Environment, state: str = STATE) -> None:
    """See that nobody holds an environment.

    Raises:
        FailedError: somebody does, or GitHub does not say.
    """
    try:
        held = lock.read(github, environment.name)
    except CallFailedError as error:
        raise _untold(f"whether {environment} is locked", error, state) from error
    if held is not None:
        raise FailedError(
            f"{held}.", state=state, following=f"`@workflow:unlock {environment}`, once that is over; then start again."
        )


class StagingWord(NamedTuple):
    """What staging has to say of a commit."""

    text: str
    """A sentence; empty where staging is not asked."""
    verified: bool


def staging_word(github: GitHub, settings: Settings, environment: Environment, commit: str, kind: str) -> StagingWord:
    """What staging has to say of a commit.

    Args:
        github: the repository.
        settings: `REQUIRE_STAGING` loosens it.
        environment: where the commit is to go; only production asks staging.
        commit: its full SHA.
        kind: `standard`, or `hotfix`, which goes on whatever staging says.

    Raises:
        FailedError: it has not verified the commit's tree, or GitHub does not say.
    """
    if environment != PRODUCTION:
        return StagingWord("", verified=False)
    try:
        tree = staging_first.tree_of(github, commit)
        verified = staging_first.verified_by(github, tree)
    except CallFailedError as error:
        raise _untold("what staging has verified", error, STATE) from error
    if verified is not None:
        text = f"Staging verified the same tree as commit {verified.commit[:12]}: {verified.link}"
        return StagingWord(text, verified=True)
    missing = f"Staging has not verified the tree of commit {commit[:12]}"
    if kind == "hotfix":
        return StagingWord(f"{missing}: a hotfix goes on without.", verified=False)
    if settings.get(VARIABLE, "true") == "false":
        return StagingWord(f"{missing}: this stack does not ask for it.", verified=False)
    raise FailedError(
        f"{missing}.",
        state=STATE,
        following="push the same files to develop and let staging finish, then start this again; "
        "only a hotfix goes on without.",
    )


def _untold(what: str, error: CallFailedError, state: str) -> FailedError:
    return FailedError(f"GitHub does not say {what}: it {error.why}.", state=state, following="re-run the failed job.")
