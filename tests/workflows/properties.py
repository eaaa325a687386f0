"""What must hold in every workflow file. Each property names its faults; without one it holds."""

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.workflows.workflow import Job, Workflow

Property = Callable[[Workflow], Iterable[str]]

CLI_INSTALL = re.compile(r"npm ci --prefix \.github/deploy/vercel-cli\b[^\n]*--ignore-scripts[^\n]*")
"""Runs no code of any package: it unpacks what our own lock file names."""
LOCKED_INSTALL = re.compile(
    r"python3 -m pip install (?=[^\n]*--require-hashes\b)(?=[^\n]*--no-deps\b)(?=[^\n]*--only-binary=:all:)[^;&|`\n]*"
    r"--requirement=requirements-[a-z]+\.txt"
)
"""Unpacks what our own list names by its hash, and runs no code of any package."""
INSTALLER = re.compile(r"\b(pip3?|pipx|uvx?|poetry|conda)\b")
APP_CODE = re.compile(r"\b(npm|npx|yarn|pnpm|node|bun)\b(?! audit)|\bvercel build\b")
DEPLOY_FOLDER = ".github/deploy"
COMMAND = re.compile(r"python3 -m deploy [a-z]+( [^;&|`\n]+)?")
ONLY_SECRET_OF_THE_BUILD = {"VERCEL_BYPASS"}


def permissions_start_empty(workflow: Workflow) -> Iterable[str]:
    """A job has the permissions that it lists, and no other."""
    if workflow.content.get("permissions") != {}:
        yield "the workflow's permissions are not {}"
    for job in workflow.jobs:
        if not isinstance(job.content.get("permissions"), dict):
            yield f"{job.id} does not list its permissions"


def actions_are_pinned(workflow: Workflow) -> Iterable[str]:
    """A tag can be moved to other code; a commit cannot, and its comment tells people and Renovate the version."""
    for line in re.findall(r"^\s*(?:- )?uses:\s*(.+)$", workflow.text, re.MULTILINE):
        if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*|\./\.github/workflows/\S+( #.*)?", line):
            yield f"{line} is not a commit with its version in a comment"


def checkouts_keep_no_credentials(workflow: Workflow) -> Iterable[str]:
    """Whatever runs after a checkout can read what it leaves in .git/config."""
    for job in workflow.jobs:
        for step in job.steps:
            if step.get("uses", "").startswith("actions/checkout@"):
                inputs: dict[str, Any] = step.get("with", {})
                if inputs.get("persist-credentials") is not False:
                    yield f"{job.id} leaves the token behind"
                # A preview is of a pull request's commit: built where there is no secret to take.
                if "repository" in inputs or ("ref" in inputs and "secrets." in str(job.content)):
                    yield f"{job.id} checks out something else than the commit that started it"


def scripts_hold_no_expression(workflow: Workflow) -> Iterable[str]:
    """GitHub pastes an expression into the script before the shell reads it."""
    for place, script in workflow.runs():
        if "${{" in script:
            yield f"{place} holds an expression"


def jobs_end(workflow: Workflow) -> Iterable[str]:
    """Without a limit a hanging job holds its queue for six hours."""
    for job in workflow.jobs:
        if "uses" not in job.content and not 0 < job.content.get("timeout-minutes", 0) <= 30:
            yield f"{job.id} has no timeout of at most 30 minutes"


def runners_are_known(workflow: Workflow) -> Iterable[str]:
    """A local runner skips a label that it does not know, and says that all is well."""
    for job in workflow.jobs:
        if "uses" not in job.content and job.content.get("runs-on") != "ubuntu-latest":
            yield f"{job.id} runs on {job.content.get('runs-on')}"


def runs_app_code(job: Job) -> bool:
    """Whether a job installs, builds or tests the app."""
    return any(APP_CODE.search(CLI_INSTALL.sub("", script)) for script in job.scripts)


def app_code_sees_no_credential(workflow: Workflow) -> Iterable[str]:
    """Any package that the app installs could take what its job holds."""
    for job in workflow.jobs:
        if not runs_app_code(job):
            continue
        if deploys(job):
            yield f"{job.id} runs the app's code in the environment {job.environment}"
        if others := job.context("secrets") - ONLY_SECRET_OF_THE_BUILD:
            yield f"{job.id} runs the app's code beside {', '.join(sorted(others))}"
        if "token" in job.context("github"):
            yield f"{job.id} runs the app's code beside GitHub's token"
        if set(job.content.get("permissions", {}).items()) - {("contents", "read")}:
            yield f"{job.id} runs the app's code with {job.content['permissions']}"


def secrets_stay_off_command_lines(workflow: Workflow) -> Iterable[str]:
    """Every process on the machine can read an argument; a here-string reaches one."""
    for job in workflow.jobs:
        for step in job.steps:
            variables = {**workflow.content.get("env", {}), **job.content.get("env", {}), **step.get("env", {})}
            for name, value in variables.items():
                if not re.search(r"\bsecrets\.|\bgithub\.token\b", str(value)):
                    continue
                arguments = re.sub(r"<<< .*", "", step.get("run", ""))
                if re.search(rf"\${{?{name}\b", arguments):
                    yield f"{job.id}: {step['name']} has {name} on a command line"


def requests_are_bounded_and_checked(workflow: Workflow) -> Iterable[str]:
    """Without being told, curl waits for ever and takes an error page for success."""
    for place, script in workflow.runs():
        for call in re.findall(r"\bcurl (?:\\\n|[^\n])*", script):
            if "--max-time" not in call:
                yield f"{place} asks without a time limit"
            if not re.search(r"--fail\b|--fail-with-body\b|%\{http_code\}", call):
                yield f"{place} takes any answer for success"


def deploys(job: Job) -> bool:
    """Whether a job is in an environment that can change a deployment."""
    return job.environment is not None and not job.environment.endswith("-build")


def deployments_queue(workflow: Workflow) -> Iterable[str]:
    """Two releases at once, or half of one, leave an environment that nobody has tested."""
    concurrency = workflow.content.get("concurrency")
    if not isinstance(concurrency, dict):
        yield "it has no concurrency group"
    elif concurrency.get("cancel-in-progress") is not False and any(deploys(job) for job in workflow.jobs):
        yield "a newer run cancels it half-way"


def promotions_follow_tests(workflow: Workflow) -> Iterable[str]:
    """A domain only ever gets what was built, staged and tested in the same run, in that order."""
    if not workflow.has("promote"):
        return
    order = ("build", "stage", "staged_tests", "promote", "domain_tests")
    for first, then in itertools.pairwise(order):
        if first not in workflow.before(then):
            yield f"{then} does not wait for {first}"
    for job in workflow.jobs:
        condition = str(job.content.get("if", ""))
        if job.id in order and re.search(r"\b(always|failure|cancelled)\(\)", condition):
            yield f"{job.id} runs after a failure"


def production_is_approved(workflow: Workflow) -> Iterable[str]:
    """One approval a release, asked for when the staged deployment has passed its tests and before it goes live."""
    if not workflow.has("promote") or workflow.job("promote").environment != "production":
        return
    gates = [job.id for job in workflow.jobs if job.environment == "production-database"]
    if len(gates) != 1:
        yield f"{len(gates)} jobs ask for an approval"
    for gate in gates:
        if "staged_tests" not in workflow.before(gate):
            yield f"{gate} asks before the staged tests have passed"
        if gate not in workflow.before("promote"):
            yield f"promote does not wait for {gate}"
        if "if" in workflow.job(gate).content:
            yield f"{gate} can be skipped"


def the_database_has_a_job_of_its_own(workflow: Workflow) -> Iterable[str]:
    """One step of one job holds its credential, and no other secret is beside it; nothing goes live before."""
    holders = [job for job in workflow.jobs if "DATABASE_URL" in job.context("secrets")]
    if len(holders) > 1:
        yield f"{' and '.join(job.id for job in holders)} hold the database's credential"
    for job in holders:
        if job.environment is None or not job.environment.endswith("-database"):
            yield f"{job.id} holds the database's credential in the environment {job.environment}"
        if others := job.context("secrets") - {"DATABASE_URL"}:
            yield f"{job.id} holds {', '.join(sorted(others))} beside the database's credential"
        if len([step for step in job.steps if "secrets.DATABASE_URL" in str(step)]) != 1:
            yield f"{job.id} gives the database's credential to more than one step"
        if workflow.has("promote") and job.id not in workflow.before("promote"):
            yield f"promote does not wait for {job.id}"


def packages_are_locked(workflow: Workflow) -> Iterable[str]:
    """A package by its name alone is whatever the registry has by then, and may run code while it is installed."""
    for place, script in workflow.runs():
        if INSTALLER.search(LOCKED_INSTALL.sub("", script)):
            yield f"{place} installs what no hash names"


def rollbacks_install_nothing(workflow: Workflow) -> Iterable[str]:
    """A rollback works while npm and PyPI do not, runs nothing but what deploys, and waits for nobody."""
    if not workflow.has("rollback") or "uses" in workflow.job("rollback").content:
        return
    for job in workflow.jobs:
        for step in job.steps:
            checks_out = step.get("uses", "").startswith("actions/checkout@")
            if "uses" in step and not (checks_out and step["with"].get("sparse-checkout") == DEPLOY_FOLDER):
                yield f"{job.id} needs {step['uses']}"
            if "run" in step and not COMMAND.fullmatch(step["run"].strip()):
                yield f"{job.id}: {step['name']} does more than one command of deploy"
    if workflow.job("rollback").needs:
        yield "the rollback waits for another job"
    if workflow.job("rollback").environment != "production":
        yield "the rollback waits for an approval or holds no credential"


def commands_run_where_nothing_shadows_them(workflow: Workflow) -> Iterable[str]:
    """Python puts the current folder first: in the app's own, a file called json.py would be imported with a token."""
    for job in workflow.jobs:
        for step in job.steps:
            if "-m deploy" in step.get("run", "") and step.get("working-directory") != DEPLOY_FOLDER:
                yield f"{job.id}: {step['name']} does not run in {DEPLOY_FOLDER}"


def data_is_never_an_option(workflow: Workflow) -> Iterable[str]:
    """`--reason --database` would be an option; `--reason=--database` is a reason."""
    for place, script in workflow.runs():
        if "-m deploy" in script and re.search(r'--[a-z-]+ "?\$', script):
            yield f"{place} gives a variable as a word of its own"


def required_checks_always_report(workflow: Workflow) -> Iterable[str]:
    """GitHub takes a skipped check for a passed one, and a matrix or an expression reports under another name."""
    if "pull_request" not in workflow.content["on"]:
        return
    for job in workflow.jobs:
        for key in ("if", "strategy", "continue-on-error", "needs", "environment"):
            if key in job.content:
                yield f"{job.id} has `{key}`"
        if "${{" in job.content.get("name", job.id):
            yield f"{job.id} has no fixed name"
        if any("continue-on-error" in step for step in job.steps):
            yield f"{job.id} passes whatever a step says"
        if held := job.context("secrets"):
            yield f"{job.id} hands {', '.join(sorted(held))} to a pull request"


PROPERTIES: tuple[Property, ...] = (
    permissions_start_empty,
    actions_are_pinned,
    checkouts_keep_no_credentials,
    scripts_hold_no_expression,
    jobs_end,
    runners_are_known,
    app_code_sees_no_credential,
    secrets_stay_off_command_lines,
    requests_are_bounded_and_checked,
    deployments_queue,
    promotions_follow_tests,
    production_is_approved,
    the_database_has_a_job_of_its_own,
    packages_are_locked,
    rollbacks_install_nothing,
    commands_run_where_nothing_shadows_them,
    data_is_never_an_option,
    required_checks_always_report,
)
