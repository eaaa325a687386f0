import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.actions.expressions.evaluation import evaluate, plain
from sandbox.actions.expressions.folding import fold, literal
from sandbox.actions.expressions.syntax import ExpressionError, parse
from sandbox.actions.expressions.templates import holds, split, value_of

CONTEXTS: dict[str, Any] = {
    "github": {
        "ref": "refs/heads/main",
        "event": {"number": 7, "labels": [{"name": "a"}, {"name": "b"}]},
        "run_id": "12",
    },
    "inputs": {"kind": "Rollback", "loud": True, "count": "3"},
    "needs": {"a": {"result": "success", "outputs": {"x": "1"}}, "b": {"result": "failure", "outputs": {}}},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.ref", "refs/heads/main"),
        ("github['ref']", "refs/heads/main"),
        ("GitHub.Event.Number", 7),
        ("github.event.missing.deeper", None),
        ("github.event.labels[1].name", "b"),
        ("github.event.labels[9].name", None),
        ("github.event.labels.*.name", ["a", "b"]),
        ("needs.*.result", ["success", "failure"]),
        ("contains(needs.*.result, 'failure')", True),
        ("contains('Hello', 'ELL')", True),
        ("inputs.kind == 'rollback'", True),
        ("inputs.loud == true", True),
        ("inputs.count > 2", True),
        ("'1' == 1", True),
        ("'' == 0", True),
        ("null == ''", True),
        ("'a' == 0", False),
        ("inputs.kind == 'rollback' && format('r-{0}', github.run_id) || 'other'", "r-12"),
        ("inputs.kind == 'x' && 'a' || 'b'", "b"),
        ("!(1 < 2) || 3 >= 3", True),
        ("format('{{{0}}} {1}', 'a', 1.5)", "{a} 1.5"),
        ("join(needs.*.result, '+')", "success+failure"),
        ("startsWith('refs/heads/x', 'REFS/') && endsWith('abc', 'C')", True),
        ("fromJSON('{\"a\": [1, 2]}').a[1]", 2),
        ("toJSON(needs.b)", '{\n  "result": "failure",\n  "outputs": {}\n}'),
        ("'it''s'", "it's"),
        ("0x1F", 31),
        ("-2.5e1", -25),
        ("github.event == github.event", True),
    ],
)
def test_an_expression_is_computed_as_github_does(expression: str, value: Any) -> None:
    assert evaluate(parse(expression), CONTEXTS) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a b", "Unexpected 'b'"),
        ("(1", "Unexpected end"),
        ("1 +", "Unexpected symbol '+'"),
        ("secret.x", "Unrecognized named-value: 'secret'"),
        ("rm('x')", "Unrecognized function: 'rm'"),
        ("startsWith('x')", "startswith does not take 1 arguments"),
        ("format('{0} {1}', 'x')", "names a missing argument"),
        ("fromJSON('{')", "Error parsing fromJson"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason.replace("+", r"\+")):
        evaluate(parse(expression), CONTEXTS)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("a ${{ github.run_id }}-${{ inputs.loud }} b", "a 12-true b"),
        ("${{ github.event.number }}", 7),
        ("${{ '}}' }}", "}}"),
        ("plain", "plain"),
        (True, True),
    ],
)
def test_a_template_is_filled_in(template: Any, value: Any) -> None:
    assert value_of(template, CONTEXTS) == value


def test_an_expression_without_an_end_is_refused() -> None:
    with pytest.raises(ExpressionError, match="not closed"):
        split("${{ 'a }}")


@pytest.mark.parametrize(
    ("condition", "runs_after_success", "runs_after_failure"),
    [
        (None, True, False),
        ("always()", True, True),
        ("failure()", False, True),
        ("inputs.loud", True, False),
        ("${{ inputs.loud && !failure() }}", True, False),
        ("always() && inputs.kind != 'rollback'", False, False),
        (False, False, False),
    ],
)
def test_a_condition_that_asks_for_no_status_means_success(
    condition: Any, *, runs_after_success: bool, runs_after_failure: bool
) -> None:
    for failed, expected in ((False, runs_after_success), (True, runs_after_failure)):
        functions = {
            "always": lambda: True,
            "success": lambda failed=failed: not failed,
            "failure": lambda failed=failed: failed,
            "cancelled": lambda: False,
        }
        assert holds(condition, CONTEXTS, functions) is expected


@pytest.mark.parametrize(
    ("template", "folded"),
    [
        ("${{ needs.a.outputs.x }}", "${{ '1' }}"),
        ("${{ steps.s.outputs.y || needs.a.outputs.x }}", "${{ steps.s.outputs.y || '1' }}"),
        ("${{ steps[needs.a.result].outcome }}", "${{ steps['success'].outcome }}"),
        ("${{ contains(needs.*.result, 'failure') && secrets.S }}", "${{ true && secrets.S }}"),
        ("a ${{ hashFiles('x') }} ${{ github.sha }}", "a ${{ hashFiles('x') }} ${{ github.sha }}"),
        ("${{ github.workflow_ref }}", "${{ 'w@main' }}"),
        ("${{ inputs.none }} ${{ inputs.loud }}", "${{ null }} ${{ true }}"),
    ],
)
def test_what_is_known_is_filled_in_and_the_rest_stays_word_for_word(template: str, folded: str) -> None:
    known = {name: CONTEXTS[name] for name in ("needs", "inputs")}
    assert fold(template, known, {"github": {"workflow_ref": "w@main"}}) == folded


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_no_value_breaks_out_of_what_it_is_written_into(value: Any) -> None:
    template = f"${{{{ {literal(value)} }}}}"
    assert template.isascii()
    assert [inside for _, inside in split(template)] == [True]
    assert json.dumps(plain(evaluate(parse(literal(value)), {}))) == json.dumps(value)
