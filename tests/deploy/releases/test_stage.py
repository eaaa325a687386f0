from pathlib import Path

import pytest

from sandbox.world.vercel.outcomes import fail_next
from tests.deploy.releases.production import Production
from tests.deploy.releases.uploads import VERSION, Uploads


def test_a_build_becomes_a_deployment_that_serves_nothing(
    production: Production, uploads: Uploads, build: Path, tmp_path: Path
) -> None:
    good = production.deploy("v1")
    production.serve(good)
    outputs = tmp_path / "outputs"

    ended = production.run(
        "stage", f"--folder={build}", f"--version={VERSION}", "--json", GITHUB_OUTPUT=str(outputs), GITHUB_SHA="c" * 40
    )

    assert (ended.code, production.serving) == (0, good), ended
    (made,) = uploads.made
    address = f"https://{production.look(made)['url']}"
    values = {"url": address, "deployment": made, "version": VERSION, "previous": good, "schema": ""}
    assert ended.document == {**ended.document, **values}
    assert outputs.read_text() == "".join(f"{name}={value}\n" for name, value in values.items())
    assert production.look(made)["meta"] == {
        "version": VERSION,
        "commit": "c" * 40,
        "actor": "octocat",
        "run": "https://github.com/acme/ai-tools/actions/runs/4711",
    }


def test_a_job_that_runs_again_goes_on_with_the_deployment_that_it_had_made(
    production: Production, uploads: Uploads, build: Path
) -> None:
    for _ in range(2):
        assert production.run("stage", f"--folder={build}", f"--version={VERSION}").code == 0
    assert len(uploads.made) == 1


def test_a_deployment_whose_making_was_not_confirmed_is_found(
    production: Production, uploads: Uploads, build: Path
) -> None:
    uploads.fails_after = True
    assert production.run("stage", f"--folder={build}", f"--version={VERSION}").code == 0


def test_a_failed_upload_is_told_with_its_last_words(production: Production, uploads: Uploads, build: Path) -> None:
    uploads.fails_before = True
    ended = production.run("stage", f"--folder={build}", f"--version={VERSION}")
    assert ended.code == 1
    assert "ended with 1: Error" in ended.err


def test_a_deployment_that_does_not_become_ready_is_not_staged_and_not_taken_up_again(
    production: Production, uploads: Uploads, build: Path
) -> None:
    fail_next(production.state, "build", project_id=production.project)
    ended = production.run("stage", f"--folder={build}", f"--version={VERSION}")
    assert ended.code == 1
    assert "ended as ERROR" in ended.err
    assert production.run("stage", f"--folder={build}", f"--version={VERSION}").code == 0
    assert len(uploads.made) == 2


@pytest.mark.parametrize("version", ["", "-x", "a b", "a;b", "$(id)", "x" * 200, "v\n1"])
def test_a_version_that_could_mean_something_else_is_wrong_usage(
    production: Production, uploads: Uploads, build: Path, version: str
) -> None:
    assert production.run("stage", f"--folder={build}", f"--version={version}").code == 2
    assert uploads.made == []


def test_a_folder_without_a_build_is_wrong_usage(production: Production, tmp_path: Path) -> None:
    ended = production.run("stage", f"--folder={tmp_path}", f"--version={VERSION}")
    assert ended.code == 2
    assert "There is no build" in ended.err


def test_a_build_that_leads_out_of_itself_is_refused(production: Production, uploads: Uploads, build: Path) -> None:
    (build / ".vercel/output/static/passwd").symlink_to("/etc/passwd")
    ended = production.run("stage", f"--folder={build}", f"--version={VERSION}")
    assert ended.code == 2
    assert "leads out of the build" in ended.err
    assert uploads.made == []
