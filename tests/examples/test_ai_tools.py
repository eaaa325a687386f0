"""The example app, from its sources to what a visitor of the sandbox sees. The first run installs and builds it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest
import yaml

from deploy.clients import vercel_cli
from deploy.console import Console
from deploy.release import build_output
from deploy.settings import Settings
from sandbox.paths import PROJECT
from sandbox.postgres import Server, server
from sandbox.world.edge import environment
from sandbox.world.server import running
from sandbox.world.vercel.seed import seed
from tests.examples.conftest import EXAMPLE, VERSION
from tests.sandbox.world.conftest import NO_TLS, Served
from tests.sandbox.world.vercel.conftest import TEAM, TOKEN, Vercel

WORKFLOWS = PROJECT / "app_repository/.github/workflows"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="ai-tools-tests-") as folder, server(Path(folder) / "server") as running:
        yield running


@pytest.fixture(scope="module")
def deployed(built: Path, vercel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which the build is deployed with Vercel's own command line, as `deploy stage` does it: to copy."""
    folder = tmp_path_factory.mktemp("deployed")
    # As a workflow hands the build over: nothing but the output, and what was a link is a copy.
    shutil.copytree(built / ".vercel", folder / "app/.vercel")
    with serve(folder) as served, pytest.MonkeyPatch.context() as patch:
        patch.setattr(vercel_cli, "PROGRAM", vercel)
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "VERCEL_TOKEN": TOKEN}
        settings = Settings({**environ, "VERCEL_ORG_ID": TEAM, "VERCEL_PROJECT_ID": served.vercel.project()})
        api, meta = served.urls["vercel"], {"version": VERSION}
        vercel_cli.upload(settings, Console({}), folder / "app", api=api, meta=meta)
    return folder


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve the world of a folder."""
    authority = folder / "authority.pem"
    with (
        running(folder / "world.db", certificate_authority=authority) as (state, urls),
        httpx2.Client(base_url=urls["vercel"], trust_env=False, verify=NO_TLS) as http,
        httpx2.Client(trust_env=False, verify=NO_TLS, timeout=30) as visitor,
    ):
        seed(state, TEAM, "ai-tools", "pro")
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        yield Served(state, urls, authority, Vercel(state, http), visitor)


@pytest.fixture
def served(deployed: Path, tmp_path: Path) -> Iterator[Served]:
    shutil.copyfile(deployed / "world.db", tmp_path / "world.db")
    with serve(tmp_path) as served:
        yield served


@pytest.fixture
def project(served: Served) -> str:
    (project,) = served.state.collection("vercel.projects")
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    return project


@pytest.fixture
def host(served: Served, project: str) -> str:
    (deployment,) = served.state.collection("vercel.deployments").values()
    assert deployment["projectId"] == project
    return deployment["url"]


def give_database(served: Served, project: str, url: str) -> None:
    body = {"key": "DATABASE_URL", "value": url, "type": "sensitive", "target": ["production"]}
    served.vercel.done("POST", f"/v10/projects/{project}/env", body)


def test_every_script_that_a_workflow_calls_is_there() -> None:
    scripts = json.loads((EXAMPLE / "package.json").read_text())["scripts"]
    called = {
        name
        for workflow in WORKFLOWS.glob("*.yml")
        for job in yaml.safe_load(workflow.read_text())["jobs"].values()
        for step in job.get("steps", [])
        for name in re.findall(r"npm run ([\w:-]+)", step.get("run", ""))
    }
    assert {"test", "build", "test:smoke", "test:critical"} <= called
    assert called <= scripts.keys()


def test_the_lock_file_is_the_packages_and_names_no_place() -> None:
    package = json.loads((EXAMPLE / "package.json").read_text())
    locked = json.loads((EXAMPLE / "package-lock.json").read_text())["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert locked[""][kind] == package[kind]
    assert not [path for path, entry in locked.items() if path and not entry["integrity"].startswith("sha512-")]
    assert not [path for path, entry in locked.items() if "resolved" in entry]


def test_a_build_contains_all_that_it_deploys(built: Path) -> None:
    build_output.check(built)
    functions = list((built / ".vercel/output/functions").rglob(".vc-config.json"))
    assert functions
    for function in functions:
        assert "filePathMap" not in json.loads(function.read_text())


def test_pages_assets_and_functions_are_served(served: Served, host: str) -> None:
    posts, about, health = (served.visit(host, path) for path in ("/", "/about", "/api/health"))
    assert (posts.status_code, about.status_code, health.status_code) == (200, 200, 200)
    assert "<h1>Posts</h1>" in posts.text
    assert "<h1>About</h1>" in about.text
    for page in (posts, about):
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert f"<code>{VERSION}</code>" in page.text
    assert (posts.headers["x-vercel-cache"], about.headers["x-vercel-cache"]) == ("MISS", "PRERENDER")
    assert health.headers["content-type"] == "application/json"
    assert health.json() == {"status": "ok", "version": VERSION, "database": "none"}
    assets = re.findall(r'"(/_next/static/[^"]+\.(?:js|css))"', posts.text)
    assert assets
    for asset in assets:
        answer = served.visit(host, asset)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)


def test_what_is_not_there_and_what_the_browser_fetches_ahead_are_told_apart(served: Served, host: str) -> None:
    missing = served.visit(host, "/nothing")
    assert (missing.status_code, "404" in missing.text) == (404, True)
    assert served.visit(host, "/about/").status_code == 308
    ahead = served.visit(host, "/about", rsc="1")
    assert (ahead.status_code, ahead.headers["content-type"]) == (200, "text/x-component")


def test_posts_come_from_the_projects_database_and_health_follows_it(
    served: Served, project: str, host: str, postgres: Server
) -> None:
    url = postgres.create_database("posts_of_the_app")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE posts (id bigserial PRIMARY KEY, title text NOT NULL)")
        connection.execute("INSERT INTO posts (title) VALUES ('the first'), ('the <second>')")
    give_database(served, project, url)
    page = served.visit(host, "/").text
    assert page.index("the &lt;second&gt;") < page.index("the first")
    assert served.visit(host, "/api/health").json()["database"] == "ok"
    postgres.drop_database("posts_of_the_app")
    ill = served.visit(host, "/api/health")
    assert (ill.status_code, ill.json()) == (503, {"status": "error", "version": VERSION, "database": "error"})
    assert url not in ill.text


@pytest.mark.parametrize(("script", "opened", "said"), [("critical", True, "6 passed"), ("smoke", False, "2 failed")])
def test_the_deployed_tests_reach_a_protected_deployment_by_its_secret_alone(
    served: Served, project: str, host: str, built: Path, tmp_path: Path, *, script: str, opened: bool, said: str
) -> None:
    vercel = served.vercel
    vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": {"deploymentType": "all"}})
    secret = next(iter(vercel.done("PATCH", f"/v1/projects/{project}/protection-bypass", {})["protectionBypass"]))
    app = tmp_path / "app"
    shutil.copytree(built, app, ignore=shutil.ignore_patterns("node_modules", ".next", ".vercel"))
    (app / "node_modules").symlink_to(built / "node_modules")
    done = subprocess.run(
        ["npm", "run", f"test:{script}", "--", f"--base-url=https://{host}"],
        cwd=app,
        env={
            **os.environ,
            **environment(served.urls, served.authority),
            "VERCEL_AUTOMATION_BYPASS_SECRET": secret if opened else "",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode == 0, said in done.stdout) == (opened, True), done.stdout + done.stderr
