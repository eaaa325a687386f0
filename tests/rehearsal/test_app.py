"""The changes that the story releases are changes of the example app as it is."""

import subprocess
from pathlib import Path

import pytest

from rehearsal import app
from sandbox.paths import PROJECT


def test_the_app_is_what_git_has_of_it_but_its_migrations() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=app.EXAMPLE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert sorted(app.files()) == sorted(name for name in listed if not name.startswith("migrations/"))


def test_every_change_changes_a_file_of_the_app() -> None:
    known = app.files()
    for change in (app.revenue(), app.bad_query(), app.bad_on_the_domain("ai-tools.example.com"), app.fix()):
        assert [name for name, text in change.items() if known.get(name) != text.encode()]


def test_the_fix_takes_back_what_broke() -> None:
    broken = {**app.bad_query(), **app.bad_on_the_domain("ai-tools.example.com")}
    after = {**broken, **app.fix()}
    known = app.files()
    assert {name for name, text in after.items() if text.encode() != known[name]} == {"app/about/page.tsx"}


def test_the_first_release_brings_the_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    migrations = {path.relative_to(app.EXAMPLE).as_posix() for path in (app.EXAMPLE / "migrations").glob("*.py")}
    assert migrations
    assert migrations <= app.revenue().keys()
    monkeypatch.setattr(app, "EXAMPLE", tmp_path)
    (tmp_path / "app/about").mkdir(parents=True)
    (tmp_path / "app/about/page.tsx").write_text("something else")
    with pytest.raises(app.ChangeError, match="has no"):
        app.revenue()


def test_what_the_story_names_is_what_the_stacks_declare() -> None:
    from rehearsal import story  # noqa: PLC0415 - what it names is looked at, and it names much
    from sandbox.page.stacks import read_stacks  # noqa: PLC0415

    staging, production = read_stacks([PROJECT / f"Pulumi.{name}.yaml" for name in ("staging", "production")])
    assert (staging.domain, production.domain) == (story.STAGING, story.PRODUCTION)
