import io
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy.console import Console
from deploy.errors import FailedError

TOKEN = 's3cret/to+ken"quoted'
HOOK = "https://hooks.slack.com/services/T0TEAM/B0HOOK/abcdef123456"
ENVIRON = {"VERCEL_TOKEN": TOKEN, "SLACK_WEBHOOK": HOOK, "BACKUP_WEBHOOK": "https://example.com/backup"}


def console(**environ: str) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console({**ENVIRON, **environ}, as_json=bool(environ.get("AS_JSON")), out=out, err=err), out, err


@pytest.mark.parametrize(
    "spelling", [TOKEN, quote(TOKEN, safe=""), json.dumps(TOKEN)[1:-1], HOOK, HOOK.partition(".com/")[2]]
)
def test_a_secret_is_printed_in_no_spelling(spelling: str, tmp_path: Path) -> None:
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    for as_json in ("", "yes"):
        shown, out, err = console(AS_JSON=as_json, **files)
        shown.log(f"sent {spelling} on")
        shown.warn(f"sent {spelling} on")
        shown.output(url=f"x{spelling}x")
        shown.fail(FailedError(f"sent {spelling} on", state=spelling, following=spelling))
        shown.done(f"sent {spelling} on", {"token": spelling})
        written = out.getvalue() + err.getvalue() + "".join(Path(name).read_text() for name in files.values())
        assert spelling not in written
        assert "***" in written


def test_a_word_of_a_webhooks_address_is_no_secret(tmp_path: Path) -> None:
    shown, out, _ = console(GITHUB_OUTPUT=str(tmp_path / "output"))
    shown.output(backup_id="backup-2026-11-23")
    shown.done("Backup: backup-2026-11-23.", {})
    assert (tmp_path / "output").read_text() == "backup_id=backup-2026-11-23\n"
    assert out.getvalue() == "Backup: backup-2026-11-23.\n"


@pytest.mark.parametrize(
    "data",
    [
        "::set-output name=a::b",
        "x\n::error::y",
        "x\r::add-mask::y",
        "x\u2028::warning::y",
        "##[error]x",
        "\x1b[31mred",
        "x\x00y",
        "x\x85::error::y",
    ],
)
def test_data_is_one_line_and_no_command_to_the_runner(data: str, tmp_path: Path) -> None:
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    shown, out, err = console(GITHUB_ACTIONS="true", **files)
    shown.log(data)
    shown.warn(data)
    shown.output(url=data)
    shown.fail(FailedError(data, state=data, following=data))
    lines = err.getvalue().splitlines()
    assert [line.partition("::")[0] or line.split("::")[1] for line in lines] == [
        lines[0].partition("::")[0],
        "warning",
        "error",
    ]
    assert lines[0].startswith("- ")
    assert "##[" not in err.getvalue()
    assert not {character for character in err.getvalue() if not character.isprintable()} - {"\n"}
    assert len((tmp_path / "output").read_text().splitlines()) == 1
    assert len((tmp_path / "summary").read_text().splitlines()) == 1
    assert out.getvalue() == ""


def test_a_percent_sign_is_not_read_as_an_escape_by_the_runner() -> None:
    shown, _, err = console(GITHUB_ACTIONS="true")
    shown.warn("100%0A::error::x")
    assert err.getvalue() == "::warning::100%250A::error::x\n"


def test_the_summary_shows_markup_as_it_is(tmp_path: Path) -> None:
    shown, _, _ = console(GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    shown.summarise("<img src=x> @everyone & more")
    assert (tmp_path / "summary").read_text() == "- &lt;img src=x> &#64;everyone &amp; more\n"


def test_an_error_is_a_document_for_machines() -> None:
    shown, out, _ = console(AS_JSON="yes")
    shown.warn("Slack is down")
    shown.fail(FailedError("It failed.", state="Nothing moved.", following="try again."))
    assert json.loads(out.getvalue()) == {
        "done": False,
        "exit_code": 1,
        "message": "It failed.",
        "state": "Nothing moved.",
        "next": "try again.",
        "warnings": ["Slack is down"],
    }


def test_several_lines_are_printed_as_lines_each_of_them_clean() -> None:
    out = io.StringIO()
    Console({"VERCEL_TOKEN": "secret-token"}, out=out).done("a b", {}, ("# Title", "secret-token\n::error::x"))
    assert out.getvalue() == "# Title\n***\\n::error::x\n"
