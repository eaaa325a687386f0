"""What a changed `repository` means: a rename keeps the resource, another repository needs a new one."""

from sandbox.providers.github.client import GitHub
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.values import UNKNOWN, Properties

REPLACED: frozenset[str] = frozenset({"repository"})


def replaced_by_repository(client: GitHub, state: Properties, inputs: Properties) -> frozenset[str]:
    """Whether the wanted repository is another than the one that holds the resource (GET /repos/{owner}/{repo}).

    Source: the provider compares the IDs of the repositories when it plans. One that does not exist is taken for the
    same: the update is planned, and fails.
    """
    wanted = inputs.get("repository")
    if not state or wanted == state.get("repository"):
        return frozenset()
    if wanted is UNKNOWN or "repositoryId" not in state:
        return REPLACED
    try:
        repository = client.repository(str(wanted))
    except CallError as error:
        if error.status != NOT_FOUND:
            raise
        return frozenset()
    return frozenset() if repository["id"] == state["repositoryId"] else REPLACED
