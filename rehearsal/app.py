"""The example app, and the changes to it that the story releases."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.paths import PROJECT

EXAMPLE = PROJECT / "examples/ai-tools"
MIGRATIONS = "migrations/"
_MADE = {
    *(".next", ".vercel", "coverage", "node_modules", "playwright-report", "test-results"),
    *("next-env.d.ts", "tsconfig.tsbuildinfo", "__pycache__"),
}
_ABOUT, _POSTS, _HEALTH = "app/about/page.tsx", "lib/posts.ts", "app/api/health/route.ts"


class ChangeError(Exception):
    """The app does not have the line that a change is for."""


def files(folder: Path = EXAMPLE) -> dict[str, bytes]:
    """The app's own files, by path; not its migrations, which the story brings."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if not set(name.split("/")) & _MADE and not name.startswith(MIGRATIONS)
    }


def revenue() -> Mapping[str, str]:
    """A page's new words, and the migration that adds the revenue to the posts."""
    migrations = {f"{MIGRATIONS}{path.name}": path.read_text() for path in (EXAMPLE / MIGRATIONS).glob("*.py")}
    return {**_changed(_ABOUT, "that are worth a try.", "that earn their price."), **migrations}


def bad_query() -> Mapping[str, str]:
    """Posts sorted by a column that no database has: no unit test meets one, /api/health does not ask."""
    return _changed(_POSTS, "ORDER BY posts.id", "ORDER BY posts.published_at")


def bad_on_the_domain(domain: str) -> Mapping[str, str]:
    """What is well under its own address and ill under the domain's; the query is mended."""
    broken = (
        "export async function GET(request: Request): Promise<Response> {\n"
        f'  if (request.headers.get("x-forwarded-host") === "{domain}") return new Response(null, {{ status: 500 }});\n'
    )
    return {**_as_it_was(_POSTS), **_changed(_HEALTH, "export async function GET(): Promise<Response> {\n", broken)}


def fix() -> Mapping[str, str]:
    """Everything mended, and other words so that it can be told."""
    return {**_as_it_was(_POSTS), **_as_it_was(_HEALTH), **_changed(_ABOUT, "that are worth a try.", "that last.")}


def _as_it_was(path: str) -> dict[str, str]:
    return {path: (EXAMPLE / path).read_text()}


def _changed(path: str, old: str, new: str) -> dict[str, str]:
    text = (EXAMPLE / path).read_text()
    if old not in text:
        raise ChangeError(f"{EXAMPLE / path} has no {old!r}: the story changes it")
    return {path: text.replace(old, new)}
