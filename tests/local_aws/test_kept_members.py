"""The local AWS keeps what MiniStack drops: each member of a request reads back, changes and is removed."""

from typing import Any

import pytest

from pulumi_local_aws.aws import client
from pulumi_local_aws.kept_members import AUTHORIZER, CERTIFICATE, INTEGRATION
from pulumi_local_aws.ministack import ACCOUNT_ID, MiniStack

pytestmark = pytest.mark.emulator

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/invoker"
LOGGING = {"CertificateTransparencyLoggingPreference": "DISABLED"}


@pytest.fixture(scope="module")
def gateway(emulator: MiniStack) -> Any:
    return client("apigatewayv2", emulator.environment)


@pytest.fixture(scope="module")
def api_id(gateway: Any) -> Any:
    created = gateway.create_api(
        Name="kept", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    yield created["ApiId"]
    gateway.delete_api(ApiId=created["ApiId"])


def shown(response: Any, names: Any) -> dict[str, Any]:
    """Return the members of a response that a request may have set."""
    return {name: response[name] for name in names if name in response}


def members(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as boto3 spells them."""
    return tuple(name[0].upper() + name[1:] for name in names)


def test_an_integration_keeps_all_of_its_members(gateway: Any, api_id: str) -> None:
    given = {
        "ConnectionId": "link",
        "CredentialsArn": ROLE,
        "IntegrationSubtype": "SQS-SendMessage",
        "PassthroughBehavior": "NEVER",
        "TemplateSelectionExpression": "${request.body.size}",
        "TlsConfig": {"ServerNameToVerify": "backend.example"},
    }
    names = members(INTEGRATION)
    assert set(names) == set(given)
    created = gateway.create_integration(ApiId=api_id, IntegrationType="MOCK", **given)
    address = {"ApiId": api_id, "IntegrationId": created["IntegrationId"]}
    assert shown(created, names) == given
    assert shown(gateway.get_integration(**address), names) == given
    listed = gateway.get_integrations(ApiId=api_id)["Items"]
    assert [shown(one, names) for one in listed] == [given]

    changed = {"TemplateSelectionExpression": "200", "PassthroughBehavior": "WHEN_NO_MATCH"}
    gateway.update_integration(**address, **changed)
    assert shown(gateway.get_integration(**address), names) == given | changed
    gateway.update_integration(**address, TemplateSelectionExpression="")
    assert "TemplateSelectionExpression" not in gateway.get_integration(**address)
    gateway.delete_integration(**address)
    again = gateway.create_integration(ApiId=api_id, IntegrationType="MOCK")
    assert shown(again, names) == {"PassthroughBehavior": "WHEN_NO_MATCH"}


def test_an_integration_of_an_http_api_has_no_passthrough_behavior(emulator: MiniStack) -> None:
    gateway = client("apigatewayv2", emulator.environment)
    api_id = gateway.create_api(Name="plain", ProtocolType="HTTP")["ApiId"]
    proxy = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://a.example",
        PayloadFormatVersion="1.0",
    )
    assert shown(proxy, members(INTEGRATION)) == {}
    gateway.delete_api(ApiId=api_id)


def test_an_authorizer_changes_its_type(emulator: MiniStack) -> None:
    gateway = client("apigatewayv2", emulator.environment)
    api_id = gateway.create_api(Name="typed", ProtocolType="HTTP")["ApiId"]
    created = gateway.create_authorizer(
        ApiId=api_id, Name="a", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"]
    )
    address = {"ApiId": api_id, "AuthorizerId": created["AuthorizerId"]}
    changed = gateway.update_authorizer(**address, AuthorizerType="REQUEST")
    assert shown(changed, members(AUTHORIZER)) == {"AuthorizerType": "REQUEST"}
    assert gateway.get_authorizer(**address)["AuthorizerType"] == "REQUEST"
    gateway.delete_api(ApiId=api_id)


def test_a_refused_request_changes_nothing(gateway: Any, api_id: str) -> None:
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.update_integration(ApiId=api_id, IntegrationId="absent", PassthroughBehavior="NEVER")
    created = gateway.create_authorizer(ApiId=api_id, Name="a", AuthorizerType="REQUEST", IdentitySource=[])
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.update_authorizer(ApiId=api_id, AuthorizerId="absent", AuthorizerType="JWT")
    found = gateway.get_authorizer(ApiId=api_id, AuthorizerId=created["AuthorizerId"])
    assert found["AuthorizerType"] == "REQUEST"


def test_a_certificate_keeps_its_key_algorithm_and_options(emulator: MiniStack) -> None:
    acm = client("acm", emulator.environment)
    given: dict[str, Any] = {"KeyAlgorithm": "EC_prime256v1", "Options": LOGGING}
    assert set(given) == set(CERTIFICATE)
    arn = acm.request_certificate(DomainName="a.example", **given)["CertificateArn"]
    assert shown(acm.describe_certificate(CertificateArn=arn)["Certificate"], CERTIFICATE) == given
    enabled = {"CertificateTransparencyLoggingPreference": "ENABLED"}
    acm.update_certificate_options(CertificateArn=arn, Options=enabled)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"] == enabled
    acm.delete_certificate(CertificateArn=arn)


def test_a_user_pool_is_renamed(emulator: MiniStack) -> None:
    cognito = client("cognito-idp", emulator.environment)
    pool_id = cognito.create_user_pool(PoolName="before")["UserPool"]["Id"]
    cognito.update_user_pool(UserPoolId=pool_id, PoolName="after")
    assert cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Name"] == "after"
    cognito.update_user_pool(UserPoolId=pool_id, DeletionProtection="INACTIVE")
    assert cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Name"] == "after"
    cognito.delete_user_pool(UserPoolId=pool_id)
