"""Define Cognito's user pool clients."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import AutoName, Resource, State


class UserPoolClient(Resource):
    """A client of a user pool. UpdateUserPoolClient resets omitted members, so an update sends all."""

    token = "aws:cognito/userPoolClient:UserPoolClient"
    service = "cognito-idp"
    autoname = AutoName()
    keys = {"UserPoolId": "userPoolId", "ClientId": "id"}
    create_operation = "CreateUserPoolClient"
    read_operation = "DescribeUserPoolClient"
    update_operation = "UpdateUserPoolClient"
    delete_operation = "DeleteUserPoolClient"
    overrides = {
        "allowedOauthFlows": {"api": "AllowedOAuthFlows"},
        "allowedOauthFlowsUserPoolClient": {"api": "AllowedOAuthFlowsUserPoolClient"},
        "allowedOauthScopes": {"api": "AllowedOAuthScopes"},
        "callbackUrls": {"api": "CallbackURLs"},
        "defaultRedirectUri": {"api": "DefaultRedirectURI"},
        "generateSecret": {"local": True},
        "logoutUrls": {"api": "LogoutURLs"},
        "name": {"api": "ClientName"},
    }

    def create_request(self, inputs: State) -> dict[str, Any]:
        return {**super().create_request(inputs), "GenerateSecret": bool(inputs.get("generateSecret"))}

    def create(self, cloud: Cloud, inputs: State) -> str:
        answer = cloud.call("cognito-idp", "CreateUserPoolClient", **self.create_request(inputs))
        return answer["UserPoolClient"]["ClientId"]

    def outputs(self, cloud: Cloud, resource_id: str, state: State, answer: Any) -> State:
        response = answer["UserPoolClient"]
        # The emulator omits members that were not set; AWS returns its defaults.
        defaults = {"EnableTokenRevocation": True, "RefreshTokenValidity": 30, "AuthSessionValidity": 3}
        found = super().outputs(cloud, resource_id, state, {**defaults, **response})
        return {**found, "clientSecret": response.get("ClientSecret", "")}

    def update(self, cloud: Cloud, resource_id: str, state: State, news: State, changed: set[str]) -> None:
        kept = set(self.inputs_table) - changed
        whole = {**{name: state[name] for name in kept if state.get(name)}, **news}
        request = super().create_request(whole)
        cloud.call("cognito-idp", "UpdateUserPoolClient", **request, ClientId=resource_id)


RESOURCES: tuple[type[Resource], ...] = (UserPoolClient,)
