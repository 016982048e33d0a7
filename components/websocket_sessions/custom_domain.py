"""A domain of one's own for an API."""

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments
from websocket_sessions.tags import Tags


@arguments
class CustomDomain:
    """A domain name with its certificate, and the zone that gets its record."""

    domain_name: Input[str]
    """The name, such as ws.example.org."""
    certificate_arn: Input[str]
    """The ACM certificate of the name: in the API's Region; for a site in us-east-1."""
    hosted_zone_id: Input[str] | None = None
    """The Route 53 zone that gets the record; None leaves the DNS to you."""


def create_api_domain(
    name: str,
    domain: CustomDomain,
    *,
    api_id: Input[str],
    stage_name: Input[str],
    tags: Tags,
    opts: ResourceOptions,
) -> Output[str]:
    """Map a domain's root to a stage; return the domain name once the mapping is there."""
    configuration = aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
        certificate_arn=domain.certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
    )
    created = aws.apigatewayv2.DomainName(
        f"{name}-domain",
        domain_name=domain.domain_name,
        domain_name_configuration=configuration,
        tags=tags,
        opts=opts,
    )
    mapping = aws.apigatewayv2.ApiMapping(
        f"{name}-mapping", api_id=api_id, domain_name=created.domain_name, stage=stage_name, opts=opts
    )
    if domain.hosted_zone_id is not None:
        served = created.domain_name_configuration
        create_alias_records(
            name,
            domain,
            target=served.target_domain_name.apply(str),
            target_zone_id=served.hosted_zone_id.apply(str),
            types=["A"],
            opts=opts,
        )
    return mapping.domain_name


def create_alias_records(
    name: str,
    domain: CustomDomain,
    *,
    target: Input[str],
    target_zone_id: Input[str],
    types: list[str],
    opts: ResourceOptions,
) -> None:
    """Point a domain at what serves it, by one alias record of each type."""
    if domain.hosted_zone_id is None:
        return
    for kind in types:
        aws.route53.Record(
            f"{name}-{kind.lower()}-record",
            zone_id=domain.hosted_zone_id,
            name=domain.domain_name,
            type=kind,
            aliases=[
                aws.route53.RecordAliasArgs(name=target, zone_id=target_zone_id, evaluate_target_health=False)
            ],
            opts=opts,
        )
