"""Functions of a build, asked through the world."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.processes import is_running
from sandbox.world.server import running
from sandbox.world.site import launchers
from sandbox.world.vercel.seed import seed
from tests.sandbox.world.conftest import DOMAIN, NO_TLS, Served
from tests.sandbox.world.vercel.conftest import TEAM, TOKEN, Vercel

NODE = {"runtime": "nodejs22.x", "launcherType": "Nodejs", "handler": "index.js"}
SAYS_ALL = """
const { NAME = "nobody" } = process.env;
module.exports = (request, response) => {
  response.setHeader("content-type", "application/json");
  response.setHeader("X-Own", "mine");
  response.end(JSON.stringify({
    url: request.url, headers: request.headers, pid: process.pid, cwd: process.cwd(), name: NAME,
    variables: Object.keys(process.env).sort(), helper: require("./lib/helper.js"),
  }));
};
"""
LINK = 0o120777


def function(name: str, code: str, **configuration: Any) -> dict[str, str]:
    return {
        f"functions/{name}.func/.vc-config.json": json.dumps({**NODE, **configuration}),
        f"functions/{name}.func/index.js": code,
    }


CONTENTS = {
    "static/index.html": "home",
    **function("say", SAYS_ALL, filePathMap={"lib/helper.js": "node_modules/helper/index.js"}),
    **function("api/[id]", SAYS_ALL.replace('require("./lib/helper.js")', "1")),
    **function("modern", "throw new Error('not the handler');", handler="index.mjs"),
    "functions/modern.func/index.mjs": "export default (request, response) => response.end('modern');",
    **function("crash", "module.exports = () => process.exit(3);"),
    **function("throw", "module.exports = async () => { throw new Error('secret of the function'); };"),
    **function("broken", "this is no JavaScript"),
    **function("slow", "module.exports = () => {};", maxDuration=1),
    **function("edge", "export default 1;", runtime="edge"),
    **function("helped", "module.exports = () => {};", shouldAddHelpers=True),
    **function("lacking", "module.exports = () => {};", filePathMap={"a.js": "node_modules/a.js"}),
    **function("escaping", "module.exports = () => {};", filePathMap={"../../a.js": "node_modules/helper/index.js"}),
    "functions/page.prerender-config.json": json.dumps(
        {
            "expiration": False,
            "fallback": {"type": "FileFsRef", "fsPath": "page.prerender-fallback.html"},
            "initialHeaders": {"x-next-cache-tags": "hidden", "vary": "rsc"},
            "initialStatus": 203,
        }
    ),
    "functions/page.prerender-fallback.html": "rendered",
    **function("aging", "module.exports = (request, response) => response.end('anew');"),
    "functions/aging.prerender-config.json": json.dumps(
        {"expiration": 60, "fallback": {"type": "FileFsRef", "fsPath": "aging.prerender-fallback.html"}}
    ),
    "functions/aging.prerender-fallback.html": "old",
}
CONFIG = {
    "version": 3,
    "routes": [
        {"src": "/say", "headers": {"x-own": "route", "x-route": "1"}, "continue": True},
        {"src": "/away", "dest": "https://elsewhere.example.com"},
        {"src": "/go", "headers": {"Location": "/say"}, "status": 307},
        {"handle": "rewrite"},
        {"src": "/api/(?<id>[^/]+)", "dest": "/api/[id]?nxtPid=$id", "check": True},
        {"handle": "hit"},
        {"src": "/(.*)", "headers": {"x-matched-path": "/$1"}, "continue": True, "important": True},
    ],
}


def deploy(served: Served, project: str, **more: Any) -> str:
    """The host of a deployment of that output, whose address is open."""
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    files: list[Mapping[str, Any]] = [
        {"file": ".vercel/output/config.json", "data": json.dumps(CONFIG)},
        *({"file": f".vercel/output/{name}", "data": content} for name, content in CONTENTS.items()),
        {"file": ".vercel/output/functions/api/same.func", "data": "../say.func", "mode": LINK},
        {"file": "node_modules/helper/index.js", "data": "module.exports = 'from outside';"},
    ]
    return served.address(served.vercel.deployment(project, files=files, **more))


def variable(served: Served, project: str, key: str, value: str, target: str) -> None:
    body = {"key": key, "value": value, "type": "encrypted", "target": [target]}
    served.vercel.done("POST", f"/v10/projects/{project}/env", body)


@pytest.fixture
def project(served: Served) -> str:
    return served.vercel.project()


@pytest.fixture
def host(served: Served, project: str) -> str:
    return deploy(served, project)


def test_a_function_answers_and_keeps_running(served: Served, host: str) -> None:
    first, second = served.visit(host, "/say?a=b%20c", accept="x/y"), served.visit(host, "/say")
    said = first.json()
    assert (first.status_code, first.headers["content-type"], said["url"]) == (200, "application/json", "/say?a=b+c")
    assert said["helper"] == "from outside"
    assert Path(said["cwd"]).name == "say.func"
    assert second.json()["pid"] == said["pid"]
    sent = said["headers"]
    assert (sent["host"], sent["accept"], sent["x-matched-path"]) == (host, "x/y", "/say")
    assert (sent["x-forwarded-host"], sent["x-forwarded-proto"]) == (host, "https")


def test_a_functions_own_headers_win_unless_a_route_is_important(served: Served, host: str) -> None:
    answer = served.visit(host, "/say")
    assert (answer.headers["x-own"], answer.headers["x-route"]) == ("mine", "1")
    assert (answer.headers["x-matched-path"], answer.headers["x-vercel-cache"]) == ("/say", "MISS")
    assert answer.headers["server"] == "Vercel"


def test_a_route_leads_to_a_function_and_hands_it_what_it_captured(served: Served, host: str) -> None:
    said = served.visit(host, "/api/7").json()
    assert (said["url"], said["headers"]["x-matched-path"]) == ("/api/7?nxtPid=7", "/api/[id]")


def test_functions_that_are_the_same_are_linked(served: Served, host: str) -> None:
    assert served.visit(host, "/api/same").json()["pid"] == served.visit(host, "/say").json()["pid"]


def test_a_module_is_a_function_too(served: Served, host: str) -> None:
    assert served.visit(host, "/modern").text == "modern"


def test_a_head_request_reaches_the_function(served: Served, host: str) -> None:
    answer = served.visit(host, "/say", method="HEAD")
    assert (answer.status_code, answer.content, answer.headers["x-own"]) == (200, b"", "mine")


@pytest.mark.parametrize(("target", "name"), [("production", "live"), ("preview", "trial")])
def test_a_function_has_its_projects_variables_and_nothing_of_the_sandboxs(
    served: Served, project: str, monkeypatch: pytest.MonkeyPatch, target: str, name: str
) -> None:
    monkeypatch.setenv("OF_THE_SANDBOX", "1")
    variable(served, project, "NAME", "live", "production")
    variable(served, project, "NAME", "trial", "preview")
    variable(served, served.vercel.project("another", domain=None), "OF_ANOTHER", "1", target)
    said = served.visit(deploy(served, project, target=target), "/say").json()
    assert said["name"] == name
    assert {"VERCEL", "VERCEL_ENV", "VERCEL_URL", "NODE_ENV", "PATH"} <= set(said["variables"])
    assert not {"OF_THE_SANDBOX", "OF_ANOTHER", "HOME"} & set(said["variables"])


def test_the_secret_that_opens_a_deployment_is_not_told_to_it(served: Served, project: str) -> None:
    host = deploy(served, project)
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": {"deploymentType": "all"}})
    secret = next(
        iter(served.vercel.done("PATCH", f"/v1/projects/{project}/protection-bypass", {})["protectionBypass"])
    )
    assert served.visit(host, "/say").status_code == 401
    answer = served.visit(host, "/say", x_vercel_protection_bypass=secret)
    assert answer.status_code == 200
    assert secret not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/page", 203, "rendered"),
        ("/aging", 200, "anew"),
        ("/go", 307, "Redirecting...\n"),
    ],
)
def test_pages_that_were_rendered_beforehand_and_redirects(
    served: Served, host: str, path: str, status: int, text: str
) -> None:
    answer = served.visit(host, path)
    assert (answer.status_code, answer.text) == (status, text)
    assert "x-next-cache-tags" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/crash", 500, "FUNCTION_INVOCATION_FAILED"),
        ("/throw", 500, "FUNCTION_INVOCATION_FAILED"),
        ("/broken", 500, "FUNCTION_INVOCATION_FAILED"),
        ("/slow", 504, "FUNCTION_INVOCATION_TIMEOUT"),
        ("/edge", 501, None),
        ("/helped", 501, None),
        ("/lacking", 501, None),
        ("/escaping", 501, None),
        ("/away", 501, None),
    ],
)
def test_a_function_that_fails_or_cannot_be_run_is_named_as_vercel_does(
    served: Served, host: str, path: str, status: int, code: str | None
) -> None:
    for _ in range(2):
        answer = served.visit(host, path)
        assert (answer.status_code, answer.headers.get("x-vercel-error")) == (status, code)
        assert "secret of the function" not in answer.text


def test_a_missing_file_of_a_function_is_named(served: Served, host: str) -> None:
    assert "needs node_modules/a.js, which was not uploaded" in served.visit(host, "/lacking").text


def test_without_node_js_a_function_says_so(served: Served, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    answer = served.visit(host, "/say")
    assert (answer.status_code, "no Node.js on this machine" in answer.text) == (501, True)
    assert served.visit(host, "/").text == "home"


def test_the_world_answers_others_while_a_function_takes_its_time(served: Served, host: str) -> None:
    assert served.visit(host, "/say").status_code == 200
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(served.visit, host, "/slow")
        assert served.visit(host, "/say").status_code == 200
        assert not slow.done()
        assert slow.result().status_code == 504


def test_only_so_many_functions_run_at_a_time(
    served: Served, project: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchers, "MOST", 1)
    first = served.visit(host, "/say").json()["pid"]
    other = served.visit(deploy(served, project), "/say").json()["pid"]
    assert not is_running(first)
    assert is_running(other)
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(served.visit, host, "/slow")
        while Path(f"/proc/{other}").exists():
            time.sleep(0.01)
        answer = served.visit(host, "/say")
        assert (answer.status_code, answer.headers["x-vercel-error"]) == (503, "FUNCTION_THROTTLED")
        assert busy.result().status_code == 504


def test_two_requests_at_once_start_a_function_once(served: Served, host: str) -> None:
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(served.visit, host, "/say") for _ in range(4)]
    assert len({answer.result().json()["pid"] for answer in answers}) == 1


def test_a_deployments_function_is_served_on_the_domain_once_it_is_promoted(served: Served, project: str) -> None:
    deploy(served, project)
    deployment = next(reversed(list(served.state.collection("vercel.deployments"))))
    served.vercel.promoted(project, deployment)
    assert served.visit(DOMAIN, "/say").json()["headers"]["host"] == DOMAIN


def test_functions_end_with_the_world_and_leave_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        running(home / "world.db") as (state, urls),
        httpx2.Client(base_url=urls["vercel"], trust_env=False, verify=NO_TLS) as http,
        httpx2.Client(trust_env=False, verify=NO_TLS) as visitor,
    ):
        seed(state, TEAM, "ai-tools", "pro")
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        served = Served(state, urls, tmp_path, Vercel(state, http), visitor)
        said = served.visit(deploy(served, served.vercel.project()), "/say").json()
        assert is_running(said["pid"])
        assert Path(said["cwd"]).is_relative_to(home / "functions")
    assert not is_running(said["pid"])
    assert [file.name for file in home.iterdir() if not file.name.startswith("world.db")] == []
