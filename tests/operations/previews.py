"""Previews made up for the tests."""

from dataclasses import replace
from typing import Any

from operations.preview import FILE_TYPE, Change, Delivery, Preview

KIND = "vercel:index/projectDomain:ProjectDomain"


def change(operation: str = "update", name: str = "app-domain", **more: Any) -> Change:
    urn = f"urn:pulumi:staging::ai-tools::{KIND}::{name}"
    made = Change(operation=operation, urn=urn, type=KIND, name=name, changed=["domain"], inputs="0" * 64)
    return replace(made, **more)


def preview(*changes: Change, **more: Any) -> Preview:
    return replace(Preview(stack="staging", succeeded=True, unchanged=60, changes=list(changes)), **more)


def delivered(before: str, after: str) -> Change:
    delivery = Delivery(path=".github/workflows/staging.yml", before=before, after=after)
    return change(name="workflows-staging.yml", type=FILE_TYPE, delivery=delivery)
