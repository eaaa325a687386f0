import ast
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cli import NAMES, load_all

FOLDER = Path(__file__).parents[2] / "app_repository/.github/deploy"
FILES = sorted((FOLDER / "deploy").rglob("*.py"))
LONGEST = 300
"""Lines of a file, past which a second subject is looked for."""
INSTALLED = {"alembic", "sqlalchemy", "psycopg"}
"""What `deploy migrate`, which alone needs packages, may import: ../requirements-migrate.txt."""
FORBIDDEN = {
    "clients": ("deploy.commands", "deploy.comments", "deploy.release", "deploy.migrations"),
    "release": ("deploy.commands", "deploy.comments", "deploy.migrations"),
    "comments": ("deploy.commands", "deploy.migrations"),
    "migrations": ("deploy.commands", "deploy.comments"),
}
"""What a layer must not import: each is there for the ones above it."""


def _imported(file: Path) -> set[str]:
    """The full names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            assert node.module is not None
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _of(file: Path) -> str:
    return str(file.relative_to(FOLDER))


def test_the_package_is_found_with_all_its_layers() -> None:
    assert {file.parent.name for file in FILES} == {"deploy", *FORBIDDEN, "commands"}


@pytest.mark.parametrize("file", FILES, ids=_of)
def test_a_module_needs_nothing_installed_unless_it_migrates(file: Path) -> None:
    known = {*sys.stdlib_module_names, "deploy", *(INSTALLED if file.parent.name == "migrations" else ())}
    foreign = {name for name in _imported(file) if name.partition(".")[0] not in known}
    assert foreign == set(), f"{_of(file)} runs on a bare Python, which has no {foreign}"


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name != "migrations"], ids=_of)
def test_no_other_module_imports_what_migrates(file: Path) -> None:
    assert not {name for name in _imported(file) if name.startswith("deploy.migrations")}


def test_migrating_without_its_packages_says_what_to_install() -> None:
    run = "import deploy.cli; sys.exit(deploy.cli.main(['migrate', 'status']))"
    script = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); {run}"
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "which is not installed" in ended.stderr
    assert "--requirement=requirements-migrate.txt" in ended.stderr


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name in FORBIDDEN], ids=_of)
def test_a_layer_does_not_know_the_ones_above_it(file: Path) -> None:
    above = FORBIDDEN[file.parent.name]
    known = {name for name in _imported(file) if any(f"{name}.".startswith(f"{layer}.") for layer in above)}
    assert known == set(), f"{_of(file)} imports {known}"


@pytest.mark.parametrize("file", FILES, ids=_of)
def test_a_file_has_one_subject_and_stays_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_a_bare_python_imports_the_commands_and_prints_nothing() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import deploy.cli; assert len(deploy.cli.load_all()) > 1"
    )
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_command_is_typed_as_its_module_is_called() -> None:
    assert [command.name for command in load_all()] == list(NAMES)
    assert {path.stem for path in (FOLDER / "deploy/commands").glob("*.py")} == {"__init__", *NAMES}


def test_a_rollback_loads_no_other_command() -> None:
    run = "import deploy.cli; deploy.cli.main(['rollback', '--help'])"
    loaded = "print(*(name for name in sys.modules if name.startswith('deploy.com')), file=sys.stderr)"
    script = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); {run}; {loaded}"
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    # What says how health is judged is shared.
    assert sorted(ended.stderr.split()) == [
        *("deploy.command", "deploy.commands", "deploy.commands.health", "deploy.commands.rollback"),
    ]
