"""The document of a preview, and the digest that an `up` is held to."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from operations.operation import Operation, Resource
from operations.preview import FILE_TYPE, URGENCY, Change, Preview, PreviewError, preview_of
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


@pytest.mark.parametrize(
    "wrong",
    [
        {"stack": "production"},
        {"stack": "@acme/everyone"},
        {"unchanged": "0\n\n# Approved"},
        {"unchanged": True},
        {"succeeded": "yes"},
        {"diagnostics": [["error"]]},
        {"changes": 7},
        {"changes": [{"operation": "update"}]},
        *(
            {"changes": [{**asdict(change()), **of_change}]}
            for of_change in (
                {"type": "a:b:C\n\n# Approved"},
                {"type": "@acme/everyone"},
                {"operation": "wipe"},
                {"name": 7},
                {"changed": "domain"},
                {"delivery": {"path": "a.yml", "before": "", "after": None}},
                {"more": ""},
            )
        ),
    ],
    ids=str,
)
def test_a_document_that_says_something_else_is_no_preview(wrong: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "staging.json"
    preview(change()).write(file)
    file.write_text(json.dumps({**json.loads(file.read_text()), **wrong}))
    with pytest.raises(PreviewError, match=r"staging\.json .*Run `preview` again"):
        Preview.read(file)


@pytest.mark.parametrize("text", ["", "[]", "null", '"x"', "{}"])
def test_a_file_of_something_else_is_no_preview(text: str, tmp_path: Path) -> None:
    file = tmp_path / "staging.json"
    file.write_text(text)
    with pytest.raises(PreviewError, match=r"staging\.json is no preview"):
        Preview.read(file)


def resource(name: str, kind: str, operation: str, **more: Any) -> Resource:
    return Resource(urn=f"urn::{name}", type=kind, name=name, parent="", operation=operation, **more)


def test_a_preview_tells_what_changes_and_what_somebody_changed() -> None:
    operation = Operation(stack="staging", kind="preview", succeeded=True, drifted={"urn::file", "urn::same"})
    file = {"file": "a.yml", "content": "old"}
    for each in (
        resource("same", "a:b:C", "same"),
        resource("file", FILE_TYPE, "update", before=file, after={**file, "content": "new"}),
        resource("message", FILE_TYPE, "update", before=file, after={**file, "commitMessage": "Deliver"}),
        resource("gone", FILE_TYPE, "delete", before=file),
    ):
        operation.resources[each.urn] = each
    made = preview_of(operation)
    assert made.unchanged == 1
    # What a refresh finds and nothing would put right is no change.
    assert [(each.name, each.outside) for each in made.changes] == [("file", True), ("message", False), ("gone", False)]
    deliveries = [each.delivery and (each.delivery.before, each.delivery.after) for each in made.changes]
    assert deliveries == [("old", "new"), None, ("old", "")]


TOKEN = {"ciphertext": "[secret]"}
PROVIDER = {"owner": "acme", "token": TOKEN}
STACK = "pulumi:pulumi:Stack"


def previewed(*resources: Resource) -> Preview:
    operation = Operation(stack="staging", kind="preview", succeeded=True)
    operation.resources = {each.urn: each for each in resources}
    return preview_of(operation)


@pytest.mark.parametrize(
    ("of_state", "changed"),
    [
        (resource("a", "a:b:C", "same", options=["protect: false"]), ["protect: false"]),
        (resource("a", "a:b:C", "update", changed=["name"], options=["protect: true"]), ["name", "protect: true"]),
        (resource("a", STACK, "same", before={"url": "a", "old": 1}, after={"url": "b", "old": 1}), ["url"]),
        (resource("a", STACK, "same", before={"url": "a"}, after={}), ["url"]),
        (resource("a", "pulumi:providers:github", "update", before=PROVIDER, after=PROVIDER), ["token"]),
        (
            resource("a", "pulumi:providers:github", "update", before=PROVIDER, after={**PROVIDER, "owner": "other"}),
            ["owner"],
        ),
        (resource("a", "pulumi:providers:github", "create", after=PROVIDER), []),
    ],
)
def test_what_the_state_alone_keeps_is_a_change_too(of_state: Resource, changed: list[str]) -> None:
    made = previewed(of_state)
    assert (made.unchanged, [each.changed for each in made.changes]) == (0, [changed])
    assert made.changes[0].operation in URGENCY
    assert made.digest != previewed().digest


def test_a_digest_tells_protecting_from_unprotecting_and_one_owner_from_another() -> None:
    def provider(owner: str) -> Resource:
        return resource("a", "pulumi:providers:github", "update", before=PROVIDER, after={**PROVIDER, "owner": owner})

    on, off = (resource("a", "a:b:C", "same", options=[f"protect: {value}"]) for value in ("true", "false"))
    digests = [previewed(each).digest for each in (on, off, provider("one"), provider("other"))]
    assert len(set(digests)) == 4


def test_what_stays_as_it_is_and_an_old_provider_that_is_forgotten_are_no_change() -> None:
    made = previewed(
        resource("stack", STACK, "same", before={"url": "a"}, after={"url": "a"}),
        resource("default", "pulumi:providers:github", "same", before=PROVIDER, after=PROVIDER),
        resource("old", "pulumi:providers:github", "delete", before=PROVIDER),
    )
    assert (made.unchanged, made.changes) == (1, [])


@pytest.mark.parametrize("now", ["same", "update", "replace", ""])
def test_what_an_earlier_replacement_left_to_be_deleted_is_listed(now: str) -> None:
    operation = Operation(stack="staging", kind="preview", succeeded=True)
    if now:
        operation.resources["urn::a"] = resource("a", "a:b:C", now)
    operation.replaced["urn::a"] = resource("a", "a:b:C", "delete")
    listed = [change.operation for change in preview_of(operation).changes]
    # A replacement of this run says itself that the old one is deleted.
    assert listed == {"same": ["delete"], "update": ["update", "delete"], "replace": ["replace"], "": ["delete"]}[now]
