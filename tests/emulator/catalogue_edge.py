"""List the cases of sign-in and the APIs."""

from tests.emulator.catalogue import Case

_API = "aws:apigatewayv2/api:Api"

EDGE: dict[str, Case] = {
    "pool": Case(
        type="aws:cognito/userPool:UserPool",
        properties={
            "usernameAttributes": ["email"],
            "usernameConfiguration": {"caseSensitive": False},
            "autoVerifiedAttributes": ["email"],
            "passwordPolicy": {"minimumLength": 12, "requireNumbers": True},
            "tags": {"team": "a"},
        },
        updates={
            "passwordPolicy": {"minimumLength": 16, "requireNumbers": True},
            "accountRecoverySetting": {"recoveryMechanisms": [{"name": "admin_only", "priority": 1}]},
            "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
            "autoVerifiedAttributes": [],
            "deletionProtection": "ACTIVE",
            "name": "renamed",
            "tags": {"team": "b"},
        },
        replaces={
            "usernameAttributes": ["phone_number"],
            "usernameConfiguration": {"caseSensitive": True},
        },
    ),
    "client": Case(
        type="aws:cognito/userPoolClient:UserPoolClient",
        properties={
            "userPoolId": "${pool.id}",
            "enableTokenRevocation": True,
            "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "generateSecret": True,
        },
        updates={
            "accessTokenValidity": 30,
            "enableTokenRevocation": False,
            "idTokenValidity": 12,
            "refreshTokenValidity": 7,
            "tokenValidityUnits": {"accessToken": "minutes"},
            "explicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "preventUserExistenceErrors": "ENABLED",
            "name": "renamed",
        },
        replaces={"generateSecret": False, "userPoolId": "us-east-1_another"},
    ),
    "api": Case(
        type=_API,
        properties={
            "protocolType": "WEBSOCKET",
            "routeSelectionExpression": "$request.body.action",
            "tags": {"team": "a"},
        },
        updates={
            "name": "renamed",
            "description": "new",
            "routeSelectionExpression": "$request.body.type",
            "tags": {"team": "b"},
        },
        replaces={"protocolType": "HTTP"},
    ),
    "http": Case(
        type=_API,
        properties={"protocolType": "HTTP", "corsConfiguration": {"allowOrigins": ["https://a.example"]}},
        updates={
            "corsConfiguration": {"allowOrigins": ["https://b.example"], "allowMethods": ["GET", "POST"]}
        },
    ),
    "integration": Case(
        type="aws:apigatewayv2/integration:Integration",
        properties={
            "apiId": "${api.id}",
            "integrationType": "MOCK",
            "requestTemplates": {"200": '{"statusCode": 200}'},
            "templateSelectionExpression": "200",
        },
        updates={
            "passthroughBehavior": "NEVER",
            "requestTemplates": {"200": '{"statusCode": 201}'},
            "templateSelectionExpression": "201",
            "timeoutMilliseconds": 5000,
        },
        replaces={"integrationType": "HTTP_PROXY", "apiId": "${http.id}"},
    ),
    "integrationResponse": Case(
        type="aws:apigatewayv2/integrationResponse:IntegrationResponse",
        properties={
            "apiId": "${api.id}",
            "integrationId": "${integration.id}",
            "integrationResponseKey": "$default",
            "responseTemplates": {"200": "{}"},
        },
        updates={
            "integrationResponseKey": "/200/",
            "responseTemplates": {"200": '{"a": 1}'},
            "templateSelectionExpression": "200",
        },
        replaces={"integrationId": "other", "apiId": "${http.id}"},
    ),
    "authorizer": Case(
        type="aws:apigatewayv2/authorizer:Authorizer",
        properties={
            "apiId": "${http.id}",
            "authorizerType": "JWT",
            "identitySources": ["$request.header.Authorization"],
            "jwtConfiguration": {"audiences": ["one"], "issuer": "https://issuer.example"},
        },
        updates={
            "identitySources": ["$request.header.Token"],
            "jwtConfiguration": {"audiences": ["one", "two"], "issuer": "https://issuer.example"},
            "name": "renamed",
        },
        replaces={"apiId": "${api.id}"},
    ),
    "route": Case(
        type="aws:apigatewayv2/route:Route",
        properties={
            "apiId": "${api.id}",
            "routeKey": "createSession",
            "target": "integrations/${integration.id}",
            "routeResponseSelectionExpression": "$default",
        },
        updates={"routeKey": "joinSession", "operationName": "join"},
        replaces={"apiId": "${http.id}"},
    ),
    "routeResponse": Case(
        type="aws:apigatewayv2/routeResponse:RouteResponse",
        properties={"apiId": "${api.id}", "routeId": "${route.id}", "routeResponseKey": "$default"},
        updates={"responseModels": {"$default": "Empty"}},
        replaces={"routeId": "other", "apiId": "${http.id}"},
    ),
    "account": Case(
        type="aws:apigateway/account:Account",
        properties={"cloudwatchRoleArn": "${role.arn}"},
        updates={"cloudwatchRoleArn": "${worker.arn}"},
    ),
    "stage": Case(
        type="aws:apigatewayv2/stage:Stage",
        properties={
            "apiId": "${api.id}",
            "name": "live",
            "autoDeploy": True,
            "defaultRouteSettings": {"throttlingBurstLimit": 100, "throttlingRateLimit": 50.5},
            "stageVariables": {"one": "1", "two": "2"},
            "tags": {"team": "a"},
        },
        updates={
            "accessLogSettings": {"destinationArn": "${logs.arn}", "format": "$context.requestId"},
            "autoDeploy": False,
            "defaultRouteSettings": {"throttlingBurstLimit": 200, "throttlingRateLimit": 50.5},
            "description": "new",
            "routeSettings": [{"routeKey": "$default", "throttlingBurstLimit": 5}],
            "stageVariables": {"one": "changed"},
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed", "apiId": "${http.id}"},
        depends_on=("account",),
    ),
    "deployment": Case(
        type="aws:apigatewayv2/deployment:Deployment",
        properties={"apiId": "${api.id}", "triggers": {"hash": "1"}},
        replaces={"triggers": {"hash": "2"}},
    ),
}
