"""The Vercel CLI of the jobs that hold its token: exactly what the delivered lock file names."""

import json

from tests.workflows.workflow import DELIVERED, delivered

INSTALL = "npm ci --prefix .github/deploy/vercel-cli --omit=optional --ignore-scripts --no-audit --no-fund"
FOLDER = DELIVERED.parent / "deploy" / "vercel-cli"
PACKAGE = json.loads((FOLDER / "package.json").read_text())
LOCKED = json.loads((FOLDER / "package-lock.json").read_text())["packages"]


def test_the_lock_file_is_the_packages() -> None:
    assert LOCKED[""]["dependencies"] == PACKAGE["dependencies"]
    assert LOCKED["node_modules/vercel"]["version"] == PACKAGE["dependencies"]["vercel"]


def test_everything_that_is_installed_is_known_by_its_digest_and_not_by_a_place() -> None:
    for path, locked in LOCKED.items():
        if path:
            assert locked["integrity"].startswith("sha512-"), path
            assert "resolved" not in locked, path


def test_no_native_build_of_the_cli_is_locked() -> None:
    natives = {path: locked.get("name") for path, locked in LOCKED.items() if "/vc-native-" in path}
    assert len(natives) == 6
    assert set(natives.values()) == {"ms"}


def test_no_job_with_the_token_runs_another_cli_or_an_install_script() -> None:
    for workflow in delivered():
        for job in workflow.jobs:
            if "VERCEL_TOKEN" not in job.context("secrets"):
                continue
            for script in job.scripts:
                if "npm" in script:
                    assert script == INSTALL
                if "vercel " in script:
                    assert ".github/deploy/vercel-cli/node_modules/.bin/vercel " in script
                assert "npx" not in script
