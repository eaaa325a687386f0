import httpx2

from tests.sandbox.world.github.conftest import REPOSITORY

PULL_REQUEST = {
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_approving_review_count": 1,
    "required_review_thread_resolution": False,
}
CHECKS = {"required_status_checks": [{"context": "ci"}], "strict_required_status_checks_policy": True}


def test_a_branch_has_the_rules_of_the_active_rulesets_that_cover_it(operator: httpx2.Client) -> None:
    made = [
        operator.post(
            f"{REPOSITORY}/rulesets",
            json={
                "name": name,
                "enforcement": enforcement,
                "conditions": {"ref_name": {"include": [include], "exclude": []}},
                "rules": rules,
            },
        ).json()["id"]
        for name, enforcement, include, rules in (
            ("main", "active", "~DEFAULT_BRANCH", [{"type": "pull_request", "parameters": PULL_REQUEST}]),
            ("all", "active", "~ALL", [{"type": "deletion"}, {"type": "required_status_checks", "parameters": CHECKS}]),
            ("off", "disabled", "~ALL", [{"type": "update"}]),
        )
    ]
    rules = operator.get(f"{REPOSITORY}/rules/branches/main").json()
    assert [(rule["type"], rule["ruleset_id"]) for rule in rules] == [
        ("pull_request", made[0]),
        ("deletion", made[1]),
        ("required_status_checks", made[1]),
    ]
    assert rules[0]["parameters"]["required_approving_review_count"] == 1
    other = operator.get(f"{REPOSITORY}/rules/branches/feature/x").json()
    assert [rule["type"] for rule in other] == ["deletion", "required_status_checks"]
