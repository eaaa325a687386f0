from pathlib import Path

import pytest

from sandbox import browser


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_browser_on_the_path_is_taken(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / name
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_browser() == program


def test_as_root_debians_chromium_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n[ "$4" = update ] || : > {tmp_path}/chromium\n'
        f"/bin/chmod +x {tmp_path}/chromium 2>/dev/null; exit 0\n"
    )
    apt.chmod(0o755)
    _here(monkeypatch, tmp_path, user=0)
    assert browser.find_browser() == tmp_path / "chromium"
    update, install = (tmp_path / "asked").read_text().splitlines()
    assert update.endswith(" update")
    assert install.endswith(f" install -y --no-install-recommends {' '.join(browser.PACKAGES)}")


def test_where_it_cannot_be_installed_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _here(monkeypatch, tmp_path, user=1000)
    with pytest.raises(browser.BrowserError, match="There is no Chromium here: install it"):
        browser.find_browser()


def test_why_an_installation_failed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 100\n")
    apt.chmod(0o755)
    _here(monkeypatch, tmp_path, user=0)
    with pytest.raises(browser.BrowserError, match="`apt-get update` failed: E: no network"):
        browser.find_browser()


def test_only_root_starts_it_without_its_own_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    assert browser.arguments() == ["--no-sandbox"]
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    assert browser.arguments() == []


def _here(monkeypatch: pytest.MonkeyPatch, path: Path, *, user: int) -> None:
    """A machine with nothing on it but what is in a folder."""
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr(browser, "_ON_MACOS", ())
    monkeypatch.setattr(browser.os, "geteuid", lambda: user)
