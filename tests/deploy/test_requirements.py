"""requirements-migrate.txt: what `deploy migrate` needs, exactly as uv.lock has it."""

import re
import tomllib
from typing import Any

from sandbox.paths import PROJECT

TEXT = (PROJECT / "app_repository/.github/deploy/requirements-migrate.txt").read_text()
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)[^\n]*?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
LOCKED: dict[str, dict[str, Any]] = {
    package["name"]: package for package in tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
}


def _needed() -> set[str]:
    """The names of the packages of the group and of all that they need."""
    waiting = list(LOCKED["ai-tools-deployment"]["dev-dependencies"]["migrate"])
    found: set[str] = set()
    while waiting:
        asked = waiting.pop()
        package = LOCKED[asked["name"]]
        more = [entry for extra in asked.get("extra", []) for entry in package["optional-dependencies"][extra]]
        if package["name"] not in found or more:
            found.add(package["name"])
            waiting += [*package.get("dependencies", []), *more]
    return found


def test_every_package_that_migrations_need_is_there_in_the_locked_version_with_the_locked_hashes() -> None:
    written = {
        name: (version, set(re.findall(r"[0-9a-f]{64}", hashes))) for name, version, hashes in REQUIREMENT.findall(TEXT)
    }
    locked = {}
    for name in _needed():
        files = [*LOCKED[name]["wheels"], *([LOCKED[name]["sdist"]] if "sdist" in LOCKED[name] else [])]
        locked[name] = (LOCKED[name]["version"], {file["hash"].removeprefix("sha256:") for file in files})
    assert {"alembic", "psycopg", "psycopg-binary"} <= written.keys()
    assert written == locked, "`make fix` writes it anew"


def test_nothing_else_is_in_it_such_as_another_index_or_a_path() -> None:
    rest = [line for line in REQUIREMENT.sub("", TEXT).splitlines() if line and not line.startswith("#")]
    assert rest == []
