import json
from collections.abc import Callable

import pytest

from deploy.clients.github import GitHub
from deploy.comments.author import needed, require, role_of
from deploy.comments.catalogue import CATALOGUE, LEVELS
from deploy.comments.parsing import RefusedError
from deploy.errors import WrongUsageError
from deploy.http_client import CallFailedError
from deploy.settings import Settings
from tests.deploy.comments.hostile import LOGINS
from tests.deploy.comments.team import FOR_GOOD, Team


def answering(answer: object) -> Callable[..., object]:
    def find(*_: object) -> object:
        return answer

    return find


def test_without_a_variable_each_command_needs_what_the_catalogue_says() -> None:
    roles = {name: entry.level for name, entry in CATALOGUE.items()}
    assert needed(Settings({})) == needed(Settings({"COMMAND_ROLES": " "})) == needed(Settings({"COMMAND_ROLES": "{}"}))
    assert needed(Settings({})) == roles


def test_a_variable_tightens_or_loosens_down_to_the_floor() -> None:
    given = {"deploy": "admin", "lock": "write"}
    assert needed(Settings({"COMMAND_ROLES": json.dumps(given)})) == {**needed(Settings({})), **given}


@pytest.mark.parametrize(
    "variable",
    [
        *('{"deploy": "triage"}', '{"deploy": "read"}', '{"deploy": ""}', '{"deploy": null}', '{"deploy": ["admin"]}'),
        *(
            '{"deploi": "admin"}',
            '{"help": "admin"}',
            '{"deploy": "Admin"}',
            "[]",
            "null",
            '"admin"',
            "1",
            "{",
            "deploy",
        ),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused(variable: str) -> None:
    with pytest.raises(WrongUsageError, match="COMMAND_ROLES says") as caught:
        needed(Settings({"COMMAND_ROLES": variable}))
    assert "pulumi config set" in caught.value.following


@pytest.mark.parametrize("role", [*LEVELS, "none", "", "owner", "ADMIN"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_role_suffices_for_its_level_and_those_below(role: str, level: str) -> None:
    if role in LEVELS and LEVELS.index(role) >= LEVELS.index(level):
        require(role, "deploy", level)
        return
    with pytest.raises(RefusedError, match=f"needs the role {level}"):
        require(role, "deploy", level)


def test_what_needs_no_level_is_for_everybody() -> None:
    require("none", "help", "")


@pytest.mark.parametrize(
    ("login", "role"),
    [("operator", "admin"), ("octocat", "maintain"), ("OctoCat", "maintain"), ("mona", "write"), ("hubot", "read")],
)
def test_the_role_is_the_one_that_github_reports(team: Team, login: str, role: str) -> None:
    assert role_of(team.github(), login) == role


@pytest.mark.parametrize("login", ["stranger", "nobody-of-this-name", *LOGINS[2:]])
def test_strangers_and_odd_logins_have_no_role(team: Team, login: str) -> None:
    team.add_people("stranger")
    assert role_of(team.github(), login) == "none"
    (asked,) = (exchange for _, exchange in team.production.exchanges() if exchange.service == "github")
    assert asked.path.startswith("/repos/acme/ai-tools/collaborators/")
    assert asked.path.count("/") == 6


def test_a_custom_role_counts_as_the_strongest_that_it_contains(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    permissions = {"pull": True, "triage": True, "push": True, "maintain": False, "admin": False}
    answer = {"permission": "write", "role_name": "release captain", "user": {"permissions": permissions}}
    monkeypatch.setattr(GitHub, "find", answering(answer))
    assert role_of(team.github(), "mona") == "write"


@pytest.mark.parametrize("user", [None, [], {}, {"permissions": None}, {"permissions": {"admin": "yes"}}])
def test_an_answer_without_permissions_is_no_role(team: Team, monkeypatch: pytest.MonkeyPatch, user: object) -> None:
    monkeypatch.setattr(GitHub, "find", answering({"user": user}))
    assert role_of(team.github(), "mona") == "none"


@pytest.mark.parametrize("user", ["mona", ["mona"], {"permissions": ["admin"]}, {"permissions": "admin"}])
def test_an_answer_that_cannot_be_read_is_no_answer(team: Team, monkeypatch: pytest.MonkeyPatch, user: object) -> None:
    monkeypatch.setattr(GitHub, "find", answering({"user": user}))
    with pytest.raises(CallFailedError, match="cannot be read"):
        role_of(team.github(), "mona")


@pytest.mark.parametrize("status", [401, 403, 500])
def test_where_github_does_not_tell_nobody_has_a_role(team: Team, status: int) -> None:
    team.production.arm(service="github", path="/collaborators/", times=FOR_GOOD, status=status)
    with pytest.raises(CallFailedError):
        role_of(team.github(), "operator")
