import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import pytest

from sandbox.page.actions import ACTIONS
from sandbox.page.server import TOKEN_HEADER
from sandbox.page.view.lengths import LONGEST
from sandbox.paths import PROJECT
from sandbox.world import faults
from sandbox.world.github.users import find_user
from sandbox.world.github.workflow_runs import update_run
from tests.sandbox.page.afternoon import afternoon
from tests.sandbox.page.conftest import PATIENCE_SECONDS, ServedPage, views
from tests.sandbox.page.story import DOMAIN_OF, REPOSITORY, Story

SAY_HELLO = """
import pathlib, sys
from sandbox.world.state import State
message = {"channel": "deploys", "text": "hello", "ts": "1.0"}
State(pathlib.Path(sys.argv[1])).collection("slack.messages").add(message)
"""


def test_the_page_and_its_files_are_served_and_nothing_may_come_from_elsewhere(page: ServedPage) -> None:
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        answer = page.http.get(f"{page.url}{path}")
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in page.http.get(page.url).text + page.http.get(f"{page.url}/page.js").text
    assert page.http.get(f"{page.url}/unheard-of.js").status_code == 404


def test_a_view_comes_when_the_page_is_opened_and_another_when_the_world_changes(page: ServedPage) -> None:
    with views(page) as events:
        assert next(events) == page.token
        assert [entry["title"] for entry in next(events)["timeline"]] == []
        page.story.issue("Checkout fails")
        assert [entry["title"] for entry in next(events)["timeline"]] == ["mona opened issue #1: Checkout fails"]


def test_what_another_process_writes_into_the_world_is_seen_as_well(page: ServedPage) -> None:
    with views(page) as events:
        next(events), next(events)
        subprocess.run([sys.executable, "-c", SAY_HELLO, page.story.home / "world.db"], cwd=PROJECT, check=True)
        assert [entry["title"] for entry in next(events)["timeline"]] == ["#deploys: hello"]


def test_a_change_that_shows_nothing_sends_nothing(page: ServedPage) -> None:
    with views(page) as events:
        next(events), next(events)
        page.story.visit("nobody.example.com")
        time.sleep(1)
        page.story.issue("Checkout fails")
        assert len(next(events)["timeline"]) == 1


def test_many_changes_at_once_leave_every_page_with_the_last_one(page: ServedPage) -> None:
    def last(found: list[int]) -> None:
        with views(page) as events:
            next(events)
            found.append(next(len(view["timeline"]) for view in events if len(view["timeline"]) == 30))

    counts: list[int] = []
    pages = [threading.Thread(target=last, args=[counts]) for _ in range(3)]
    for opened in pages:
        opened.start()
    for number in range(30):
        page.story.issue(f"Issue {number}")
    for opened in pages:
        opened.join(PATIENCE_SECONDS)
    assert counts == [30, 30, 30]


def test_only_the_page_itself_presses_its_buttons(page: ServedPage) -> None:
    address = f"{page.url}/actions/fail-calls"
    asked = {"service": "vercel", "kind": "status"}
    site = page.story.urls["site"]
    tried: list[dict[str, str]] = [
        {},
        {TOKEN_HEADER: "guessed"},
        {TOKEN_HEADER: page.token, "Origin": "https://evil.example.com"},
        {TOKEN_HEADER: page.token, "Origin": "null"},
        {TOKEN_HEADER: page.token, "Origin": f"http://{DOMAIN_OF['production']}.localhost:{port_of(site)}"},
        # Nor is a site that somebody serves on the page's own port the page.
        {TOKEN_HEADER: page.token, "Origin": f"http://{DOMAIN_OF['production']}.localhost:{port_of(page.url)}"},
    ]
    for headers in tried:
        answer = page.http.post(address, json=asked, headers=headers)
        assert (answer.status_code, len(page.story.state.collection("faults"))) == (403, 0)
    assert page.press("fail-calls", **asked).status_code == 200


def test_a_name_that_leads_to_this_machine_by_a_trick_is_shown_nothing(page: ServedPage) -> None:
    port = port_of(page.url)
    for host in ("evil.example.com", f"evil.example.com:{port}", f"{DOMAIN_OF['production']}.localhost:{port}"):
        for path in ("/", "/events", "/page.js"):
            answer = page.http.get(f"{page.url}{path}", headers={"Host": host})
            assert (answer.status_code, page.token in answer.text) == (421, False)
    assert page.http.get(page.url, headers={"Host": f"localhost:{port}"}).status_code == 200


def test_what_a_browser_sends_to_the_control_service_is_refused(story: Story) -> None:
    address = f"{story.urls['control']}/faults"
    fault = {"service": "vercel"}
    assert story.http.post(address, json=fault, headers={"Origin": "https://evil.example.com"}).status_code == 403
    assert len(story.state.collection("faults")) == 0
    assert story.http.post(address, json=fault).status_code == 201


def test_an_unknown_button_and_a_request_that_is_none_are_refused_in_a_sentence(page: ServedPage) -> None:
    unknown = page.press("destroy")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "There is no button destroy.")
    headers = {TOKEN_HEADER: page.token}
    for body in ("{", "[]"):
        answer = page.http.post(f"{page.url}/actions/comment", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("The request is no JSON")


@pytest.mark.parametrize(
    ("action", "asked", "said"),
    [
        ("break-health", {"environment": "qa", "place": "domain"}, "There is no such environment"),
        ("break-health", {"environment": "staging", "place": "domain"}, "Staging is not up yet"),
        ("break-health", {"environment": "staging", "place": "everywhere"}, "at one of domain, staged"),
        ("fail-calls", {"service": "control"}, "a fault's service is one of"),
        ("fail-calls", {"service": "vercel", "kind": "sulk"}, "a fault's kind is one of"),
        ("fail-calls", {"service": "vercel", "times": 0}, "Between 1 and 100 calls"),
        ("fail-calls", {"service": "vercel", "times": "many"}, "times is a number"),
        ("fail-calls", {"service": "vercel", "times": float("inf")}, "times is a number, not inf"),
        ("fail-calls", {"service": "vercel", "status": float("nan")}, "status is a number, not nan"),
        ("fail-calls", {"service": "vercel", "kind": None}, "kind is a text, not None"),
        ("comment", {"login": "operator", "body": " "}, "the text is empty"),
        ("comment", {"login": "operator", "body": None}, "body is a text, not None"),
        ("comment", {"login": None, "body": "hello"}, "login is a text, not None"),
        ("comment", {"login": "stranger", "body": "hello"}, "Nobody called stranger"),
        ("comment", {"login": "operator", "body": "hello", "issue": 9}, "There is no issue #9"),
        ("comment", {"login": "operator", "body": "x" * 65_537}, "at most 65536 characters"),
        ("review", {"run": 1, "verdict": "maybe"}, "approves or rejects"),
        ("review", {"run": 1, "verdict": "approved"}, "No job of that run waits"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    page: ServedPage, action: str, asked: dict[str, Any], said: str
) -> None:
    answer = page.press(action, **asked)
    message = answer.json()["message"]
    assert (answer.status_code, said in message, "\n" in message) == (409, True, False), message


def test_a_broken_health_check_fails_at_its_place_alone_and_is_mended(page: ServedPage) -> None:
    story = page.story
    story.bring_up()
    story.release("production", "Search prompts by tag")
    staged = story.stage("production", story.push("production", "Cache the model list"))
    host = story.state.collection("vercel.deployments")[staged]["url"]
    _open(story)
    assert (story.visit(DOMAIN_OF["production"]), story.visit(host)) == (200, 200)
    assert page.press("break-health", environment="production", place="domain").status_code == 200
    assert page.press("break-health", environment="production", place="domain").status_code == 200
    assert (story.visit(DOMAIN_OF["production"]), story.visit(host)) == (500, 200)
    assert story.visit(DOMAIN_OF["production"], "/") == 200
    page.press("mend-health", environment="production", place="domain")
    page.press("break-health", environment="production", place="staged")
    assert (story.visit(DOMAIN_OF["production"]), story.visit(host)) == (200, 500)
    page.press("mend-health", environment="production", place="staged")
    assert (story.visit(DOMAIN_OF["production"]), story.visit(host)) == (200, 200)


@pytest.mark.parametrize("kind", faults.KINDS)
def test_every_kind_of_fault_can_be_armed_and_all_be_lifted(page: ServedPage, kind: str) -> None:
    page.press("fail-calls", service="vercel", kind=kind, times="3", status="503")
    (armed,) = faults.armed(page.story.state)
    assert (armed["service"], armed["kind"], armed["times"], armed["status"]) == ("vercel", kind, 3, 503)
    page.press("lift-faults")
    assert faults.armed(page.story.state) == []


def test_a_comment_starts_what_a_persons_comment_starts(page: ServedPage) -> None:
    page.story.bring_up()
    said = page.press("comment", issue="0", login="morgan", body="@workflow:status").json()["message"]
    assert said == "morgan commented on #1."
    (run,) = page.story.state.collection("github.workflow_runs").values()
    assert (run["event"], run["actor"], run["status"]) == ("issue_comment", "morgan", "queued")


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
def test_a_reviewer_whom_the_environment_asks_answers_for_a_waiting_job(page: ServedPage, verdict: str) -> None:
    page.story.bring_up()
    run = page.story.push("production", "Search prompts by tag")
    page.story.wait(run)
    message = page.press("review", run=run["id"], verdict=verdict).json()["message"]
    assert message == f"octocat {verdict} Deploy to production #1."
    (review,) = page.story.state.collection("github.workflow_runs")[str(run["id"])]["approvals"]
    assert (review["environment"], review["login"], review["state"]) == ("production-database", "octocat", verdict)


def test_only_the_environment_whose_job_waits_is_answered_for(page: ServedPage) -> None:
    story = page.story
    story.bring_up()
    octocat = find_user(story.state, "octocat")
    assert octocat is not None
    asked = {"reviewers": [{"type": "User", "id": octocat["id"]}]}
    story.github("PUT", f"/repos/{REPOSITORY}/environments/production", asked)
    run = story.push("production", "Search prompts by tag")
    story.wait(run)
    page.press("review", run=run["id"], verdict="approved")
    reviews = story.state.collection("github.workflow_runs")[str(run["id"])]["approvals"]
    assert [review["environment"] for review in reviews] == ["production-database"]


def test_nobody_approves_what_they_started_where_the_environment_forbids_it(page: ServedPage) -> None:
    page.story.bring_up()
    run = page.story.push("production", "Search prompts by tag", login="octocat")
    page.story.wait(run)
    answer = page.press("review", run=run["id"], verdict="approved")
    assert answer.json()["message"] == "Nobody may answer: whoever is asked is octocat, who started the run."


def test_no_secret_reaches_the_page_though_somebody_wrote_it_down(page: ServedPage) -> None:
    story = page.story
    story.bring_up()
    password = "pass-word-of-the-database"
    story.set_secret("production-database", "DATABASE_URL", f"postgresql://app:{password}@127.0.0.1:1/app")
    bypasses = [secret for name in DOMAIN_OF for secret in story.project(name)["protectionBypass"]]
    secrets = [*asdict(story.accounts).values(), password, *bypasses]
    assert len(bypasses) == 2
    issue = story.issue(" ".join(secrets))
    story.comment(issue, "\n".join(secrets))
    story.slack(" ".join(secrets))
    story.event("Leak", " ".join(secrets), "production")
    run = story.push("production", " ".join(secrets))
    update_run(story.state, run["id"], message=" ".join(secrets), status="completed", conclusion="failure")
    with views(page) as events:
        next(events)
        shown = json.dumps(next(events))
    texts = [shown, page.http.get(page.url).text, page.http.get(f"{page.url}/runs/{run['id']}").text]
    assert "mona opened issue #1: ***" in shown
    assert [secret for secret in secrets for text in texts if secret in text] == []


def test_no_part_of_a_secret_is_left_where_a_title_or_a_text_is_cut(page: ServedPage) -> None:
    password = page.story.accounts.database_password
    for shown in (LONGEST["title"], LONGEST["text"]):
        page.story.issue("x" * (shown - len("mona opened issue #1: ") - 5) + password + "y" * shown)
    with views(page) as events:
        next(events)
        view = next(events)
    assert [entry["title"].endswith("…") for entry in view["timeline"]] == [True, True]
    assert [entry for entry in view["timeline"] if password[:4] in entry["title"] + entry["text"]] == []


def test_an_afternoon_fits_into_one_view_with_every_kind_of_entry(page: ServedPage) -> None:
    afternoon(page.story)
    with views(page) as events:
        next(events)
        view = next(events)
    titles = [entry["title"] for entry in view["timeline"]]
    assert any(title.endswith("EMERGENCY ROLLBACK INITIATED by morgan") for title in titles)
    assert {entry["kind"] for entry in view["timeline"]} == set(view["kinds"])
    assert len({entry["key"] for entry in view["timeline"]}) == len(titles)


def test_what_a_runs_jobs_printed_can_be_read(page: ServedPage) -> None:
    page.story.bring_up()
    run = page.story.push("staging", "Search prompts by tag")
    page.story.end(run)
    answer = page.http.get(f"{page.url}/runs/{run['id']}")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Deploy to staging #1: success\nSearch prompts by tag" in answer.text
    assert "== Build: success\nbuild | Run | done" in answer.text
    assert page.http.get(f"{page.url}/runs/1").status_code == 404


def test_every_button_that_there_is_has_a_sentence(page: ServedPage) -> None:
    for action in ACTIONS:
        message = page.press(action).json()["message"]
        assert message.endswith("."), f"{action}: {message}"


def test_the_page_gives_and_needs_no_cookie_and_lets_no_other_origin_read_it(page: ServedPage) -> None:
    page.story.bring_up()
    origin = f"http://{DOMAIN_OF['production']}.localhost:{port_of(page.story.urls['site'])}"
    answers = [page.http.get(f"{page.url}{path}", headers={"Origin": origin}) for path in ("/", "/page.js", "/runs/1")]
    answers.append(page.press("lift-faults"))
    for answer in answers:
        assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)
    with views(page) as events:
        assert next(events) == page.token


def port_of(url: str) -> str:
    """The port in an address."""
    return url.rpartition(":")[2]


def _open(story: Story) -> None:
    """Let visitors see staged deployments."""
    projects = story.state.collection("vercel.projects")
    for key, project in projects.items():
        projects[key] = {**project, "ssoProtection": None}
