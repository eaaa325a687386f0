"""The document of a preview, and the digest that an `up` is held to."""

from pathlib import Path
from typing import Any

import pytest

from operations.operation import Operation, Resource
from operations.preview import FILE_TYPE, Change, Preview, preview_of
from tests.operations.previews import change, delivered, preview


@pytest.mark.parametrize(
    "other",
    [
        change("replace"),
        change(name="app-project"),
        change(changed=["gitBranch"]),
        change(inputs="1" * 64),
    ],
)
def test_a_digest_is_of_the_operation_the_resource_its_properties_and_their_values(other: Change) -> None:
    assert preview(change()).digest != preview(other).digest
    assert preview(change()).digest != preview(change(), other).digest


def test_a_digest_does_not_depend_on_the_order_in_which_the_engine_works() -> None:
    first, second = change(), change(name="app-project")
    assert preview(first, second).digest == preview(second, first).digest


def test_a_preview_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = preview(change(outside=True), delivered("a\n", "b\n"), diagnostics=["warning: soon"])
    written.write(tmp_path / "made" / "staging.json")
    assert Preview.read(tmp_path / "made" / "staging.json") == written


def resource(name: str, kind: str, operation: str, **more: Any) -> Resource:
    return Resource(urn=f"urn::{name}", type=kind, name=name, parent="", operation=operation, **more)


def test_a_preview_tells_what_changes_and_what_somebody_changed() -> None:
    operation = Operation(stack="staging", kind="preview", succeeded=True, drifted={"urn::file", "urn::same"})
    file = {"file": "a.yml", "content": "old"}
    for each in (
        resource("same", "a:b:C", "same"),
        resource("default", "pulumi:providers:github", "update"),
        resource("file", FILE_TYPE, "update", before=file, after={**file, "content": "new"}),
        resource("message", FILE_TYPE, "update", before=file, after={**file, "commitMessage": "Deliver"}),
        resource("gone", FILE_TYPE, "delete", before=file),
    ):
        operation.resources[each.urn] = each
    made = preview_of(operation)
    assert made.unchanged == 1
    # A token's change is no change of a service; what a refresh finds and nothing would put right is none either.
    assert [(each.name, each.outside) for each in made.changes] == [("file", True), ("message", False), ("gone", False)]
    deliveries = [each.delivery and (each.delivery.before, each.delivery.after) for each in made.changes]
    assert deliveries == [("old", "new"), None, ("old", "")]
