"""The parameters of a request: what a URL's text reads as, under the schema that a parameter has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from sandbox.openapi.operations import Operation

LITERAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?|true|false")
READ_AS = {"true": True, "false": False}


def parameter_violations(operation: Operation, query: str) -> Iterator[str]:
    """What the path and the query string of a request do that its operation does not allow, each in words.

    Args:
        operation: which, with the values of its path.
        query: the query string.
    """
    asked = parse_qs(query, keep_blank_values=True)
    declared = [parameter for parameter in operation.parameters() if parameter["in"] in ("path", "query")]
    for parameter in declared:
        where, name = parameter["in"], parameter["name"]
        given = [operation.path_values[name]] if where == "path" else asked.get(name, asked.get(f"{name}[]", []))
        if not given:
            if parameter.get("required"):
                yield f"the {where} parameter {name} is missing"
            continue
        validator = operation.document.validator(
            parameter.get("schema", {}), (operation.method, operation.template, where, name), of_request=True
        )
        if not any(validator.is_valid(reading) for reading in _readings(given, parameter)):
            value = given[0] if len(given) == 1 else given
            yield f"the {where} parameter {name} is {value!r}, which {parameter.get('schema')} does not allow"
    known = {parameter["name"] for parameter in declared if parameter["in"] == "query"}
    for name in asked:
        if name.removesuffix("[]") not in known and name not in known:
            yield f"the query parameter {name} is not documented"


def _readings(given: Sequence[str], parameter: Mapping[str, Any]) -> Iterator[Any]:
    """What a value can be: a URL does not tell a number or a truth value from text, nor an entry from a list of one."""
    if len(given) == 1:
        yield given[0]
        yield _literal(given[0])
        # https://spec.openapis.org/oas/v3.0.3#style-values: a list in a path, or unexploded, is separated by commas.
        if parameter["in"] == "path" or parameter.get("explode") is False:
            given = given[0].split(",")
    yield list(given)
    yield [_literal(entry) for entry in given]


def _literal(text: str) -> Any:
    if not LITERAL.fullmatch(text):
        return text
    return READ_AS[text] if text in READ_AS else float(text) if "." in text else int(text)
