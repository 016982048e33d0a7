"""List the cases of the smaller services: secrets, events, keys and items."""

import json

from tests.emulator.catalogue import Case

_KEY_POLICY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}


def _key_policy(sid: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, **_KEY_POLICY}]})


def _secret_policy(action: str) -> str:
    principal = {"AWS": "arn:aws:iam::000000000000:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


SERVICES: dict[str, Case] = {
    "secret": Case(
        type="aws:secretsmanager/secret:Secret",
        properties={"description": "one", "recoveryWindowInDays": 0, "tags": {"team": "a"}},
        updates={
            "description": "two",
            "policy": _secret_policy("secretsmanager:GetSecretValue"),
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed"},
    ),
    "secretVersion": Case(
        type="aws:secretsmanager/secretVersion:SecretVersion",
        properties={"secretId": "${secret.id}", "secretString": {"$secret": "hush-hush"}},
        updates={"versionStages": ["AWSCURRENT", "mine"]},
        replaces={"secretId": "another", "secretString": {"$secret": "hush-hush too"}},
    ),
    "binaryVersion": Case(
        type="aws:secretsmanager/secretVersion:SecretVersion",
        properties={
            "secretId": "${secret.id}",
            "secretBinary": {"$secret": "aHVzaA=="},
            "versionStages": ["binary"],
        },
        updates={"versionStages": ["bytes"]},
        replaces={"secretBinary": {"$secret": "aHVzaC1odXNo"}},
        depends_on=("secretVersion",),
    ),
    "rule": Case(
        type="aws:cloudwatch/eventRule:EventRule",
        properties={
            "eventPattern": json.dumps({"source": ["a"]}),
            "description": "one",
            "roleArn": "${spare.arn}",
            "tags": {"team": "a"},
        },
        updates={
            "eventPattern": json.dumps({"source": ["b"]}),
            "description": "two",
            "state": "DISABLED",
            "roleArn": "${role.arn}",
            "forceDestroy": True,
            "tags": {"team": "b"},
        },
        replaces={"name": "renamed", "eventBusName": "another"},
    ),
    "hourly": Case(
        type="aws:cloudwatch/eventRule:EventRule",
        properties={"scheduleExpression": "rate(1 hour)"},
        updates={"scheduleExpression": "rate(2 hours)"},
    ),
    "target": Case(
        type="aws:cloudwatch/eventTarget:EventTarget",
        properties={"rule": "${rule.name}", "arn": "${queue.arn}", "targetId": "one"},
        updates={
            "arn": "${function.arn}",
            "deadLetterConfig": {"arn": "${dead.arn}"},
            "forceDestroy": True,
            "inputTransformer": {"inputPaths": {"who": "$.detail.who"}, "inputTemplate": '"<who>"'},
            "retryPolicy": {"maximumRetryAttempts": 1, "maximumEventAgeInSeconds": 60},
        },
        replaces={"rule": "${hourly.name}", "targetId": "two", "eventBusName": "another"},
    ),
    "tick": Case(
        type="aws:cloudwatch/eventTarget:EventTarget",
        properties={"rule": "${hourly.name}", "arn": "${queue.arn}", "input": "{}"},
        updates={"input": '{"a": 1}'},
    ),
    "key": Case(
        type="aws:kms/key:Key",
        properties={"description": "one", "deletionWindowInDays": 7, "tags": {"team": "a"}},
        updates={
            "bypassPolicyLockoutSafetyCheck": True,
            "deletionWindowInDays": 8,
            "description": "two",
            "enableKeyRotation": True,
            "isEnabled": False,
            "policy": _key_policy("all"),
            "tags": {"team": "b"},
        },
        replaces={"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY", "multiRegion": True},
    ),
    "otherKey": Case(type="aws:kms/key:Key", properties={"policy": _key_policy("first")}),
    "alias": Case(
        type="aws:kms/alias:Alias",
        properties={"targetKeyId": "${otherKey.keyId}"},
        updates={"targetKeyId": "${key.arn}"},
        replaces={"name": "alias/renamed"},
    ),
    "item": Case(
        type="aws:dynamodb/tableItem:TableItem",
        properties={
            "tableName": "${ledger.name}",
            "hashKey": "id",
            "rangeKey": "at",
            "item": json.dumps({"id": {"S": "a"}, "at": {"N": "1"}, "text": {"S": "one"}}),
        },
        updates={"item": json.dumps({"id": {"S": "a"}, "at": {"N": "1"}, "count": {"N": "2"}})},
        replaces={"tableName": "another", "hashKey": "at", "rangeKey": "id"},
    ),
}
