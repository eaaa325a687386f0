"""docs/policies.md has a row for every rule, as the rule itself says."""

import re

from policies.rules import RULES
from sandbox.paths import PROJECT

TEXT = (PROJECT / "docs/policies.md").read_text()


def test_the_table_has_every_rule_in_order_as_the_rule_says() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.+) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [(rule.id, str(rule.severity), rule.what, rule.why, rule.fix) for rule in RULES]


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:policies|tests)/[\w./]+\.(?:py|yaml))`", TEXT)) - {"policies/rules/NAME.py"}
    assert len(named) > 3
    assert [name for name in named if not (PROJECT / name).is_file()] == []


def test_what_a_rules_fix_names_is_there() -> None:
    named = {path for rule in RULES for path in re.findall(r"[\w/]+/\w+\.(?:py|md)", f"{rule.fix} {rule.what}")}
    assert [path for path in named if not (PROJECT / path).is_file()] == []
