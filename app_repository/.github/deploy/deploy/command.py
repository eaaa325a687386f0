"""What every command is made of."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.clock import Clock
from deploy.console import Console
from deploy.http_client import HttpClient
from deploy.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a command works with."""

    settings: Settings
    console: Console
    clock: Clock
    http: HttpClient


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did.

    Attributes:
        message: a sentence for people.
        data: the same for machines, printed under `--json`.
        lines: what people read instead of the message, where that is long; each begins with this program's words.
    """

    message: str
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One command of `python3 -m deploy`.

    Attributes:
        name: what is typed.
        summary: one line, shown in the list of commands.
        configure: adds the command's own arguments.
        run: does it; raises a DeployError where it cannot.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Context], Done]
