"""Define Cognito's user pools."""

from typing import Any

from pulumi_local_aws.provider.cloud import AwsError, Cloud
from pulumi_local_aws.provider.compare import equal
from pulumi_local_aws.provider.convert import get_list, get_object
from pulumi_local_aws.provider.resource import AutoName, Resource, State
from pulumi_local_aws.provider.schema import Kind, Property
from pulumi_local_aws.provider.tagging import Tagging

# SetUserPoolMfaConfig sets these, not CreateUserPool.
_MFA = frozenset({"mfaConfiguration", "softwareTokenMfaConfiguration"})


class UserPool(Resource):
    """A user pool. UpdateUserPool resets omitted members, so an update sends all."""

    token = "aws:cognito/userPool:UserPool"
    service = "cognito-idp"
    autoname = AutoName()
    tagging = Tagging(service="cognito-idp", address="ResourceArn", create="UserPoolTags")
    keys = {"UserPoolId": "id"}
    create_operation = "CreateUserPool"
    read_operation = "DescribeUserPool"
    update_operation = "UpdateUserPool"
    delete_operation = "DeleteUserPool"
    shaping = ("passwordPolicy",)
    overrides = {
        "adminCreateUserConfig.inviteMessageTemplate.smsMessage": {"api": "SMSMessage"},
        "emailConfiguration.fromEmailAddress": {"api": "From"},
        "name": {"api": "PoolName"},
        "schemas": {"api": "Schema"},
        "schemas.developerOnlyAttribute": {"api": "DeveloperOnlyAttribute"},
        "schemas.numberAttributeConstraints": {
            "computed": True,
            "because": "pulumi-aws decides it at run time",
        },
        "schemas.stringAttributeConstraints": {
            "computed": True,
            "because": "pulumi-aws decides it at run time",
        },
        "userAttributeUpdateSettings.attributesRequireVerificationBeforeUpdates": {
            "api": "AttributesRequireVerificationBeforeUpdate"
        },
        "lastModifiedDate": {"volatile": True},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return _nest_password_policy(
            super().create_request({k: v for k, v in inputs.items() if k not in _MFA})
        )

    def create(self, cloud: Cloud, inputs: State) -> str:
        tags = self.tag_parameters(cloud, inputs)
        answer = cloud.call("cognito-idp", "CreateUserPool", **self.create_request(inputs), **tags)
        return answer["UserPool"]["Id"]

    def complete(self, cloud: Cloud, resource_id: str, inputs: State) -> None:
        if inputs["mfaConfiguration"] != "OFF" or inputs.get("softwareTokenMfaConfiguration"):
            _set_mfa(cloud, resource_id, inputs)

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = dict(answer["UserPool"])
        given = {entry["name"] for entry in get_list(state, "schemas")}
        response["Schema"] = [
            {**entry, "Name": _unprefixed(entry["Name"])}
            for entry in get_list(response, "SchemaAttributes")
            if _unprefixed(entry["Name"]) in given
        ]
        response["PoolName"] = response.get("Name")
        response["PasswordPolicy"] = get_object(response, "Policies").get("PasswordPolicy")
        mfa = cloud.call("cognito-idp", "GetUserPoolMfaConfig", UserPoolId=resource_id)
        response["SoftwareTokenMfaConfiguration"] = mfa.get("SoftwareTokenMfaConfiguration")
        response["MfaConfiguration"] = mfa.get("MfaConfiguration", response.get("MfaConfiguration"))
        for empty in ("LambdaConfig", "UserPoolAddOns", "DeviceConfiguration", "UserAttributeUpdateSettings"):
            if not response.get(empty):
                response.pop(empty, None)
        return {
            **super().outputs(cloud, resource_id, state, response),
            "arn": response.get("Arn") or cloud.arn("cognito-idp", f"userpool/{resource_id}"),
            # AWS's own host, whatever the endpoint: tokens carry it as their issuer.
            "endpoint": f"cognito-idp.{cloud.region}.amazonaws.com/{resource_id}",
            "tags": dict(get_object(response, "UserPoolTags")),
        }

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        self._add_attributes(cloud, resource_id, state, news)
        if changed & _MFA:
            _set_mfa(cloud, resource_id, news)
        if changed - _MFA - {"schemas"}:
            fixed = {"Schema", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration"}
            whole = {**{name: state[name] for name in self.table if state.get(name)}, **news}
            dropped = {name for name in changed if news.get(name) is None}
            request = self.create_request({k: v for k, v in whole.items() if k not in dropped})
            kept = {name: value for name, value in request.items() if name not in fixed}
            mfa = news["mfaConfiguration"]
            tags = self.wanted_tags(cloud.default_tags, news)
            cloud.call(
                "cognito-idp",
                "UpdateUserPool",
                **kept,
                UserPoolId=resource_id,
                MfaConfiguration=mfa,
                UserPoolTags=tags,
            )

    def delete(self, cloud: Cloud, resource_id: str, state: State) -> None:
        pool = cloud.call("cognito-idp", "DescribeUserPool", UserPoolId=resource_id)["UserPool"]
        if pool.get("DeletionProtection") == "ACTIVE":
            # AWS refuses this; the emulator would delete the pool.
            raise AwsError(
                "DeleteUserPool",
                "InvalidParameterException",
                f"{resource_id} has deletion protection; set `deletionProtection` to INACTIVE first",
            )
        super().delete(cloud, resource_id, state)

    def _add_attributes(self, cloud: Cloud, resource_id: str, state: State, news: State) -> None:
        current, wanted = get_list(state, "schemas"), get_list(news, "schemas")
        attribute = self.table["schemas"].item or Property(kind=Kind.BLOCK)
        kept = [entry for entry in current if any(equal(attribute, other, entry) for other in wanted)]
        if len(kept) < len(current):
            raise AwsError(
                "UpdateUserPool", "", "an attribute of `schemas` can be added, not changed or removed"
            )
        names = {entry["name"] for entry in current}
        new = [entry for entry in wanted if entry["name"] not in names]
        if new:
            attributes = super().create_request({"schemas": new})["Schema"]
            cloud.call(
                "cognito-idp", "AddCustomAttributes", UserPoolId=resource_id, CustomAttributes=attributes
            )


def _nest_password_policy(request: dict[str, Any]) -> dict[str, Any]:
    """Move the password policy to where Cognito has it."""
    passwords = request.pop("PasswordPolicy", None)
    if passwords:
        request["Policies"] = {"PasswordPolicy": passwords}
    return request


def _unprefixed(name: str) -> str:
    """Remove the prefix that Cognito adds to custom attributes."""
    return name.removeprefix("dev:").removeprefix("custom:")


def _set_mfa(cloud: Cloud, resource_id: str, inputs: State) -> None:
    software = inputs.get("softwareTokenMfaConfiguration") or {"enabled": False}
    cloud.call(
        "cognito-idp",
        "SetUserPoolMfaConfig",
        UserPoolId=resource_id,
        MfaConfiguration=inputs["mfaConfiguration"],
        SoftwareTokenMfaConfiguration={"Enabled": software["enabled"]},
    )


RESOURCES: tuple[type[Resource], ...] = (UserPool,)
