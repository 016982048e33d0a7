"""The plugin process constructs each component from what the package's schema describes, and no more."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from tests.components.construct_examples import examples
from tests.components.plugin_process import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    Constructed,
    Plugin,
    archive,
    output,
    running_plugin,
)
from websocket_sessions.package import COMPONENTS, package_schema
from websocket_sessions.routes import functions_in_use

SCHEMA = package_schema()
PREFIX = "websocket_sessions:index:"
NAMES = sorted(component.__name__ for component in COMPONENTS)
Step = str | int
Path_ = tuple[Step, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    (made / "index.html").write_text("")
    (made / "app").mkdir()
    (made / "app" / "app.py").write_text("")
    return made


@pytest.fixture(scope="module")
def given(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return examples(folder, functions_in_use(record_heartbeats=True, has_channel=True))


@pytest.fixture(scope="module")
def plugin(folder: Path) -> Iterator[Plugin]:
    with running_plugin(cwd=folder) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(plugin: Plugin, given: dict[str, list[dict[str, Any]]]) -> Callable[[str], list[Constructed]]:
    """Return what constructs the examples of a component, once for all tests."""

    @cache
    def construct(component: str) -> list[Constructed]:
        return [plugin.construct(component, inputs) for inputs in given[component]]

    return construct


def refusal(plugin: Plugin, component: str, inputs: dict[str, Any], *, preview: bool = False) -> str:
    """Return why arguments are refused, which must be one line without a traceback."""
    with pytest.raises(grpc.RpcError) as caught:
        plugin.construct(component, inputs, preview=preview)
    error = cast(grpc.Call, caught.value)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error.details()
    text = error.details() or ""
    assert "\n" not in text
    return text


def test_the_process_serves_the_schema(plugin: Plugin) -> None:
    assert plugin.schema() == json.loads(json.dumps(SCHEMA))


def test_the_examples_use_every_property_of_the_schema(given: dict[str, list[dict[str, Any]]]) -> None:
    used: set[tuple[str, str]] = set()
    for component, items in given.items():
        for inputs in items:
            used |= {(token, name) for token, name, _, _ in walk(component, inputs)}
    described = {
        (token, name) for token, item in SCHEMA["resources"].items() for name in item["inputProperties"]
    } | {(token, name) for token, item in SCHEMA["types"].items() for name in item["properties"]}
    assert used == described


@pytest.mark.parametrize("component", NAMES)
def test_a_component_is_constructed_with_every_argument(
    component: str, deployed: Callable[[str], list[Constructed]]
) -> None:
    for made in deployed(component):
        assert made.urn.endswith(f"{PREFIX}{component}::made")
        assert set(made.outputs) == set(SCHEMA["resources"][f"{PREFIX}{component}"]["properties"])
        assert UNKNOWN not in json.dumps(made.outputs)


@pytest.mark.parametrize("component", NAMES)
def test_a_preview_constructs_a_component_with_every_argument(
    component: str, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for inputs in given[component]:
        made = plugin.construct(component, inputs, preview=True)
        assert made.urn.endswith(f"{PREFIX}{component}::made")
        assert set(made.outputs) == set(SCHEMA["resources"][f"{PREFIX}{component}"]["properties"])


@pytest.mark.parametrize("component", NAMES)
def test_outputs_have_the_types_of_the_schema(
    component: str, deployed: Callable[[str], list[Constructed]]
) -> None:
    made = deployed(component)[0]
    for name, described in SCHEMA["resources"][f"{PREFIX}{component}"]["properties"].items():
        assert fits(described, made.outputs[name]), name


@pytest.mark.parametrize(
    "unknown", [UNKNOWN, output(), output(secret=True)], ids=["bare", "output", "secret"]
)
@pytest.mark.parametrize("component", NAMES)
def test_every_argument_that_need_not_be_plain_may_be_known_later(
    component: str, unknown: Any, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for inputs in given[component]:
        plugin.construct(component, replaced(component, inputs, unknown), preview=True)


@pytest.mark.parametrize("component", NAMES)
def test_a_known_output_is_the_same_as_its_value(
    component: str,
    plugin: Plugin,
    given: dict[str, list[dict[str, Any]]],
    deployed: Callable[[str], list[Constructed]],
) -> None:
    for inputs, plain in zip(given[component], deployed(component), strict=True):
        wrapped = plugin.construct(component, replaced(component, inputs, output))
        assert without_digest_key(by_name(wrapped)) == without_digest_key(by_name(plain))


@pytest.mark.parametrize("component", NAMES)
def test_an_output_where_a_plain_value_is_needed_is_refused_by_name(
    component: str, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for inputs in given[component]:
        for _, name, path, described in walk(component, inputs):
            if described.get("plain") and all(isinstance(step, str) for step in path):
                text = refusal(plugin, component, at(inputs, path, output()), preview=True)
                assert name in text or snake(name) in text
                assert "is an Output: allowed is a value that is known while the program runs" in text


@pytest.mark.parametrize("component", NAMES)
def test_an_unknown_key_is_refused_by_name_at_any_depth(
    component: str, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for inputs in given[component]:
        for path in {path[:-1] for _, _, path, _ in walk(component, inputs)}:
            text = refusal(plugin, component, at(inputs, (*path, "noSuchKey"), 1))
            assert "noSuchKey is no argument of" in text


@pytest.mark.parametrize("component", NAMES)
def test_a_value_of_another_type_is_refused_by_name(
    component: str, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for inputs in given[component]:
        for _, name, path, described in walk(component, inputs):
            wrong = "text" if described.get("type") in {"boolean", "integer", "number"} else 0.5
            text = refusal(plugin, component, at(inputs, path, wrong))
            assert name in text or snake(name) in text
            assert "allowed is" in text


@pytest.mark.parametrize("component", NAMES)
def test_what_the_schema_requires_is_missed_by_name(
    component: str, plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    for name in SCHEMA["resources"][f"{PREFIX}{component}"]["requiredInputs"]:
        inputs = {key: item for key, item in given[component][0].items() if key != name}
        assert f"{snake(name)} is missing" in refusal(plugin, component, inputs)


@pytest.mark.parametrize("wrap", [dict, output], ids=["plain", "output"])
def test_the_config_of_a_site_has_sorted_keys(
    wrap: Callable[[Any], Any], plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    """The engine sends keys in any order, and the text of an unchanged config must not change."""
    config = wrap({name: {"d": 1, "b": 2, "c": 3, "a": 4} for name in ("url", "region", "pool", "languages")})
    made = plugin.construct("StaticSite", {**given["StaticSite"][0], "config": config})
    (content,) = [
        item.inputs["content"] for item in made.resources if item.inputs.get("key") == "config.json"
    ]
    assert content == json.dumps(json.loads(content), sort_keys=True)


def test_the_dashboard_has_its_functions_in_the_order_of_their_names(
    plugin: Plugin, given: dict[str, list[dict[str, Any]]]
) -> None:
    watched = {"logGroupName": "/logs", "timeout": 10}
    functions = {name: {**watched, "functionName": f"fn-{name}"} for name in ("f", "b", "e", "a", "d", "c")}
    inputs = {**given["Observability"][0], "functions": functions}
    made = plugin.construct(
        "Observability", {**inputs, "streamFunction": "a", "scheduledFunction": "a", "logAlarms": {}}
    )
    body = made.one("Dashboard").inputs["dashboardBody"]
    places = [body.index(f"fn-{name}") for name in "abcdef"]
    assert places == sorted(places)


def test_a_type_that_the_package_lacks_is_refused_with_those_it_has(plugin: Plugin) -> None:
    assert "allowed are CognitoUsers, EventChannel" in refusal(plugin, "Fan", {})


def test_code_by_its_path_is_found_in_the_programs_folder(plugin: Plugin) -> None:
    made = plugin.construct("WebSocketApi", {"routes": {"$default": "app/app.handler"}})
    assert made.one("Function").inputs["handler"] == "app.handler"
    assert "has none of" in refusal(plugin, "WebSocketApi", {"routes": {"$default": "app/other.handler"}})


def test_an_archive_of_files_reaches_the_function(plugin: Plugin, folder: Path) -> None:
    made = plugin.construct("LambdaHandler", {"handler": "app.handler", "archive": archive(folder)})
    code = made.one("Function").inputs["code"]
    assert code["path"] == str(folder)
    assert SIGNATURE in code


def test_a_policy_that_is_known_later_reaches_the_role(plugin: Plugin, folder: Path) -> None:
    statements = [{"actions": ["sns:Publish"], "resources": ["arn:aws:sns:::topic"]}]
    inputs = {"handler": "app.handler", "archive": archive(folder), "policy": output(statements)}
    policy = json.loads(plugin.construct("LambdaHandler", inputs).one("RolePolicy").inputs["policy"])
    assert policy["Statement"][0]["Action"] == ["sns:Publish"]


def test_a_secret_stays_a_secret(plugin: Plugin, folder: Path) -> None:
    environment = {"PASSWORD": output("open sesame", secret=True)}
    inputs = {"handler": "app.handler", "archive": archive(folder), "environment": environment}
    sent = str(plugin.construct("LambdaHandler", inputs).one("Function").request.object)
    assert "open sesame" in sent
    assert SECRET in sent


def test_options_of_the_resource_reach_it(plugin: Plugin) -> None:
    parent = "urn:pulumi:test::websocket-sessions::my:index:Parent::parent"
    made = plugin.construct("FanOutQueue", {}, parent=parent, protect=True)
    component = made.one("FanOutQueue").request
    assert (component.parent, component.protect) == (parent, True)
    assert {item.parent for item in made.of("Queue")} == {"made"}


def walk(component: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str, Path_, dict[str, Any]]]:
    """Yield each property that arguments use: its class, its name, its path and its description."""
    token = f"{PREFIX}{component}"
    yield from _walk_object(token, SCHEMA["resources"][token]["inputProperties"], inputs, ())


def _walk_object(
    token: str, properties: Mapping[str, Any], value: Mapping[str, Any], path: Path_
) -> Iterator[tuple[str, str, Path_, dict[str, Any]]]:
    for name, item in value.items():
        yield token, name, (*path, name), properties[name]
        yield from _walk_value(properties[name], item, (*path, name))


def _walk_value(
    described: Mapping[str, Any], value: Any, path: Path_
) -> Iterator[tuple[str, str, Path_, dict[str, Any]]]:
    chosen = _alternative(described, value)
    reference = chosen.get("$ref", "")
    if reference.startswith("#/types/"):
        token = reference.removeprefix("#/types/")
        yield from _walk_object(token, SCHEMA["types"][token]["properties"], value, path)
    elif "items" in chosen:
        for place, item in enumerate(value):
            yield from _walk_value(chosen["items"], item, (*path, place))
    elif "additionalProperties" in chosen:
        for key, item in value.items():
            yield from _walk_value(chosen["additionalProperties"], item, (*path, key))


def _alternative(described: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Return which type of a property a value has."""
    if "oneOf" not in described:
        return described
    if isinstance(value, str):
        return next(item for item in described["oneOf"] if item.get("type") == "string")
    return next(
        item
        for item in described["oneOf"]
        if "$ref" in item
        and set(value) <= set(SCHEMA["types"][item["$ref"].removeprefix("#/types/")]["properties"])
    )


def replaced(component: str, inputs: Mapping[str, Any], by: Any) -> dict[str, Any]:
    """Return arguments in which each outermost value that may be an output is replaced."""
    changed = copy.deepcopy(dict(inputs))
    done: list[Path_] = []
    for _, _, path, described in walk(component, inputs):
        within = any(path[: len(other)] == other for other in done)
        text_or_class = "oneOf" in described and not isinstance(_at(inputs, path), str)
        if not within and not described.get("plain") and not text_or_class:
            changed = at(changed, path, by(_at(inputs, path)) if callable(by) else by)
            done.append(path)
    return changed


def at(inputs: Mapping[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """Return arguments with another value at a path."""
    changed = copy.deepcopy(dict(inputs))
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def by_name(made: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item.type, item.name): item.inputs for item in made.resources}


def without_digest_key(made: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Put the same text in place of the key that each program makes at random."""
    keys = [inputs["value"] for (kind, _), inputs in made.items() if kind == "aws:ssm/parameter:Parameter"]
    text = json.dumps([[*name, inputs] for name, inputs in made.items()], default=str)
    for key in keys:
        text = text.replace(key, "digest key")
    return {(kind, name): inputs for kind, name, inputs in json.loads(text)}


def fits(described: Mapping[str, Any], value: Any) -> bool:
    """Return whether an output is of the type that the schema describes."""
    kind = described.get("type")
    if kind == "array":
        return isinstance(value, list) and all(
            fits(described["items"], item) for item in cast(list[Any], value)
        )
    if kind == "object" and "additionalProperties" in described:
        return isinstance(value, dict) and all(
            fits(described["additionalProperties"], item) for item in cast(dict[str, Any], value).values()
        )
    plain = {"string": str, "boolean": bool, "integer": float, "number": float}
    return kind is None or isinstance(value, plain[kind])


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
