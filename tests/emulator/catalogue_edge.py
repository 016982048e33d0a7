"""The catalogue's other half: what stands at the edge, from API Gateway to CloudFront."""

import json

from tests.emulator.catalogue import Case

_API = "aws:apigatewayv2/api:Api"

EDGE: dict[str, Case] = {
    "pool": Case(
        type="aws:cognito/userPool:UserPool",
        properties={
            "usernameAttributes": ["email"],
            "autoVerifiedAttributes": ["email"],
            "passwordPolicy": {"minimumLength": 12, "requireNumbers": True},
            "tags": {"team": "a"},
        },
        updates={
            "passwordPolicy": {"minimumLength": 16, "requireNumbers": True},
            "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed", "usernameAttributes": ["phone_number"]},
    ),
    "client": Case(
        type="aws:cognito/userPoolClient:UserPoolClient",
        properties={
            "userPoolId": "${pool.id}",
            "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "generateSecret": True,
        },
        updates={
            "accessTokenValidity": 30,
            "tokenValidityUnits": {"accessToken": "minutes"},
            "explicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "preventUserExistenceErrors": "ENABLED",
            "name": "renamed",
        },
        replaces={"generateSecret": False},
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
        updates={"integrationResponseKey": "/200/", "responseTemplates": {"200": '{"a": 1}'}},
        replaces={"integrationId": "other"},
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
            "jwtConfiguration": {"audiences": ["one", "two"], "issuer": "https://issuer.example"},
            "name": "renamed",
        },
        replaces={"authorizerType": "REQUEST", "apiId": "${api.id}"},
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
        replaces={"routeId": "other"},
    ),
    "stage": Case(
        type="aws:apigatewayv2/stage:Stage",
        properties={
            "apiId": "${api.id}",
            "name": "live",
            "autoDeploy": True,
            "defaultRouteSettings": {"throttlingBurstLimit": 100, "throttlingRateLimit": 50.5},
            "stageVariables": {"one": "1", "two": "2"},
        },
        updates={
            "defaultRouteSettings": {"throttlingBurstLimit": 200, "throttlingRateLimit": 50.5},
            "description": "new",
            "stageVariables": {"one": "changed"},
        },
        replaces={"name": "renamed"},
    ),
    "deployment": Case(
        type="aws:apigatewayv2/deployment:Deployment",
        properties={"apiId": "${api.id}", "triggers": {"hash": "1"}},
        replaces={"triggers": {"hash": "2"}},
    ),
    "bucket": Case(
        type="aws:s3/bucket:Bucket",
        properties={"forceDestroy": True, "tags": {"team": "a"}},
        updates={"tags": {"team": "b"}},
        replaces={"bucket": "catalogue-renamed"},
    ),
    "publicAccess": Case(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        properties={"bucket": "${bucket.id}", "blockPublicAcls": True},
        updates={"blockPublicPolicy": True},
        replaces={"bucket": "other"},
    ),
    "ownership": Case(
        type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        properties={"bucket": "${bucket.id}", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        updates={"rule": {"objectOwnership": "BucketOwnerPreferred"}},
        replaces={"bucket": "other"},
    ),
    "encryption": Case(
        type="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        properties={
            "bucket": "${bucket.id}",
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        },
        updates={
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"},
                    "bucketKeyEnabled": True,
                }
            ]
        },
        replaces={"bucket": "other"},
    ),
    "versioning": Case(
        type="aws:s3/bucketVersioning:BucketVersioning",
        properties={"bucket": "${bucket.id}", "versioningConfiguration": {"status": "Enabled"}},
        updates={"versioningConfiguration": {"status": "Suspended"}},
        replaces={"bucket": "other"},
    ),
    "object": Case(
        type="aws:s3/bucketObjectv2:BucketObjectv2",
        properties={
            "bucket": "${bucket.id}",
            "key": "index.html",
            "source": {"$asset": "<h1>one</h1>"},
            "contentType": "text/html",
        },
        updates={"source": {"$asset": "<h1>two</h1>"}, "cacheControl": "no-cache"},
        replaces={"key": "other.html"},
    ),
    "oac": Case(
        type="aws:cloudfront/originAccessControl:OriginAccessControl",
        properties={
            "originAccessControlOriginType": "s3",
            "signingBehavior": "always",
            "signingProtocol": "sigv4",
        },
        updates={"signingBehavior": "no-override", "description": "new"},
        replaces={"name": "renamed"},
    ),
    "headers": Case(
        type="aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        properties={
            "securityHeadersConfig": {
                "contentTypeOptions": {"override": True},
                "frameOptions": {"frameOption": "DENY", "override": True},
            },
            "customHeadersConfig": {"items": [{"header": "X-One", "value": "1", "override": True}]},
        },
        updates={
            "comment": "new",
            "customHeadersConfig": {"items": [{"header": "X-Two", "value": "2", "override": True}]},
        },
    ),
    "distribution": Case(
        type="aws:cloudfront/distribution:Distribution",
        properties={
            "enabled": True,
            "origins": [
                {
                    "originId": "site",
                    "domainName": "${bucket.bucketRegionalDomainName}",
                    "originAccessControlId": "${oac.id}",
                }
            ],
            "defaultCacheBehavior": {
                "targetOriginId": "site",
                "viewerProtocolPolicy": "redirect-to-https",
                "allowedMethods": ["GET", "HEAD"],
                "cachedMethods": ["GET", "HEAD"],
                "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                "responseHeadersPolicyId": "${headers.id}",
            },
            "restrictions": {"geoRestriction": {"restrictionType": "none"}},
            "viewerCertificate": {"cloudfrontDefaultCertificate": True},
            "tags": {"team": "a"},
        },
        updates={
            "comment": "new",
            "defaultRootObject": "index.html",
            "priceClass": "PriceClass_100",
            "customErrorResponses": [
                {"errorCode": 403, "responseCode": 200, "responsePagePath": "/index.html"}
            ],
            "tags": {"team": "b"},
        },
        replaces={"staging": True},
    ),
    "bucketPolicy": Case(
        type="aws:s3/bucketPolicy:BucketPolicy",
        properties={
            "bucket": "${bucket.id}",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": "*"}
                    ],
                }
            ),
        },
        updates={
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": "*"}
                    ],
                }
            )
        },
        replaces={"bucket": "other"},
    ),
}
