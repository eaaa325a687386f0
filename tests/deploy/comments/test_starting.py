import pytest

from deploy.clients.github import GitHub
from deploy.comments.parsing import Command
from deploy.comments.plan import Plan
from deploy.comments.starting import queued, start
from deploy.http_client import CallFailedError
from tests.deploy.comments.team import Team
from tests.deploy.comments.test_markup import spans

ROLLBACK = Plan(
    command=Command(name="rollback", environment="production", target="dpl_1", reason="`x` <b>@octocat</b>"),
    workflow="rollback.yml",
    ref="main",
    inputs={"target_deployment": "dpl_1", "reason": "slow"},
    title="Rollback",
    remarks=("Production is locked.", ""),
)


@pytest.mark.parametrize("answer", [None, {}, {"workflow_run_id": 1}, {"workflow_run_id": "x", "html_url": "y"}, []])
def test_a_start_that_does_not_say_which_run_it_is_may_have_been_made(
    team: Team, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    def send(*_: object) -> object:
        return answer

    monkeypatch.setattr(GitHub, "send", send)
    with pytest.raises(CallFailedError, match="cannot be read") as caught:
        start(team.github(), ROLLBACK, "octocat", None)
    assert caught.value.maybe_done


def test_a_terminals_start_has_no_answer(team: Team) -> None:
    run, page = start(team.github(), ROLLBACK, "octocat", None)
    assert page.endswith(f"/acme/ai-tools/actions/runs/{run}")
    assert team.dispatched[0]["inputs"] == {
        **ROLLBACK.inputs,
        "rollback_database": "false",
        "answer": "",
        "asked_by": "",
    }
    start(team.github(), ROLLBACK, "octocat", 7)
    assert team.dispatched[1]["inputs"]["answer"] == "7"
    assert team.dispatched[1]["inputs"]["asked_by"] == "octocat"


def test_what_is_queued_is_told_with_its_remarks() -> None:
    first, *rest = queued(ROLLBACK, "https://github.com/acme/ai-tools/actions/runs/1").split("\n\n")
    assert rest == ["Production is locked.", "This comment says how it ends."]
    assert ("code_inline", "dpl_1") in spans(first)
    assert ("code_inline", "`x` <b>@octocat</b>") in spans(first)
