from typing import Any

import pytest

from tests.sandbox.world.vercel.conftest import Vercel

SECRET = "postgresql://nobody-may-read-this"


def variable(key: str = "DATABASE_URL", **more: Any) -> dict[str, Any]:
    return {"key": key, "value": SECRET, "type": "sensitive", "target": ["production"], "comment": "", **more}


def test_a_sensitive_value_is_never_shown_again(vercel: Vercel) -> None:
    project = vercel.project()
    created = vercel.done("POST", f"/v10/projects/{project}/env", variable())["created"]
    shown = [
        created,
        vercel.done("GET", f"/v10/projects/{project}/env/{created['id']}"),
        vercel.done("GET", f"/v8/projects/{project}/env", decrypt="true"),
        vercel.done("GET", f"/v3/env/pull/{project}/production"),
    ]
    assert SECRET not in str(shown)


def test_an_encrypted_value_is_shown_only_where_it_is_decrypted(vercel: Vercel) -> None:
    project = vercel.project()
    created = vercel.done("POST", f"/v10/projects/{project}/env", variable(type="encrypted"))["created"]
    path = f"/v8/projects/{project}/env"
    plain = vercel.done("GET", path)["envs"][0]
    decrypted = vercel.done("GET", path, decrypt="true")["envs"][0]
    assert (plain["decrypted"], decrypted["decrypted"], decrypted["value"]) == (False, True, SECRET)
    assert SECRET not in str([created, plain])
    assert vercel.done("GET", f"/v10/projects/{project}/env/{created['id']}")["value"] == SECRET
    assert vercel.done("GET", f"/v3/env/pull/{project}/production")["env"] == {"DATABASE_URL": SECRET}


def test_a_key_is_given_once_to_each_target(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v10/projects/{project}/env"
    vercel.done("POST", path, variable())
    vercel.done("POST", path, variable(target=["preview"]))
    status, answer = vercel.call("POST", path, variable(target=["production", "development"], type="encrypted"))
    assert (status, answer["error"]["code"]) == (400, "ENV_CONFLICT")
    assert (answer["error"]["envVarKey"], answer["error"]["target"]) == ("DATABASE_URL", ["production"])
    assert SECRET not in str(answer)
    assert len(vercel.done("GET", path)["envs"]) == 2


def test_a_replacement_needs_the_old_variable_gone_first(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v10/projects/{project}/env"
    old = vercel.done("POST", path, variable())["created"]["id"]
    assert vercel.refused("POST", path, variable(type="encrypted"))[1] == "ENV_CONFLICT"
    vercel.done("DELETE", f"/v8/projects/{project}/env/{old}")
    assert vercel.done("POST", path, variable(type="encrypted"))["created"]["id"] != old


def test_several_at_once_say_which_failed(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v10/projects/{project}/env"
    vercel.done("POST", path, variable())
    status, answer = vercel.call("POST", path, [variable(), variable("OTHER")])
    assert status == 201
    assert [created["key"] for created in answer["created"]] == ["OTHER"]
    assert [failed["error"]["code"] for failed in answer["failed"]] == ["ENV_CONFLICT"]


def test_upsert_keeps_the_id(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v10/projects/{project}/env"
    first = vercel.done("POST", path, variable(type="plain"))["created"]["id"]
    second = vercel.done("POST", path, variable(type="plain", value="new"), upsert="true")["created"]
    assert (second["id"], second["value"]) == (first, "new")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"key": "1BAD"}, "contains invalid characters"),
        ({"key": "WITH-DASH"}, "contains invalid characters"),
        ({"target": ["staging"]}, "should be equal to one of the allowed values"),
        ({"target": []}, "At least one of `target`"),
        ({"type": "secret-ish"}, "`type` should be equal to one of the allowed values"),
        ({"target": ["production", "development"]}, "target to development"),
        ({"gitBranch": "develop"}, "only be set for the preview environment"),
        ({"value": "x" * 65_537}, "should NOT be longer than 65536 characters"),
        ({"note": "x"}, "should NOT have additional property `note`"),
    ],
)
def test_a_variable_that_vercel_would_not_take_is_refused(vercel: Vercel, wrong: dict[str, Any], message: str) -> None:
    project = vercel.project()
    status, _, answered = vercel.refused("POST", f"/v10/projects/{project}/env", variable(**wrong))
    assert status == 400
    assert message in answered
    assert vercel.done("GET", f"/v8/projects/{project}/env")["envs"] == []


def test_an_update_changes_the_value_but_never_makes_a_sensitive_variable_readable(vercel: Vercel) -> None:
    project = vercel.project()
    created = vercel.done("POST", f"/v10/projects/{project}/env", variable())["created"]["id"]
    path = f"/v10/projects/{project}/env/{created}"
    assert vercel.refused("PATCH", path, {"type": "encrypted"})[:2] == (400, "bad_request")
    updated = vercel.done("PATCH", path, {"value": "other", "target": ["production", "preview"], "type": "sensitive"})
    assert (updated["target"], updated["value"]) == (["production", "preview"], "")


def test_a_variable_is_reached_only_through_its_own_project(vercel: Vercel) -> None:
    first, second = vercel.project(), vercel.project("other", domain=None)
    created = vercel.done("POST", f"/v10/projects/{first}/env", variable())["created"]["id"]
    assert vercel.call("GET", f"/v10/projects/{second}/env/{created}")[0] == 404
    assert vercel.call("DELETE", f"/v8/projects/{second}/env/{created}")[0] == 404
