from typing import Any

from sandbox.page.health_checks import HealthChecks
from sandbox.page.snapshot import take
from sandbox.page.view.page import view
from sandbox.world import faults
from sandbox.world.github import history
from sandbox.world.vercel.outcomes import break_site, mend_site
from tests.sandbox.page.story import DOMAIN_OF, STACKS, Story


def shown(story: Story, environment: str = "production") -> dict[str, Any]:
    """What the page shows of an environment."""
    made = view(take(story.state, STACKS, HealthChecks()), STACKS, {}, story.urls["site"])
    return next(entry for entry in made["environments"] if entry["name"] == environment)


def test_before_anything_is_up_both_environments_are_shown_and_empty(story: Story) -> None:
    made = view(take(story.state, STACKS), STACKS, {})
    assert [(entry["name"], entry["exists"], entry["serving"]) for entry in made["environments"]] == [
        ("staging", False, None),
        ("production", False, None),
    ]
    assert made["timeline"] == []


def test_what_serves_is_shown_with_its_commit_who_released_it_and_how(story: Story) -> None:
    story.bring_up()
    deployment = story.release("production", "Search prompts by tag (#41)")
    serving = shown(story)["serving"]
    assert (serving["deployment"], serving["message"]) == (deployment, "Search prompts by tag (#41)")
    assert (serving["by"], serving["through"], len(serving["commit"])) == ("mona", "release", 7)
    assert shown(story, "staging")["serving"] is None


def test_after_a_rollback_the_earlier_one_is_shown_and_what_was_taken_back_is_not_staged(story: Story) -> None:
    story.bring_up()
    good = story.release("production", "Search prompts by tag")
    story.release("production", "Cache the model list")
    story.roll_back("production", good)
    story.record("production", good, by="morgan", kind="rollback")
    environment = shown(story)
    assert environment["serving"]["deployment"] == good
    assert (environment["serving"]["by"], environment["serving"]["through"]) == ("morgan", "rollback")
    assert environment["staged"] == []


def test_what_is_staged_is_shown_until_it_serves(story: Story) -> None:
    story.bring_up()
    story.release("production", "Search prompts by tag")
    staged = story.stage("production", story.push("production", "Cache the model list"))
    (waiting,) = shown(story)["staged"]
    assert (waiting["deployment"], waiting["message"], waiting["state"]) == (staged, "Cache the model list", "ready")
    story.promote("production", staged)
    assert shown(story)["staged"] == []


def test_what_serves_and_what_is_staged_lead_to_where_a_browser_sees_them(story: Story) -> None:
    story.bring_up()
    assert shown(story)["link"] is None
    serving = story.release("production", "Search prompts by tag")
    staged = story.stage("production", story.push("production", "Cache the model list"))
    port = story.urls["site"].rpartition(":")[2]
    deployments, environment = story.state.collection("vercel.deployments"), shown(story)
    assert environment["link"] == {"to": f"http://ai-tools.example.com.localhost:{port}/", "protected": False}
    for deployment, link in ((serving, environment["serving"]["link"]), (staged, environment["staged"][0]["link"])):
        assert link == {"to": f"http://{deployments[deployment]['url']}.localhost:{port}/", "protected": True}
    deployments[staged] = {**deployments[staged], "readyState": "BUILDING"}
    assert shown(story)["staged"][0]["link"] is None
    project = story.project("production")
    project["ssoProtection"] = {"deploymentType": "all"}
    story.state.collection("vercel.projects")[project["id"]] = project
    assert shown(story)["link"]["protected"]


def test_a_page_that_knows_no_site_service_links_to_no_site(story: Story) -> None:
    story.bring_up()
    story.release("production", "Search prompts by tag")
    (_, environment) = view(take(story.state, STACKS), STACKS, {})["environments"]
    assert (environment["link"], environment["serving"]["link"]) == (None, None)


def test_health_is_what_whoever_looked_last_was_answered(story: Story) -> None:
    story.bring_up()
    deployment = story.stage("production", story.push("production", "Search prompts by tag"))
    story.promote("production", deployment)
    assert shown(story)["serving"]["health"]["outcome"] == "info"
    story.visit(DOMAIN_OF["production"])
    assert shown(story)["serving"]["health"]["words"] == "healthy"
    faults.add(story.state, faults.Fault(service="site", status=503))
    # As in the browser of whoever sits there.
    story.visit(f"{DOMAIN_OF['production']}.localhost:4000")
    health = shown(story)["serving"]["health"]
    assert (health["outcome"], health["words"]) == ("failure", "health answered 503")


def test_a_health_check_of_what_served_before_says_nothing_of_what_serves_now(story: Story) -> None:
    story.bring_up()
    story.release("production", "Search prompts by tag")
    story.let_pass(1)
    story.promote("production", story.stage("production", story.push("production", "Cache the model list")))
    assert shown(story)["serving"]["health"]["words"] == "serves, unchecked"


def test_a_site_that_was_broken_on_purpose_is_shown_at_once_and_until_it_is_mended(story: Story) -> None:
    story.bring_up()
    story.release("production", "Search prompts by tag")
    key = break_site(story.state, host="^ai-tools", status=500)
    assert shown(story)["serving"]["health"]["words"] == "health answers 500"
    mend_site(story.state, key)
    assert shown(story)["serving"]["health"]["words"] == "healthy"


def test_a_lock_is_shown_with_its_reason_and_who_holds_it(story: Story) -> None:
    assert shown(story)["lock"] is None
    story.lock("production", "prices are stale")
    lock = shown(story)["lock"]
    assert (lock["by"], lock["reason"]) == ("morgan", "prices are stale")
    assert shown(story, "staging")["lock"] is None


def test_a_lock_that_was_made_by_hand_holds_all_the_same(story: Story) -> None:
    head = history.find_ref(story.state, story.repository, "refs/heads/main")
    history.set_ref(story.state, story.repository, "refs/heads/deploy-lock/production", head)
    assert shown(story)["lock"] == {
        "by": "somebody",
        "reason": "its branch says nothing that can be read",
        "since": None,
    }


def test_the_run_that_waits_for_a_reviewer_is_shown_before_a_newer_one(story: Story) -> None:
    story.bring_up()
    waiting = story.push("production", "Search prompts by tag")
    story.jobs(waiting, 3)
    story.wait(waiting)
    story.push("production", "Cache the model list")
    run = shown(story)["run"]
    assert (run["id"], run["waiting"], run["outcome"]) == (waiting["id"], True, "waiting")
    assert [job["name"] for job in run["jobs"]][:3] == ["Admission", "Security audit", "Build"]
    assert {job["status"] for job in run["jobs"]} == {"success", "not ended"}


def test_a_comments_run_is_no_release(story: Story) -> None:
    story.bring_up()
    story.comment(story.issue("Checkout fails"), "@workflow:status")
    assert [run["event"] for run in story.state.collection("github.workflow_runs").values()] == ["issue_comment"]
    assert shown(story)["run"] is None


def test_monitors_are_counted(story: Story) -> None:
    story.bring_up()
    monitors = story.state.collection("datadog.monitors")
    key = next(key for key in monitors if "env:production" in monitors[key]["tags"])
    monitors[key] = {**monitors[key], "overall_state": "Alert"}
    assert shown(story)["monitors"] == {"total": 3, "alerting": 1, "states": {"Alert": 1, "No Data": 2}}
    assert shown(story, "staging")["monitors"]["alerting"] == 0


def test_armed_faults_are_told_in_words(story: Story) -> None:
    faults.add(story.state, faults.Fault(service="vercel", status=503, times=2, path="/promote"))
    faults.add(story.state, faults.Fault(kind="slow", seconds=5))
    assert view(take(story.state, STACKS), STACKS, {})["faults"] == [
        "the next 2 calls to vercel at /promote: answer 503",
        "the next call to any service: are answered 5 s late",
    ]


def test_what_somebody_wrote_at_length_is_cut_and_stays_in_the_text_of_its_entry_up_to_a_limit(story: Story) -> None:
    story.bring_up()
    story.release("production", f"Search {'prompts ' * 40}".strip())
    story.lock("production", "prices " * 400)
    issue = story.issue(f"Checkout {'fails ' * 60}the end")
    story.comment(issue, f"{'word ' * 60}the first line's end\nthe second line")
    story.comment(issue, "z" * 60_000)
    made = view(take(story.state, STACKS), STACKS, {})
    (_, environment) = made["environments"]
    short = [
        *(entry["title"] for entry in made["timeline"]),
        *(made["issues"][0]["title"], environment["serving"]["message"]),
        *(environment["run"]["about"], environment["lock"]["reason"]),
    ]
    assert max(len(words) for words in short) == 200
    assert all(words.endswith("…") for words in short[-4:])
    longest, comment, opened = [entry for entry in made["timeline"] if entry["kind"] == "comment"]
    assert (len(longest["text"]), longest["text"][-2:]) == (4000, "z…")
    assert comment["title"].endswith("…")
    assert comment["text"].endswith("the first line's end\n\nthe second line")
    assert opened["text"].endswith("the end")
