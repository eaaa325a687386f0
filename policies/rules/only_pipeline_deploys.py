"""only-pipeline-deploys."""

from collections.abc import Iterator

from policies.model import Context, Resource, differs
from policies.rule import Rule, Severity

_DEPLOYS = frozenset({"Deployment", "DeployHook"})
_ALIAS = "Alias"


def _other_ways(resource: Resource, _: Context) -> Iterator[str]:
    if resource.kind in _DEPLOYS:
        yield "it deploys beside the pipeline"
    if resource.kind == _ALIAS:
        yield "it moves an address to a deployment that nobody has verified"
    if resource.kind == "Project" and differs(resource.inputs.get("gitRepository"), None):
        yield "it is linked to Git, so Vercel builds every push"
    if resource.kind == "Project" and differs(resource.inputs.get("autoAssignCustomDomains"), False):
        yield "a deployment gets the domain before anybody has verified it"


RULE = Rule(
    id="only-pipeline-deploys",
    severity=Severity.MANDATORY,
    what="The Vercel project has no Git link, gives no domain by itself, and nothing else deploys or sets an alias.",
    why="What is built from a push goes live without tests, without approval and without a way back.",
    fix="Leave `git_repository` out and `auto_assign_custom_domains` false in components/vercel_app.py.",
    kinds=frozenset({"Project", _ALIAS, *_DEPLOYS}),
    resource=_other_ways,
)
