"""`deploy preview`: what the workflow that a comment starts does with a pull request's build."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.clients.vercel_cli import CommandLineError
from deploy.commands import preview
from sandbox.world.vercel.outcomes import break_site, fail_next
from tests.deploy.ended import Ended
from tests.deploy.releases.conftest import build, production
from tests.deploy.releases.production import Production
from tests.deploy.releases.uploads import VERSION

__all__ = ["build", "production"]

COMMIT = "0123abc" + "0" * 33
FOR_GOOD = 1000


class Previews:
    """Makes the previews that Vercel's command line would make."""

    def __init__(self, production: Production) -> None:
        self.production = production
        self.made: list[str] = []
        self.more: dict[str, Any] = {"target": None}
        self.fails = False

    def upload(self, *_where: object, meta: Mapping[str, str], preview: bool = False, **_rest: object) -> str:
        assert preview
        if self.fails:
            raise CommandLineError("Vercel's command line ended with 1: Error")
        self.made.append(self.production.deploy(meta["version"], ready=False, **{"meta": dict(meta), **self.more}))
        return self.production.state.collection("vercel.deployments")[self.made[-1]]["url"]


@pytest.fixture
def previews(production: Production, monkeypatch: pytest.MonkeyPatch) -> Previews:
    previews = Previews(production)
    monkeypatch.setattr(preview, "upload", previews.upload)
    return previews


def show(production: Production, build: Path, *argv: str, **environ: str) -> Ended:
    """Run the command on a production that serves v1, which it never changes."""
    if production.serving is None:
        production.serve(production.deploy("v1"))
    served = production.serving
    ended = production.run(
        *("preview", f"--folder={build}", f"--version={VERSION}", f"--commit={COMMIT}", "--pull-request=7", "--json"),
        *argv,
        timeout_seconds=5.0,
        **environ,
    )
    assert production.serving == served
    return ended


def test_a_build_becomes_a_healthy_preview(
    production: Production, build: Path, previews: Previews, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    ended = show(production, build, GITHUB_OUTPUT=str(output), GITHUB_ACTIONS="true")
    assert ended.code == 0, ended
    (made,) = previews.made
    shown = production.look(made)
    url = f"https://{shown['url']}"
    assert (ended.document["url"], ended.document["deployment"]) == (url, made)
    assert output.read_text() == f"url={url}\ndeployment={made}\n"
    assert f"::notice::{url} shows commit 0123abc00000 and is healthy." in ended.err
    assert shown["meta"] == {
        "version": VERSION,
        "commit": COMMIT,
        "pullRequest": "7",
        "actor": "octocat",
        "run": "https://github.com/acme/ai-tools/actions/runs/4711",
    }


def test_an_upload_that_fails_is_told_with_its_last_words(
    production: Production, build: Path, previews: Previews
) -> None:
    previews.fails = True
    ended = show(production, build)
    assert ended.code == 1, ended
    assert "There is no preview: Vercel's command line ended with 1: Error." in ended.err


def test_a_build_that_vercel_refuses_is_no_preview(production: Production, build: Path, previews: Previews) -> None:
    show(production, build)
    fail_next(production.state, "build", project_id=production.project)
    ended = show(production, build)
    assert ended.code == 1, ended
    assert f"{previews.made[-1]} ended as ERROR" in ended.err


def test_a_preview_that_is_not_healthy_is_none(production: Production, build: Path, previews: Previews) -> None:
    break_site(production.state, meta={"version": VERSION})
    ended = show(production, build, "--tries=2", "--successes=1")
    assert ended.code == 1, ended
    assert "is not healthy after 2 tries" in ended.err
    assert len(previews.made) == 1


@pytest.mark.parametrize("kind", ["production", "elsewhere"])
def test_what_is_no_preview_of_this_project_is_not_shown(
    production: Production, build: Path, previews: Previews, kind: str
) -> None:
    previews.more = {"target": "production"} if kind == "production" else {"target": None, "project": "other"}
    production.http.post("/v8/projects", params={"teamId": "team_production"}, json={"name": "other"})
    ended = show(production, build)
    assert ended.code == 1, ended
    assert "is no preview of this project" in ended.err


@pytest.mark.parametrize("way", [{"status": 503}, {"status": 401}, {"kind": "reset"}, {"kind": "broken"}])
def test_where_vercel_is_down_there_is_no_preview(
    production: Production, build: Path, previews: Previews, way: Mapping[str, Any]
) -> None:
    show(production, build)
    production.arm(service="vercel", path="/v13/deployments/(?!dpl_)", method="GET", times=FOR_GOOD, **way)
    ended = show(production, build)
    assert ended.code == 1, ended
    assert "What serves is not touched by that." in ended.err
    assert len(previews.made) == 2


@pytest.mark.parametrize("version", ["", "a b", "../x", "$(id)", "-x", "x" * 129])
def test_a_version_that_could_mean_something_else_is_wrong_usage(
    production: Production, build: Path, previews: Previews, version: str
) -> None:
    ended = show(production, build, f"--version={version}")
    assert (ended.code, previews.made) == (2, []), ended


def test_a_build_that_leads_out_of_itself_is_refused(
    production: Production, build: Path, previews: Previews, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    (build / ".vercel/output/static/link").symlink_to(secret)
    ended = show(production, build)
    assert (ended.code, previews.made) == (2, []), ended
    assert "leads out of the build" in ended.err


def test_a_folder_without_a_build_is_wrong_usage(production: Production, previews: Previews, tmp_path: Path) -> None:
    ended = show(production, tmp_path)
    assert (ended.code, previews.made) == (2, []), ended
