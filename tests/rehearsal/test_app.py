"""The changes that the story releases are changes of the example app as it is."""

import subprocess
from pathlib import Path

import pytest

from deploy.release.revisions import read_history
from rehearsal import app


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
    changes = (app.revenue(), app.bad_query(), app.bad_on_the_domain("ai-tools.example.com"), app.fix(), app.contract())
    for change in changes:
        assert [name for name, text in change.items() if known.get(name) != text.encode()]


def test_the_fix_takes_back_what_broke() -> None:
    broken = {**app.bad_query(), **app.bad_on_the_domain("ai-tools.example.com")}
    after = {**broken, **app.fix()}
    known = app.files()
    other = {name for name, text in after.items() if name in known and text.encode() != known[name]}
    assert other == {"app/about/page.tsx", "lib/posts.ts"}
    assert "published_at" not in after["lib/posts.ts"]


def test_the_first_release_brings_the_migrations_of_the_app() -> None:
    migrations = {path.relative_to(app.EXAMPLE).as_posix() for path in (app.EXAMPLE / "migrations").glob("*.py")}
    assert migrations
    assert migrations <= app.revenue().keys()


def test_the_contract_spares_what_stopped_reading_the_column_and_not_what_reads_it(tmp_path: Path) -> None:
    for path, text in app.migrations(*app.EXPANDED, app.UNUSED, app.DROPPED).items():
        (tmp_path / Path(path).name).write_text(text)
    history = read_history(tmp_path)
    assert [revision.id for revision in history] == [*app.EXPANDED, app.UNUSED, app.DROPPED]
    assert (history[-1].kind, history[-1].compatible_with) == ("contract", app.UNUSED)
    unused = app.bad_on_the_domain("ai-tools.example.com")
    assert f"migrations/{app.UNUSED}.py" in unused
    assert "lib/posts.ts" not in app.revenue()
    assert " title FROM posts" in app.files()["lib/posts.ts"].decode()
    assert " heading AS title FROM posts" in unused["lib/posts.ts"]


def test_a_change_that_the_app_has_no_line_for_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(app, "EXAMPLE", tmp_path)
    (tmp_path / "app/about").mkdir(parents=True)
    (tmp_path / "app/about/page.tsx").write_text("something else")
    with pytest.raises(app.ChangeError, match="has no"):
        app.words("other")
