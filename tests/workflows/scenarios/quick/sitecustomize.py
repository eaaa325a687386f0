"""Python imports this by itself at its start: a step of a workflow waits a fiftieth of what it says."""

import time

_SLEEP = time.sleep


def _sleep(seconds: float) -> None:
    _SLEEP(seconds / 50)


time.__dict__["sleep"] = _sleep
