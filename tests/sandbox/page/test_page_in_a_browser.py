"""The page in Chromium: what is seen and heard, and what the buttons do."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from sandbox.browser import BrowserError, arguments, find_browser
from sandbox.world import faults
from tests.sandbox.page.afternoon import afternoon
from tests.sandbox.page.conftest import ServedPage
from tests.sandbox.page.story import DOMAIN_OF

PATIENCE_MS = 15_000
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text()
LEGIBLE = 4.5
"""Of text, by WCAG 2.2, 1.4.3."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    try:
        program = find_browser()
    except BrowserError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        yield browser
        browser.close()


@pytest.fixture
def errors() -> list[str]:
    """What the page complained of in the browser's console."""
    return []


@pytest.fixture
def tab(chromium: Browser, page: ServedPage, errors: list[str]) -> Iterator[Page]:
    """A desktop's tab, closed before the page that it shows is; no script of the page may fail in it.

    What the browser notes of a site that is visited there, as its status 401, is none of the page's.
    """
    context = chromium.new_context(viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    made = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and message.location.get("url", page.url).startswith(page.url):
            errors.append(message.text)

    made.on("console", note)
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()
    assert errors == []


def open_page(tab: Page, page: ServedPage) -> None:
    """Open the page and wait for its first view."""
    tab.goto(page.url)
    expect(tab.get_by_text("live", exact=True)).to_be_visible()


def card(tab: Page, environment: str) -> Locator:
    """An environment's card, as a screen reader finds it."""
    return tab.get_by_role("article", name=environment)


def entry(tab: Page, title: str) -> Locator:
    """A line of the timeline."""
    return tab.get_by_role("log").get_by_role("listitem").filter(has_text=title)


def test_both_environments_are_there_before_anything_is_up_and_after(tab: Page, page: ServedPage) -> None:
    open_page(tab, page)
    expect(tab.get_by_role("article")).to_have_count(2)
    expect(card(tab, "Production")).to_contain_text("Not up yet")
    page.story.bring_up()
    expect(card(tab, "Staging")).to_contain_text("staging.ai-tools.example.com")
    expect(card(tab, "Production")).to_contain_text("Nothing has been promoted yet")
    expect(card(tab, "Production")).to_contain_text("3 declared, none alerting")
    expect(entry(tab, "3 monitors watch production")).to_be_visible()


def test_a_deployment_that_is_promoted_appears_without_a_reload(tab: Page, page: ServedPage) -> None:
    story = page.story
    story.bring_up()
    open_page(tab, page)
    tab.evaluate("window.stayed = true")
    run = story.push("production", "Search prompts by tag (#41)")
    deployment = story.stage("production", run)
    expect(card(tab, "Production").get_by_text("ready")).to_be_visible()
    story.promote("production", deployment)
    story.visit(DOMAIN_OF["production"])
    production = card(tab, "Production")
    expect(production).to_contain_text(f"{run['head_sha'][:7]} Search prompts by tag (#41)")
    expect(production.get_by_text("healthy")).to_be_visible()
    expect(entry(tab, "Traffic moved to")).to_be_visible()
    assert tab.evaluate("window.stayed")


def test_slack_datadog_github_and_comments_come_in_as_they_happen(tab: Page, page: ServedPage) -> None:
    story = page.story
    story.bring_up()
    open_page(tab, page)
    story.slack(":rocket: Production deployment successful: https://ai-tools.example.com By mona.")
    expect(entry(tab, "#deploys: 🚀 Production deployment successful")).to_be_visible()
    story.event("Production Deployment failed", "failed job promote", "production", "error")
    expect(entry(tab, "Production Deployment failed").get_by_role("img", name="failure")).to_be_visible()
    story.comment(story.issue("Checkout fails"), "@workflow:status", reactions=("eyes",))
    expect(entry(tab, "morgan on #1: @workflow:status 👀")).to_be_visible()
    story.backup("production")
    expect(entry(tab, "completed")).to_be_visible()


def test_the_health_check_is_broken_and_mended_by_its_button(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.release("production", "Search prompts by tag")
    open_page(tab, page)
    tab.get_by_role("button", name="Break production: live site").click()
    expect(card(tab, "Production").get_by_text("health answers 500")).to_be_visible()
    expect(tab.get_by_text("The health check of ai-tools.example.com answers 500 from now on.")).to_be_visible()
    assert page.story.visit(DOMAIN_OF["production"]) == 500
    tab.get_by_role("button", name="Mend production: live site").click()
    expect(card(tab, "Production").get_by_text("health answers 500")).to_have_count(0)
    assert page.story.visit(DOMAIN_OF["production"]) == 200


def test_calls_fail_as_the_form_says_until_they_are_lifted(tab: Page, page: ServedPage) -> None:
    open_page(tab, page)
    lift = tab.get_by_role("button", name="Lift all")
    expect(lift).to_be_disabled()
    tab.get_by_label("To", exact=True).select_option("GitHub")
    tab.get_by_label("How", exact=True).select_option("no answer")
    tab.get_by_label("Calls", exact=True).fill("2")
    tab.get_by_role("button", name="Fail", exact=True).click()
    expect(tab.get_by_role("list", name="Armed faults")).to_contain_text(
        "the next 2 calls to github: are never answered"
    )
    (armed,) = faults.armed(page.story.state)
    assert (armed["service"], armed["kind"], armed["times"]) == ("github", "timeout", 2)
    lift.click()
    expect(lift).to_be_disabled()
    assert faults.armed(page.story.state) == []


def test_a_command_is_written_by_a_chip_and_commented_as_somebody(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.issue("Checkout fails")
    open_page(tab, page)
    tab.get_by_label("On", exact=True).select_option("#1 Checkout fails")
    tab.get_by_label("As", exact=True).select_option("morgan (maintain)")
    tab.get_by_role("button", name=re.compile("Write @workflow:rollback")).click()
    text = tab.get_by_label("Text", exact=True)
    expect(text).to_have_value("@workflow:rollback previous the checkout fails")
    expect(text).to_be_focused()
    tab.get_by_role("button", name="Post the comment").click()
    expect(entry(tab, "morgan on #1: @workflow:rollback previous the checkout fails")).to_be_visible()
    expect(text).to_have_value("")
    (comment,) = page.story.state.collection("github.comments").values()
    assert (comment["issue"], comment["login"]) == (1, "morgan")


@pytest.mark.parametrize(("button", "verdict"), [("Approve", "approved"), ("Reject", "rejected")])
def test_a_waiting_job_is_answered_from_its_environment(tab: Page, page: ServedPage, button: str, verdict: str) -> None:
    page.story.bring_up()
    run = page.story.push("production", "Search prompts by tag")
    page.story.wait(run)
    open_page(tab, page)
    tab.get_by_role("button", name=f"{button} Deploy to production #1 in production").click()
    expect(entry(tab, f"octocat {verdict} Deploy to production #1 for production-database")).to_be_visible()
    page.story.end(run)
    expect(tab.get_by_role("button", name=button)).to_have_count(0)


def test_an_error_is_shown_in_one_sentence(tab: Page, page: ServedPage, errors: list[str]) -> None:
    open_page(tab, page)
    page.story.state.collection("github.users").clear()
    tab.get_by_label("Text", exact=True).fill("hello")
    tab.get_by_role("button", name="Post the comment").click()
    said = tab.get_by_text(re.compile(r"^Nobody called \w+ may see the repository"))
    expect(said).to_be_visible()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("hello")
    # The browser's own note of the status 409.
    errors.clear()


def test_what_is_being_written_and_chosen_survives_news(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.issue("Checkout fails")
    open_page(tab, page)
    tab.get_by_label("As", exact=True).select_option("mona (write)")
    tab.get_by_label("Text", exact=True).fill("half a sent")
    page.story.release("production", "Search prompts by tag")
    page.story.issue("Another one")
    expect(entry(tab, "Another one")).to_be_visible()
    expect(tab.get_by_label("Text", exact=True)).to_be_focused()
    expect(tab.get_by_label("Text", exact=True)).to_have_value("half a sent")
    expect(tab.get_by_label("As", exact=True)).to_have_value("mona")
    expect(tab.get_by_label("On", exact=True)).to_have_value("1")


def test_news_move_neither_cards_nor_buttons_nor_what_is_being_read(tab: Page, page: ServedPage) -> None:
    afternoon(page.story)
    open_page(tab, page)
    places = "[...document.querySelectorAll('article, aside button')].map((e) => e.getBoundingClientRect().toJSON())"
    before = tab.evaluate(places)
    page.story.slack(":rocket: Staging deployment successful")
    page.story.stage("staging", page.story.push("staging", "A change with a rather long name that goes on and on"))
    expect(entry(tab, "A change with a rather long name").first).to_be_visible()
    assert tab.evaluate(places) == before
    read = entry(tab, "EMERGENCY ROLLBACK")
    read.scroll_into_view_if_needed()
    tab.mouse.wheel(0, 200)
    tab.wait_for_timeout(300)
    place = _top(read)
    for number in range(3):
        page.story.issue(f"Issue {number}")
    expect(entry(tab, "Issue 2")).to_have_count(1)
    assert _top(read) == pytest.approx(place, abs=1)


def test_kinds_and_environments_are_left_out_by_their_filters(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.slack("hello")
    open_page(tab, page)
    slack, production = entry(tab, "#deploys: hello"), entry(tab, "3 monitors watch production")
    kind = tab.get_by_role("group", name="Show kinds").get_by_role("button", name="Slack")
    kind.click()
    expect(kind).to_have_attribute("aria-pressed", "false")
    expect(slack).to_be_hidden()
    tab.get_by_role("group", name="Show environments").get_by_role("button", name="Production").click()
    expect(production).to_be_hidden()
    page.story.slack("hello again")
    page.story.issue("Checkout fails")
    expect(entry(tab, "Checkout fails")).to_be_visible()
    expect(entry(tab, "hello again")).to_be_hidden()
    kind.click()
    expect(entry(tab, "hello again")).to_be_visible()


def test_a_long_text_is_unfolded_and_stays_so(tab: Page, page: ServedPage) -> None:
    page.story.comment(page.story.issue("Checkout fails"), f"It fails.\n{'Since noon. ' * 30}\nThe last line.")
    open_page(tab, page)
    last = tab.get_by_text("The last line.")
    expect(last).to_be_hidden()
    entry(tab, "It fails.").locator("summary").click()
    expect(last).to_be_visible()
    page.story.issue("Another one")
    expect(entry(tab, "Another one")).to_be_visible()
    expect(last).to_be_visible()


def test_what_people_write_is_text_and_never_markup(tab: Page, page: ServedPage) -> None:
    page.story.issue('<img src=x onerror="window.broken = true"><b>bold</b>')
    open_page(tab, page)
    expect(entry(tab, "<b>bold</b>")).to_be_visible()
    assert tab.evaluate("window.broken") is None
    assert tab.locator("main b, main img").count() == 0


def test_a_run_leads_to_what_its_jobs_printed(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.end(page.story.push("staging", "Search prompts by tag"))
    open_page(tab, page)
    card(tab, "Staging").get_by_role("link", name="Deploy to staging #1").click()
    expect(tab.get_by_text("== Build: success")).to_be_visible()


def test_the_sites_are_seen_by_clicking_where_they_serve(tab: Page, page: ServedPage) -> None:
    page.story.bring_up()
    page.story.release("production", "Search prompts by tag")
    page.story.stage("production", page.story.push("production", "Cache the model list"))
    open_page(tab, page)
    production = card(tab, "Production")
    production.get_by_role("link", name=DOMAIN_OF["production"], exact=True).click()
    expect(tab.get_by_text("AI tools", exact=True)).to_be_visible()
    assert tab.evaluate("location.hostname") == f"{DOMAIN_OF['production']}.localhost"
    assert tab.evaluate("document.referrer") == ""
    for line in (production.locator(".serving"), production.locator("dl > div").filter(has_text="Staged")):
        tab.go_back()
        expect(line.get_by_role("link")).to_have_attribute("title", "protected: Vercel asks visitors to log in")
        line.get_by_role("link").click()
        expect(tab.get_by_role("heading", name="Authentication Required")).to_be_visible()


def test_a_site_that_is_open_in_the_same_browser_presses_no_button(
    tab: Page, page: ServedPage, errors: list[str]
) -> None:
    page.story.bring_up()
    page.story.release("production", "Search prompts by tag")
    open_page(tab, page)
    assert tab.context.cookies() == []
    card(tab, "Production").get_by_role("link", name=DOMAIN_OF["production"], exact=True).click()
    expect(tab.get_by_text("AI tools", exact=True)).to_be_visible()
    press = """async ([url, token]) => {
        const body = JSON.stringify({ service: "vercel", kind: "status" });
        const tried = [];
        for (const mode of ["cors", "no-cors"]) for (const headers of [{}, { "X-Page-Token": token }])
            tried.push(await fetch(url, { method: "POST", mode, headers, body }).then(
                (answer) => answer.type, (error) => error.name));
        return tried;
    }"""
    pressed = tab.evaluate(press, [f"{page.url}/actions/fail-calls", page.token])
    assert set(pressed) <= {"TypeError", "opaque"}
    assert faults.armed(page.story.state) == []
    # The browser's own notes of what it refused.
    errors.clear()


def test_only_what_has_just_happened_is_marked_as_new(tab: Page, page: ServedPage) -> None:
    open_page(tab, page)
    old = {"channel": "deploys", "text": "said long ago", "ts": "1000.0"}
    page.story.state.collection("slack.messages").add(old)
    expect(entry(tab, "said long ago")).not_to_have_class(re.compile("new"))
    page.story.slack("said just now")
    expect(entry(tab, "said just now")).to_have_class(re.compile("new"))


def test_the_page_says_when_the_sandbox_is_gone(tab: Page, page: ServedPage, errors: list[str]) -> None:
    open_page(tab, page)
    tab.route("**/*", lambda route: route.abort())
    tab.get_by_role("button", name="Fail", exact=True).click()
    expect(tab.get_by_text("The sandbox does not answer: `make sandbox` starts it.")).to_be_visible()
    # The browser's own note of the connection.
    errors.clear()


def test_everything_can_be_done_with_the_keyboard_and_heard(tab: Page, page: ServedPage) -> None:
    afternoon(page.story)
    open_page(tab, page)
    for landmark in ("banner", "main"):
        expect(tab.get_by_role(landmark)).to_have_count(1)
    expect(tab.get_by_role("complementary", name="What an operator would try")).to_be_visible()
    log = tab.get_by_role("log")
    assert (log.get_attribute("aria-live"), log.get_attribute("aria-busy")) == ("polite", "false")
    nameless = """[...document.querySelectorAll('button, select, input:not([type=hidden]), textarea, a')].filter(
        (e) => !(e.ariaLabel || e.labels?.length || e.textContent.trim()))"""
    assert tab.evaluate(f"{nameless}.length") == 0
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the timeline")).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Staging", exact=True)).to_be_focused()
    tab.keyboard.press("Space")
    expect(tab.get_by_role("button", name="Staging", exact=True)).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_legible_in_every_size_and_scheme(chromium: Browser, page: ServedPage, scheme: Any, size: Any) -> None:
    afternoon(page.story)
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    tab = context.new_page()
    open_page(tab, page)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faint = tab.evaluate(CONTRASTS)
    context.close()
    assert len(faint) > 50
    assert [(what, ratio) for what, ratio in faint if ratio < LEGIBLE] == []


def _top(shown: Locator) -> float:
    box = shown.bounding_box()
    assert box is not None
    return box["y"]
