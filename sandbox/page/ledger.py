"""Reading the ledgers of databases that run on this machine, where an environment's secret says that there is one."""

import ipaddress
from collections.abc import Mapping, Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row

from sandbox.page.stacks import Stack
from sandbox.page.view.database import Migration
from sandbox.world.github.access import find_repository
from sandbox.world.github.secrets import values
from sandbox.world.state import State

DATABASE_URL = "DATABASE_URL"
_SECONDS = 2
_ROWS = """
    SELECT revision, kind, state, attempts, rows_done, began, ended, actor, error
    FROM deploy_migrations ORDER BY number
"""


def addresses(state: State, stacks: Sequence[Stack]) -> Mapping[str, str]:
    """The address of each environment's database, from the secret that its migrations get: only on this machine."""
    found: dict[str, str] = {}
    for stack in stacks:
        owner, _, name = stack.repository.partition("/")
        if find_repository(state, owner, name) is None:
            continue
        for environment in (f"{stack.name}-database", stack.name):
            url = values(state, owner, name, environment).get(DATABASE_URL, "")
            if url and is_here(url):
                found.setdefault(stack.name, url)
    return found


def is_here(url: str) -> bool:
    """Whether an address is of this machine: the page opens no other."""
    try:
        hosts = str(conninfo_to_dict(url).get("host") or "").split(",")
        return all(host == "localhost" or ipaddress.ip_address(host).is_loopback for host in hosts)
    except (psycopg.Error, ValueError):
        return False


def read(url: str) -> list[Migration] | None:
    """The ledger's rows; none where the table is not there yet, None where the database is not to be had."""
    try:
        with psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=_SECONDS,
            options=f"-c default_transaction_read_only=on -c statement_timeout={_SECONDS}s -c lock_timeout=200ms",
            application_name="sandbox page",
        ) as connection:
            if connection.execute("SELECT to_regclass('deploy_migrations')").fetchone() == (None,):
                return []
            return connection.cursor(row_factory=class_row(Migration)).execute(_ROWS).fetchall()
    except psycopg.Error:
        return None
