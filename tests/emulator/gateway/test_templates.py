"""Mapping templates: the supported features, and errors that name unsupported ones."""

import pytest

from pulumi_local_aws.gateway.integrations.templates import Scope, TemplateError, render

BODY = '{"requestId":"r\\"1","list":[{"a":1},{"a":2}],"deep":{"x":null,"yes":true}}'


def rendered(template: str, body: str = BODY) -> str:
    context: dict[str, object] = {
        "connectedAt": 12,
        "identity": {"sourceIp": "127.0.0.1"},
        "requestTimeEpoch": 34,
    }
    return render(template, Scope(context=context, body=body, stage_variables={"colour": "blue"}))


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("plain text", "plain text"),
        ('{"at":$context.connectedAt,"now":${context.requestTimeEpoch}}', '{"at":12,"now":34}'),
        ("$context.identity.sourceIp.", "127.0.0.1."),
        ("[$context.missing.more]", "[]"),
        ("$stageVariables.colour", "blue"),
        ("$stageVariables['colour']", "blue"),
        ("$input.body", BODY),
        ("$input.json('$.list')", '[{"a":1},{"a":2}]'),
        ("$input.json('$.requestId')", '"r\\"1"'),
        ("$input.json('$.missing')", "null"),
        ("$input.path('$.list[1].a')", "2"),
        ("$input.path('$').deep.yes", "true"),
        ("$input.path('$.list')[0].a", "1"),
        ("$util.escapeJavaScript($input.path('$.requestId'))", 'r\\"1'),
        ('$util.escapeJavaScript("it\'s")', "it\\'s"),
        ("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi"),
        ("$util.urlEncode('a b&c') $util.urlDecode('a+b%26c')", "a+b%26c a b&c"),
        ('$util.parseJson(\'{"a":{"b":3}}\').a.b', "3"),
        ("#set($x = 'one')$x and ${x}s", "one and ones"),
        ('#set($x = 2)#set($y = "<$x>")$y', "<2>"),
        ("#set($root = $input.path('$'))$root.deep.yes", "true"),
        ("$unknown $!unknown.", "$unknown ."),
        ("costs 5$ and #1", "costs 5$ and #1"),
        ("a## comment\nb", "ab"),
        ("#if($context.connectedAt == 12)yes#{else}no#end", "yes"),
        ("#if($context.missing)yes#else#{if}(true)inner#end#end", "inner"),
        ("#if(false)a#elseif(1 < 2 && !false)b#elseif(true)c#{else}d#end", "b"),
        ("#if(true)a#elseif($util.nothing())b#{else}$input.nothing()#end", "a"),
        ("#if('x' != \"y\" and (1 >= 1 or null))a#end", "a"),
        ("#if(not true || 3 lt 2)a#{else}b#end", "b"),
        ("#set($context.requestOverride.path.id = 'kept')$context.requestOverride.path.id", "kept"),
    ],
)
def test_templates(template: str, output: str) -> None:
    assert rendered(template) == output


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("#foreach($x in $y)$x#end", "#foreach"),
        ("#macro(x)#end", "#macro"),
        ("$util.time.nowISO8601()", r"\$util.time.nowISO8601\(\)"),
        ("$input.params('x')", r"\$input.params\(\)"),
        ("$input.path('$..a')", r"\$\.\.a"),
        ("$input.path('a')", "must begin with"),
        ("$input.path('$.list')", "use \\$input.json"),
        ("#set($context.stage = 'x')", "context.stage"),
        ("#if(true)open", "without #end"),
        ("#end", "#end without #if"),
        ("#set($x = )", "a value"),
        ("#set($x 1)", "expected '='"),
        ("${context.stage", "expected '}'"),
        ("#set($x = 'open)", "closing"),
        ("#if('a' < 1)#end", "numbers only"),
    ],
)
def test_an_unsupported_feature_is_an_error_that_names_it(template: str, named: str) -> None:
    with pytest.raises(TemplateError, match=named):
        rendered(template)


def test_an_invalid_json_body_is_text() -> None:
    assert rendered("$input.path('$')", "hello") == "hello"
    assert rendered("$input.json('$.a')", "") == "null"
