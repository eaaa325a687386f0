import json
from typing import Any

import httpx2
import pytest

from sandbox.world import faults
from sandbox.world.faults import Fault
from tests.sandbox.world.conftest import DOMAIN, Served


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "explode"}, "kind is one of"),
        ({"service": "githb"}, "service is one of github"),
        ({"service": "control"}, "service is one of github"),
        ({"method": "post"}, "in capitals"),
        ({"times": 0}, "at least 1"),
        ({"skip": -1}, "at least 0"),
        ({"status": 99}, "from 200 to 599"),
        ({"path": "("}, "path '\\('"),
        ({"host": "["}, "host '\\['"),
        ({"kind": "slow"}, "how late"),
        ({"kind": "status", "seconds": 1}, "how late"),
        ({"kind": "refused", "method": "GET"}, "only its host"),
        ({"kind": "refused", "path": "/x"}, "only its host"),
        ({"kind": "refused", "applied": True}, "only its host"),
    ],
)
def test_a_fault_that_can_never_fire_is_refused_with_the_reason(
    served: Served, fault: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Fault(**fault)
    refusal = served.visitor.post(f"{served.urls['control']}/faults", json=fault)
    assert (refusal.status_code, list(refusal.json())) == (400, ["message"])
    assert faults.armed(served.state) == []


def test_a_host_keeps_a_fault_to_itself(served: Served) -> None:
    project = served.vercel.project()
    served.vercel.done("PATCH", f"/v9/projects/{project}", {"ssoProtection": None})
    deployment = served.site(project, "one")
    served.vercel.promoted(project, deployment)
    served.arm(service="site", host=f"^{DOMAIN}$", path="^/api/health$", status=503, times=2)
    own = served.address(deployment)
    seen = [served.visit(host, "/api/health").status_code for host in (own, DOMAIN, own, DOMAIN, DOMAIN)]
    assert seen == [200, 503, 200, 503, 200]
    assert {e.host for e in served.exchanges() if e.injected} == {DOMAIN}


@pytest.mark.parametrize("host", [DOMAIN, DOMAIN.upper(), f"{DOMAIN}:443"])
def test_a_host_is_matched_in_lower_case_and_without_its_port(served: Served, host: str) -> None:
    served.arm(host=f"^{DOMAIN}$", status=500)
    assert served.visit(host).status_code == 500


@pytest.mark.parametrize(
    ("fault", "created"),
    [
        ({"kind": "status"}, 0),
        ({"kind": "status", "applied": True}, 1),
        ({"kind": "reset"}, 0),
        ({"kind": "reset", "applied": True}, 1),
        ({"kind": "timeout", "applied": True}, 1),
        ({"kind": "broken"}, 1),
        ({"kind": "slow", "seconds": 0.01}, 1),
        ({"kind": "slow", "seconds": 60}, 1),
    ],
    ids=str,
)
def test_the_work_is_done_or_not_as_the_fault_says(served: Served, fault: dict[str, Any], created: int) -> None:
    served.arm(service="vercel", method="POST", **fault)
    try:
        answer = served.vercel.http.post(
            "/v8/projects",
            json={"name": "ai-tools"},
            params={"slug": "ai-tools"},
            headers={"Authorization": f"Bearer {next(iter(served.state.collection('vercel.tokens')))}"},
            timeout=0.3,
        )
    except httpx2.TransportError:
        assert fault["kind"] in ("reset", "timeout", "slow")
    else:
        assert answer.status_code == (500 if fault["kind"] == "status" else 200)
    assert len(served.state.collection("vercel.projects")) == created


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v9/projects/ai-tools", 200), ("GET", "/v9/projects/none", 404), ("POST", "promote", 201)],
)
def test_a_broken_answer_has_the_right_status_and_no_whole_document(
    served: Served, method: str, path: str, status: int
) -> None:
    project = served.vercel.project()
    if path == "promote":
        path = f"/v10/projects/{project}/promote/{served.site(project, 'one')}"
    served.arm(kind="broken")
    token = next(iter(served.state.collection("vercel.tokens")))
    answer = served.vercel.http.request(
        method, path, params={"slug": "ai-tools"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == status
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_broken_answer_without_room_for_a_body_stays_as_it_is(served: Served) -> None:
    project = served.vercel.project()
    served.arm(kind="broken", method="DELETE")
    assert served.vercel.call("DELETE", f"/v9/projects/{project}") == (204, None)


def test_a_slow_answer_is_the_right_one(served: Served) -> None:
    project = served.vercel.project()
    served.arm(kind="slow", seconds=0.01)
    assert served.vercel.done("GET", "/v9/projects/ai-tools")["id"] == project


def test_a_refusal_waits_for_a_connection_and_lets_calls_pass(served: Served) -> None:
    served.arm(kind="refused", host=f"^{DOMAIN}$")
    assert served.visit(DOMAIN).status_code == 404
    assert faults.take_refusal(served.state, "vercel", "api.vercel.com") is None
    assert faults.take_refusal(served.state, "site", DOMAIN) is not None
    assert faults.take_refusal(served.state, "site", DOMAIN) is None


def test_other_faults_do_not_refuse_connections(served: Served) -> None:
    served.arm(kind="reset")
    assert faults.take_refusal(served.state, "site", DOMAIN) is None


def test_a_fault_is_lifted_by_its_key_and_by_no_other(served: Served) -> None:
    lasting, other = (served.arm(status=status, times=10_000) for status in (500, 503))
    assert served.visit(DOMAIN).status_code == 500
    faults.lift(served.state, lasting)
    faults.lift(served.state, lasting)
    assert served.visit(DOMAIN).status_code == 503
    faults.lift(served.state, other)
    assert served.visit(DOMAIN).status_code == 404
