"""The example app, and the changes to it that the story releases."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.paths import PROJECT

EXAMPLE = PROJECT / "examples/ai-tools"
MIGRATIONS = "migrations/"
EXPANDED = ("0001_add_revenue_tracking", "0002_heading", "0003_fill")
UNUSED, DROPPED = "0004_title_unused", "0005_drop_title"
"""The revisions of the story: the app's own, then one column that takes the place of another (docs/migrations.md)."""
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


def migrations(*revisions: str) -> dict[str, str]:
    """Files of revisions of the story, by path."""
    folders = (EXAMPLE / MIGRATIONS, Path(__file__).parent / MIGRATIONS)
    found = {path.stem: path for folder in folders for path in folder.glob("*.py")}
    return {f"{MIGRATIONS}{name}.py": found[name].read_text() for name in revisions}


def revenue() -> Mapping[str, str]:
    """A page's new words, and the migrations that add the revenue and the heading to the posts."""
    return {**words("that earn their price."), **migrations(*EXPANDED)}


def words(words: str) -> Mapping[str, str]:
    """Nothing but other words on a page."""
    return _changed(_ABOUT, "that are worth a try.", words)


def bad_query() -> Mapping[str, str]:
    """Posts sorted by a column that no database has: no unit test meets one, /api/health does not ask."""
    return _changed(_POSTS, "ORDER BY posts.id", "ORDER BY posts.published_at")


def bad_on_the_domain(domain: str) -> Mapping[str, str]:
    """What is well under its own address and ill under the domain's; from now on the heading is read, not the title."""
    broken = (
        "export async function GET(request: Request): Promise<Response> {\n"
        f'  if (request.headers.get("x-forwarded-host") === "{domain}") return new Response(null, {{ status: 500 }});\n'
    )
    health = _changed(_HEALTH, "export async function GET(): Promise<Response> {\n", broken)
    return {**_changed(_POSTS, " title FROM", " heading AS title FROM"), **health, **migrations(UNUSED)}


def fix() -> Mapping[str, str]:
    """Everything mended, and other words so that it can be told."""
    return {_HEALTH: (EXAMPLE / _HEALTH).read_text(), **words("that last.")}


def contract() -> Mapping[str, str]:
    """Other words, and the migration that drops the title."""
    return {**words("that need less."), **migrations(DROPPED)}


def _changed(path: str, old: str, new: str) -> dict[str, str]:
    text = (EXAMPLE / path).read_text()
    if old not in text:
        raise ChangeError(f"{EXAMPLE / path} has no {old!r}: the story changes it")
    return {path: text.replace(old, new)}
