"""An event loop in a thread of its own, for servers that run beside what uses them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def background_loop(name: str) -> Iterator[Run]:
    """Run an event loop while the block runs; yields what runs a coroutine there and waits for its result.

    Args:
        name: the thread's.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()

    def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    try:
        yield run
    finally:
        run(loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
