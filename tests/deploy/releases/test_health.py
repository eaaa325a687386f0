from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.world.exchanges import Exchange
from sandbox.world.vercel.outcomes import break_site
from tests.deploy.ended import Ended
from tests.deploy.releases.listener import Answer, Listener, answer, listening
from tests.deploy.releases.production import BYPASS, DOMAIN, Production

HEADER = "x-vercel-protection-bypass"
WELL = answer({"status": "ok", "version": "v2"})
ILL = answer({"message": "no"}, status=500)


def _check(production: Production, answers: Sequence[Answer], *argv: str) -> tuple[Ended, Listener]:
    """Whether a site that gives these answers is healthy."""
    with listening(answers) as site:
        return production.run("health", site.url, *argv), site


def _visits(production: Production) -> list[Exchange]:
    return [exchange for _, exchange in production.exchanges() if exchange.path == "/api/health"]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (answer({"status": "ok", "version": "v1"}), "its version is 'v1', not 'v2'"),
        (answer({"status": "ok"}), "its version is 'None', not 'v2'"),
        (answer({"status": "ok", "version": "v2\n::error::x"}), "another deployment answers"),
        (answer({"status": "degraded", "version": "v2"}), "its status is 'degraded', not 'ok'"),
        (answer({"status": True, "version": "v2"}), "its status is 'True', not 'ok'"),
        (answer({"version": "v2"}), "its status is 'None', not 'ok'"),
        (Answer(body="<html>v2 ok</html>"), "its answer is not JSON"),
        (Answer(body=""), "its answer is not JSON"),
        (Answer(body="[" * 100_000), "its answer is not JSON"),
        (answer([{"status": "ok", "version": "v2"}]), "its answer is no JSON object"),
        (answer("ok"), "its answer is no JSON object"),
        (answer({"status": "ok", "version": "v2"}, status=500), "it answers 500, not 200"),
        (answer({"status": "ok", "version": "v2"}, status=201), "it answers 201, not 200"),
        (answer({"status": "ok", "version": "v2"}, status=302, location="/login"), "it answers 302, not 200"),
        (Answer(status=401), "it answers 401, not 200"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_not_the_new_version_being_well_is_unhealthy(
    production: Production, given: Answer, fault: str
) -> None:
    ended, site = _check(production, [given], "--version=v2", "--tries=2", "--successes=1")
    assert ended.code == 1, ended
    assert fault in ended.err
    assert "after 2 tries" in ended.err
    assert not any(line.startswith("::") for line in ended.err.splitlines()), ended
    assert [asked.path for asked in site.asked] == ["/api/health"] * 2


@pytest.mark.parametrize(
    ("answers", "argv", "code", "tries"),
    [
        ([WELL], (), 0, 3),
        ([ILL, WELL], (), 0, 4),
        ([WELL, WELL, ILL, WELL], (), 0, 6),
        ([WELL, WELL, ILL, WELL], ("--successes=2",), 0, 2),
        ([WELL, ILL, WELL, WELL, ILL, WELL], ("--tries=7",), 1, 7),
        ([WELL, WELL, ILL, WELL, WELL, ILL], ("--tries=6",), 1, 6),
        ([ILL], (), 1, 10),
        ([ILL], ("--tries=40", "--interval=0"), 1, 40),
    ],
)
def test_enough_healthy_answers_in_a_row_within_the_tries_are_healthy(
    production: Production, answers: list[Answer], argv: tuple[str, ...], code: int, tries: int
) -> None:
    ended, site = _check(production, answers, "--version=v2", *argv)
    assert ended.code == code, ended
    assert len(site.asked) == tries


def test_any_version_is_taken_where_that_is_asked_for(production: Production) -> None:
    ended, _ = _check(production, [answer({"status": "ok", "version": "v1"})], "--any-version", "--json")
    assert ended.code == 0, ended
    assert (ended.document["tries"], ended.document["done"]) == (3, True)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("--version=",),
        ("--version=v2", "--any-version"),
        ("--version=v2", "--successes=4", "--tries=3"),
        ("--version=v2", "--successes=0"),
        ("--version=v2", "--tries=0"),
        ("--version=v2", "--interval=-1"),
        ("--version=v2", "--interval=nan"),
        ("--version=v2", "--interval=inf"),
    ],
)
def test_a_question_that_cannot_be_meant_is_not_asked(production: Production, argv: tuple[str, ...]) -> None:
    ended, site = _check(production, [WELL], *argv)
    assert ended.code == 2, ended
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://ai-tools.example.com",
        "http://127.0.0.1.example.com",
        "ai-tools.example.com",
        "https://",
        "",
        "ftp://localhost",
    ],
)
def test_an_address_that_is_not_https_is_refused(production: Production, url: str) -> None:
    ended = production.run("health", url, "--version=v2")
    assert ended.code == 2, ended
    assert _visits(production) == []


@pytest.mark.parametrize("own", [True, False], ids=["its own address", "the domain"])
def test_a_deployment_and_the_domain_are_opened_with_the_bypass(production: Production, *, own: bool) -> None:
    made = production.deploy("v2")
    production.serve(made)
    host = production.look(made)["url"] if own else DOMAIN
    ended = production.run("health", f"https://{host.upper()}/", "--version=v2", "--tries=3", DOMAIN=DOMAIN.title())
    assert ended.code == 0, ended
    assert [(visit.host, visit.request_headers.get(HEADER)) for visit in _visits(production)] == [
        (host, "[redacted]")
    ] * 3


@pytest.mark.parametrize("domain", [DOMAIN, ""])
@pytest.mark.parametrize("host", ["webhooks.example.com", "api.vercel.com", "hooks.slack.com"])
def test_another_host_never_sees_the_bypass(production: Production, host: str, domain: str) -> None:
    ended = production.run("health", f"https://{host}", "--any-version", "--tries=1", "--successes=1", DOMAIN=domain)
    assert ended.code == 1, ended
    (visit,) = _visits(production)
    assert (visit.host, HEADER in visit.request_headers) == (host, False)


def test_a_redirect_takes_the_bypass_nowhere(production: Production) -> None:
    made = production.deploy("v2")
    with listening([WELL]) as other:
        production.arm(service="site", times=9, status=307, headers={"Location": f"{other.url}/api/health"})
        ended = production.run(
            "health", f"https://{production.look(made)['url']}", "--version=v2", "--tries=2", "--successes=2"
        )
    assert ended.code == 1, ended
    assert "it answers 307, not 200" in ended.err
    assert other.asked == []


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"kind": "timeout"}, {"kind": "reset"}, {"kind": "broken"}, {"kind": "refused"}]
)
def test_a_site_that_fails_once_is_asked_again(production: Production, fault: dict[str, Any]) -> None:
    made = production.deploy("v2")
    production.serve(made)
    production.arm(host=DOMAIN, **fault)
    ended = production.run("health", f"https://{DOMAIN}", "--version=v2", "--json", timeout_seconds=0.3)
    assert (ended.code, ended.document.get("tries")) == (0, 4), ended


def test_a_deployment_that_is_broken_is_said_to_be_with_the_next_step(production: Production) -> None:
    made = production.deploy("v2")
    break_site(production.state, deployment=made)
    url = f"https://{production.look(made)['url']}"
    ended = production.run("health", url, "--version=v2", "--tries=3", VERCEL_BYPASS=BYPASS)
    assert ended.code == 1, ended
    for part in (f"{url} is not healthy after 3 tries: it answers 500", "Nothing was changed.", "logs on vercel.com"):
        assert part in ended.err
