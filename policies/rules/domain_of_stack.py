"""domain-of-stack."""

from collections.abc import Iterator

from policies.model import Stack, differs
from policies.rule import Finding, Rule, Severity

_ELSEWHERE = ("gitBranch", "redirect", "customEnvironmentId")


def _elsewhere(stack: Stack) -> Iterator[Finding]:
    domains = stack.of("ProjectDomain")
    if len(domains) != 1:
        yield None, f"it has {len(domains)} domains, and an environment has one"
    for domain in domains:
        if differs(domain.inputs.get("domain"), stack.context.names.domain):
            yield domain, f"it is not the stack's domain, {stack.context.names.domain}"
        if others := [key for key in _ELSEWHERE if differs(domain.inputs.get(key), None, "")]:
            yield domain, f"{' and '.join(others)} lets it serve something else than production deployments"


RULE = Rule(
    id="domain-of-stack",
    severity=Severity.MANDATORY,
    what="A stack has one domain: the one of its file, which serves the production deployment of its own project.",
    why="A domain that two projects claim moves to the last one, and a redirect takes users past what was verified.",
    fix="Set `domain` in the stack's file, and nowhere else.",
    stack=_elsewhere,
)
