import pytest

from sandbox.world.server import _encoded
from sandbox.world.service import Request, Response, Routes, Service

TEMPLATES = (
    "/{any:path}",
    "/repos/{repo}/commits/{ref:path}",
    "/repos/{repo}/commits/{ref:path}/status",
    "/repos/{repo}/{kind}/latest",
    "/repos/{repo}/commits/{ref}",
    "/repos/{repo}/commits/latest",
    "/{kind}/fixed/commits/latest",
    "/repos/{repo}/compare/{base}...{head}",
)


def _service(templates: tuple[str, ...]) -> Service:
    routes = Routes()
    for template in templates:
        routes.add("GET", template)(_nothing)
    return Service(name="test", subjects=(routes,), authenticate=lambda _request: {})


def _nothing(_request: Request) -> Response:
    return Response()


@pytest.mark.parametrize("templates", [TEMPLATES, TEMPLATES[::-1]], ids=["declared so", "declared the other way"])
@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/a/b", "/{any:path}"),
        ("/repos/a/commits/latest", "/repos/{repo}/commits/latest"),
        # The earlier segment decides: counting placeholders would find a tie.
        ("/repos/fixed/commits/latest", "/repos/{repo}/commits/latest"),
        ("/other/fixed/commits/latest", "/{kind}/fixed/commits/latest"),
        ("/repos/a/issues/latest", "/repos/{repo}/{kind}/latest"),
        ("/repos/a/commits/main", "/repos/{repo}/commits/{ref}"),
        ("/repos/a/commits/topic/x", "/repos/{repo}/commits/{ref:path}"),
        ("/repos/a/commits/topic/x/status", "/repos/{repo}/commits/{ref:path}/status"),
        ("/repos/a/commits/main/status", "/repos/{repo}/commits/{ref:path}/status"),
        ("/repos/a/compare/1...2", "/repos/{repo}/compare/{base}...{head}"),
    ],
)
def test_the_route_that_says_more_wins_segment_by_segment(templates: tuple[str, ...], path: str, template: str) -> None:
    found = _service(templates).find("GET", path)
    assert found is not None
    assert found[0].template == template


@pytest.mark.parametrize(
    ("response", "content_type"),
    [
        (Response(200, {}), ["application/json; charset=utf-8"]),
        (Response(200, "ok"), ["text/plain; charset=utf-8"]),
        (Response(200, b"raw"), ["application/octet-stream"]),
        (Response(200, {}, {"content-type": "application/vnd.api+json"}), ["application/vnd.api+json"]),
        (Response(204), []),
    ],
    ids=["JSON", "text", "bytes", "the handler's own", "nothing"],
)
def test_an_answer_has_one_type_and_the_handlers_own_wins(response: Response, content_type: list[str]) -> None:
    headers = _encoded(response).headers
    assert [value for name, value in headers.items() if name.lower() == "content-type"] == content_type
