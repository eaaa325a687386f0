"""The order of phases, and what routes do, without a world around them."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.world.site.route_conditions import UnsupportedRouteError, Visit
from sandbox.world.site.routing import Routed, find_route

NOT_FOUND = {"src": "/.*", "dest": "/404", "status": 404}
NEXT: list[dict[str, Any]] = [
    {"src": "^(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))/$", "headers": {"Location": "/$1"}, "status": 308, "continue": True},
    {
        "src": "/404/?",
        "status": 404,
        "continue": True,
        "missing": [{"type": "header", "key": "x-prerender-revalidate"}],
    },
    {
        "src": "/(?<path>.+?)(?:/)?$",
        "dest": "/$path.segments/$part.rsc",
        "has": [{"type": "header", "key": "segment", "value": "/(?<part>.+)"}],
        "continue": True,
    },
    {"src": "^/?", "has": [{"type": "header", "key": "rsc", "value": "1"}], "dest": "/index.rsc", "continue": True},
    {
        "src": "^/((?!.+\\.rsc).+?)(?:/)?$",
        "has": [{"type": "header", "key": "rsc", "value": "1"}],
        "headers": {"vary": "rsc"},
        "dest": "/$1.rsc",
        "continue": True,
    },
    {"handle": "filesystem"},
    {"src": "/old/(.*)", "dest": "/posts/$1", "check": True},
    {"handle": "resource"},
    {"src": "/.*", "status": 404},
    {"handle": "miss"},
    {"src": "/_next/static/.+", "status": 404, "check": True, "dest": "/_next/static/not-found.txt"},
    {"handle": "rewrite"},
    {"src": "^/posts/(?<id>[^/]+?)(?:/)?$", "dest": "/posts/[id]?nxtPid=$id", "check": True},
    {"handle": "hit"},
    {"src": "/_next/static/.+", "headers": {"cache-control": "max-age=9"}, "continue": True, "important": True},
    {"src": "/index(?:/)?", "headers": {"x-matched-path": "/"}, "continue": True},
    {"src": "/((?!index$).*?)(?:/)?", "headers": {"x-matched-path": "/$1"}, "continue": True},
    {"handle": "error"},
    NOT_FOUND,
    {"src": "/.*", "dest": "/500", "status": 500},
]
"""As Next.js's builder writes them, shortened."""
OUTPUTS = {
    *("/", "/about", "/about.rsc", "/index.rsc", "/posts/[id]", "/404", "/500"),
    *("/_next/static/a.js", "/_next/static/not-found.txt", "/about.segments/tree.rsc"),
}


def visit(path: str, *, method: str = "GET", query: str = "", **headers: str) -> Visit:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Visit(method=method, host="ai-tools.example.com", path=path, query=dict(parse_qsl(query)), headers=named)


def routed(routes: list[dict[str, Any]], request: str | Visit, outputs: set[str] = OUTPUTS) -> Routed:
    found = visit(request) if isinstance(request, str) else request
    return find_route(routes, found, outputs.__contains__)


@pytest.mark.parametrize(
    ("path", "headers", "expected", "status"),
    [
        ("/", {}, "/", None),
        ("/about", {}, "/about", None),
        ("/about", {"rsc": "1"}, "/about.rsc", None),
        ("/", {"rsc": "1"}, "/index.rsc", None),
        ("/about", {"rsc": "0"}, "/about", None),
        ("/about", {"segment": "/tree"}, "/about.segments/tree.rsc", None),
        ("/posts/7", {}, "/posts/[id]", None),
        ("/old/7", {}, "/posts/[id]", None),
        ("/404", {}, "/404", 404),
        ("/404", {"x_prerender_revalidate": "1"}, "/404", None),
        ("/nothing", {}, "/404", 404),
        ("/_next/static/a.js", {}, "/_next/static/a.js", None),
        ("/_next/static/b.js", {}, "/_next/static/not-found.txt", 404),
    ],
)
def test_a_request_finds_its_output(path: str, headers: dict[str, str], expected: str, status: int | None) -> None:
    found = routed(NEXT, visit(path, **headers))
    assert (found.found, found.path, found.status) == (True, expected, status)


def test_a_dynamic_route_hands_over_what_it_captured() -> None:
    found = routed(NEXT, visit("/posts/7", query="a=b"))
    assert found.query == {"a": "b", "nxtPid": "7"}
    assert found.headers["x-matched-path"] == "/posts/[id]"


def test_a_slash_at_the_end_is_redirected_before_anything_is_looked_for() -> None:
    found = routed(NEXT, "/about/")
    assert (found.redirects, found.found, found.status, found.headers["location"]) == (True, False, 308, "/about")


def test_headers_of_the_phase_hit_are_those_of_what_was_found() -> None:
    assert routed(NEXT, "/_next/static/a.js").important == {"cache-control": "max-age=9"}
    assert routed(NEXT, "/about").important == {}


def test_without_an_output_for_errors_nothing_is_found() -> None:
    found = routed(NEXT, "/nothing", {"/"})
    assert (found.found, found.status) == (False, 404)


@pytest.mark.parametrize(("status", "expected"), [(404, "/404"), (500, "/500")])
def test_an_error_has_the_page_of_its_status(status: int, expected: str) -> None:
    found = routed([{"src": "/gone", "status": status}, *NEXT], "/gone")
    assert (found.path, found.status) == (expected, status)


def test_a_status_without_a_destination_ends_the_search() -> None:
    found = routed([{"src": "/about", "status": 410}], "/about")
    assert (found.found, found.status) == (False, 410)


def test_a_route_without_continue_ends_its_phase_only() -> None:
    routes = [
        {"src": "/a", "dest": "/b"},
        {"src": "/b", "dest": "/c"},
        {"handle": "filesystem"},
        {"src": "/b", "dest": "/d"},
    ]
    assert routed(routes, "/a", {"/c", "/d"}).path == "/d"


def test_a_route_with_check_goes_on_where_its_destination_is_nothing() -> None:
    routes = [
        {"handle": "filesystem"},
        {"src": "/a", "dest": "/b", "check": True},
        {"src": "/b", "dest": "/c", "check": True},
    ]
    assert routed(routes, "/a", {"/c"}).path == "/c"


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        ({"type": "host", "value": "ai-tools\\.example\\.com"}, True),
        ({"type": "host", "value": "example"}, False),
        ({"type": "host"}, False),
        ({"type": "query", "key": "a"}, True),
        ({"type": "query", "key": "a", "value": "[0-9]"}, True),
        ({"type": "query", "key": "b"}, False),
        ({"type": "cookie", "key": "seen", "value": "yes"}, True),
        ({"type": "cookie", "key": "other"}, False),
        ({"type": "header", "key": "Accept", "value": {"pre": "text/", "suf": "html"}}, True),
        ({"type": "header", "key": "accept", "value": {"inc": ["text/plain"]}}, False),
        ({"type": "header", "key": "accept", "value": {"neq": "text/plain", "re": "^text"}}, True),
    ],
)
def test_conditions_decide_whether_a_route_applies(condition: dict[str, Any], meets: bool) -> None:
    request = visit("/a", query="a=1", accept="text/html", cookie="seen=yes")
    for name, expected in (("has", meets), ("missing", not meets)):
        found = find_route([{"src": "/a", "dest": "/b", name: [condition]}], request, {"/b"}.__contains__)
        assert found.found is expected


@pytest.mark.parametrize(("method", "expected"), [("GET", "/a"), ("HEAD", "/b")])
def test_a_route_may_be_for_some_methods_only(method: str, expected: str) -> None:
    assert (
        routed([{"src": "/a", "dest": "/b", "methods": ["HEAD"]}], visit("/a", method=method), {"/a", "/b"}).path
        == expected
    )


@pytest.mark.parametrize(("sensitive", "found"), [(True, False), (False, True)])
def test_capital_letters_matter_only_where_a_route_says_so(sensitive: bool, found: bool) -> None:
    assert routed([{"src": "/A", "dest": "/b", "caseSensitive": sensitive}], "/a", {"/b"}).found is found


@pytest.mark.parametrize(
    "route",
    [
        {"src": "/a", "dest": "https://elsewhere.example.com/a"},
        {"src": "/a", "middlewarePath": "_middleware", "continue": True},
        {"src": "/a", "has": [{"type": "planet", "key": "b"}]},
        {"src": "/a", "has": [{"type": "query", "key": "b", "value": {"gt": 1}}]},
        {"src": "/(?<a>[a-"},
    ],
)
def test_what_is_not_known_is_refused_and_not_passed_over(route: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedRouteError):
        routed([route], visit("/a", query="b=2"))


_SEGMENT = st.text(st.sampled_from("ab.[]$%é"), min_size=1, max_size=4)
_PATHS = st.lists(_SEGMENT, max_size=3).map(lambda parts: "/" + "/".join(parts))


@settings(deadline=None)
@given(_PATHS, st.sets(_PATHS))
def test_without_routes_a_path_leads_to_its_own_output_or_to_none(path: str, outputs: set[str]) -> None:
    found = find_route([], visit(path), outputs.__contains__)
    assert (found.found, found.path) == (path in outputs, path)
    assert found.status == (None if path in outputs else 404)


@settings(deadline=None)
@given(_PATHS)
def test_whatever_is_asked_next_js_finds_a_page_or_redirects(path: str) -> None:
    found = routed(NEXT, path)
    assert found.redirects or (found.found and found.path in OUTPUTS)


@settings(deadline=None)
@given(_SEGMENT)
def test_what_a_visitor_types_is_never_taken_for_a_reference(segment: str) -> None:
    routes = [{"src": "/from/(.*)", "dest": "/to/$1"}]
    assert find_route(routes, visit(f"/from/{segment}"), lambda _: True).path == f"/to/{segment}"
