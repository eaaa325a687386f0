"""Python imports this by itself at its start: a step of a workflow waits a tenth of what it says."""  # noqa: INP001

import time

PART = 10
_SLEEP = time.sleep


def _sleep(seconds: float) -> None:
    _SLEEP(seconds / PART)


time.__dict__["sleep"] = _sleep
