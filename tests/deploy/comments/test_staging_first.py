from deploy.release import staging_first
from tests.deploy.comments.team import Team


def test_a_run_that_a_pull_request_started_has_verified_nothing(team: Team) -> None:
    team.verify()
    tree = staging_first.tree_of(team.github(), team.head("develop"))
    assert staging_first.verified_by(team.github(), tree) is not None
    runs = team.production.state.collection("github.workflow_runs")
    for number, run in list(runs.items()):
        runs[number] = {**run, "event": "pull_request"}
    assert staging_first.verified_by(team.github(), tree) is None
