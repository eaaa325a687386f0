from sandbox.actions.processes import is_alive
from tests.sandbox.actions.conftest import Forge

SERVER = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: 'sleep 60 > FOLDER/log 2>&1 & echo $! > FOLDER/pid'
      - run: 'sleep 0.3; kill -0 "$(cat FOLDER/pid)"'
"""


def test_it_is_there_for_the_next_steps_and_ends_with_the_job(forge: Forge) -> None:
    forge.folder.mkdir()
    result = forge.run(SERVER.replace("FOLDER", str(forge.folder)))
    assert result.conclusion == "success", result.log
    assert not is_alive(int((forge.folder / "pid").read_text()))
