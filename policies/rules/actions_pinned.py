"""actions-pinned."""

import re
from collections.abc import Iterator

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules import workflow_files

_COMMIT = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|docker://\S+@sha256:[0-9a-f]{64}")
_DIGEST = re.compile(r"(?:docker://)?\S+@sha256:[0-9a-f]{64}")


def _unpinned(file: Resource, _: Context) -> Iterator[str]:
    workflow = workflow_files.content(file) or {}
    for place, action in workflow_files.uses(workflow):
        if not action.startswith("./") and not _COMMIT.fullmatch(action):
            yield f"{place} uses {action}, which is not a commit"
    for place, image in workflow_files.images(workflow):
        if not _DIGEST.fullmatch(image):
            yield f"{place} runs in {image}, which is not a digest"


RULE = Rule(
    id="actions-pinned",
    severity=Severity.MANDATORY,
    what="Every action that a delivered workflow uses is pinned to a commit, every image to a digest.",
    why="Whoever owns an action can move its tag to code that takes the job's secrets. A commit or a digest stays.",
    fix="Write `owner/name@` and the commit's 40 digits, `image@sha256:` and 64, and the version in a comment.",
    kinds=workflow_files.KINDS,
    resource=_unpinned,
)
