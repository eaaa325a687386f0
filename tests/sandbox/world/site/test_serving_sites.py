import json
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.world.vercel.outcomes import break_site, mend_site
from tests.sandbox.world.conftest import DOMAIN, Served

CONFIG = {
    "version": 3,
    "images": {"sizes": [640]},
    "overrides": {"health.json": {"path": "api/health", "contentType": "application/health+json"}},
    "routes": [
        {"src": "/(?<page>about)(?:/.*)?", "headers": {"x-robots-tag": "noindex"}, "continue": True},
        {"src": "/moved/(.*)", "headers": {"x-rewritten": "$1"}, "dest": "/about"},
        {"src": "/about", "headers": {"x-conditional": "1"}, "has": [{"type": "host"}], "continue": True},
        {"handle": "filesystem"},
        {"src": "/.*", "headers": {"x-late": "1"}, "continue": True},
        {"handle": "hit"},
        {"src": "/_next/static/.+", "headers": {"cache-control": "public, max-age=31536000"}, "continue": True},
    ],
}
OUTPUT = {
    "config.json": json.dumps(CONFIG),
    "static/index.html": "home",
    "static/about.html": "about",
    "static/docs/index.html": "docs",
    "static/health.json": '{"status":"ok"}',
    "static/_next/static/a b.js": "1",
    "static/plain": "plain",
    "static/images/a b.svg": "<svg/>",
    "functions/api/run.func/.vc-config.json": "{}",
}


@pytest.fixture
def host(served: Served) -> str:
    """The host of a public deployment with that output."""
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    files = [{"file": f".vercel/output/{name}", "data": content} for name, content in OUTPUT.items()]
    return served.address(served.vercel.deployment(project, files=files))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", (200, "home", "text/html; charset=utf-8")),
        ("/?a=1", (200, "home", "text/html; charset=utf-8")),
        ("/about", (200, "about", "text/html; charset=utf-8")),
        ("/moved/here", (200, "about", "text/html; charset=utf-8")),
        ("/about.html", (200, "about", "text/html; charset=utf-8")),
        ("/docs", (200, "docs", "text/html; charset=utf-8")),
        ("/docs/", (200, "docs", "text/html; charset=utf-8")),
        ("/api/health", (200, '{"status":"ok"}', "application/health+json")),
        ("/_next/static/a%20b.js", (200, "1", "application/javascript; charset=utf-8")),
        ("/plain", (200, "plain", "application/octet-stream")),
        ("/nothing", (404, "The page could not be found\n\nNOT_FOUND\n", "text/plain; charset=utf-8")),
        ("/health.json", (404, "The page could not be found\n\nNOT_FOUND\n", "text/plain; charset=utf-8")),
        ("/../config.json", (404, "The page could not be found\n\nNOT_FOUND\n", "text/plain; charset=utf-8")),
    ],
)
def test_a_path_is_answered_by_its_file(served: Served, host: str, path: str, expected: tuple[int, str, str]) -> None:
    answer = served.visit(host, path)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == expected
    assert answer.headers["server"] == "Vercel"
    assert answer.headers["x-vercel-id"].startswith("iad1::")
    assert "cache-control" in answer.headers


def test_a_function_is_named_rather_than_taken_for_a_missing_page(served: Served, host: str) -> None:
    answer = served.visit(host, "/api/run")
    assert answer.status_code == 501
    assert "functions/api/run.func" in answer.text


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/about", "x-robots-tag", "noindex"),
        ("/docs", "x-robots-tag", None),
        ("/about", "x-rewritten", None),
        ("/moved/here", "x-rewritten", "here"),
        ("/about", "x-conditional", None),
        ("/about", "x-late", None),
        ("/_next/static/a%20b.js", "cache-control", "public, max-age=31536000"),
        ("/_next/static/none.js", "cache-control", "public, max-age=0, must-revalidate"),
    ],
)
def test_routes_that_add_headers_are_followed(
    served: Served, host: str, path: str, name: str, value: str | None
) -> None:
    assert served.visit(host, path).headers.get(name) == value


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("/images/a%20b.svg?v=1", (200, "<svg/>")),
        ("/images/none.svg", (404, "The page could not be found\n\nNOT_FOUND\n")),
        ("//other.example.com/a", (501, "The sandbox's site fetches no image elsewhere: //other.example.com/a.\n")),
        ("https://a.example.com", (501, "The sandbox's site fetches no image elsewhere: https://a.example.com.\n")),
    ],
)
def test_an_image_in_another_size_is_the_image_as_it_is(
    served: Served, host: str, image: str, expected: tuple[int, str]
) -> None:
    for name in ("/_next/image", "/_vercel/image"):
        answer = served.visit(host, f"{name}?url={quote(image, safe='')}&w=640&q=75")
        assert (answer.status_code, answer.text) == expected


def test_a_head_request_gets_the_headers_alone(served: Served, host: str) -> None:
    answer = served.visit(host, "/about", method="HEAD")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "5")
    assert served.exchanges()[-1].response_body == b""


def test_a_site_takes_no_other_method(served: Served, host: str) -> None:
    assert served.visit(host, "/about", method="POST").status_code == 501


@pytest.mark.parametrize("host", ["nobody.vercel.app", DOMAIN, "dpl_x", "127.0.0.1:99"])
def test_a_host_that_leads_to_no_deployment_is_answered_by_vercel(served: Served, host: str) -> None:
    served.vercel.project()
    answer = served.visit(host)
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (404, "DEPLOYMENT_NOT_FOUND")


def test_an_id_is_no_host(served: Served) -> None:
    deployment = served.site(served.vercel.project(), "one")
    assert served.visit(deployment).headers["x-vercel-error"] == "DEPLOYMENT_NOT_FOUND"


def test_a_deployment_that_is_not_ready_leads_to_its_page_until_it_is(served: Served) -> None:
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    host = served.address(served.site(project, "one", ready=False))
    first, second = served.visit(host), served.visit(host)
    assert (first.status_code, first.headers["x-vercel-error"]) == (303, "DEPLOYMENT_NOT_READY_REDIRECTING")
    assert first.headers["location"].startswith("https://vercel.com/ai-tools/ai-tools/")
    assert (second.status_code, second.text) == (200, "one")


def test_a_redirecting_domain_sends_visitors_on(served: Served) -> None:
    project = served.vercel.project()
    body = {"name": "www.example.com", "redirect": DOMAIN, "redirectStatusCode": 308}
    served.vercel.done("POST", f"/v10/projects/{project}/domains", body)
    answer = served.visit("www.example.com", "/a?b=c")
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{DOMAIN}/a?b=c")


def test_the_domain_serves_the_promoted_deployment_once_it_was_looked_at_often_enough(served: Served) -> None:
    project = served.vercel.project()
    old, new = served.site(project, "one"), served.site(project, "two")
    served.vercel.promoted(project, old)
    served.vercel.done("POST", f"/v10/projects/{project}/promote/{new}")
    assert [served.visit(DOMAIN).text for _ in range(3)] == ["one", "two", "two"]
    assert served.vercel.settled(project) == "succeeded"


def test_an_old_deployment_keeps_its_own_address(served: Served) -> None:
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    old, new = served.site(project, "one"), served.site(project, "two")
    served.vercel.promoted(project, old)
    served.vercel.promoted(project, new)
    assert (served.visit(served.address(old)).text, served.visit(DOMAIN.upper()).text) == ("one", "two")


PRODUCTION, PREVIEW = "production", "preview"
OWN = "ai-tools.vercel.app"


@pytest.mark.parametrize(
    ("kind", "protected"),
    [
        (None, set[str]()),
        ("preview", {PREVIEW}),
        ("prod_deployment_urls_and_all_previews", {PRODUCTION, PREVIEW}),
        ("all_except_custom_domains", {PRODUCTION, PREVIEW, OWN}),
        ("all", {PRODUCTION, PREVIEW, OWN, DOMAIN}),
    ],
)
@pytest.mark.parametrize("setting", ["ssoProtection", "passwordProtection"])
def test_protection_covers_what_its_type_says(
    served: Served, setting: str, kind: str | None, protected: set[str]
) -> None:
    vercel = served.vercel
    project = vercel.project()
    wanted: dict[str, Any] = {"ssoProtection": None, setting: kind and {"deploymentType": kind}}
    vercel.done("PATCH", f"/v9/projects/{project}", wanted)
    secret = next(iter(vercel.done("PATCH", f"/v1/projects/{project}/protection-bypass", {})["protectionBypass"]))
    live = served.site(project, "live")
    vercel.promoted(project, live)
    preview = served.address(served.site(project, "preview", target="preview"))
    hosts = {PRODUCTION: served.address(live), PREVIEW: preview, OWN: OWN, DOMAIN: DOMAIN}
    closed = {name for name, host in hosts.items() if served.visit(host).status_code == 401}
    assert closed == protected
    for name in protected:
        answer = served.visit(hosts[name])
        assert "live" not in answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert served.visit(hosts[name], x_vercel_protection_bypass="0" * 32).status_code == 401
        assert served.visit(hosts[name], x_vercel_protection_bypass=secret).text in ("live", "preview")


def test_no_record_shows_the_secret_that_opens_a_deployment(served: Served) -> None:
    served.visit("nobody.vercel.app", x_vercel_protection_bypass="s3cret")
    assert served.exchanges()[-1].request_headers["x-vercel-protection-bypass"] == "[redacted]"


def _healthy(served: Served, *hosts: str) -> list[int]:
    return [served.visit(host, "/api/health").status_code for host in hosts]


def test_a_site_can_break_on_its_domain_alone_and_be_mended(served: Served) -> None:
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    deployment = served.site(project, "one")
    served.vercel.promoted(project, deployment)
    key = break_site(served.state, host=rf"^{DOMAIN}$", status=503)
    hosts = (DOMAIN, served.address(deployment))
    assert [_healthy(served, *hosts) for _ in range(2)] == [[503, 200], [503, 200]]
    assert served.visit(DOMAIN).text == "one"
    mend_site(served.state, key)
    assert _healthy(served, *hosts) == [200, 200]


@pytest.mark.parametrize("by", ["deployment", "meta"])
def test_one_version_can_be_broken_wherever_it_is_served(served: Served, by: str) -> None:
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    if by == "meta":
        break_site(served.state, meta={"version": "two"}, path="")
    good, bad = served.site(project, "one"), served.site(project, "two")
    if by == "deployment":
        break_site(served.state, deployment=bad, path="")
    served.vercel.promoted(project, bad)
    assert _healthy(served, served.address(good), served.address(bad), DOMAIN) == [200, 500, 500]
    served.vercel.promoted(project, good)
    assert _healthy(served, DOMAIN) == [200]
