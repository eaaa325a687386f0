"""The rules of a branch: https://docs.github.com/rest/repos/rules#get-rules-for-a-branch."""

from sandbox.world.github.access import open_repository
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.rule_enforcement import applies, list_rulesets
from sandbox.world.service import Request, Response, Routes

routes = Routes()


@routes.add("GET", "/repos/{owner}/{repo}/rules/branches/{branch:path}")
def list_rules(request: Request) -> Response:
    """The rules of all active rulesets that cover a branch of that name, whether or not there is one.

    Whom they let through makes no difference.
    """
    repository = open_repository(request, "repos/rules#get-rules-for-a-branch")
    ref = f"refs/heads/{request.parameters['branch']}"
    rules = [
        {
            **rule,
            "ruleset_source_type": "Repository",
            "ruleset_source": repository["full_name"],
            "ruleset_id": ruleset["id"],
        }
        for ruleset in list_rulesets(request.state, repository)
        if applies(ruleset, repository, ref)
        for rule in ruleset["rules"]
    ]
    page, headers = select_page(request, rules)
    return found(request, list(page), headers)
