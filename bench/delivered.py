"""The delivered workflows as jobs and steps of known kinds, as they run when all goes well.

An ordinary run: the lock file is unchanged, so that the installed dependencies are found in the cache; nothing fails;
the time that an approval takes is not counted. What is not known here is an error, so that no step is forgotten.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from bench.longest_path import Job, Step
from sandbox.paths import PROJECT

WORKFLOWS = PROJECT / "app_repository/.github/workflows"

_ACTIONS = {
    "actions/setup-node": "setup_node",
    "actions/cache": "cache_restore",
    "actions/upload-artifact": "upload_artifact",
    "actions/download-artifact": "download_artifact",
}
_SCRIPTS: tuple[tuple[str, str], ...] = (
    (r"npm ci$", "npm_ci"),
    (r"npm ci --prefix \.github/deploy/vercel-cli ", "vercel_cli_install"),
    (r"npm audit ", "audit"),
    (r"python3 -m pip install .*requirements-migrate\.txt$", "pip_install"),
    (r"npm run type-check$", "type_check"),
    (r"npm run lint$", "lint"),
    (r"npm run test -- --coverage$", "unit_tests"),
    (r"npm run build$|\S+/vercel build ", "build"),
    (r"npm run analyze$", "bundle_analysis"),
    (r"npm run lighthouse:ci$", "lighthouse"),
    (r"npx --no playwright install ", "playwright_install"),
    (r"npm run start:test .*&$", "shell"),
    (r"curl .* http://localhost:3000$", "app_start"),
    (r"npm run test:e2e$", "e2e_tests"),
    (r"npm run test:(critical|smoke) ", "critical_tests"),
    (r"(?s)mkdir -p \.vercel\n.*> \.vercel/project\.json$", "shell"),
    (r'(?s)echo .*GITHUB_STEP_SUMMARY"$', "shell"),
)
_DEPLOY = re.compile(r"python3 -m deploy (\w+)\b")
_CONDITIONS = {
    "always()": True,
    "inputs.deployment_type == 'rollback'": False,
    "inputs.deployment_type != 'rollback'": True,
    "always() && inputs.deployment_type != 'rollback'": True,
    "always() && needs.rollback.result != 'success'": False,
    "steps.installed.outputs.cache-hit != 'true'": False,
    "failure()": False,
    "hashFiles('migrations/*.py') != ''": True,
}
"""What each condition comes to in an ordinary run."""


class UnknownStepError(Exception):
    """A workflow has what this table does not know."""


def jobs_of(name: str) -> dict[str, Job]:
    """The jobs of a delivered workflow that run when all goes well.

    Args:
        name: the file's name without `.yml`.

    Raises:
        UnknownStepError: naming the step or condition that has to be added to the tables above.
    """
    content: Mapping[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())
    jobs = {}
    for key, job in content["jobs"].items():
        if _runs(job):
            steps = [Step(name=_name(step), kinds=(kind_of(step),)) for step in job["steps"] if _runs(step)]
            needs = job.get("needs", ())
            jobs[key] = Job(needs=(needs,) if isinstance(needs, str) else tuple(needs), steps=tuple(steps))
    return jobs


def kind_of(step: Mapping[str, Any]) -> str:
    """The kind of a step, whether it runs or not.

    Raises:
        UnknownStepError: when there is none, or more than one.
    """
    action = step.get("uses", "").partition("@")[0]
    if action == "actions/checkout":
        return "checkout_sparse" if "sparse-checkout" in step.get("with", {}) else "checkout"
    if action in _ACTIONS:
        return _ACTIONS[action]
    script = step.get("run", "").strip()
    kinds = [kind for pattern, kind in _SCRIPTS if re.match(pattern, script)]
    kinds += [f"deploy_{command}" for command in _DEPLOY.findall(script)]
    if len(kinds) != 1:
        raise UnknownStepError(f"The step {_name(step)!r} is of {kinds or 'no known kind'}: see bench/delivered.py.")
    return kinds[0]


def _runs(entry: Mapping[str, Any]) -> bool:
    condition = entry.get("if")
    if condition is None:
        return True
    if condition not in _CONDITIONS:
        raise UnknownStepError(f"Does {_name(entry)!r} run under {condition!r}? bench/delivered.py does not say.")
    return _CONDITIONS[condition]


def _name(entry: Mapping[str, Any]) -> str:
    return entry.get("name") or entry.get("uses") or entry.get("run", "")
