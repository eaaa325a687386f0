"""What the page's buttons do to a world."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.page.snapshot import take
from sandbox.page.stacks import Stack
from sandbox.page.view.environment import PLACES, arranged, host_of
from sandbox.page.view.github import run_title
from sandbox.page.view.vercel import project_of
from sandbox.world import faults
from sandbox.world.github.access import find_repository
from sandbox.world.github.issues import LONGEST, add_comment, open_issue
from sandbox.world.github.workflow_runs import record_review
from sandbox.world.state import Document, State
from sandbox.world.vercel.outcomes import HEALTH, break_site, mend_site

MOST_CALLS = 100
SLOW_SECONDS = 5
"""How late a slow answer is, where nobody says."""


class ActionError(Exception):
    """It was not done; the message says why in one sentence."""


Action = Callable[[State, Sequence[Stack], Mapping[str, Any]], str]


def break_health(state: State, stacks: Sequence[Stack], asked: Mapping[str, Any]) -> str:
    """Let the health check of an environment answer 500: at its domain, or at its deployments' own addresses."""
    stack, host = _place(state, stacks, asked)
    if not arranged(dict(state.collection("vercel.broken_sites")), host):
        break_site(state, host=host, path=HEALTH, status=500)
    return f"The health check {_named(stack, asked)} answers 500 from now on."


def mend_health(state: State, stacks: Sequence[Stack], asked: Mapping[str, Any]) -> str:
    """Let it answer as it is again."""
    stack, host = _place(state, stacks, asked)
    for key in arranged(dict(state.collection("vercel.broken_sites")), host):
        mend_site(state, key)
    return f"The health check {_named(stack, asked)} answers for itself again."


def fail_calls(state: State, _stacks: Sequence[Stack], asked: Mapping[str, Any]) -> str:
    """Let the next calls to a service fail, as `python -m sandbox fail` does."""
    kind, service, times = _text(asked, "kind", "status"), _text(asked, "service"), _number(asked, "times", 1)
    if not 1 <= times <= MOST_CALLS:
        raise ActionError(f"Between 1 and {MOST_CALLS} calls can fail, not {times}.")
    seconds = SLOW_SECONDS if kind == "slow" else 0
    try:
        # Checked by the fault itself, as the control service's are.
        given: dict[str, Any] = {"service": service, "kind": kind, "times": times, "seconds": seconds}
        fault = faults.Fault(**given, status=_number(asked, "status", 500))
    except ValueError as error:
        raise ActionError(f"That fault cannot be armed: {error}.") from error
    faults.add(state, fault)
    return f"The next {'call' if times == 1 else f'{times} calls'} to {service} will meet: {kind}."


def lift_faults(state: State, _stacks: Sequence[Stack], _asked: Mapping[str, Any]) -> str:
    """Disarm every fault."""
    state.collection("faults").clear()
    return "No call fails on purpose any more."


def comment(state: State, stacks: Sequence[Stack], asked: Mapping[str, Any]) -> str:
    """Comment on an issue, or on a new one, as a person who may see the repository."""
    repository = _repository(state, stacks)
    body, login = _text(asked, "body").strip(), _text(asked, "login")
    if not body:
        raise ActionError("There is nothing to comment: the text is empty.")
    if len(body) > LONGEST:
        raise ActionError(f"A comment has at most {LONGEST} characters.")
    people = take(state, stacks).people
    if login not in people:
        raise ActionError(f"Nobody called {login or 'that'} may see the repository; {', '.join(people)} may.")
    number = _number(asked, "issue", 0)
    if number == 0:
        number = open_issue(state, repository, login=login, title="Operations")
    elif f"{repository['full_name'].lower()}/{number}" not in state.collection("github.issues"):
        raise ActionError(f"There is no issue #{number}.")
    add_comment(state, repository, number, login=login, body=body)
    return f"{login} commented on #{number}."


def review(state: State, stacks: Sequence[Stack], asked: Mapping[str, Any]) -> str:
    """Approve or reject the jobs of a run that wait, as somebody whom their environment asks; no other environment."""
    verdict = asked.get("verdict")
    if verdict not in ("approved", "rejected"):
        raise ActionError("A reviewer approves or rejects.")
    snapshot = take(state, stacks)
    run = snapshot.all("github.workflow_runs").get(str(asked.get("run", "")))
    if run is None or run["status"] != "waiting":
        raise ActionError("No job of that run waits for a reviewer now.")
    answered: dict[str, str] = {}
    for environment in snapshot.all("github.environments").values():
        # Worlds that were made before runs said so are kept.
        if environment["name"] not in run.get("waiting_for", ()):
            continue
        asks = snapshot.reviewers[environment["name"]]
        own = run["actor"].lower() if environment["prevent_self_review"] else ""
        login = next((name for name in asks if name.lower() != own and name in snapshot.people), None)
        if login is not None:
            answered[environment["name"]] = login
    if not answered:
        raise ActionError(f"Nobody may answer: whoever is asked is {run['actor']}, who started the run.")
    for environment, login in answered.items():
        record_review(state, run["id"], environment=environment, login=login, verdict=verdict)
    return f"{', '.join(dict.fromkeys(answered.values()))} {verdict} {run_title(run)}."


ACTIONS: Mapping[str, Action] = {
    "break-health": break_health,
    "mend-health": mend_health,
    "fail-calls": fail_calls,
    "lift-faults": lift_faults,
    "comment": comment,
    "review": review,
}
"""By the name under which the page asks for them."""


def _place(state: State, stacks: Sequence[Stack], asked: Mapping[str, Any]) -> tuple[Stack, str]:
    stack = next((stack for stack in stacks if stack.name == asked.get("environment")), None)
    if stack is None:
        raise ActionError(f"There is no such environment: there are {', '.join(stack.name for stack in stacks)}.")
    if asked.get("place") not in PLACES:
        raise ActionError(f"A health check is broken at one of {', '.join(PLACES)}.")
    project = project_of(take(state, stacks), stack)
    if project is None:
        raise ActionError(f"{stack.name.title()} is not up yet: `make up` brings it up.")
    return stack, host_of(stack, project, asked["place"])


def _named(stack: Stack, asked: Mapping[str, Any]) -> str:
    return f"of {stack.domain}" if asked["place"] == "domain" else f"of what is staged for {stack.name}"


def _repository(state: State, stacks: Sequence[Stack]) -> Document:
    repository = find_repository(state, *stacks[0].repository.split("/")) if stacks else None
    if repository is None:
        raise ActionError("The repository is not there yet: `make sandbox` opens the accounts.")
    return repository


def _number(asked: Mapping[str, Any], name: str, default: int) -> int:
    given = asked.get(name, default)
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError):
        raise ActionError(f"{name} is a number, not {given!r}.") from None


def _text(asked: Mapping[str, Any], name: str, default: str = "") -> str:
    given = asked.get(name, default)
    if not isinstance(given, str):
        raise ActionError(f"{name} is a text, not {given!r}.")
    return given
