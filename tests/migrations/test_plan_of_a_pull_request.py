"""`deploy migrate plan --since=COMMIT`: what a pull request brings, without a database."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.ended import Ended
from tests.migrations.app import App

DROP = "def up():\n    op.drop_column('posts', 'views')\n"


def pending(ended: Ended) -> list[str]:
    return [entry["revision"] for entry in ended.document["pending"]]


@pytest.fixture
def shipped(app: App) -> App:
    """An app whose first revision is in a commit of its repository; it has no database at hand."""
    app.add_column("0001_x", "slug")
    git(app, "init", "-q")
    commit(app)
    return app


def git(app: App, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(
        ["git", "-C", str(app.folder.parent), *arguments], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(app: App) -> str:
    git(app, "add", "migrations")
    git(app, "commit", "-q", "--allow-empty", "-m", "x")
    return git(app, "rev-parse", "HEAD")


def since(app: App, name: str = "HEAD") -> Ended:
    return app.migrate("plan", f"--since={name}", "--json", DATABASE_URL="")


def test_pending_is_what_the_commit_does_not_have(shipped: App) -> None:
    shipped.add_column("0002_y", "other", after="0001_x")
    ended = since(shipped)
    assert (ended.code, pending(ended)) == (0, ["0002_y"])
    assert ended.document["pending"][0]["tables"] == []


def test_a_commit_before_the_first_migration_has_none(shipped: App) -> None:
    git(shipped, "checkout", "-q", "--orphan", "empty")
    git(shipped, "rm", "-q", "-r", "--cached", ".")
    git(shipped, "commit", "-q", "--allow-empty", "-m", "empty")
    assert pending(since(shipped)) == ["0001_x"]


def test_a_blocking_finding_fails_a_pull_request(shipped: App) -> None:
    shipped.write("0002_drop", DROP, after="0001_x", reversible=False)
    ended = since(shipped)
    assert (ended.code, [finding["rule"] for finding in ended.document["findings"]]) == (1, ["ban-drop-column"])


def test_a_blocking_finding_that_was_shipped_already_fails_no_pull_request(shipped: App) -> None:
    shipped.write("0002_drop", DROP, after="0001_x", reversible=False)
    commit(shipped)
    assert since(shipped).code == 0


def test_a_revision_that_was_changed_since_it_was_shipped_is_blocking(shipped: App) -> None:
    shipped.add_column("0001_x", "another")
    ended = since(shipped)
    (finding,) = ended.document["findings"]
    assert (ended.code, finding["rule"], finding["revision"]) == (1, "changed-since-shipped", "0001_x")
    assert "changed since it was shipped" in finding["message"]


def test_a_revision_that_was_removed_since_it_was_shipped_is_blocking(shipped: App) -> None:
    (shipped.folder / "0001_x.py").unlink()
    ended = since(shipped)
    assert (ended.code, ended.document["findings"][0]["rule"]) == (1, "removed-since-shipped")


def test_a_file_that_only_got_another_name_is_the_same_revision(shipped: App) -> None:
    (shipped.folder / "0001_x.py").rename(shipped.folder / "0001_slug.py")
    ended = since(shipped)
    assert (ended.code, pending(ended), ended.document["findings"]) == (0, [], [])


def test_several_heads_fail_a_pull_request(shipped: App) -> None:
    shipped.add_column("0002_y", "other", after="0001_x")
    shipped.add_column("0002_z", "third", after="0001_x")
    ended = since(shipped)
    assert (ended.code, "0002_y and 0002_z both follow 0001_x" in ended.document["message"]) == (2, True)


@pytest.mark.parametrize("name", ["nowhere", "--upload-pack=touch /tmp/x", "HEAD:migrations", ""])
def test_a_commit_that_is_none_is_wrong_usage(shipped: App, name: str) -> None:
    ended = since(shipped, name)
    assert ended.code == 2
    assert ended.document["state"] == "Nothing was changed."


def test_a_folder_outside_of_git_is_wrong_usage(app: App) -> None:
    app.use_example()
    ended = since(app)
    assert (ended.code, "git cannot show what was shipped" in ended.document["message"]) == (2, True)


def test_the_folder_may_be_named_from_anywhere(shipped: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped.add_column("0002_y", "other", after="0001_x")
    assert pending(shipped.migrate("plan", "--folder=migrations", "--since=HEAD", "--json")) == ["0002_y"]
