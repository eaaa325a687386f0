from pathlib import Path

import pytest

from sandbox.world.github.authentication import grant_token
from sandbox.world.github.issues import open_issue
from sandbox.world.github.seed import seed
from tests.deploy.comments.team import PEOPLE, TOKENS, WORKFLOWS, Team
from tests.deploy.releases.conftest import production
from tests.deploy.releases.production import Production

__all__ = ["production"]


@pytest.fixture
def team(production: Production, tmp_path: Path) -> Team:
    """The repository with its workflows and issue 1; main has the tree that staging has verified."""
    files = {f".github/workflows/{file.name}": file.read_bytes() for file in WORKFLOWS.glob("*.yml")}
    seed(production.state, owner="acme", repository="ai-tools", branches=["main", "develop"], users=PEOPLE, files=files)
    for login in (*PEOPLE, "operator", "stranger"):
        grant_token(production.state, TOKENS.format(login), login=login, scopes=["repo", "workflow"])
    team = Team(production=production, folder=tmp_path)
    open_issue(production.state, team.repository, login="mona", title="A wish")
    team.push("develop", {"app.txt": "1"}, login="mona")
    team.verify()
    team.push("main", {"app.txt": "1"}, login="octocat")
    return team
