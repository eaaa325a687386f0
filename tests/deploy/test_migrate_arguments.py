"""The arguments of `deploy migrate`, which are read without its packages."""

import pytest

from deploy.cli import main


@pytest.mark.parametrize("option", ["--lock-timeout", "--statement-timeout", "--deadline"])
@pytest.mark.parametrize("seconds", ["0", "0.0004", "-1", "nan", "inf", "1e9", "x"])
def test_a_timeout_that_postgresql_would_take_for_none_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], option: str, seconds: str
) -> None:
    assert main(["migrate", "up", f"{option}={seconds}"], environ={}) == 2
    assert f"argument {option}" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--lock-timeout=0.001", "--deadline=2147483", "--lock-budget=0", "--lock-wait=0"])
def test_any_other_is_taken(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert main(["migrate", "up", option, "--folder=/nowhere"], environ={}) == 2
    assert "argument" not in capsys.readouterr().err


def test_wrong_arguments_print_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "up", "--json", "--nonsense"], environ={}) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "unrecognized arguments: --nonsense" in said.err
