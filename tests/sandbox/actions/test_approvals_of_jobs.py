import pytest

from sandbox.actions.moments import WaitingJob
from tests.sandbox.actions.conftest import Forge

RELEASE = """
on: push
jobs:
  build: {runs-on: ubuntu-latest, steps: [{run: echo built}]}
  live:
    runs-on: ubuntu-latest
    needs: build
    environment: live
    steps: [{run: 'echo "$S"', env: {S: "${{ secrets.S }}"}}]
  beside: {runs-on: ubuntu-latest, needs: build, environment: Live, steps: [{run: echo beside}]}
  after: {runs-on: ubuntu-latest, needs: [live, beside], if: always(), steps: [{run: 'echo ${{ needs.live.result }}'}]}
"""


def test_a_job_waits_for_a_reviewer_and_the_run_says_so(forge: Forge) -> None:
    forge.environment("live", secrets={"S": "x1x2x3"}, reviewers=("octocat",))
    statuses: list[tuple[str, list[str]]] = []
    waited: list[str] = []

    def decide(waiting: WaitingJob) -> None:
        run = forge.document(waiting.run)
        statuses.append((run["status"], run["waiting_for"]))
        waited.append(waiting.job)
        # One answer is for both jobs that wait.
        if len(waited) == 2:
            waiting.approve("octocat", "looks good")

    result = forge.run(RELEASE, runner=forge.runner(on_waiting=decide))
    assert (result.conclusion, set(waited)) == ("success", {"live", "beside"}), result.log
    # The environment as it is called, whichever way a job writes it, and once.
    assert statuses == [("waiting", ["live"])] * 2
    run = forge.document(result.id)
    assert (run["status"], run["conclusion"], run["waiting_for"]) == ("completed", "success", [])


def test_a_rejected_job_fails_before_its_first_step(forge: Forge) -> None:
    forge.environment("live", secrets={"S": "x1x2x3"}, reviewers=("octocat",))
    runner = forge.runner(on_waiting=lambda waiting: waiting.reject("octocat", "not today"))
    result = forge.run(RELEASE, runner=runner)
    assert result.results == {"build": "success", "live": "failure", "beside": "failure", "after": "success"}
    assert result.jobs["live"].steps == ()
    assert "octocat rejected the deployment to live: not today" in result.jobs["live"].log


@pytest.mark.parametrize(
    ("reviewers", "prevent_self_review", "ignored", "counts"),
    [
        (("octocat",), False, "mona", "octocat"),
        (("octocat",), False, "stranger", "octocat"),
        (("mona", "octocat"), True, "mona", "octocat"),
        (("mona",), False, "hubot", "mona"),
    ],
)
def test_only_a_review_by_one_whom_the_environment_asks_counts(
    forge: Forge, reviewers: tuple[str, ...], ignored: str, counts: str, *, prevent_self_review: bool
) -> None:
    forge.environment("live", reviewers=reviewers, prevent_self_review=prevent_self_review)

    def decide(waiting: WaitingJob) -> None:
        waiting.reject(ignored, "ignored")
        waiting.approve(counts)

    result = forge.run(
        "on: push\njobs: {a: {runs-on: ubuntu-latest, environment: live, steps: [{run: echo}]}}",
        runner=forge.runner(on_waiting=decide),
    )
    assert result.conclusion == "success", result.log


def test_each_job_asks_anew_and_a_team_may_answer(forge: Forge) -> None:
    forge.environment("live", reviewers=("mona",))
    key = "acme/app/live"
    team = next(iter(forge.state.collection("github.teams").values()))
    environments = forge.state.collection("github.environments")
    environments[key] = {**environments[key], "reviewers": [{"type": "Team", "id": team["id"]}]}
    asked: list[str] = []

    def decide(waiting: WaitingJob) -> None:
        asked.append(waiting.job)
        waiting.approve("octocat")

    result = forge.run(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, environment: live, steps: [{run: echo}]}
  b: {runs-on: ubuntu-latest, environment: live, needs: a, steps: [{run: echo}]}
""",
        runner=forge.runner(on_waiting=decide),
    )
    assert (result.conclusion, asked) == ("success", ["a", "b"])


def test_a_run_that_is_cancelled_while_it_waits_starts_nothing_more(forge: Forge) -> None:
    forge.environment("live", reviewers=("octocat",))
    runner = forge.runner(on_waiting=lambda waiting: runner.cancel(waiting.run, "mona"))
    result = forge.run(RELEASE, runner=runner)
    assert (result.conclusion, result.message) == ("cancelled", "The run was canceled by @mona.")
    assert result.results == {"build": "success", "live": "cancelled", "beside": "cancelled", "after": "success"}
