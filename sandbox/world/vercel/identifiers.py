"""The identifiers and times that Vercel gives to what it creates."""

import secrets
import string
import time

from sandbox.world.state import State

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
LOWER_CASE = string.ascii_lowercase + string.digits


def identifier(prefix: str = "", length: int = 28, alphabet: str = LETTERS_AND_DIGITS) -> str:
    """A new random identifier: `prj_` and 28 letters or digits, unless told otherwise."""
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length))


def now(state: State) -> int:
    """The time in milliseconds since 1970, never the same twice in a world: lists are paged by time of creation."""
    clock = state.collection("vercel.clock")
    last = clock.get("last", {"milliseconds": 0})["milliseconds"]
    moment = max(time.time_ns() // 1_000_000, last + 1)
    clock["last"] = {"milliseconds": moment}
    return moment
