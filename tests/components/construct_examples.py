"""Arguments as other languages send them: together they use every property that the package's schema has.

A test compares them with the schema, so that a new property cannot be left out.
"""

from pathlib import Path
from typing import Any

from tests.components.plugin_process import archive

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:chat"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
TAGS = {"Owner": "team"}
ROLES = {"rolePath": "/service/", "permissionsBoundaryArn": BOUNDARY}
DOMAIN = {"domainName": "ws.example.org", "certificateArn": CERTIFICATE, "hostedZoneId": "Z1"}
LAYERS = ["arn:aws:lambda:eu-central-1:123456789012:layer:shared:1"]
VPC = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
UNSUPPORTED = ("vpc",)
"""Arguments for which the local AWS has no resources: it has no VPCs."""
POLICY = [{"actions": ["dynamodb:PutItem"], "resources": ["arn:aws:dynamodb:::table/rooms"]}]
THROTTLE = {"rate": 10, "burst": 5}
MOCK = {"responseTemplate": "{}", "requestTemplate": '{"statusCode": 200}'}
STAGE: dict[str, Any] = {
    "stageName": "v1",
    "throttleRate": 100,
    "throttleBurst": 50,
    "detailedMetrics": True,
    "accessLogs": True,
    "createAccountRole": True,
    "logRetentionDays": 7,
    "kmsKeyArn": KEY,
    "deletionProtection": True,
    "domain": DOMAIN,
    "tags": TAGS,
    **ROLES,
}
"""What both APIs have in common."""
LIMITS = {
    "enabled": True,
    "sessionsPerHour": 10,
    "joinsPerMinute": 10,
    "connectsPerMinute": 10,
    "messagesPerMinute": 10,
    "requestsPerMinute": 10,
    "failedLookupsPerMinute": 10,
    "replaysPerListener": 10,
}
SETTINGS: dict[str, Any] = {
    "supportedLanguages": ["en", "de"],
    "maxListeners": 50,
    "sessionLifetime": 3600,
    "speakerGrace": 60,
    "idlePing": 300,
    "unattachedLifetime": 600,
    "longSessionIds": True,
    "connectionLifetime": 7200,
    "refreshLead": 600,
    "refreshJitter": 60,
    "tokenNotice": 120,
    "endedRetention": 60,
    "logMaxAge": 600,
    "logMaxCount": 100,
    "replayPage": 10,
    "allowAnonymous": False,
    "directFanOut": 10,
    "coalescingInterval": 1,
    "coalescingAudience": 10,
    "channelAudience": 10,
    "listenersPerShard": 50,
    "limits": LIMITS,
    "recordHeartbeats": True,
    "hookFunctionArn": FUNCTION,
    "hookTimeout": 1.5,
    "hookFailure": "refuse",
}
OPTIONS: dict[str, Any] = {
    "lambdaRuntime": "python3.13",
    "lambdaArchitecture": "x86_64",
    "lambdaBytecode": False,
    "snapStart": True,
    "logLevel": "DEBUG",
    "logRetentionDays": 7,
    "accessLogs": True,
    "createAccountRole": True,
    "detailedMetrics": True,
    "accountConcurrency": 1000,
    "reservedConcurrency": {"publish": 100},
    "tracing": True,
    "alarms": True,
    "alarmTopic": True,
    "deletionProtection": False,
    "pointInTimeRecovery": False,
    "selfSignUp": True,
    "passwordSignIn": True,
    "allowedOrigins": ["https://example.org"],
    "stageName": "v1",
    "throttleRate": 100,
    "throttleBurst": 50,
    "httpThrottleRate": 100,
    "httpThrottleBurst": 50,
    "routeThrottles": {"publish": THROTTLE, "POST /sessions": THROTTLE},
    "audienceChannel": "appSyncEvents",
    "fanOutConcurrency": 5,
    "cognitoEndpoint": "http://localhost:4566",
    "cognitoIssuer": "http://localhost:4566",
    "webSocketGatewayUrl": "ws://localhost:4510",
}


def examples(folder: Path, handlers: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return arguments for each component. The folder has an index.html, and is the code of the handlers."""
    code = archive(folder)
    return {
        "SessionBackend": [
            {
                "archives": dict.fromkeys(handlers, code),
                "settings": SETTINGS,
                "options": OPTIONS,
                "userPool": {"userPoolId": "eu-central-1_Pool", "clientIds": ["client"]},
                "webSocketDomain": DOMAIN,
                "httpDomain": {**DOMAIN, "domainName": "api.example.org"},
                "vpc": VPC,
                "pageOrigins": ["https://pages.example.org"],
                "layers": LAYERS,
                "logFormat": "JSON",
                "kmsKeyArn": KEY,
                **ROLES,
                "tags": TAGS,
            },
            {
                "archives": dict.fromkeys(handlers, code),
                "oidc": {
                    "issuer": "https://issuer.example.org",
                    "audience": ["client"],
                    "jwksUrl": "https://issuer.example.org/keys",
                },
                "routes": {
                    "vote": {
                        "handler": "app/app.handler",
                        "tables": {"sessions": ["GetItem"]},
                        "connections": ["POST"],
                        "policy": POLICY,
                        "environment": {"MODE": "open"},
                        "throttle": THROTTLE,
                        "replies": False,
                        "timeout": 20,
                        "memorySize": 512,
                        "snapStart": True,
                    },
                },
            },
        ],
        "WebSocketApi": [
            {
                **STAGE,
                "routes": {
                    "$connect": FUNCTION,
                    "chat.message": MOCK,
                    "chat": {"target": FUNCTION, "replies": False, "throttle": THROTTLE},
                },
                "authorizer": FUNCTION,
                "identitySources": ["route.request.header.Authorization"],
                "grants": {"worker": {"roleName": "worker", "verbs": ["POST"]}},
                "routeSelectionExpression": "$request.body.type",
            },
            {
                "routes": {"$connect": {"target": MOCK, "authorizer": FUNCTION}},
                "emulatorUrl": "ws://localhost:4510",
            },
        ],
        "WebSocketRoute": [
            {
                "apiId": "api",
                "executionArn": "arn:aws:execute-api:eu-central-1:123456789012:api",
                "stageName": "v1",
                "routeKey": "$connect",
                "target": FUNCTION,
                "replies": False,
                "authorizerId": "authorizer",
            },
        ],
        "HttpApi": [
            {
                **STAGE,
                "routes": {
                    "GET /rooms": FUNCTION,
                    "POST /rooms": {
                        "target": FUNCTION,
                        "signedIn": True,
                        "scopes": ["rooms/write"],
                        "throttle": THROTTLE,
                    },
                },
                "issuer": "https://issuer.example.org",
                "audience": ["client"],
                "allowedOrigins": ["https://example.org"],
                "allowedMethods": ["GET"],
                "allowedHeaders": ["authorization"],
            },
        ],
        "LambdaHandler": [
            {
                "handler": "app.handler",
                "archive": code,
                "functionName": "chat",
                "policy": [
                    {"actions": ["dynamodb:PutItem"], "resources": ["arn:aws:dynamodb:::table/rooms"]}
                ],
                "environment": {"TABLE": "rooms"},
                "runtime": "python3.12",
                "architecture": "x86_64",
                "memorySize": 512,
                "timeout": 20,
                "layers": LAYERS,
                "vpc": VPC,
                "logFormat": "JSON",
                "logRetentionDays": 7,
                "tracing": True,
                "reservedConcurrency": 5,
                "snapStart": True,
                "kmsKeyArn": KEY,
                **ROLES,
                "tags": TAGS,
            },
        ],
        "CognitoUsers": [
            {
                "deletionProtection": False,
                "selfSignUp": True,
                "passwordSignIn": True,
                "passwordLength": 16,
                "accessTokenMinutes": 30,
                "refreshTokenDays": 10,
                "endpoint": "http://localhost:4566",
                "issuer": "http://localhost:4566",
                "tags": TAGS,
            },
        ],
        "SessionTables": [
            {"deletionProtection": False, "pointInTimeRecovery": False, "kmsKeyArn": KEY, "tags": TAGS},
        ],
        "FanOutQueue": [
            {
                "consumerTimeout": 20,
                "maxReceives": 6,
                "retention": 600,
                "maxConcurrency": 5,
                "kmsKeyArn": KEY,
                "tags": TAGS,
            },
        ],
        "EventChannel": [{"authorizer": FUNCTION, "namespace": "rooms", "tags": TAGS}],
        "Schedule": [
            {
                "function": FUNCTION,
                "expression": "cron(0 8 * * ? *)",
                "timeZone": "Europe/Berlin",
                "payload": "{}",
                "retries": 1,
                "maxAge": 120,
                **ROLES,
                "tags": TAGS,
            },
        ],
        "Observability": [
            {
                "functions": {"chat": {"functionName": "chat", "logGroupName": "/chat", "timeout": 10}},
                "webSocketApiId": "api",
                "stageName": "v1",
                "eventApiId": "events",
                "deadLetterQueueName": "dead-letters",
                "metricsNamespace": "Chat",
                "streamFunction": "chat",
                "scheduledFunction": "chat",
                "logAlarms": {
                    "refused": {
                        "functions": ["chat"],
                        "pattern": '{ $.message = "refused" }',
                        "value": "1",
                        "threshold": 5,
                        "datapoints": 2,
                    }
                },
                "alarms": True,
                "alarmTopic": True,
                "tags": TAGS,
            },
        ],
        "StaticSite": [
            {
                "directory": str(folder),
                "config": {"url": "wss://a.example.org", "nested": {"list": [1, True]}},
                "endpoints": ["wss://a.example.org/v1"],
                "domain": {**DOMAIN, "domainName": "example.org"},
                "webAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/pages/1",
                "tags": TAGS,
            },
        ],
    }
