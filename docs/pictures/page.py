"""The sandbox's page as it looks on a busy afternoon: `python -m docs.pictures.page`.

It is a photograph of a browser, so its bytes are not the same each time.
"""

import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from sandbox import postgres
from sandbox.browser import arguments, find_browser
from tests.sandbox.page.afternoon import afternoon
from tests.sandbox.page.conftest import serving, told
from tests.sandbox.page.story import write_ledger

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 1280, 1000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

_BEFORE = [("0001_prompts", "expand", "applied", 5000.0), ("0002_models", "expand", "applied", 3000.0)]
MIGRATIONS = {
    "staging": [
        *_BEFORE,
        ("0003_prompt_tags", "expand", "applied", 133.0),
        ("0004_price_seen_at", "expand", "applied", 6.0),
    ],
    "production": [*_BEFORE, ("0003_prompt_tags", "expand", "applied", 109.0)],
}
"""What each database's ledger holds: revision, kind, state, minutes ago."""


def photograph(folder: Path = FOLDER) -> list[Path]:
    """Write `page.png`, and `page-dark.png` as a machine with a dark appearance shows it; returns what was written.

    Raises:
        BrowserError: when there is no browser.
    """
    program = find_browser()
    written: list[Path] = []
    with (
        tempfile.TemporaryDirectory() as home,
        postgres.server(Path(home) / "postgres") as server,
        told(Path(home)) as story,
        sync_playwright() as playwright,
    ):
        afternoon(story)
        for stack, migrations in MIGRATIONS.items():
            url = server.create_database(stack)
            write_ledger(url, migrations)
            story.set_secret(f"{stack}-database", "DATABASE_URL", url)
        with serving(story) as url, playwright.chromium.launch(executable_path=program, args=arguments()) as browser:
            for scheme in SCHEMES:
                tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
                tab.goto(url)
                tab.locator("#connection[data-state=live]").wait_for()
                tab.get_by_text("in effect").last.wait_for()
                path = folder / ("page.png" if scheme == "light" else f"page-{scheme}.png")
                tab.screenshot(path=path, animations="disabled")
                written.append(path)
    return written


if __name__ == "__main__":
    for made in photograph():
        print(made)  # noqa: T201 - what it made
