"""Work beside the command's own, which neither waits for it nor fails with it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from deploy.console import Console

Start = Callable[..., None]
"""Starts a function, given it and its arguments."""


@contextmanager
def beside(console: Console) -> Iterator[Start]:
    """Starts functions at once, each in a thread; the end of the block waits for them.

    Args:
        console: where it is said when one of them fails, which nobody expects.

    Yields:
        What starts a function, given it and its arguments.
    """
    started: list[Future[Any]] = []
    with ThreadPoolExecutor(max_workers=8) as together:

        def start(function: Callable[..., Any], *arguments: Any) -> None:
            started.append(together.submit(function, *arguments))

        try:
            yield start
        finally:
            for future in started:
                error = future.exception()
                if error is not None:
                    console.warn(f"Something beside this command failed, {type(error).__name__}: {error}")
