"""An `up` that does what was reviewed, or nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.apply import REFRESH, ApplyError, Surroundings, UrgentError, apply, is_healthy, refuse_superseded
from operations.operation import Operation, Resource
from operations.preview import preview_of
from operations.stack import Stack
from policies.rules import RULES
from sandbox.paths import PROJECT
from sandbox.providers.server import serve
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from tests.engine.conftest import IMPATIENT, Sandbox

URL = "https://staging.ai-tools.example.com"


@dataclass
class Scripted:
    """A stack that does what a test says, in order."""

    operations: list[Operation]
    name: str = "staging"
    project: Path = PROJECT
    ran: list[str] = field(default_factory=list)
    moved_to: str = ""
    """The site's address after the `up`."""

    def run(self, kind: str, _on_resource: object = None, **_options: object) -> Operation:
        self.ran.append(kind)
        return self.operations.pop(0)

    def outputs(self) -> dict[str, Any]:
        return {"url": self.moved_to if self.moved_to and "up" in self.ran else URL}

    def cut_off(self) -> list[str]:
        return []


def operation(*changed: str, **more: Any) -> Operation:
    made = replace(Operation(stack="staging", kind="preview", succeeded=True), **more)
    for name in changed:
        made.resources[name] = Resource(urn=name, type="a:b:C", name=name, parent="", operation="update")
    return made


@dataclass
class Site:
    """What the site answers, in order; the last answer stays."""

    answers: list[bool]
    told: list[str] = field(default_factory=list)
    waited: float = 0
    asked: list[str] = field(default_factory=list)

    def is_healthy(self, url: str) -> bool:
        self.asked.append(url)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def surroundings(self) -> Surroundings:
        return Surroundings(tell=self.told.append, is_healthy=self.is_healthy, pause=self.pause)


def run(stack: Any, site: Site, reviewed: str | None = None) -> None:
    apply(stack, reviewed, site.surroundings())


def test_what_was_reviewed_is_applied_and_checked() -> None:
    stack, site = Scripted([operation("domain"), operation("domain"), operation()]), Site([True])
    run(stack, site, preview_of(operation("domain")).digest)
    assert stack.ran == ["preview", "up", "preview"]
    assert site.told[-2:] == [
        "staging is what the program says: a second preview changes nothing.",
        f"{URL} answers as before.",
    ]
    assert site.asked == [URL, URL]


def test_an_empty_digest_is_not_the_digest_of_anything() -> None:
    stack = Scripted([])
    with pytest.raises(ApplyError, match=r"digest of the reviewed plan is empty.*was not touched"):
        run(stack, Site([True]), "")
    assert stack.ran == []


@pytest.mark.parametrize("second", [operation(), operation("domain")], ids=["done", "not stable"])
def test_a_site_that_moved_is_asked_where_it_is_now(second: Operation) -> None:
    stack = Scripted([operation("domain"), operation("domain"), second], moved_to="https://next.example.com")
    site = Site([True])
    if second.resources:
        with pytest.raises(ApplyError, match=r"second preview is not empty") as raised:
            run(stack, site)
        assert raised.value.exit_code == 1
    else:
        run(stack, site)
    assert site.told[-1] == f"https://next.example.com answers, as {URL} did before."
    assert site.asked == [URL, "https://next.example.com"]


def test_a_site_that_moved_and_does_not_answer_there_needs_a_person_now() -> None:
    moved = "https://next.example.com"
    stack = Scripted([operation("domain"), operation("domain"), operation()], moved_to=moved)
    with pytest.raises(UrgentError, match=rf"{URL}/api/health answered before, and {moved}/api/health, which takes"):
        run(stack, Site([True, False]))


def test_a_site_that_answered_is_asked_where_it_was_when_an_up_fails() -> None:
    failed = operation("domain", succeeded=False, diagnostics=["error: 500"])
    site = Site([True, False])
    with pytest.raises(UrgentError, match=r"(?s)error: 500.*half-way.*answered before"):
        run(Scripted([operation("domain"), failed], moved_to="https://next.example.com"), site)
    assert set(site.asked) == {URL}


@pytest.mark.parametrize(
    "url", ["", "https://", "http://a b", "nowhere", "https://staging:port", "https://127.0.0.1:1"]
)
def test_what_is_no_address_of_a_site_does_not_answer(url: str) -> None:
    assert is_healthy(url) is False


@pytest.fixture
def job() -> Iterator[dict[str, str]]:
    """The environment of a job at main's newest commit."""
    with running() as (state, urls):
        seed(state, owner="acme", repository="ai-tools-deployment", branches=["main"])
        grant_token(state, "ghs_job", login="github-actions[bot]", scopes=["contents:read"], kind="App", app_id=15368)
        repository = find_repository(state, "acme", "ai-tools-deployment")
        assert repository is not None
        newest = history.find_ref(state, repository, "refs/heads/main")
        assert newest is not None
        names = {"GITHUB_API_URL": urls["github"], "GITHUB_REPOSITORY": "acme/ai-tools-deployment"}
        yield {**names, "GITHUB_SHA": newest, "RUN_TOKEN": "ghs_job"}


def test_only_the_newest_commit_of_main_is_applied(job: dict[str, str]) -> None:
    refuse_superseded(job)
    with pytest.raises(
        ApplyError, match=rf"of 0000000, and main is at {job['GITHUB_SHA'][:7]}.*Apply` again from main"
    ):
        refuse_superseded({**job, "GITHUB_SHA": "0" * 40})


@pytest.mark.parametrize(
    "wrong", [{"RUN_TOKEN": ""}, {"GITHUB_API_URL": "http://127.0.0.1:1"}], ids=["token", "address"]
)
def test_what_cannot_be_asked_is_not_applied(job: dict[str, str], wrong: dict[str, str]) -> None:
    with pytest.raises(ApplyError, match=r"newest commit of main is not known.*Nothing was changed"):
        refuse_superseded({**job, **wrong})


@pytest.mark.parametrize("missing", ["GITHUB_SHA", "GITHUB_REPOSITORY"])
def test_by_hand_no_commit_is_asked_for(job: dict[str, str], missing: str) -> None:
    refuse_superseded({name: value for name, value in job.items() if name not in (missing, "RUN_TOKEN")})


def test_a_plan_that_breaks_a_rule_is_refused_before_anything_is_touched() -> None:
    stack = Scripted([operation("domain")])
    rule = replace(RULES[0], stack=lambda _stack: [(None, "it is wrong")])
    with pytest.raises(ApplyError, match=f"{rule.id}: staging: it is wrong\nNothing was changed"):
        apply(stack, None, Site([True]).surroundings(), rules=[rule])  # pyrefly: ignore[bad-argument-type]
    assert stack.ran == ["preview"]


def test_what_is_no_longer_what_was_reviewed_is_refused() -> None:
    stack = Scripted([operation("domain", "project")])
    with pytest.raises(ApplyError, match=r"(?s)not what was reviewed.*Nothing was changed.*gh workflow run apply.yml"):
        run(stack, Site([True]), preview_of(operation("domain")).digest)
    assert stack.ran == ["preview"]


def test_a_preview_that_fails_changes_nothing() -> None:
    stack = Scripted([operation(succeeded=False, diagnostics=["error: no token"])])
    with pytest.raises(ApplyError, match=r"(?s)error: no token.*nothing was changed"):
        run(stack, Site([True]))
    assert stack.ran == ["preview"]


def test_an_up_that_fails_says_that_the_stack_is_half_way() -> None:
    stack = Scripted([operation("domain"), operation("domain", succeeded=False, diagnostics=["error: 500"])])
    with pytest.raises(ApplyError, match=r"(?s)error: 500.*half-way; what was done is kept") as raised:
        run(stack, Site([True]))
    assert raised.value.exit_code == 1


def test_a_second_preview_that_is_not_empty_fails_the_check() -> None:
    stack = Scripted([operation("domain"), operation("domain"), operation("domain")])
    with pytest.raises(ApplyError, match=r"a second preview is not empty: staging: 1 to be changed"):
        run(stack, Site([True]))


@pytest.mark.parametrize("second", [operation(), operation("domain")], ids=["done", "not stable"])
def test_a_site_that_no_longer_answers_needs_a_person_now(second: Operation) -> None:
    site = Site([True, False])
    with pytest.raises(UrgentError, match=r"answered before, and has not for 60 seconds now") as raised:
        run(Scripted([operation("domain"), operation("domain"), second]), site)
    assert raised.value.exit_code == 3
    assert site.waited == 60


def test_a_site_may_take_a_while_to_answer_again() -> None:
    site = Site([True, False, False, True])
    run(Scripted([operation("domain"), operation("domain"), operation()]), site)
    assert site.waited == 10


def test_a_site_that_has_never_answered_is_no_reason_to_fail() -> None:
    site = Site([False])
    run(Scripted([operation("domain"), operation("domain"), operation()]), site)
    assert site.told[-1] == f"{URL} did not answer before either, so it was not asked again."


@pytest.fixture
def real(live: Sandbox) -> Iterator[Stack]:
    """Staging as the engine has it, with a change that waits to be applied."""
    workspace = live.workspace
    live.change("staging", nodeVersion="22.x")
    live.prepare("staging")
    with serve(live.urls, IMPATIENT) as debug_providers:
        yield Stack(
            name="staging",
            project=workspace.project,
            folder=workspace.folder,
            engine=workspace.engine,
            environment={**workspace.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
        )


def refusal(stack: Stack) -> str:
    with pytest.raises(ApplyError) as raised:
        apply(stack, None, Site([False]).surroundings())
    return str(raised.value)


def node_version(sandbox: Sandbox) -> str:
    return sandbox.github("GET", "/environments/staging-build/variables/NODE_VERSION")["value"]


def test_an_up_that_meets_a_lock_says_who_holds_it_and_what_to_type(live: Sandbox, real: Stack) -> None:
    locks = live.workspace.state / ".pulumi/locks/organization/ai-tools/staging"
    locks.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 4242, "username": "kim", "hostname": "runner-7", "timestamp": "2026-11-28T03:00:00Z"}
    lock = locks / "5f7cbb0e-7d3f-4c66-9f8e-0d3cf0a3a4d1.json"
    lock.write_text(json.dumps(holder))
    said = refusal(real)
    assert "created by kim@runner-7 (pid 4242) at 2026-11-28T03:00:00Z" in said
    assert "staging was not touched" in said
    # What it says to type works.
    assert "  pulumi cancel --stack staging\n  pulumi refresh --stack staging\n" in said
    live.workspace.pulumi("cancel", "--yes", "--stack", "staging")
    assert not lock.exists()
    assert node_version(live) == "24.x"
    apply(real, None, Site([False]).surroundings())
    assert node_version(live) == "22.x"


def test_an_up_after_a_kill_says_what_nobody_knows_the_end_of(live: Sandbox, real: Stack) -> None:
    (file,) = live.workspace.state.glob(".pulumi/stacks/*/staging.json")
    state = json.loads(file.read_text())
    urn = "urn:pulumi:staging::ai-tools::datadog:index/monitor:Monitor::monitoring-new"
    resource = {"urn": urn, "custom": True, "type": "datadog:index/monitor:Monitor"}
    state["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating", "resource": resource}]
    file.write_text(json.dumps(state))
    said = refusal(real)
    assert f"was killed while it was:\n  creating {urn}\nNothing was changed now." in said
    assert node_version(live) == "24.x"
    # What it says to type works.
    assert "  pulumi refresh --clear-pending-creates --stack staging\n" in said
    debug_providers = real.environment["PULUMI_DEBUG_PROVIDERS"]
    arguments = ("--clear-pending-creates", "--stack", "staging", "--yes", "--skip-preview")
    live.workspace.pulumi("refresh", *arguments, debug_providers=debug_providers)
    assert real.cut_off() == []


def test_a_state_that_cannot_be_read_is_told_in_a_sentence(live: Sandbox, real: Stack) -> None:
    elsewhere = {**real.environment, "PULUMI_BACKEND_URL": (live.workspace.home / "nowhere").as_uri()}
    assert "The state cannot be read. Nothing was changed." in refusal(replace(real, environment=elsewhere))


def test_outputs_that_cannot_be_read_are_told_in_a_sentence(
    live: Sandbox, real: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {**real.environment, "PULUMI_BACKEND_URL": (live.workspace.home / "nowhere").as_uri()}
    monkeypatch.setattr(Stack, "cut_off", Scripted.cut_off)
    assert "The stack's outputs cannot be read. Nothing was changed." in refusal(replace(real, environment=elsewhere))


def test_a_token_that_was_rotated_is_what_the_accounts_are_read_with(live: Sandbox, real: Stack) -> None:
    rotated = f"ghp_{'9' * 36}"
    tokens = live.state.collection("github.tokens")
    tokens[rotated] = tokens.pop(live.accounts.github_token)
    live.accounts = replace(live.accounts, github_token=rotated)
    live.prepare("staging")
    assert not real.run("preview", refresh=True).succeeded
    planned = seen(real, **REFRESH)
    assert ("update", "default", ["token"]) in planned
    apply(real, None, Site([False]).surroundings())
    assert node_version(live) == "22.x"
    assert seen(real, refresh=True) == []


def seen(stack: Stack, **options: Any) -> list[tuple[str, str, list[str]]]:
    """What a preview shows: operation, name, properties."""
    made = preview_of(stack.run("preview", **options))
    assert made.succeeded, made.diagnostics
    return [(change.operation, change.name.partition("_")[0], change.changed) for change in made.changes]


PROTECTING = """
import pulumi


def _protect(held):
    if held.name == "build-variable-NODE_VERSION":
        held.opts.protect = True
    return pulumi.ResourceTransformationResult(held.props, held.opts)


pulumi.runtime.register_stack_transformation(_protect)
pulumi.export("extra", "x")
"""


def test_what_an_up_would_write_into_the_state_alone_is_a_change(live: Sandbox, real: Stack) -> None:
    live.change("staging", nodeVersion="24.x")
    live.prepare("staging")
    assert seen(real) == []
    program = live.workspace.project / "__main__.py"
    program.write_text(program.read_text().replace("import pulumi\n", PROTECTING, 1))
    settings = live.workspace.folder / "Pulumi.staging.yaml"
    config = yaml.safe_load(settings.read_text())
    config["config"]["github:retryableErrors"] = [409, 500]
    settings.write_text(yaml.safe_dump(config))
    (file,) = live.workspace.state.glob(".pulumi/stacks/*/staging.json")
    state = json.loads(file.read_text())
    resources = state["checkpoint"]["latest"]["resources"]
    (variable,) = (each for each in resources if each["urn"].endswith("::build-variable-ENVIRONMENT"))
    resources.append({**variable, "delete": True})
    file.write_text(json.dumps(state))
    assert sorted(seen(real)) == [
        ("delete", "build-variable-ENVIRONMENT", []),
        ("update", "ai-tools-staging", ["extra"]),
        ("update", "build-variable-NODE", ["protect: true"]),
        ("update", "default", ["retryableErrors"]),
    ]
