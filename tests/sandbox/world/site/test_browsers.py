"""Sites at `NAME.localhost`, where a person's browser finds them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.world.service import Request
from sandbox.world.site.browsers import address_of, kept_here
from sandbox.world.state import State
from sandbox.world.vercel.outcomes import break_site
from sandbox.world.vercel.project_store import DOMAINS
from tests.sandbox.world.conftest import DOMAIN, Served

OWN = f"{DOMAIN}.localhost:4000"
SAYS_ITS_HOST = """
module.exports = (request, response) => {
  const { host, "x-forwarded-host": forwarded, "x-forwarded-proto": scheme } = request.headers;
  response.statusCode = 307;
  response.setHeader("location", `${scheme}://${forwarded}/there?a=b`);
  response.end(JSON.stringify([host, forwarded]));
};
"""


def redirect(location: str, host: str = OWN, sites: tuple[str, ...] = (DOMAIN,)) -> str:
    """Where a redirect of a site leads to for whoever came by that host, in a world of these sites."""
    state = State()
    for name in sites:
        state.collection(DOMAINS)[name] = {}
    request = Request(
        method="GET", path="/", query={}, headers={"host": host}, body=b"", base_url=f"http://{host}", state=state
    )
    return kept_here(request, {"Location": location})["Location"]


def test_a_site_has_its_own_name_below_localhost_and_its_deployments_too(served: Served) -> None:
    project = served.vercel.project()
    deployment = served.site(project, "one")
    served.vercel.promoted(project, deployment)
    assert served.visit(OWN).text == served.visit(OWN.upper()).text == "one"
    assert served.visit(f"nobody.{OWN}").headers["x-vercel-error"] == "DEPLOYMENT_NOT_FOUND"
    protected = served.visit(f"{served.address(deployment)}.localhost:4000")
    assert (protected.status_code, "Authentication Required" in protected.text) == (401, True)
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    assert served.visit(f"{served.address(deployment)}.localhost:4000").text == "one"


def test_the_site_is_told_its_real_name_and_a_redirect_to_it_stays_below_localhost(served: Served) -> None:
    project = served.vercel.project()
    runs = {"runtime": "nodejs22.x", "launcherType": "Nodejs", "handler": "index.js"}
    contents = {
        "config.json": '{"version": 3}',
        "functions/say.func/.vc-config.json": json.dumps(runs),
        "functions/say.func/index.js": SAYS_ITS_HOST,
    }
    files = [{"file": f".vercel/output/{name}", "data": text} for name, text in contents.items()]
    served.vercel.promoted(project, served.vercel.deployment(project, files=files))
    real, local = served.visit(DOMAIN, "/say"), served.visit(OWN, "/say")
    assert real.json() == local.json() == [DOMAIN, DOMAIN]
    assert real.headers["location"] == f"https://{DOMAIN}/there?a=b"
    assert local.headers["location"] == f"http://{OWN}/there?a=b"


def test_a_redirecting_domain_leads_to_the_other_one_below_localhost(served: Served) -> None:
    project = served.vercel.project()
    body = {"name": "www.example.com", "redirect": DOMAIN, "redirectStatusCode": 308}
    served.vercel.done("POST", f"/v10/projects/{project}/domains", body)
    answer = served.visit("www.example.com.localhost:4000", "/a?b=c")
    assert (answer.status_code, answer.headers["location"]) == (308, f"http://{OWN}/a?b=c")


def test_what_was_broken_on_purpose_is_broken_in_the_browser_too(served: Served) -> None:
    project = served.vercel.project()
    served.vercel.promoted(project, served.site(project, "one"))
    break_site(served.state, host=f"^{DOMAIN}$", status=503)
    assert served.visit(OWN, "/api/health").status_code == 503


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/there?a=b#c", "/there?a=b#c"),
        ("there", "there"),
        (f"https://{DOMAIN}", f"http://{OWN}"),
        (f"http://{DOMAIN}:8080/there", f"http://{OWN}/there"),
        (f"//{DOMAIN}/there", f"http://{OWN}/there"),
        (f"http://{OWN}/there", f"http://{OWN}/there"),
        ("https://one-acme.vercel.app/there", "http://one-acme.vercel.app.localhost:4000/there"),
        ("https://vercel.com/acme", "https://vercel.com/acme"),
        ("https://accounts.google.com/o/oauth2?a=b", "https://accounts.google.com/o/oauth2?a=b"),
        ("https://api.vercel.com/", "https://api.vercel.com/"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("http://localhost:3000/x", "http://localhost:3000/x"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("https://[", "https://["),
    ],
)
def test_a_redirect_to_a_site_leads_to_this_machine_and_any_other_stays_as_it_is(location: str, leads_to: str) -> None:
    assert redirect(location) == leads_to
    assert redirect(location, DOMAIN) == location


_NAMES = st.from_regex(r"([a-z][a-z0-9]{0,8}\.){1,2}(com|app)", fullmatch=True)


@given(_NAMES, st.integers(min_value=1, max_value=65_535), st.sampled_from(["http", "https"]))
def test_a_redirect_to_a_site_leads_to_where_a_browser_opens_it(name: str, port: int, scheme: str) -> None:
    address = address_of(name, f"http://127.0.0.1:{port}")
    assert redirect(f"{scheme}://{name}/", f"{DOMAIN}.localhost:{port}", (name,)) == address
    assert redirect(address, f"{DOMAIN}.localhost:{port}", (name,)) == address
