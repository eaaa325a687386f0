import re
from typing import Any

import pytest

from tests.sandbox.world.vercel.conftest import Vercel

MINE = "a" * 32


def change(vercel: Vercel, project: str, body: dict[str, Any]) -> dict[str, Any]:
    return vercel.done("PATCH", f"/v10/projects/{project}/protection-bypass", body)["protectionBypass"]


def test_a_generated_secret_has_32_letters_and_digits_and_the_first_is_the_default(vercel: Vercel) -> None:
    project = vercel.project()
    bypasses = change(vercel, project, {"generate": {"note": "Tests"}})
    [(secret, bypass)] = bypasses.items()
    assert re.fullmatch(r"[A-Za-z0-9]{32}", secret)
    assert (bypass["scope"], bypass["isEnvVar"], bypass["note"]) == ("automation-bypass", True, "Tests")
    assert vercel.done("GET", f"/v10/projects/{project}")["protectionBypass"] == bypasses


def test_there_is_exactly_one_default(vercel: Vercel) -> None:
    project = vercel.project()
    first = next(iter(change(vercel, project, {"generate": {}})))
    bypasses = change(vercel, project, {"generate": {"secret": MINE}})
    assert [bypass["isEnvVar"] for bypass in bypasses.values()] == [True, False]
    bypasses = change(vercel, project, {"update": {"secret": MINE, "isEnvVar": True}})
    assert (bypasses[first]["isEnvVar"], bypasses[MINE]["isEnvVar"]) == (False, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"generate": {"secret": "short"}}, 400),
        ({"generate": {"secret": "-" * 32}}, 400),
        ({"generate": {"secret": MINE}}, 409),
        ({"update": {"secret": MINE, "isEnvVar": False}}, 400),
        ({"update": {"secret": "b" * 32}}, 404),
        ({"revoke": {"secret": "b" * 32, "regenerate": False}}, 404),
        ({"revoke": {"secret": MINE}}, 400),
        ({"remove": {"secret": MINE}}, 400),
    ],
)
def test_a_change_that_vercel_would_not_take_is_refused(vercel: Vercel, body: dict[str, Any], status: int) -> None:
    project = vercel.project()
    change(vercel, project, {"generate": {"secret": MINE}})
    assert vercel.call("PATCH", f"/v10/projects/{project}/protection-bypass", body)[0] == status


def test_the_default_goes_last(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v1/projects/{project}/protection-bypass"
    first = next(iter(change(vercel, project, {"generate": {}})))
    change(vercel, project, {"generate": {"secret": MINE}})
    assert vercel.call("PATCH", path, {"revoke": {"secret": first, "regenerate": False}})[0] == 400
    change(vercel, project, {"revoke": {"secret": MINE, "regenerate": False}})
    assert change(vercel, project, {"revoke": {"secret": first, "regenerate": False}}) == {}


def test_a_regenerated_secret_replaces_the_old_one(vercel: Vercel) -> None:
    project = vercel.project()
    change(vercel, project, {"generate": {"secret": MINE, "note": "Tests"}})
    [(secret, bypass)] = change(vercel, project, {"revoke": {"secret": MINE, "regenerate": True}}).items()
    assert secret != MINE
    assert (bypass["note"], bypass["isEnvVar"]) == ("Tests", True)
