"""A busy afternoon, for the page's picture and for tests of a full page."""

from sandbox.world.github import history
from tests.sandbox.page.story import BOT, DOMAIN_OF, Story


def afternoon(story: Story) -> None:
    """Releases that went well, one that was rolled back, a lock, and one that waits for its reviewer."""
    story.bring_up()
    story.let_pass(170)
    story.release("staging", "Search prompts by tag (#41)", minutes=4)
    story.let_pass(21)
    good = story.release("production", "Search prompts by tag (#41)", minutes=9)
    story.let_pass(34)
    story.release("staging", "Cache the model list for an hour (#44)", minutes=4)
    story.let_pass(16)
    story.release("production", "Cache the model list for an hour (#44)", minutes=8)
    story.let_pass(6)
    issue = story.issue("Prices are an hour old since the last release")
    story.comment(issue, "@workflow:rollback previous prices are stale", reactions=("eyes", "rocket"))
    story.let_pass(1)
    story.slack(":rotating_light: EMERGENCY ROLLBACK INITIATED by morgan")
    story.roll_back("production", good)
    story.record("production", good, by="morgan", kind="rollback")
    story.lock("production", "prices are stale, #44 is being mended")
    story.event("Production Rollback", "Traffic moved back in production by morgan", "production", "warning")
    story.slack(":leftwards_arrow_with_hook: Rollback: serves again, healthy. https://ai-tools.example.com")
    answer = f"✅ **Rollback**: done. {good} serves production again, and production is locked."
    story.comment(issue, answer, login=BOT)
    story.let_pass(24)
    bad = story.push("staging", "Let the cache go when a price changes")
    story.jobs(bad, 2, failed="Build")
    story.end(bad, "failure", failed="Build")
    story.slack(":fire: Staging deployment failed (build)! <!channel> What served before serves. By mona.")
    story.event("Staging Deployment failed", "The deployment did not end well. failed job build", "staging", "error")
    story.let_pass(12)
    story.release("staging", "Let the cache go when a price changes (#47)", minutes=4)
    story.comment(issue, "@workflow:unlock production", reactions=("eyes", "+1"))
    history.set_ref(story.state, story.repository, "refs/heads/deploy-lock/production", None, actor="morgan")
    story.let_pass(3)
    waiting = story.push("production", "Let the cache go when a price changes (#47)", login="morgan")
    story.let_pass(2)
    story.jobs(waiting, 7)
    story.stage("production", waiting, login="morgan")
    story.backup("production")
    story.wait(waiting)
    story.let_pass(0.3)
    for domain in DOMAIN_OF.values():
        assert story.visit(domain) == 200
