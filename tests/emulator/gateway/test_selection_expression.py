"""Selection expressions: variables, escapes, the reserved key and unsupported variables."""

import pytest

from pulumi_local_aws.gateway.selection_expression import SelectionError, evaluate

MESSAGE = '{"action":"join","version":2,"draft":true,"deep":{"items":[{"kind":"x"}]}}'
VARIABLES: dict[str, object] = {
    "context": {"stage": "live"},
    "stageVariables": {"colour": "blue"},
    "integration": {"response": {"statuscode": 503}},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("200", "200"),
        ("$request.body.action", "join"),
        ("${request.body.version}-beta", "2-beta"),
        ("$request.body.draft", "true"),
        ("${request.body.deep.items[0].kind}/${request.body.action}", "x/join"),
        ("$request.body.missing", None),
        ("$request.body.deep", None),
        ("$default", "$default"),
        ("\\$default", "$default"),
        ("\\${request.body.action}", "${request.body.action}"),
        ("${context.stage}-${stageVariables.colour}", "live-blue"),
        ("${integration.response.statuscode}", "503"),
    ],
)
def test_expressions(expression: str, value: str | None) -> None:
    assert evaluate(expression, MESSAGE, VARIABLES) == value


def test_invalid_json_has_no_value() -> None:
    assert evaluate("$request.body.action", "no JSON") is None


def test_a_value_is_not_evaluated_again() -> None:
    assert evaluate("$request.body.a", '{"a":"$request.body.a"}') == "$request.body.a"


@pytest.mark.parametrize("expression", ["$request.header.x", "${method}", "$context.stage"])
def test_an_unsupported_variable_is_an_error_that_names_it(expression: str) -> None:
    with pytest.raises(SelectionError, match="unsupported"):
        evaluate(expression, MESSAGE)
