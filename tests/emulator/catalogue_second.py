"""List second cases: properties that a type's first case cannot have, or cannot change together."""

from tests.emulator.catalogue import HANDLER, Case, trust

_INVOKE = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
_ANOTHER = f"{_INVOKE}/arn:aws:lambda:us-east-1:000000000000:function:another/invocations"
_TOKEN = "$request.header.Token"

SECOND: dict[str, Case] = {
    "ledger": Case(
        type="aws:dynamodb/table:Table",
        properties={
            "attributes": [{"name": "id", "type": "S"}, {"name": "at", "type": "N"}],
            "hashKey": "id",
            "rangeKey": "at",
            "billingMode": "PAY_PER_REQUEST",
        },
        updates={
            "billingMode": "PROVISIONED",
            "deletionProtectionEnabled": True,
            "readCapacity": 5,
            "serverSideEncryption": {"enabled": True},
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
            "tableClass": "STANDARD_INFREQUENT_ACCESS",
            "writeCapacity": 6,
        },
        replaces={"rangeKey": "shard"},
    ),
    "spare": Case(type="aws:iam/role:Role", properties={"assumeRolePolicy": trust("lambda.amazonaws.com")}),
    "helper": Case(
        type="aws:lambda/function:Function",
        properties={
            "role": "${worker.arn}",
            "runtime": "python3.13",
            "handler": "handler.handler",
            "code": {"$code": HANDLER},
            "architectures": ["x86_64"],
        },
        updates={"architectures": ["arm64"], "role": "${spare.arn}"},
        depends_on=("policy",),
    ),
    "queueMapping": Case(
        type="aws:lambda/eventSourceMapping:EventSourceMapping",
        properties={"functionName": "${function.name}", "eventSourceArn": "${queue.arn}"},
        updates={
            "functionName": "${helper.name}",
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "scalingConfig": {"maximumConcurrency": 5},
        },
        replaces={"eventSourceArn": "arn:aws:sqs:us-east-1:000000000000:another"},
        depends_on=("policy",),
    ),
    "slow": Case(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        properties={
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "Duration",
            "namespace": "AWS/Lambda",
            "period": 60,
            "extendedStatistic": "p99",
            "threshold": 1000,
        },
        updates={"extendedStatistic": "p90", "alarmDescription": "new"},
    ),
    "socketAuthorizer": Case(
        type="aws:apigatewayv2/authorizer:Authorizer",
        properties={
            "apiId": "${api.id}",
            "authorizerType": "REQUEST",
            "authorizerUri": "${function.invokeArn}",
            "identitySources": ["route.request.querystring.token"],
        },
        updates={"authorizerUri": _ANOTHER},
    ),
    "tokenAuthorizer": Case(
        type="aws:apigatewayv2/authorizer:Authorizer",
        properties={
            "apiId": "${http.id}",
            "authorizerType": "JWT",
            "identitySources": [_TOKEN],
            "jwtConfiguration": {"audiences": ["one"], "issuer": "https://issuer.example"},
        },
        updates={
            "authorizerType": "REQUEST",
            "authorizerPayloadFormatVersion": "1.0",
            "authorizerUri": _ANOTHER,
            "jwtConfiguration": None,
        },
    ),
    "proxy": Case(
        type="aws:apigatewayv2/integration:Integration",
        properties={
            "apiId": "${http.id}",
            "integrationType": "AWS_PROXY",
            "integrationUri": "${function.invokeArn}",
            "payloadFormatVersion": "1.0",
        },
        updates={"integrationUri": _ANOTHER, "payloadFormatVersion": "2.0"},
    ),
    "forward": Case(
        type="aws:apigatewayv2/integration:Integration",
        properties={
            "apiId": "${api.id}",
            "integrationType": "HTTP_PROXY",
            "integrationMethod": "GET",
            "integrationUri": "https://a.example",
        },
        updates={"integrationMethod": "POST", "integrationUri": "https://b.example"},
    ),
    "connect": Case(
        type="aws:apigatewayv2/route:Route",
        properties={"apiId": "${api.id}", "routeKey": "$connect", "authorizationType": "NONE"},
        updates={"authorizationType": "CUSTOM", "authorizerId": "${socketAuthorizer.id}"},
    ),
    "leave": Case(
        type="aws:apigatewayv2/route:Route",
        properties={"apiId": "${api.id}", "routeKey": "leave", "target": "integrations/${integration.id}"},
        updates={
            "target": "integrations/${forward.id}",
            "routeResponseSelectionExpression": "$default",
        },
    ),
    "config": Case(
        type="aws:s3/bucketObjectv2:BucketObjectv2",
        properties={"bucket": "${bucket.id}", "content": "{}"},
        updates={"content": "[]"},
    ),
}
