"""`deploy health URL`: whether an address is healthy with the version that is meant to serve there."""

import argparse
import math
from urllib.parse import urlsplit

from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.release.health_check import HealthCheck, Patience
from deploy.settings import check_url


def add_patience(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how long health is waited for."""
    default = Patience()
    group = parser.add_argument_group("how health is judged")
    group.add_argument("--tries", type=int, default=default.tries, help="how often is asked (%(default)s)")
    group.add_argument(
        "--interval", type=float, default=default.longest_pause, help="seconds between tries, at most (%(default)s)"
    )
    group.add_argument(
        "--successes",
        type=int,
        default=default.successes,
        help="healthy answers in a row that are enough (%(default)s)",
    )


def patience_of(arguments: argparse.Namespace) -> Patience:
    """The patience that the arguments ask for.

    Raises:
        WrongUsageError: when it could never be satisfied.
    """
    if not 1 <= arguments.successes <= arguments.tries or not 0 <= arguments.interval < math.inf:
        raise WrongUsageError(
            f"{arguments.successes} successes cannot come from {arguments.tries} tries {arguments.interval} s apart.",
            "give at least as many --tries as --successes, one or more, and an --interval of 0 or more.",
        )
    return Patience(tries=arguments.tries, longest_pause=arguments.interval, successes=arguments.successes)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the site's address, such as https://ai-tools.example.com")
    parser.add_argument("--version", help="what it has to answer as its version")
    parser.add_argument("--any-version", action="store_true", help="take any version: says nothing of which one serves")
    add_patience(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    patience = patience_of(arguments)
    check_url(arguments.url, "URL")
    if bool(arguments.version) == arguments.any_version:
        raise WrongUsageError(
            "Which version is healthy there is not said, and an old one answers 200 as well.",
            "add --version VERSION, or --any-version.",
        )
    settings = context.settings
    check = HealthCheck(http=context.http, clock=context.clock, console=context.console, patience=patience)
    bypass = settings.get("VERCEL_BYPASS") if _is_ours(arguments.url, settings.get("DOMAIN")) else ""
    health = check.run(arguments.url, version=arguments.version or "", bypass=bypass)
    if not health.healthy:
        raise FailedError(
            f"{arguments.url} is not healthy after {health.tries} tries: {health.fault}.",
            state="Nothing was changed.",
            following="open its /api/health and its logs on vercel.com.",
        )
    return Done(f"{arguments.url} is healthy ({health.tries} tries).", {"url": arguments.url, "tries": health.tries})


def _is_ours(url: str, domain: str) -> bool:
    """Whether an address may see the bypass secret: a deployment's own, or the environment's domain."""
    host = (urlsplit(url).hostname or "").lower()
    return host.endswith(".vercel.app") or host == domain.lower()


HEALTH = Command(
    name="health",
    summary="ask an address until it is healthy with the version that is meant to serve there",
    configure=_configure,
    run=_run,
)
