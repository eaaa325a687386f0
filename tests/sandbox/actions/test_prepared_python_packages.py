import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from sandbox.actions import pip
from tests.sandbox.actions.conftest import Forge

RUN = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: >-
          python3 -m pip install --quiet --require-hashes --no-deps --only-binary=:all: --no-compile --target=packages
          --requirement=requirements.txt
      - env: {PYTHONPATH: packages}
        run: python3 -c 'import tool; print(tool.__name__, "was installed")'
"""


def _wheel(folder: Path) -> Path:
    """A package of one empty module."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tool-1.0.0-py3-none-any.whl"
    files = {
        "tool.py": "",
        "tool-1.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tool\nVersion: 1.0.0\n",
        "tool-1.0.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},\n"
        for name, text in files.items()
    )
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, "tool-1.0.0.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return path


def _listed(wheel: Path) -> str:
    return f"tool==1.0.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip downloads from: a folder of this test's own."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    return tmp_path / "registry"


def test_a_job_installs_the_packages_that_were_prepared(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = _wheel(tmp_path / "cache")
    monkeypatch.setattr(pip, "FOLDER", wheel.parent)
    result = forge.run(RUN, {"requirements.txt": _listed(wheel)})
    assert result.conclusion == "success", result.log
    assert "| tool was installed" in result.log


def test_a_job_finds_nothing_that_was_not_prepared(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip, "FOLDER", tmp_path / "empty")
    result = forge.run(RUN, {"requirements.txt": _listed(_wheel(tmp_path / "elsewhere"))})
    assert result.conclusion == "failure", result.log
    assert "No matching distribution found for tool==1.0.0" in result.log


def test_packages_are_downloaded_once(tmp_path: Path, registry: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(_listed(_wheel(registry)))
    folder = pip.prepare(requirements, tmp_path / "cache")
    (folder / "tool-1.0.0-py3-none-any.whl").unlink()
    assert pip.prepare(requirements, tmp_path / "cache") == folder
    assert not (folder / "tool-1.0.0-py3-none-any.whl").exists()


def test_a_list_that_has_changed_is_downloaded_beside_what_is_there(tmp_path: Path, registry: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(_listed(_wheel(registry)))
    folder = pip.prepare(requirements, tmp_path / "cache")
    first = pip.prepared(requirements, folder)
    requirements.write_text(f"# changed\n{_listed(_wheel(registry))}")
    assert not pip.prepared(requirements, folder).exists()
    pip.prepare(requirements, folder)
    assert first.exists()
    assert pip.prepared(requirements, folder).exists()


@pytest.mark.parametrize("line", ["tool==1.0.0\n", f"tool==1.0.0 --hash=sha256:{'0' * 64}\n", "none==1.0.0\n"])
def test_what_pip_cannot_download_is_not_kept(tmp_path: Path, registry: Path, line: str) -> None:
    _wheel(registry)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(line)
    with pytest.raises(pip.PipError, match="nothing was kept"):
        pip.prepare(requirements, tmp_path / "cache")
    assert list((tmp_path / "cache").glob("*.whl")) == []
    assert not pip.prepared(requirements, tmp_path / "cache").exists()
