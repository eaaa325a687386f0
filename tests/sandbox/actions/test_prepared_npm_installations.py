import json
import shutil
from pathlib import Path

import pytest

from sandbox.actions import npm
from tests.sandbox.actions.conftest import Forge

NEEDS_NPM = pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
PACKAGE = {"name": "tool", "version": "1.0.0", "scripts": {"hello": "echo hello from the real npm"}}
LOCK = {"name": "tool", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": PACKAGE}}
RUN = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    env: {SANDBOX_NPM_CACHE: "FOLDER"}
    steps:
      - uses: actions/checkout@v7
      - run: npm ci --prefix tool --ignore-scripts
      - run: STEP
"""


def _run(forge: Forge, cache: Path, step: str) -> str:
    files = {"tool/package.json": json.dumps(PACKAGE), "tool/package-lock.json": json.dumps(LOCK)}
    result = forge.run(RUN.replace("FOLDER", str(cache)).replace("STEP", step), files)
    assert result.conclusion == "success", result.log
    return result.log


def test_npm_ci_provides_the_installation_that_was_prepared_for_the_lock_file(forge: Forge, tmp_path: Path) -> None:
    folder = tmp_path / "lock"
    folder.mkdir()
    (folder / "package-lock.json").write_text(json.dumps(LOCK))
    prepared = npm.installation(folder, tmp_path / "cache") / "node_modules" / ".bin"
    prepared.mkdir(parents=True)
    (prepared / "tool").write_text("#!/bin/sh\necho the prepared tool\n")
    (prepared / "tool").chmod(0o755)
    log = _run(forge, tmp_path / "cache", "tool/node_modules/.bin/tool")
    assert "| the prepared tool" in log


@NEEDS_NPM
def test_anything_else_is_the_real_npm_without_a_network(forge: Forge, tmp_path: Path) -> None:
    log = _run(forge, tmp_path / "cache", "cd tool && npm run hello && npm config get offline")
    assert "| hello from the real npm" in log
    assert log.splitlines()[-1].endswith("| true")


@NEEDS_NPM
def test_an_installation_is_prepared_once(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps(PACKAGE))
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    ready = npm.prepare(tmp_path, tmp_path / "cache")
    (ready / "node_modules" / "mark").touch()
    assert npm.prepare(tmp_path, tmp_path / "cache") == ready
    assert (ready / "node_modules" / "mark").exists()


@NEEDS_NPM
def test_what_npm_cannot_install_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({**PACKAGE, "dependencies": {"none": "1.0.0"}}))
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    with pytest.raises(npm.NpmError, match="nothing was kept"):
        npm.prepare(tmp_path, tmp_path / "cache")
    assert not npm.installation(tmp_path, tmp_path / "cache").exists()
