"""`make pictures`: draw every picture of the documents, or those that are named: `python -m docs.pictures alerting`."""

import argparse
import importlib
from pathlib import Path

PICTURES = {
    "alerting": "docs.pictures.alerting",
    "dashboard": "docs.pictures.dashboard",
}
"""The module of each picture; its `draw(path)` writes one SVG, the same bytes each time."""

FOLDER = Path(__file__).parent


def main() -> None:
    """Draw into this folder, where the documents look for them."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description="Draws the pictures of the documents.")
    parser.add_argument("picture", nargs="*", metavar="PICTURE", help=f"one of {', '.join(PICTURES)}; all by default")
    named: list[str] = parser.parse_args().picture
    for name in named:
        if name not in PICTURES:
            parser.error(f"there is no picture {name!r}; there are {', '.join(PICTURES)}")
    for name in named or PICTURES:
        path = FOLDER / f"{name}.svg"
        importlib.import_module(PICTURES[name]).draw(path)
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)  # noqa: T201 - what it made


if __name__ == "__main__":
    main()
