"""Define Cognito's user pool clients."""

from typing import Any

from pulumi_local_aws.provider.cloud import Cloud
from pulumi_local_aws.provider.resource import REGION, AutoName, Resource, State
from pulumi_local_aws.provider.schema import block, boolean, integer, output, text, texts


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
    table = {
        "accessTokenValidity": integer(computed=True),
        "allowedOauthFlows": texts(api="AllowedOAuthFlows", computed=True),
        "allowedOauthFlowsUserPoolClient": boolean(api="AllowedOAuthFlowsUserPoolClient", computed=True),
        "allowedOauthScopes": texts(api="AllowedOAuthScopes", computed=True),
        "authSessionValidity": integer(computed=True),
        "callbackUrls": texts(api="CallbackURLs", computed=True),
        "defaultRedirectUri": text(api="DefaultRedirectURI", computed=True),
        "enablePropagateAdditionalUserContextData": boolean(computed=True),
        "enableTokenRevocation": boolean(computed=True),
        "explicitAuthFlows": texts(computed=True),
        "generateSecret": boolean(replace=True, local=True),
        "idTokenValidity": integer(computed=True),
        "logoutUrls": texts(api="LogoutURLs", computed=True),
        "name": text(api="ClientName"),
        "preventUserExistenceErrors": text(computed=True),
        "readAttributes": texts(computed=True),
        "refreshTokenValidity": integer(computed=True),
        "supportedIdentityProviders": texts(computed=True),
        "tokenValidityUnits": block(
            {
                "accessToken": text(computed=True, default="hours"),
                "idToken": text(computed=True, default="hours"),
                "refreshToken": text(computed=True, default="days"),
            }
        ),
        "userPoolId": text(required=True, replace=True),
        "writeAttributes": texts(computed=True),
        "clientSecret": output(secret=True),
        **REGION,
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
