import base64
import threading
from pathlib import Path

import httpx2

from sandbox.actions.runner import actions_runner, serve_runs
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed
from sandbox.world.server import running

CALLS = """
on:
  push: {branches: [main]}
  workflow_dispatch: {inputs: {reason: {required: true}}}
permissions: {contents: read}
jobs:
  a:
    name: Ask
    runs-on: ubuntu-latest
    steps:
      - name: Ask GitHub
        run: |
          get() { curl --silent --fail --header "authorization: Bearer $TOKEN" "$API/repos/acme/app/$1"; }
          if get "actions/runs/$GITHUB_RUN_ID"; then exit 1; fi
          get contents/README.md | jq --raw-output .path
          echo "## ${{ inputs.reason || 'pushed' }}" >> "$GITHUB_STEP_SUMMARY"
        env: {TOKEN: "${{ github.token }}", API: "${{ github.api_url }}"}
      - {name: Not, if: failure(), run: exit 0}
"""


def test_a_push_and_a_dispatch_in_the_world_start_act(tmp_path: Path) -> None:
    with (
        running() as (state, urls),
        actions_runner(state, environ={"GITHUB_API_URL": urls["github"]}, folder=tmp_path) as runner,
        httpx2.Client(base_url=f"{urls['github']}/repos/acme/app", trust_env=False) as client,
    ):
        seed(state, owner="acme", repository="app", branches=["main"], users={"mona": "write"})
        grant_token(state, "t", login="mona", scopes=["repo", "workflow"])
        client.headers["Authorization"] = "Bearer t"
        body = {"message": "Deliver", "content": base64.b64encode(CALLS.encode()).decode()}
        assert client.put("/contents/.github/workflows/flow.yml", json=body).status_code == 201
        (pushed,) = state.collection("github.workflow_runs").values()
        asked = {"ref": "main", "inputs": {"reason": "told"}, "return_run_details": True}
        dispatched = client.post("/actions/workflows/flow.yml/dispatches", json=asked).json()["workflow_run_id"]
        for number, summary in ((pushed["id"], "## pushed"), (dispatched, "## told")):
            result = runner.wait(number, 30)
            assert (result.conclusion, result.summary.strip()) == ("success", summary), result.log
            assert "a | Ask GitHub | README.md" in result.log
            shown = client.get(f"/actions/runs/{number}").json()
            assert (shown["status"], shown["conclusion"]) == ("completed", "success")
            (job,) = state.collection("github.workflow_runs")[str(number)]["jobs"]
            assert (job["name"], job["conclusion"]) == ("Ask", "success")
            assert [(step["name"], step["conclusion"]) for step in job["steps"]] == [
                ("Ask GitHub", "success"),
                ("Not", "skipped"),
            ]


def test_the_loop_takes_runs_until_it_is_stopped(tmp_path: Path) -> None:
    stopped = threading.Event()
    with running() as (state, urls):
        seed(
            state,
            owner="acme",
            repository="app",
            branches=["main"],
            users={"mona": "write"},
            files={".github/workflows/flow.yml": CALLS.encode()},
        )
        grant_token(state, "t", login="mona", scopes=["repo", "workflow"])
        environ = {"GITHUB_API_URL": urls["github"]}
        loop = threading.Thread(
            target=serve_runs, kwargs={"state": state, "environ": environ, "folder": tmp_path, "stopped": stopped}
        )
        loop.start()
        with httpx2.Client(base_url=urls["github"], headers={"Authorization": "Bearer t"}, trust_env=False) as client:
            asked = {"ref": "main", "inputs": {"reason": "x"}, "return_run_details": True}
            path = "/repos/acme/app/actions/workflows/flow.yml/dispatches"
            number = client.post(path, json=asked).json()["workflow_run_id"]
            runs = state.collection("github.workflow_runs")
            while runs[str(number)]["status"] != "completed":
                threading.Event().wait(0.02)
        stopped.set()
        loop.join()
        assert runs[str(number)]["conclusion"] == "success"
