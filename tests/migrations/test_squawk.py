"""Running squawk, and reading statements apart."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import WrongUsageError
from deploy.migrations import sql_words, squawk


def test_it_is_found_where_pip_puts_it_with_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/squawk").touch()
    monkeypatch.setattr(squawk.alembic, "__file__", str(tmp_path / "alembic/__init__.py"))
    assert squawk.program() == str(tmp_path / "bin/squawk")


def test_where_it_is_not_installed_it_is_said_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = tmp_path / "nowhere"
    monkeypatch.setattr(squawk.alembic, "__file__", str(nowhere / "alembic/__init__.py"))
    monkeypatch.setattr(squawk.sysconfig, "get_path", {"scripts": str(nowhere)}.__getitem__)
    monkeypatch.setattr(sys, "executable", str(nowhere / "python"))
    monkeypatch.setenv("PATH", str(nowhere))
    with pytest.raises(WrongUsageError, match="is not installed") as raised:
        squawk.program()
    assert "pip install --require-hashes --target=packages" in raised.value.following


def test_where_it_does_not_answer_nothing_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "squawk"
    broken.write_text("#!/bin/sh\necho no JSON\n")
    broken.chmod(0o755)
    monkeypatch.setattr(squawk, "program", lambda: str(broken))
    with pytest.raises(WrongUsageError, match="does not answer"):
        squawk.read(["SELECT 1"], in_transaction=True)


def test_its_version_is_the_one_whose_rules_are_known() -> None:
    said = subprocess.run([squawk.program(), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split()[1].startswith("2.")


# Reading statements.

WORDS = st.sampled_from(
    ["DROP", "TABLE", "posts", ";", '"a;b"', "'x;y'", "$$ ; $$", "-- ;\n", "/* ; */", ",", "(", ")"]
)


@given(st.lists(WORDS))
def test_comments_and_texts_never_end_a_statement(words: list[str]) -> None:
    bare = [word for word in words if not word.startswith(("--", "/*"))]
    groups: list[list[str]] = [[]]
    for word in bare:
        if word == ";":
            groups.append([])
        else:
            groups[-1].append("''" if word in ("'x;y'", "$$ ; $$") else word if word.startswith('"') else word.upper())
    assert sql_words.statements(" ".join(words)) == [" ".join(group) for group in groups if group]


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for statement in sql_words.statements(text):
        assert statement == statement.strip() != ""
