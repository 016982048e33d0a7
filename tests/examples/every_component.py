"""One program that constructs every component, in YAML and in TypeScript.

Both are written from the examples of tests/components/construct_examples.py, which use every property of
the package's schema. Resources of the program take the place of what those examples make up. Left out are
`vpc`, because the local AWS has no VPCs, and `userPool`, because a backend has one issuer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.components import construct_examples as made_up
from tests.components.plugin_process import SIGNATURE
from websocket_sessions.routes import functions_in_use

COMPONENT = "websocket_sessions:"
SEEN = "seen.txt"
"""What the TypeScript program's transforms saw: component, type and name on a line."""
SECRET = "open sesame"
"""The value of an environment variable."""
PROVIDER = "elsewhere"
HOLDER = "holder"

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_CODE = {"fn::fileArchive": "app"}
_EXISTING: Mapping[str, Any] = {
    made_up.FUNCTION: "${worker.functionArn}",
    made_up.KEY: "${key.arn}",
    made_up.BOUNDARY: "${boundary.arn}",
    made_up.CERTIFICATE: "${certificate.arn}",
    made_up.LAYERS[0]: "${layer.arn}",
    "Z1": "${zone.zoneId}",
    "worker": "${worker.roleName}",
}
"""The resource in the place of each value that the examples make up."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource of the program."""

    type: str
    properties: dict[str, Any]


def declared() -> dict[str, Declared]:
    """Return the resources of the program by name."""
    given = made_up.examples(Path("app"), functions_in_use(record_heartbeats=True, has_channel=True))
    given["SessionBackend"] = [_one_backend(given["SessionBackend"])]
    found = _existing()
    for component, items in given.items():
        for number, example in enumerate(items):
            name = f"{component[0].lower()}{component[1:]}{number or ''}"
            properties = {**_real(component, example), **_GIVEN.get(component, {})}
            found[name] = Declared(type=f"{COMPONENT}{component}", properties=properties)
    return found


def _one_backend(examples: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one backend with the arguments of all, because a backend is most of the program's time.

    It takes one issuer only, so it has no `userPool`: examples/existing_pool has one. It has no alarms, which
    Observability has, and no SnapStart, because its handlers have no code that a snapshot could initialize.
    """
    arguments = {name: value for example in examples for name, value in example.items() if name != "userPool"}
    return {**arguments, "options": {**arguments["options"], "alarms": False, "snapStart": False}}


def write_yaml(folder: Path, plugin: Path) -> None:
    """Write the program in YAML, of which JSON is a part. `plugin` is the folder of the executable."""
    resources = {
        name: {"type": item.type, "properties": item.properties} for name, item in declared().items()
    }
    providers = [{"name": "websocket_sessions", "path": str(plugin)}]
    _write_project(folder, "yaml", {"plugins": {"providers": providers}, "resources": resources})


def write_typescript(folder: Path) -> None:
    """Write the program in TypeScript, to which `pulumi package add` adds the plugin.

    Its components are children of another one. They have an alias, a provider, `protect` and a transform.
    """
    _write_project(folder, "nodejs", {})
    package = {"name": "every", "private": True, "main": "index.ts"}
    packages = {"@pulumi/aws": "^7.0.0", "@pulumi/pulumi": "^3.200.0"}
    options = {"strict": True, "target": "es2022", "module": "commonjs", "moduleResolution": "node"}
    options |= {"esModuleInterop": True, "skipLibCheck": True, "noEmit": True}
    package |= {"dependencies": packages, "devDependencies": {"typescript": "^5.9.0"}}
    for name, content in {
        "package.json": json.dumps(package),
        "tsconfig.json": json.dumps({"compilerOptions": options, "files": ["index.ts"]}),
        "index.ts": _TYPESCRIPT + "".join(_construction(*item) for item in declared().items()),
    }.items():
        (folder / name).write_text(content, encoding="utf-8")


_TYPESCRIPT = f"""
import * as fs from "fs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as websocket_sessions from "@websocket-sessions/websocket_sessions";

const parent = new pulumi.ComponentResource("every:index:Holder", "{HOLDER}");
const provider = new aws.Provider("{PROVIDER}");
const options = (name: string): pulumi.ComponentResourceOptions => ({{
  parent,
  providers: {{ aws: provider }},
  protect: true,
  aliases: [{{ parent: pulumi.rootStackResource }}],
  transforms: [
    (seen) => {{
      fs.appendFileSync("{SEEN}", `${{name}} ${{seen.type}} ${{seen.name}}\\n`);
      return undefined;
    }},
  ],
}});
"""


def _construction(name: str, item: Declared) -> str:
    constructor = item.type.replace(":", ".")
    options = f', options("{name}")' if item.type.startswith(COMPONENT) else ""
    return f'const {name} = new {constructor}("{name}", {_typescript(item.properties)}{options});\n'


def _write_project(folder: Path, runtime: str, more: dict[str, Any]) -> None:
    """Write what the program has in each language: the project, the functions' code and the site's pages."""
    project = {"name": "every", "runtime": runtime, **more}
    for name, text in {
        "Pulumi.yaml": json.dumps(project, indent=2),
        "app/app.py": "def handler(event, context):\n    return {'statusCode': 200}\n",
        "site/index.html": "<!doctype html><title>Every component</title>",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _typescript(value: Any) -> str:
    """Return a value of the YAML program as TypeScript spells it."""
    if isinstance(value, dict):
        known = cast(dict[str, Any], value)
        if "fn::fileArchive" in known:
            return f"new pulumi.asset.FileArchive({json.dumps(known['fn::fileArchive'])})"
        if "fn::secret" in known:
            return f"pulumi.secret({json.dumps(known['fn::secret'])})"
        return (
            "{ " + ", ".join(f"{json.dumps(key)}: {_typescript(item)}" for key, item in known.items()) + " }"
        )
    if isinstance(value, list):
        return f"[{', '.join(_typescript(item) for item in cast(list[Any], value))}]"
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value[2:-1]
    return json.dumps(value)


def _real(component: str, value: Any) -> Any:
    """Return arguments with resources of the program in place of what is made up, and names of their own."""
    if isinstance(value, list):
        return [_real(component, item) for item in cast(list[Any], value)]
    if isinstance(value, str):
        return _EXISTING.get(value, value)
    if not isinstance(value, dict):
        return value
    known = cast(dict[str, Any], value)
    if SIGNATURE in known:
        return _CODE
    found = {key: _real(component, item) for key, item in known.items() if key not in made_up.UNSUPPORTED}
    if "domainName" in found:
        label = found["domainName"].partition(".")[0]
        found["domainName"] = f"{label}-{component.lower()}.example.org"
    if "deletionProtection" in found:
        found["deletionProtection"] = False
    return found


def _existing() -> dict[str, Declared]:
    """Return the resources that the components are given."""
    return {
        "key": Declared(type="aws:kms:Key", properties={}),
        "boundary": Declared(type="aws:iam:Policy", properties={"policy": json.dumps(_EVERYTHING)}),
        "zone": Declared(type="aws:route53:Zone", properties={"name": "example.org"}),
        "certificate": Declared(
            type="aws:acm:Certificate",
            properties={"domainName": "*.example.org", "validationMethod": "DNS"},
        ),
        "layer": Declared(type="aws:lambda:LayerVersion", properties={"layerName": "shared", "code": _CODE}),
        "worker": Declared(
            type=f"{COMPONENT}LambdaHandler",
            properties={"handler": "app/app.handler", "environment": {"TOKEN": {"fn::secret": SECRET}}},
        ),
        "api": Declared(
            type="aws:apigatewayv2:Api",
            properties={"protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"},
        ),
        "authorizer": Declared(
            type="aws:apigatewayv2:Authorizer",
            properties={
                "apiId": "${api.id}",
                "authorizerType": "REQUEST",
                "authorizerUri": "${worker.invokeArn}",
                "name": "authorizer",
            },
        ),
    }


_GIVEN: Mapping[str, dict[str, Any]] = {
    "WebSocketRoute": {
        "apiId": "${api.id}",
        "executionArn": "${api.executionArn}",
        "authorizerId": "${authorizer.id}",
    },
    "Observability": {
        "functions": {
            "chat": {
                "functionName": "${worker.functionName}",
                "logGroupName": "${worker.logGroupName}",
                "timeout": 10,
            }
        }
    },
    "StaticSite": {"directory": "site"},
}
"""What single components are given in place of what their examples make up."""
