"""`python -m policies.preview STACK…`: hold the plans of stacks in the backend that is logged in to to the rules."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from operations.stack import Stack
from policies.plan import Plan
from policies.report import mandatory, show
from policies.rule import check
from policies.rules import RULES

PROJECT = Path(__file__).resolve().parents[1]


def main(stacks: Sequence[str]) -> int:
    """Preview each stack, with the machine's own `pulumi`, backend and credentials, and show what the rules find.

    Returns:
        0 where no mandatory rule is violated, 1 where one is or a preview failed, 2 on wrong usage.
    """
    console = Console(highlight=False)
    engine = shutil.which("pulumi")
    if not stacks or engine is None:
        missing = "Name the stacks" if engine else "Install pulumi (https://www.pulumi.com/docs/install/)"
        usage = f"{missing}: python -m policies.preview STACK…. Without an account: make policy."
        console.print(usage, soft_wrap=True)
        return 2
    try:
        plans = {name: Plan(name, PROJECT) for name in stacks}
    except ValueError as error:
        console.print(str(error), soft_wrap=True, markup=False)
        return 2
    failed = False
    for name, plan in plans.items():
        operation = Stack(name=name, project=PROJECT, folder=PROJECT, engine=Path(engine)).run(
            "preview", on_event=plan.take
        )
        if not operation.succeeded:
            console.print("\n".join(operation.diagnostics), soft_wrap=True, markup=False)
            return 1
        violations = check(plan.stack(), RULES)
        show(console, plan.stack(), violations)
        failed = failed or bool(mandatory(violations))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
