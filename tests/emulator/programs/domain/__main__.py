"""Serve a WebSocket API at a domain of its own, with a validated certificate and access logs."""

import pulumi
import pulumi_aws as aws

from websocket_sessions import CustomDomain, MockReply, WebSocketApi, WebSocketApiArgs

DOMAIN = "ws.domain.example"

zone = aws.route53.Zone("zone", name="domain.example")
certificate = aws.acm.Certificate("certificate", domain_name=DOMAIN, validation_method="DNS")
option = certificate.domain_validation_options[0]
proof = aws.route53.Record(
    "proof",
    zone_id=zone.zone_id,
    name=option.resource_record_name,
    type=option.resource_record_type,
    ttl=60,
    records=[option.resource_record_value],
)
validation = aws.acm.CertificateValidation(
    "validation", certificate_arn=certificate.arn, validation_record_fqdns=[proof.fqdn]
)
domain = CustomDomain(
    domain_name=DOMAIN, certificate_arn=validation.certificate_arn, hosted_zone_id=zone.zone_id
)
api = WebSocketApi(
    "live",
    WebSocketApiArgs(
        routes={"$default": MockReply(response_template="{}")},
        access_logs=True,
        create_account_role=True,
        domain=domain,
    ),
)
pulumi.export("zone", zone.zone_id)
