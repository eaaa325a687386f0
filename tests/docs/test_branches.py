"""What docs/configuration.md says of a branch's other places: the files of the app's repository that name one."""

import re

from sandbox.paths import PROJECT

GITHUB = PROJECT / "app_repository/.github"
ROW = re.search(r"^\| `branch` \|.*$", (PROJECT / "docs/configuration.md").read_text(), re.MULTILINE)
A_BRANCH = re.compile(r'^    branches: \[.*\b(?:main|develop)\b|Environment\(.*"(?:main|develop)"', re.MULTILINE)


def test_every_delivered_file_that_acts_by_a_branchs_name_is_listed_with_the_key() -> None:
    delivered = [*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("deploy/deploy/**/*.py")]
    named = {path.relative_to(GITHUB).as_posix() for path in delivered if A_BRANCH.search(path.read_text())}
    assert {path.rpartition("/")[2] for path in named} == {
        *("staging.yml", "production.yml", "pre-deploy.yml", "environments.py"),
    }
    assert ROW is not None
    assert [path for path in named if path.rpartition("/")[2] not in ROW[0]] == []
