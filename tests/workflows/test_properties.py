"""Properties of every delivered workflow file, and a file for each that breaks it in every way."""

import re

import pytest

from tests.workflows.properties import PROPERTIES, Property
from tests.workflows.workflow import BAD, Workflow, delivered


@pytest.mark.parametrize("workflow", delivered(), ids=str)
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_a_delivered_workflow_has_the_property(holds: Property, workflow: Workflow) -> None:
    assert list(holds(workflow)) == []


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_a_workflow_without_the_property_is_caught_by_it_alone(holds: Property) -> None:
    bad = Workflow(BAD / f"{holds.__name__}.yml")
    expected = re.findall(r"^# fault: (.+)$", bad.text, re.MULTILINE)
    assert expected
    assert list(holds(bad)) == expected
    assert {other.__name__: faults for other in PROPERTIES if other is not holds and (faults := list(other(bad)))} == {}


def test_every_bad_workflow_belongs_to_a_property() -> None:
    assert {path.stem for path in BAD.glob("*.yml")} == {holds.__name__ for holds in PROPERTIES}
