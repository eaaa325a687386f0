"""The database's schema as deployments carry it: `stage` writes it, `rollback` goes by it and opens no database."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.world.exchanges import Exchange
from tests.deploy.ended import Ended
from tests.deploy.migrations_folder import Steps, name, write
from tests.deploy.releases.production import Production
from tests.deploy.releases.uploads import VERSION, Uploads

FOR_GOOD = 1000
LIST = "^/v6/deployments$"


def _deploy(production: Production, version: str, number: int = 0, oldest: int = 0, contract: int = 0) -> str:
    """A deployment that brings a schema; number 0 says nothing of any."""
    schema = {"schema": name(number), "schemaNumber": str(number), "schemaOldest": str(oldest)} if number else {}
    named = {"schemaContract": name(contract)} if contract else {}
    return production.deploy(version, meta={"version": version, **schema, **named})


def _serve(production: Production, *schemas: tuple[int, int, int]) -> list[str]:
    """Deployments that have served one after the other, each with number, oldest and contract of its schema."""
    made = [_deploy(production, f"v{place}", *schema) for place, schema in enumerate(schemas)]
    for deployment in made:
        production.serve(deployment)
    return made


def _roll_back(production: Production, target: str, *argv: str) -> Ended:
    return production.run("rollback", f"--target={target}", "--reason=slow", *argv)


def _moves(production: Production) -> list[Exchange]:
    asked = [exchange for _, exchange in production.exchanges() if exchange.method == "POST"]
    return [exchange for exchange in asked if "/rollback/" in exchange.path]


def _stage(production: Production, build: Path, folder: Path, *argv: str, outputs: Path | None = None) -> Ended:
    environ: dict[str, Any] = {"GITHUB_OUTPUT": str(outputs)} if outputs else {}
    version = () if any(word.startswith("--version=") for word in argv) else (f"--version={VERSION}",)
    return production.run("stage", f"--folder={build}", f"--migrations={folder}", "--json", *version, *argv, **environ)


# Staging.


@pytest.mark.parametrize(
    ("steps", "meta"),
    [
        ([None], {"schema": name(1), "schemaNumber": "1", "schemaOldest": "0"}),
        ([None, 0, None], {"schema": name(3), "schemaNumber": "3", "schemaOldest": "0"}),
    ],
    ids=str,
)
def test_a_deployment_carries_the_schema_that_its_release_brings(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path, *, steps: Steps, meta: dict[str, str]
) -> None:
    outputs = tmp_path / "outputs"
    ended = _stage(production, build, write(tmp_path / "migrations", steps), outputs=outputs)
    assert ended.code == 0, ended
    carried = production.look(uploads.made[0])["meta"]
    assert {key: value for key, value in carried.items() if key.startswith("schema")} == meta
    assert ended.document["schema"] == meta["schema"]
    assert f"schema={meta['schema']}\n" in outputs.read_text()


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_without_migrations_nothing_is_written_and_that_is_said(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    ended = _stage(production, build, tmp_path / folder)
    assert ended.code == 0, ended
    assert not [key for key in production.look(uploads.made[0])["meta"] if key.startswith("schema")]
    assert ended.document["schema"] == ""
    assert "There are no migrations in" in ended.err


def test_a_contract_waits_until_what_can_be_rolled_back_to_does_without_what_it_removes(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    _serve(production, (1, 0, 0))
    folder = write(tmp_path / "migrations", [None, None, 2])
    reached = []
    for number in range(4):
        ended = _stage(production, build, folder, f"--version=r{number}", "--keep-rollbacks=1")
        assert ended.code == 0, ended
        reached.append(ended.document["schema"])
        production.serve(uploads.made[-1])
    assert reached == [name(2), name(2), name(3), name(3)]
    assert production.look(uploads.made[2])["meta"] == {
        **production.look(uploads.made[2])["meta"],
        "schemaNumber": "3",
        "schemaOldest": "2",
        "schemaContract": name(3),
    }


def test_a_contract_that_waits_is_said_with_who_needs_what_it_removes(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    (old,) = _serve(production, (1, 0, 0))
    ended = _stage(production, build, write(tmp_path / "migrations", [None, None, 2]))
    assert uploads.made
    assert f"{name(3)}: left for a later release, because of {old}" in ended.err


def test_an_unsafe_contract_with_later_revisions_refuses_the_release_before_anything_is_uploaded(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    old, serving = _serve(production, (1, 0, 0), (2, 0, 0))
    ended = _stage(production, build, write(tmp_path / "migrations", [None, None, 2, None]))
    assert (ended.code, production.serving, uploads.made) == (1, serving, [])
    assert all(word in ended.err for word in (name(3), name(4), old))
    assert serving not in ended.err.partition("error: ")[2]


def test_a_job_that_runs_again_says_what_the_deployment_says_that_it_had_made(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    (old,) = _serve(production, (1, 0, 0))
    folder = write(tmp_path / "migrations", [None, None, 2])
    first = _stage(production, build, folder)
    # By now the contract would be safe, but that is not what the deployment carries.
    again = _stage(production, build, write(folder, [None, None, 1]))
    assert (first.code, again.code, len(uploads.made)) == (0, 0, 1), again
    assert first.document["schema"] == again.document["schema"] == name(2)
    assert production.serving == old


def test_migrations_that_cannot_be_meant_are_wrong_usage_and_call_nothing(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path / "migrations", [None])
    (folder / f"{name(1)}.py").write_text("revision = compute()\n")
    before = len(production.exchanges())
    assert _stage(production, build, folder).code == 2
    assert (len(production.exchanges()), uploads.made) == (before, [])


@pytest.mark.parametrize("keep", ["-1", "51", "many"])
def test_a_number_of_rollbacks_that_cannot_be_kept_is_wrong_usage(
    production: Production, uploads: Uploads, build: Path, keep: str
) -> None:
    ended = production.run("stage", f"--folder={build}", f"--version={VERSION}", f"--keep-rollbacks={keep}")
    assert (ended.code, uploads.made) == (2, [])


# Rolling back.


@pytest.mark.parametrize("form", ["id", "previous"])
def test_a_target_that_the_present_schema_breaks_is_refused_with_what_helps(production: Production, form: str) -> None:
    fine, old, serving = _serve(production, (2, 0, 0), (1, 0, 0), (3, 2, 3))
    ended = _roll_back(production, {"id": old, "previous": "previous"}[form])
    assert (ended.code, production.serving) == (1, serving), ended
    assert _moves(production) == []
    error = ended.err.partition("error: ")[2]
    assert f"the database is at {name(3)} (3), and {name(3)} removed what the target needs" in error
    assert f"{old} brings the schema {name(1)} (1)" in error
    assert f"name one of those that it suits: {fine}." in error
    assert f"`python3 -m deploy migrate down --to {name(1)}`" in error
    assert "--schema-checked" in error


def test_a_target_that_the_present_schema_suits_is_gone_back_to(production: Production) -> None:
    _, fine, _ = _serve(production, (1, 0, 0), (2, 0, 0), (3, 2, 3))
    ended = _roll_back(production, "previous")
    assert (ended.code, production.serving) == (0, fine), ended


def test_a_target_that_says_nothing_is_fine_until_a_contract_has_run(production: Production) -> None:
    _serve(production, (0, 0, 0), (2, 0, 0))
    assert _roll_back(production, "previous").code == 0


def test_a_target_that_says_nothing_is_refused_after_a_contract(production: Production) -> None:
    old, _ = _serve(production, (0, 0, 0), (2, 1, 2))
    ended = _roll_back(production, old)
    assert ended.code == 1, ended
    assert "says of no schema that it brings it" in ended.err
    assert "migrate down --to base" in ended.err


def test_a_contract_of_a_deployment_that_served_later_than_the_serving_one_counts(production: Production) -> None:
    # The database is not rolled back with the app: what was taken back ran its contract.
    old, fine, _ = _serve(production, (1, 0, 0), (2, 0, 0), (3, 2, 3))
    assert _roll_back(production, fine).code == 0
    ended = _roll_back(production, old)
    assert (ended.code, production.serving) == (1, fine), ended
    assert f"{name(3)} removed what the target needs" in ended.err


def test_a_contract_of_a_release_that_never_served_may_have_run(production: Production) -> None:
    old, serving = _serve(production, (1, 0, 0), (2, 0, 0))
    staged = _deploy(production, "staged", 3, 2, 3)
    ended = _roll_back(production, old)
    assert (ended.code, production.serving) == (1, serving), ended
    assert f"{name(3)} may have removed what the target needs: the release of {staged} never served" in ended.err


def test_what_somebody_has_looked_at_is_let_pass_with_a_warning(production: Production) -> None:
    old, _ = _serve(production, (1, 0, 0), (2, 0, 0))
    staged = _deploy(production, "staged", 3, 2, 3)
    ended = _roll_back(production, old, "--schema-checked", "--json")
    assert (ended.code, production.serving) == (0, old), ended
    (warning,) = [said for said in ended.document["warnings"] if "not locked" not in said]
    assert "You say that you have looked at the database" in warning
    assert f"the release of {staged} does not run on" in warning


def test_nothing_is_warned_of_where_the_schema_suits(production: Production) -> None:
    good, _ = _serve(production, (2, 0, 0), (3, 2, 3))
    warnings = _roll_back(production, good, "--schema-checked", "--json").document["warnings"]
    assert [said for said in warnings if "not locked" not in said] == []


def test_the_targets_that_a_second_previous_is_offered_are_those_that_the_schema_suits(production: Production) -> None:
    old, fine, _, _ = _serve(production, (1, 0, 0), (2, 0, 0), (2, 0, 0), (3, 2, 3))
    assert _roll_back(production, "previous").code == 0
    again = _roll_back(production, "previous")
    assert again.code == 1, again
    error = again.err.partition("error: ")[2]
    assert fine in error
    assert old not in error


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 401}, {"status": 404}, {"kind": "broken"}, {"kind": "reset"}, {"kind": "timeout"}],
    ids=str,
)
def test_a_named_target_is_gone_back_to_although_the_deployments_cannot_be_listed(
    production: Production, fault: dict[str, object]
) -> None:
    good, _ = _serve(production, (2, 0, 0), (3, 2, 3))
    production.arm(service="vercel", path=LIST, times=FOR_GOOD, **fault)
    ended = production.run("rollback", f"--target={good}", "--reason=slow", timeout_seconds=0.5)
    assert (ended.code, production.serving) == (0, good), ended
    assert "the schema of what serves is all that is known" in ended.err
    listed = [exchange for _, exchange in production.exchanges() if exchange.path.startswith("/v6/deployments?")]
    assert len(listed) == 1, "the list is asked for once"


def test_what_serves_is_enough_to_refuse_a_named_target(production: Production) -> None:
    old, serving = _serve(production, (1, 0, 0), (3, 2, 3))
    production.arm(service="vercel", path=LIST, times=FOR_GOOD, status=500)
    ended = _roll_back(production, old)
    assert (ended.code, production.serving) == (1, serving), ended
    assert "Next: release a commit that works." in ended.err


def test_a_named_target_is_asked_for_in_the_same_round_as_the_rest(production: Production) -> None:
    good, _ = _serve(production, (2, 0, 0), (3, 2, 3))
    before = len(production.exchanges())
    assert _roll_back(production, good).code == 0
    calls = [exchange for _, exchange in production.exchanges()[before:] if exchange.service == "vercel"]
    first = sorted(exchange.path.partition("?")[0].split("/")[2] for exchange in calls[:3])
    assert first == ["deployments", "deployments", "projects"]
    assert calls[3].method == "POST"
