"""A backend on what an account has already: users, roles' rules, keys, networks, domains, tags, code."""

import inspect
import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from tests.components.deployed import Deployed, Resource, deploy, resolved
from websocket_sessions.arguments import ArgumentError
from websocket_sessions.backend_route import BackendRoute
from websocket_sessions.cognito_users import CognitoUsers
from websocket_sessions.config.backend_options import BackendOptions
from websocket_sessions.custom_domain import CustomDomain
from websocket_sessions.lambda_handler import VpcPlacement
from websocket_sessions.permissions import FUNCTION_SPECS
from websocket_sessions.route_targets import Throttle
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs
from websocket_sessions.static_site import StaticSite, StaticSiteArgs
from websocket_sessions.token_issuer import ExistingUserPool, OidcIssuer

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
UNTAGGED = {"BucketObjectv2"}
"""S3 charges for the tags of each object."""


def backend(**args: Any) -> tuple[SessionBackend, Deployed]:
    archives = {name: pulumi.AssetArchive({}) for name in FUNCTION_SPECS}
    given = SessionBackendArgs(archives=archives, **args)
    return deploy(lambda opts: SessionBackend("sessions", given, opts=opts))


def variables(deployed: Deployed, function: str) -> dict[str, Any]:
    (found,) = [item for item in deployed.of("Function") if item.name == f"sessions-{function}-function"]
    return found.inputs["environment"]["variables"]


def resource_class(item: Resource) -> Any:
    module = item.type.split(":")[1].partition("/")[0]
    return getattr(getattr(aws, {"lambda": "lambda_"}.get(module, module)), item.type.rpartition(":")[2])


def takes_tags(item: Resource) -> bool:
    internal = resource_class(item)._internal_init
    return "tags" in inspect.signature(internal).parameters


def test_an_existing_user_pool_takes_the_place_of_a_new_one() -> None:
    pool = ExistingUserPool(user_pool_id="eu-west-1_Users", client_ids=["web", "app"])
    made, deployed = backend(user_pool=pool)
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Users"
    assert deployed.of("UserPool") == []
    assert deployed.of("UserPoolClient") == []
    assert variables(deployed, "authorize")["TOKEN_ISSUER"] == issuer
    assert variables(deployed, "authorize")["JWKS_URL"] == f"{issuer}/.well-known/jwks.json"
    assert variables(deployed, "authorize")["TOKEN_AUDIENCE"] == "web app"
    assert variables(deployed, "authorize")["ISSUER_KIND"] == "cognito"
    (authorizer,) = [item for item in deployed.of("Authorizer") if "jwtConfiguration" in item.inputs]
    assert authorizer.inputs["jwtConfiguration"] == {"issuer": issuer, "audiences": ["web", "app"]}
    config = resolved(made.frontend_config)
    assert (config["userPoolId"], config["userPoolClientId"]) == ("eu-west-1_Users", "web")
    assert not {"selfSignUp", "passwordReset"} & config.keys()  # the stack does not know them
    assert resolved(made.endpoints[2]) == "https://cognito-idp.eu-west-1.amazonaws.com"


def test_a_pool_in_china_has_the_issuer_of_its_partition() -> None:
    pool = ExistingUserPool(user_pool_id="cn-north-1_Users", client_ids=["web"])
    made, _ = backend(user_pool=pool)
    assert resolved(made.issuer) == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Users"


def test_a_pool_on_a_local_stack_has_its_keys_there() -> None:
    pool = ExistingUserPool(user_pool_id="us-east-1_Users", client_ids=["web"])
    _, deployed = backend(user_pool=pool, options=BackendOptions(cognito_endpoint="http://localhost:4566"))
    keys = "http://localhost:4566/us-east-1_Users/.well-known/jwks.json"
    assert variables(deployed, "authorize")["JWKS_URL"] == keys


@pytest.mark.parametrize(
    ("endpoints", "variables_", "given", "found"),
    [
        ("http://config:1", {"AWS_ENDPOINT_URL": "http://all:2/"}, None, "http://config:1"),
        (None, {"AWS_ENDPOINT_URL": "http://all:2/"}, None, "http://all:2"),
        (
            None,
            {
                "AWS_ENDPOINT_URL": "http://all:2",
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://cognito:3",
            },
            None,
            "http://cognito:3",
        ),
        ("http://config:1", {"AWS_ENDPOINT_URL": "http://all:2"}, "http://given:4", "http://given:4"),
        (None, {}, None, None),
    ],
)
def test_cognito_is_where_the_aws_provider_finds_it(
    endpoints: str | None,
    variables_: dict[str, str],
    given: str | None,
    found: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables_.items():
        monkeypatch.setenv(name, value)
    config = {"aws:endpoints": json.dumps([{"dynamodb": "http://a"}, {"cognitoidp": endpoints}])}
    archives = {name: pulumi.AssetArchive({}) for name in FUNCTION_SPECS}
    options = BackendOptions(cognito_endpoint=given)

    def build(opts: pulumi.ResourceOptions) -> SessionBackend:
        return SessionBackend("sessions", archives=archives, options=options, opts=opts)

    made, deployed = deploy(build, config if endpoints else None)
    known = resolved(made.frontend_config)
    assert known.get("cognitoEndpoint") == found
    keys = variables(deployed, "authorize")["JWKS_URL"]
    assert keys.startswith(f"{found or 'https://cognito-idp.eu-central-1.amazonaws.com'}/sessions-users-pool")


def test_options_that_shape_no_resource_may_be_known_later() -> None:
    """Such as the origin, which is the URL of a site in the same program."""

    def later(value: Any) -> Any:
        return pulumi.Output.from_input(value)

    options = BackendOptions(
        allowed_origins=[later("https://site.example.org")],
        stage_name=later("v2"),
        self_sign_up=later(True),
        password_sign_in=later(False),
        point_in_time_recovery=later(False),
        tracing=later(True),
        log_level=later("DEBUG"),
        log_retention_days=later(7),
        cognito_endpoint=later("http://localhost:4566"),
        cognito_issuer=later("http://localhost:4567"),
        web_socket_gateway_url=later("ws://localhost:4510"),
    )
    made, deployed = backend(options=options)
    (cors,) = [
        item.inputs["corsConfiguration"] for item in deployed.of("Api") if item.name == "sessions-http-api"
    ]
    assert cors["allowOrigins"] == ["https://site.example.org"]
    assert resolved(made.frontend_config)["cognitoEndpoint"] == "http://localhost:4566"
    assert resolved(made.issuer) == "http://localhost:4567/sessions-users-pool-id"
    assert resolved(made.web_socket_url).startswith("ws://localhost:4510/")
    assert resolved(made.web_socket_url).endswith("/v2")
    assert variables(deployed, "authorize")["LOG_LEVEL"] == "DEBUG"
    assert variables(deployed, "authorize")["JWKS_URL"].startswith("http://localhost:4566/")
    pool = deployed.one("UserPool").inputs
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}
    assert resolved(made.frontend_config)["selfSignUp"] is True


def test_users_alone_have_their_keys_on_a_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    made, _ = deploy(lambda opts: CognitoUsers("users", opts=opts))
    assert resolved(made.jwks_url) == "http://localhost:4566/users-pool-id/.well-known/jwks.json"


def test_any_oidc_issuer_takes_the_place_of_a_user_pool() -> None:
    made, deployed = backend(oidc=OidcIssuer(issuer="https://tenant.example.org/", audience=["api"]))
    assert deployed.of("UserPool") == []
    known = variables(deployed, "authorize")
    assert known["TOKEN_ISSUER"] == "https://tenant.example.org/"
    assert known["JWKS_URL"] == "https://tenant.example.org/.well-known/jwks.json"
    assert (known["TOKEN_AUDIENCE"], known["ISSUER_KIND"]) == ("api", "oidc")
    config = resolved(made.frontend_config)
    assert (config["issuer"], config["audience"]) == ("https://tenant.example.org/", ["api"])
    assert "userPoolId" not in config


def test_an_issuer_may_be_known_later_and_have_its_keys_elsewhere() -> None:
    later = pulumi.Output.from_input("https://login.example.org/tenant")
    keys = "https://keys.example.org/all"
    made, deployed = backend(oidc=OidcIssuer(issuer=later, audience=["api"], jwks_url=keys))
    assert variables(deployed, "refresh-token")["JWKS_URL"] == keys
    assert resolved(made.endpoints[2]) == "https://login.example.org"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            {
                "oidc": {"issuer": "https://a.org", "audience": ["a"]},
                "user_pool": {"user_pool_id": "eu-west-1_A", "client_ids": ["a"]},
            },
            "allowed is one issuer",
        ),
        ({"oidc": {"issuer": "a.org", "audience": ["a"]}}, "issuer is 'a.org': allowed is a URL"),
        ({"oidc": {"issuer": "https://a.org", "audience": []}}, r"audience is \[\]: allowed is at least one"),
        ({"user_pool": {"user_pool_id": "pool", "client_ids": ["a"]}}, "user_pool_id is 'pool'"),
        ({"user_pool": {"user_pool_id": "eu_A", "client_ids": []}}, r"client_ids is \[\]"),
        ({"routes": {"publish": {"handler": "app/app.handler"}}}, "routes is 'publish'"),
        ({"routes": {"vote": {"handler": "app"}}}, "handler is 'app': allowed is a path"),
        (
            {"routes": {"vote": {"handler": "app/app.handler", "tables": {"users": ["GetItem"]}}}},
            "tables is 'users': allowed is sessions",
        ),
        (
            {"routes": {"vote": {"handler": "app/app.handler", "tables": {"sessions": ["*"]}}}},
            r"tables.sessions is '\*'",
        ),
        (
            {"routes": {"vote": {"handler": "app/app.handler", "connections": ["PUT"]}}},
            "connections is 'PUT': allowed is POST, GET, DELETE",
        ),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        SessionBackendArgs(**args)


def test_a_further_route_may_use_the_tables_and_connections_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text("")
    route = BackendRoute(
        handler="app/app.vote",
        tables={"sessions": ["GetItem"], "messages": ["PutItem"]},
        connections=["POST"],
        environment={"MODE": "open"},
    )
    _, deployed = backend(routes={"vote": route})
    assert {"SESSIONS_TABLE", "MESSAGES_TABLE", "CALLBACK_URL", "MODE"} == set(variables(deployed, "vote"))
    (policy,) = [item for item in deployed.of("RolePolicy") if item.name == "sessions-vote-policy"]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    allowed = {action: item["Resource"] for item in statements for action in item["Action"]}
    assert allowed["dynamodb:GetItem"][0].endswith("table/sessions-tables-sessions")
    assert allowed["dynamodb:PutItem"][0].endswith("table/sessions-tables-messages")
    assert allowed["execute-api:ManageConnections"][0].endswith("/live/POST/@connections/*")
    routes = {item.inputs["routeKey"]: item.inputs for item in deployed.of("Route")}
    assert routes["vote"]["routeResponseSelectionExpression"] == "$default"


def test_routes_of_both_apis_have_their_own_throttles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text("")
    throttle = Throttle(rate=10, burst=5)
    keys: list[str] = ["$connect", "publish", "heartbeat", "POST /sessions"]
    throttles = dict.fromkeys(keys, throttle)
    route = BackendRoute(handler="app/app.handler", throttle=throttle)
    _, deployed = backend(options=BackendOptions(route_throttles=throttles), routes={"vote": route})
    settings = {
        stage.name: {item["routeKey"]: item["throttlingRateLimit"] for item in stage.inputs["routeSettings"]}
        for stage in deployed.of("Stage")
    }
    assert settings == {
        "sessions-ws-stage": {"$connect": 10, "publish": 10, "heartbeat": 10, "vote": 10},
        "sessions-http-stage": {"POST /sessions": 10},
    }


def test_heartbeats_have_a_throttle_unless_another_is_chosen() -> None:
    """No function counts them, so that nothing else bounds what a flood of them costs."""
    _, deployed = backend(options=BackendOptions(route_throttles={"publish": Throttle(rate=10, burst=5)}))
    stage = next(stage for stage in deployed.of("Stage") if stage.name == "sessions-ws-stage")
    settings = {item["routeKey"]: item["throttlingRateLimit"] for item in stage.inputs["routeSettings"]}
    assert settings == {"publish": 10, "heartbeat": 500}


def test_heartbeats_are_not_throttled_above_their_stage() -> None:
    _, deployed = backend(options=BackendOptions(throttle_rate=50, throttle_burst=20))
    stage = next(stage for stage in deployed.of("Stage") if stage.name == "sessions-ws-stage")
    (heartbeat,) = stage.inputs["routeSettings"]
    assert (heartbeat["throttlingRateLimit"], heartbeat["throttlingBurstLimit"]) == (50, 20)


def test_both_apis_log_each_request_by_one_role_of_the_account(owned: Deployed) -> None:
    logged = {stage.name: stage.inputs["accessLogSettings"] for stage in owned.of("Stage")}
    assert logged["sessions-ws-stage"]["destinationArn"].endswith("sessions-ws-access-logs")
    assert logged["sessions-http-stage"]["destinationArn"].endswith("sessions-http-access-logs")
    assert owned.one("Account").parent == "sessions-ws"


@pytest.fixture(scope="module")
def owned() -> Deployed:
    return backend(
        vpc=VpcPlacement(subnet_ids=["subnet-1"], security_group_ids=["sg-1"]),
        layers=["arn:aws:lambda:eu-central-1:123456789012:layer:shared:1"],
        log_format="JSON",
        role_path="/service/",
        permissions_boundary_arn=BOUNDARY,
        kms_key_arn=KEY,
        web_socket_domain=CustomDomain(
            domain_name="ws.example.org", certificate_arn=CERTIFICATE, hosted_zone_id="Z1"
        ),
        http_domain=CustomDomain(domain_name="api.example.org", certificate_arn=CERTIFICATE),
        tags={"Owner": "team", "Stack": "mine"},
        options=BackendOptions(access_logs=True, create_account_role=True, alarm_topic=True),
    )[1]


def test_every_resource_that_takes_tags_has_them(owned: Deployed) -> None:
    resources = [
        Resource(type=kind, name=name, inputs=inputs, parent=None)
        for (kind, name), inputs in owned.inputs.items()
    ]
    taking = [item for item in resources if item.type.startswith("aws:") and takes_tags(item)]
    assert len({item.type for item in taking}) > 10
    untagged = {
        item.name
        for item in taking
        if item.inputs.get("tags") != {"Project": "websocket-sessions", "Stack": "mine", "Owner": "team"}
    }
    assert untagged == set()


def test_every_role_has_the_path_and_the_boundary(owned: Deployed) -> None:
    roles = owned.of("Role")
    assert {(item.inputs["path"], item.inputs["permissionsBoundary"]) for item in roles} == {
        ("/service/", BOUNDARY)
    }
    assert "sessions-ws-logging-role" in {item.name for item in roles}


def test_every_function_is_in_the_network_and_has_the_layers(owned: Deployed) -> None:
    for item in owned.of("Function"):
        assert item.inputs["vpcConfig"] == {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
        assert item.inputs["layers"] == ["arn:aws:lambda:eu-central-1:123456789012:layer:shared:1"]
        assert item.inputs["loggingConfig"]["logFormat"] == "JSON"


def test_the_key_encrypts_tables_queues_variables_and_logs_and_each_function_may_use_it(
    owned: Deployed,
) -> None:
    assert {item.inputs["serverSideEncryption"]["kmsKeyArn"] for item in owned.of("Table")} == {KEY}
    assert {item.inputs["kmsMasterKeyId"] for item in owned.of("Queue")} == {KEY}
    assert not any("sqsManagedSseEnabled" in item.inputs for item in owned.of("Queue"))
    assert {item.inputs["kmsKeyArn"] for item in owned.of("Function")} == {KEY}
    assert {item.inputs["kmsKeyId"] for item in owned.of("LogGroup")} == {KEY}
    for function in owned.of("Function"):
        name = function.name.removesuffix("-function")
        (policy,) = [item for item in owned.of("RolePolicy") if item.name == f"{name}-policy"]
        assert "kms:Decrypt" in policy.inputs["policy"]


def test_both_apis_have_their_domains() -> None:
    domain = CustomDomain(domain_name="ws.example.org", certificate_arn=CERTIFICATE, hosted_zone_id="Z1")
    http = CustomDomain(domain_name="api.example.org", certificate_arn=CERTIFICATE)
    made, deployed = backend(web_socket_domain=domain, http_domain=http)
    assert resolved(made.web_socket_url) == "wss://ws.example.org"
    assert resolved(made.http_url) == "https://api.example.org"
    assert resolved(made.callback_url).endswith("amazonaws.com/live"), "a push needs the API's own address"
    assert {item.inputs["domainName"] for item in deployed.of("DomainName")} == {
        "ws.example.org",
        "api.example.org",
    }
    assert deployed.one("Record").inputs["name"] == "ws.example.org"


def test_a_site_has_its_domain_and_its_web_acl(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    args = StaticSiteArgs(
        directory=str(tmp_path),
        config={},
        endpoints=[],
        domain=CustomDomain(domain_name="example.org", certificate_arn=CERTIFICATE, hosted_zone_id="Z1"),
        web_acl_arn="arn:aws:wafv2:us-east-1:123456789012:global/webacl/pages/1",
        tags={"Owner": "team"},
    )
    site, deployed = deploy(lambda opts: StaticSite("site", args, opts=opts))
    distribution = deployed.one("Distribution").inputs
    assert resolved(site.url) == "https://example.org"
    assert distribution["aliases"] == ["example.org"]
    assert distribution["webAclId"].endswith("webacl/pages/1")
    assert distribution["viewerCertificate"]["acmCertificateArn"] == CERTIFICATE
    assert {item.inputs["type"] for item in deployed.of("Record")} == {"A", "AAAA"}
    untagged = {
        item.type.rpartition(":")[2]
        for kind in {key[0].rpartition(":")[2] for key in deployed.inputs}
        for item in deployed.of(kind)
        if item.type.startswith("aws:") and takes_tags(item) and "tags" not in item.inputs
    }
    assert untagged == UNTAGGED


def test_raw_resources_get_what_they_need() -> None:
    made, _ = backend()
    assert resolved(made.table_arns["sessions"]).startswith("arn:aws:dynamodb:")
    assert resolved(made.function_arns["publish"]).startswith("arn:aws:lambda:")
    assert resolved(made.web_socket_execution_arn).startswith("arn:aws:execute-api:")
    assert resolved(made.http_execution_arn).startswith("arn:aws:execute-api:")
    assert resolved(made.stage_name) == "live"
