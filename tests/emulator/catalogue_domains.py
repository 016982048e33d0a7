"""List the cases of domains, certificates and DNS, and of what leads to functions: aliases, URLs, buckets."""

import json
from typing import Any

from tests.emulator.catalogue import HANDLER, Case

_CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/another"
_CREATED, _REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


def _configuration(certificate: str) -> dict[str, Any]:
    return {"certificateArn": certificate, "endpointType": "REGIONAL", "securityPolicy": "TLS_1_2"}


def _send_messages() -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


DOMAINS: dict[str, Case] = {
    "zone": Case(
        type="aws:route53/zone:Zone",
        properties={"name": "catalogue.example", "forceDestroy": True, "tags": {"team": "a"}},
        updates={"comment": "new", "forceDestroy": False, "tags": {"team": "b"}},
        replaces={"name": "renamed.example"},
    ),
    "certificate": Case(
        type="aws:acm/certificate:Certificate",
        properties={
            "domainName": "live.catalogue.example",
            "subjectAlternativeNames": ["www.catalogue.example"],
            "validationMethod": "DNS",
            "tags": {"team": "a"},
        },
        updates={
            "options": {"certificateTransparencyLoggingPreference": "DISABLED"},
            "tags": {"team": "b"},
        },
        replaces={
            "domainName": "other.catalogue.example",
            "keyAlgorithm": "EC_prime256v1",
            "subjectAlternativeNames": ["mail.catalogue.example"],
            "validationMethod": "EMAIL",
        },
    ),
    "spareCertificate": Case(
        type="aws:acm/certificate:Certificate",
        properties={"domainName": "live.catalogue.example", "validationMethod": "DNS"},
    ),
    "validation": Case(
        type="aws:acm/certificateValidation:CertificateValidation",
        properties={"certificateArn": "${certificate.arn}"},
        replaces={"certificateArn": _CERTIFICATE, "validationRecordFqdns": ["a.example"]},
    ),
    "domain": Case(
        type="aws:apigatewayv2/domainName:DomainName",
        properties={
            "domainName": "live.catalogue.example",
            "domainNameConfiguration": _configuration("${certificate.arn}"),
            "tags": {"team": "a"},
        },
        updates={
            "domainNameConfiguration": _configuration("${spareCertificate.arn}"),
            "mutualTlsAuthentication": {"truststoreUri": "s3://truststore/bundle.pem"},
            "tags": {"team": "b"},
        },
        replaces={"domainName": "other.catalogue.example"},
    ),
    "apiMapping": Case(
        type="aws:apigatewayv2/apiMapping:ApiMapping",
        properties={"apiId": "${api.id}", "domainName": "${domain.id}", "stage": "${stage.name}"},
        updates={"apiMappingKey": "v1"},
        replaces={"apiId": "${http.id}", "domainName": "other.catalogue.example"},
    ),
    "record": Case(
        type="aws:route53/record:Record",
        properties={
            "zoneId": "${zone.zoneId}",
            "name": "www",
            "type": "A",
            "ttl": 60,
            "records": ["192.0.2.1", "192.0.2.2"],
        },
        updates={"ttl": 300, "records": ["192.0.2.3"]},
        replaces={"zoneId": "Z00000000000000000000", "name": "mail"},
    ),
    "textRecord": Case(
        type="aws:route53/record:Record",
        properties={"zoneId": "${zone.zoneId}", "name": "", "type": "TXT", "ttl": 60, "records": ["one two"]},
        updates={"records": ["three"], "allowOverwrite": True},
    ),
    "typedRecord": Case(
        type="aws:route53/record:Record",
        properties={
            "zoneId": "${zone.zoneId}",
            "name": "*.catalogue.example",
            "type": "A",
            "ttl": 60,
            "records": ["192.0.2.1"],
        },
        updates={"type": "AAAA", "records": ["2001:db8::1"]},
    ),
    "aliasRecord": Case(
        type="aws:route53/record:Record",
        properties={
            "zoneId": "${zone.zoneId}",
            "name": "live.catalogue.example",
            "type": "A",
            "aliases": [
                {"name": "www.catalogue.example", "zoneId": "${zone.zoneId}", "evaluateTargetHealth": False}
            ],
        },
        updates={
            "aliases": [
                {"name": "www.catalogue.example", "zoneId": "${zone.zoneId}", "evaluateTargetHealth": True}
            ]
        },
        depends_on=("record",),
    ),
    "weightedRecord": Case(
        type="aws:route53/record:Record",
        properties={
            "zoneId": "${zone.zoneId}",
            "name": "weighted",
            "type": "CNAME",
            "ttl": 60,
            "records": ["www.catalogue.example"],
            "setIdentifier": "one",
            "weightedRoutingPolicies": [{"weight": 1}],
        },
        updates={"weightedRoutingPolicies": [{"weight": 2}]},
    ),
    "layer": Case(
        type="aws:lambda/layerVersion:LayerVersion",
        properties={
            "layerName": "catalogue",
            "code": {"$code": HANDLER},
            "compatibleRuntimes": ["python3.13"],
            "description": "one",
        },
        replaces={
            "layerName": "renamed",
            "code": {"$code": HANDLER + "# edited\n"},
            "compatibleArchitectures": ["arm64"],
            "compatibleRuntimes": ["python3.12"],
            "description": "two",
            "licenseInfo": "MIT",
            "skipDestroy": True,
        },
    ),
    "versioned": Case(
        type="aws:lambda/function:Function",
        properties={
            "role": "${worker.arn}",
            "runtime": "python3.13",
            "handler": "handler.handler",
            "code": {"$code": HANDLER},
            "publish": True,
        },
        updates={"description": "new"},
        depends_on=("policy",),
    ),
    "live": Case(
        type="aws:lambda/alias:Alias",
        properties={"functionName": "${versioned.name}", "functionVersion": "$LATEST"},
        updates={
            "description": "new",
            "functionVersion": "1",
            "routingConfig": {"additionalVersionWeights": {"2": 0.25}},
        },
        replaces={"functionName": "another", "name": "renamed"},
    ),
    "functionUrl": Case(
        type="aws:lambda/functionUrl:FunctionUrl",
        properties={"functionName": "${versioned.name}", "authorizationType": "AWS_IAM"},
        updates={
            "authorizationType": "NONE",
            "cors": {"allowOrigins": ["https://a.example"], "allowMethods": ["GET"], "maxAge": 60},
            "invokeMode": "RESPONSE_STREAM",
        },
        replaces={"functionName": "another", "qualifier": "live"},
    ),
    "publicUrl": Case(
        type="aws:lambda/functionUrl:FunctionUrl",
        properties={"functionName": "${helper.name}", "authorizationType": "NONE"},
    ),
    "deadPolicy": Case(
        type="aws:sqs/queuePolicy:QueuePolicy",
        properties={"queueUrl": "${dead.id}", "policy": _send_messages()},
    ),
    "bucketPermission": Case(
        type="aws:lambda/permission:Permission",
        properties={
            "action": "lambda:InvokeFunction",
            "function": "${helper.name}",
            "principal": "s3.amazonaws.com",
            "sourceArn": "${bucket.arn}",
        },
    ),
    "notification": Case(
        type="aws:s3/bucketNotification:BucketNotification",
        properties={
            "bucket": "${bucket.id}",
            "queues": [{"queueArn": "${dead.arn}", "events": [_CREATED], "filterPrefix": "in/"}],
        },
        updates={
            "eventbridge": True,
            "lambdaFunctions": [
                {
                    "id": "helper",
                    "lambdaFunctionArn": "${helper.arn}",
                    "events": [_CREATED, _REMOVED],
                    "filterPrefix": "in/",
                }
            ],
            "queues": [{"queueArn": "${dead.arn}", "events": [_REMOVED], "filterSuffix": ".json"}],
        },
        replaces={"bucket": "another"},
        depends_on=("deadPolicy", "bucketPermission"),
    ),
}
