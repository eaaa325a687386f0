"""This repository's own stack files, whosever they are: program and rules take them, and no secret is legible."""

from typing import Any

import pytest
import yaml

from components.config import WORKFLOW_SECRETS
from operations.stack_files import stack_files
from policies.report import mandatory
from policies.rule import check
from policies.rules import RULES
from sandbox.paths import PROJECT
from tests.components.recording import SECRET_CONFIG, main_program, record, stack_config
from tests.policies.stacks import as_stack

OWN = stack_files(PROJECT)


def is_encrypted(value: Any) -> bool:
    """Whether nothing of a value in a stack file can be read."""
    return isinstance(value, dict) and (value.keys() == {"secure"} or all(map(is_encrypted, value.values())))


def test_staging_and_production_have_a_file() -> None:
    assert {"staging", "production"} <= set(OWN)


@pytest.mark.parametrize("stack", OWN)
def test_the_program_takes_an_own_stack_and_it_meets_the_mandatory_rules(stack: str) -> None:
    recorded = record(main_program, stack=stack, config=stack_config(stack, PROJECT))
    assert mandatory(check(as_stack(stack, recorded, PROJECT), RULES)) == []


@pytest.mark.parametrize("stack", OWN)
def test_no_secret_can_be_read_in_an_own_stack_file(stack: str) -> None:
    config = yaml.safe_load(OWN[stack].read_text())["config"]
    legible = [key for key in SECRET_CONFIG if key in config and not is_encrypted(config[key])]
    assert legible == [], "revoke it, then `pulumi config set --secret`"


def test_the_secrets_that_are_looked_for_are_the_programs() -> None:
    assert {f"ai-tools:{key}" for _, key, _, _ in WORKFLOW_SECRETS} < SECRET_CONFIG.keys()


@pytest.mark.parametrize(
    ("value", "encrypted"),
    [
        ("plain", False),
        ({"DATABASE_URL": "plain"}, False),
        ({"DATABASE_URL": {"secure": "v1:x"}, "KEY": "plain"}, False),
        ({"DATABASE_URL": {"secure": "v1:x"}, "KEY": {"secure": "v1:y"}}, True),
        ({"secure": "v1:x"}, True),
    ],
)
def test_a_value_is_encrypted_where_every_part_of_it_is(value: Any, encrypted: bool) -> None:
    assert is_encrypted(value) is encrypted
