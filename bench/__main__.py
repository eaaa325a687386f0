"""`make bench`: every benchmark, or those that are named: `python -m bench rollback paths`."""

import argparse
import importlib

from rich.console import Console

BENCHMARKS = {
    "rollback": "from `rollback` to traffic moved: calls and seconds, beside the naive job and the floor",
    "paths": "the longest path through the workflows, beside the naive ones",
    "alerting": "how soon the alerts speak, and how often for nothing, beside the workbook's and naive ones",
    "migrations": "how long a migration keeps a writer waiting, beside the naive way and plain Alembic (five minutes)",
    "stacks": "what preview and an unchanged up cost, beside their floor (a quarter of an hour)",
}


def main() -> None:
    """Run the benchmarks one after the other; each prints its tables."""
    listed = "\n".join(f"  {name:10}{summary}" for name, summary in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures what the program costs.",
        epilog=f"benchmarks (all, where none is named):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benchmark", nargs="*", metavar="BENCHMARK", help="one of those below")
    named: list[str] = parser.parse_args().benchmark
    for name in named:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    console = Console(highlight=False)
    for name in named or BENCHMARKS:
        console.rule(name)
        importlib.import_module(f"bench.{name}").run(console)


if __name__ == "__main__":
    main()
