"""Create a resource of each kind that a function looks up, look it up, and export the results."""

import json

import pulumi
import pulumi_aws as aws


def first_resource(policy: str) -> str:
    return json.loads(policy)["Statement"][0]["Resource"]


def allow_sending(resource: str) -> str:
    statement = aws.iam.GetPolicyDocumentStatementArgs(actions=["sqs:SendMessage"], resources=[resource])
    return aws.iam.get_policy_document(statements=[statement]).json


document = aws.iam.get_policy_document(
    statements=[
        aws.iam.GetPolicyDocumentStatementArgs(
            actions=["sts:AssumeRole"],
            principals=[
                aws.iam.GetPolicyDocumentStatementPrincipalArgs(
                    type="Service", identifiers=["lambda.amazonaws.com"]
                )
            ],
        )
    ]
)
role = aws.iam.Role("role", assume_role_policy=document.json)
policy = aws.iam.Policy("policy", policy=role.arn.apply(allow_sending))
queue = aws.sqs.Queue("queue", tags={"team": "a"})
topic = aws.sns.Topic("topic")
hidden = aws.ssm.Parameter("hidden", type="SecureString", value="hush-hush")
parameter = aws.ssm.Parameter("parameter", type="String", value="open")
function = aws.lambda_.Function(
    "function",
    role=role.arn,
    runtime="python3.13",
    handler="handler.handler",
    code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handler(event, context): ...\n")}),
    environment={"variables": {"STAGE": "b"}},
)
table = aws.dynamodb.Table(
    "table", hash_key="id", attributes=[{"name": "id", "type": "S"}], billing_mode="PAY_PER_REQUEST"
)
zone = aws.route53.Zone("zone", name="functions.example")
certificate = aws.acm.Certificate("certificate", domain_name="functions.example", validation_method="DNS")
pool = aws.cognito.UserPool("pool", name="functions")
bucket = aws.s3.Bucket("bucket")
api = aws.apigatewayv2.Api("api", protocol_type="HTTP", cors_configuration={"allow_origins": ["*"]})
key = aws.kms.Key("key", description="of functions")
alias = aws.kms.Alias("alias", target_key_id=key.key_id)
logs = aws.cloudwatch.LogGroup("logs", retention_in_days=7)
secret = aws.secretsmanager.Secret("secret", recovery_window_in_days=0)
version = aws.secretsmanager.SecretVersion("version", secret_id=secret.id, secret_string="hush-hush")

found = {
    "role": aws.iam.get_role_output(name=role.name).arn,
    "policy": aws.iam.get_policy_output(arn=policy.arn).policy.apply(first_resource),
    "policyByName": aws.iam.get_policy_output(name=policy.name).arn,
    "queue": aws.sqs.get_queue_output(name=queue.name).url,
    "queueTags": aws.sqs.get_queue_output(name=queue.name).tags,
    "topic": aws.sns.get_topic_output(name=topic.name).arn,
    "parameter": aws.ssm.get_parameter_output(name=parameter.name).insecure_value,
    "function": aws.lambda_.get_function_output(function_name=function.name).invoke_arn,
    "environment": aws.lambda_.get_function_output(function_name=function.name).environment.variables,
    "table": aws.dynamodb.get_table_output(name=table.name).arn,
    "tableKey": aws.dynamodb.get_table_output(name=table.name).hash_key,
    "zone": aws.route53.get_zone_output(name=zone.name).zone_id,
    "zoneById": aws.route53.get_zone_output(zone_id=zone.zone_id).name,
    "certificate": aws.acm.get_certificate_output(domain=certificate.domain_name).arn,
    "pools": aws.cognito.get_user_pools_output(name=pool.name).ids,
    "bucket": aws.s3.get_bucket_output(bucket=bucket.bucket).arn,
    "api": aws.apigatewayv2.get_api_output(api_id=api.id).cors_configurations[0].allow_origins,
    "key": aws.kms.get_key_output(key_id=alias.name).description,
    "alias": aws.kms.get_alias_output(name=alias.name).target_key_id,
    "logs": aws.cloudwatch.get_log_group_output(name=logs.name).retention_in_days,
    "secret": aws.secretsmanager.get_secret_output(name=secret.name).arn,
    "account": aws.get_caller_identity().account_id,
    "region": aws.get_region().region,
    "partition": aws.get_partition().partition,
}
expected = {
    "role": role.arn,
    "policy": role.arn,
    "policyByName": policy.arn,
    "queue": queue.url,
    "queueTags": {"team": "a"},
    "topic": topic.arn,
    "parameter": "open",
    "function": function.invoke_arn,
    "environment": {"STAGE": "b"},
    "table": table.arn,
    "tableKey": "id",
    "zone": zone.zone_id,
    "zoneById": "functions.example",
    "certificate": certificate.arn,
    "pools": pulumi.Output.all(pool.id),
    "bucket": bucket.arn,
    "api": ["*"],
    "key": "of functions",
    "alias": key.key_id,
    "logs": 7,
    "secret": secret.arn,
    "account": "000000000000",
    "region": "us-east-1",
    "partition": "aws",
}
pulumi.export("found", pulumi.Output.json_dumps(found))
pulumi.export("expected", pulumi.Output.json_dumps(expected))
pulumi.export("trust", json.loads(document.json)["Statement"][0]["Principal"])
pulumi.export("hidden", aws.ssm.get_parameter_output(name=hidden.name).value)
pulumi.export(
    "version", aws.secretsmanager.get_secret_version_output(secret_id=version.secret_id).secret_string
)
