"""The rules of a ruleset, between Pulumi's form and that of GitHub's API.

Sources: https://docs.github.com/rest/repos/rules for the API's, the SDK's RepositoryRulesetRulesArgs for Pulumi's.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Rules = dict[str, Any]

_FLAGS = {
    "creation": "creation",
    "deletion": "deletion",
    "requiredLinearHistory": "required_linear_history",
    "requiredSignatures": "required_signatures",
    "nonFastForward": "non_fast_forward",
}
_WITH_PARAMETERS = {
    "requiredDeployments": "required_deployments",
    "pullRequest": "pull_request",
    "requiredStatusChecks": "required_status_checks",
    "mergeQueue": "merge_queue",
    "commitMessagePattern": "commit_message_pattern",
    "commitAuthorEmailPattern": "commit_author_email_pattern",
    "committerEmailPattern": "committer_email_pattern",
    "branchNamePattern": "branch_name_pattern",
    "tagNamePattern": "tag_name_pattern",
    "requiredCodeScanning": "code_scanning",
    "filePathRestriction": "file_path_restriction",
    "maxFileSize": "max_file_size",
    "maxFilePathLength": "max_file_path_length",
    "fileExtensionRestriction": "file_extension_restriction",
    "copilotCodeReview": "copilot_code_review",
}
ON_PUSH = frozenset({"filePathRestriction", "maxFileSize", "maxFilePathLength", "fileExtensionRestriction"})
"""Rules of rulesets whose target is `push`; the others are for branches and tags."""

_RENAMED = {
    ("requiredStatusChecks", "requiredChecks"): "required_status_checks",
    ("requiredCodeScanning", "requiredCodeScanningTools"): "code_scanning_tools",
}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "pullRequest": {
        "dismissStaleReviewsOnPush": False,
        "requireCodeOwnerReview": False,
        "requireLastPushApproval": False,
        "requiredApprovingReviewCount": 0,
        "requiredReviewThreadResolution": False,
    },
    "requiredStatusChecks": {"strictRequiredStatusChecksPolicy": False, "doNotEnforceOnCreate": False},
    "mergeQueue": {
        "checkResponseTimeoutMinutes": 60,
        "groupingStrategy": "ALLGREEN",
        "maxEntriesToBuild": 5,
        "maxEntriesToMerge": 5,
        "mergeMethod": "MERGE",
        "minEntriesToMerge": 1,
        "minEntriesToMergeWaitMinutes": 5,
    },
    "copilotCodeReview": {"reviewOnPush": False, "reviewDraftPullRequests": False},
}
"""What the provider sends for a parameter that is left out."""

FILLED_IN = frozenset(
    {"rules.pullRequest.allowedMergeMethods", "rules.requiredStatusChecks.requiredChecks.integrationId"}
    | {
        f"rules.{rule}.{parameter}"
        for rule, parameters in _DEFAULTS.items()
        for parameter, default in parameters.items()
        if default
    }
)
"""Paths that come back from GitHub though a program left them out."""


def keep_computed(rules: Rules, known: Rules) -> Rules:
    """The rules with the merge methods that GitHub has: who leaves them out leaves them as they are."""
    methods = known.get("pullRequest", {}).get("allowedMergeMethods")
    if "pullRequest" not in rules or not methods:
        return rules
    return {**rules, "pullRequest": {"allowedMergeMethods": methods, **rules["pullRequest"]}}


def to_api(rules: Rules) -> list[dict[str, Any]]:
    """Pulumi's rules as GitHub's list of rules; a flag that is false is no rule."""
    listed: list[dict[str, Any]] = [{"type": kind} for name, kind in _FLAGS.items() if rules.get(name)]
    if rules.get("update"):
        merge = rules.get("updateAllowsFetchAndMerge", False)
        listed.append({"type": "update", "parameters": {"update_allows_fetch_and_merge": merge}})
    for name, kind in _WITH_PARAMETERS.items():
        if name in rules:
            parameters = {**_DEFAULTS.get(name, {}), **rules[name]}
            listed.append({"type": kind, "parameters": _parameters_to_api(name, parameters)})
    return listed


def from_api(listed: Iterable[Mapping[str, Any]]) -> Rules:
    """GitHub's list of rules as Pulumi's, with every flag set or not."""
    by_type = {rule["type"]: rule.get("parameters") or {} for rule in listed}
    rules: Rules = {name: kind in by_type for name, kind in _FLAGS.items()}
    rules["update"] = "update" in by_type
    rules["updateAllowsFetchAndMerge"] = by_type.get("update", {}).get("update_allows_fetch_and_merge", False)
    for name, kind in _WITH_PARAMETERS.items():
        if kind in by_type:
            rules[name] = _parameters_from_api(name, by_type[kind])
    return rules


def _parameters_to_api(rule: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get((rule, name), _snake(name)): _snake_keys(value) for name, value in parameters.items()}


def _parameters_from_api(rule: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = {api: name for (of, name), api in _RENAMED.items() if of == rule}
    return {names.get(api, _camel(api)): _camel_keys(value) for api, value in parameters.items() if value is not None}


def _snake_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_snake_keys(item) for item in value]
    if isinstance(value, Mapping):
        # An app's number of 0 means any app may report the check.
        return {_snake(name): _snake_keys(item) for name, item in value.items() if (name, item) != ("integrationId", 0)}
    return value


def _camel_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel_keys(item) for item in value]
    if isinstance(value, Mapping):
        return {_camel(name): _camel_keys(item) for name, item in value.items() if item is not None}
    return value


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
