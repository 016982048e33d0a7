"""The built pages: a private bucket behind CloudFront, with headers that keep browsers to this stack."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Unpack

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from websocket_sessions.arguments import arguments, check, coerce_args
from websocket_sessions.component_options import StaticSiteOptions
from websocket_sessions.content_security import SITE_POLICY, restrict_connections
from websocket_sessions.custom_domain import CustomDomain, create_alias_records
from websocket_sessions.plain_arguments import READ_AS_FOLDER, plain_because
from websocket_sessions.tags import Tags, stack_tags

_FOR_EVER = "public, max-age=31536000, immutable"
_CHECK_EACH_TIME = "no-cache"
_NOT_FOUND_CACHE_SECONDS = 10
"""A file that is missing while the pages are uploaded is found soon after."""
_ASSETS = "assets/"
"""The folder of files whose names change with their content."""
_YEAR = 31536000
_CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"""


@arguments
class StaticSiteArgs:
    """Arguments of StaticSite."""

    directory: str = field(metadata=plain_because(READ_AS_FOLDER))
    """The folder of built files. Files in `assets` have a hash in their name, are cached for ever, and stay
    when a later build no longer has them. An address without a file gets the folder's 404.html, if any."""
    config: Input[Mapping[str, Any]] | None = None
    """What the pages need to know, served as config.json. If it is None, the program calls `upload` later,
    with the config of APIs that allow the site's `url` as an origin."""
    endpoints: Input[Sequence[Input[str]]] = field(default_factory=list[Input[str]])
    """URLs that the pages may connect to."""
    domain: CustomDomain | None = None
    """The domain of the pages, in place of CloudFront's. Its certificate must be in us-east-1."""
    web_acl_arn: Input[str] | None = None
    """The AWS WAF web ACL in front of the pages, of scope CLOUDFRONT. AWS WAF has none for WebSocket and HTTP
    APIs: https://docs.aws.amazon.com/waf/latest/developerguide/waf-chapter.html"""
    tags: Tags = field(default_factory=dict[str, Input[str]])
    """Tags, beside `Project` and `Stack`, of the bucket and the distribution."""

    def __post_init__(self) -> None:
        """Check that the pages have been built."""
        check(
            "directory",
            self.directory,
            "allowed is a folder with an index.html: build the pages first",
            when=(Path(self.directory) / "index.html").is_file(),
        )


class StaticSite(ComponentResource):
    """The pages and their config, over HTTPS only. The bucket answers only the distribution."""

    url: Output[str]
    """Where the pages are."""
    bucket_name: Output[str]
    """The bucket that holds them."""

    def __init__(
        self,
        name: str,
        args: StaticSiteArgs | None = None,
        opts: ResourceOptions | None = None,
        **options: Unpack[StaticSiteOptions],
    ) -> None:
        super().__init__("websocket_sessions:index:StaticSite", name, None, opts)
        args = coerce_args(StaticSiteArgs, args, options)
        self._name = name
        self._child_opts = ResourceOptions(parent=self)
        self._directory = Path(args.directory)
        self._tags = stack_tags(args.tags)

        self.bucket = self._create_bucket()
        self.access_control = self._create_access_control()
        self.headers = self._create_headers()
        self.distribution = self._create_distribution(args)
        self._let_distribution_read()
        if args.config is not None:
            self.upload(config=args.config, endpoints=args.endpoints)

        self.url = self._create_url(args.domain)
        self.bucket_name = self.bucket.bucket
        self.register_outputs({"url": self.url, "bucketName": self.bucket_name})

    def _create_bucket(self) -> aws.s3.Bucket:
        """Create a bucket that nothing can make public; its objects can all be built again."""
        bucket = aws.s3.Bucket(
            f"{self._name}-pages", force_destroy=True, tags=self._tags, opts=self._child_opts
        )
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-no-public-access",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child_opts,
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            # S3 refuses two changes of one bucket's settings at a time (OperationAborted).
            opts=ResourceOptions(parent=self, depends_on=[block]),
        )
        return bucket

    def _create_access_control(self) -> aws.cloudfront.OriginAccessControl:
        return aws.cloudfront.OriginAccessControl(
            f"{self._name}-access",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child_opts,
        )

    def _create_headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        policies = aws.cloudfront
        return policies.ResponseHeadersPolicy(
            f"{self._name}-headers",
            security_headers_config=policies.ResponseHeadersPolicySecurityHeadersConfigArgs(
                content_security_policy=policies.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs(
                    content_security_policy=SITE_POLICY, override=True
                ),
                content_type_options=policies.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                    override=True
                ),
                frame_options=policies.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                    frame_option="DENY", override=True
                ),
                referrer_policy=policies.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                    referrer_policy="no-referrer", override=True
                ),
                strict_transport_security=policies.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                    access_control_max_age_sec=_YEAR, include_subdomains=True, override=True
                ),
            ),
            custom_headers_config=policies.ResponseHeadersPolicyCustomHeadersConfigArgs(
                items=[
                    policies.ResponseHeadersPolicyCustomHeadersConfigItemArgs(
                        header="Permissions-Policy", value="microphone=(self)", override=True
                    )
                ]
            ),
            opts=self._child_opts,
        )

    def _create_distribution(self, args: StaticSiteArgs) -> aws.cloudfront.Distribution:
        cloudfront = aws.cloudfront
        return cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            aliases=None if args.domain is None else [args.domain.domain_name],
            web_acl_id=args.web_acl_arn,
            default_root_object="index.html",
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_100",
            origins=[
                cloudfront.DistributionOriginArgs(
                    origin_id="pages",
                    domain_name=self.bucket.bucket_regional_domain_name,
                    origin_access_control_id=self.access_control.id,
                )
            ],
            default_cache_behavior=cloudfront.DistributionDefaultCacheBehaviorArgs(
                target_origin_id="pages",
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=_CACHING_OPTIMIZED,
                response_headers_policy_id=self.headers.id,
                compress=True,
            ),
            custom_error_responses=self._not_found_page(args),
            restrictions=cloudfront.DistributionRestrictionsArgs(
                geo_restriction=cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
            ),
            viewer_certificate=_certificate(args.domain),
            tags=self._tags,
            opts=self._child_opts,
        )

    def _not_found_page(
        self, args: StaticSiteArgs
    ) -> list[aws.cloudfront.DistributionCustomErrorResponseArgs] | None:
        """Return the response for unknown addresses: the folder's 404.html, or None if it has none.

        The bucket answers 403 for an object that does not exist, because nobody may list it.
        """
        if not (Path(args.directory) / "404.html").is_file():
            return None
        return [
            aws.cloudfront.DistributionCustomErrorResponseArgs(
                error_code=status,
                response_code=404,
                response_page_path="/404.html",
                error_caching_min_ttl=_NOT_FOUND_CACHE_SECONDS,
            )
            for status in (403, 404)
        ]

    def _create_url(self, domain: CustomDomain | None) -> Output[str]:
        if domain is None:
            return Output.concat("https://", self.distribution.domain_name)
        create_alias_records(
            self._name,
            domain,
            target=self.distribution.domain_name,
            target_zone_id=self.distribution.hosted_zone_id,
            types=["A", "AAAA"],
            opts=self._child_opts,
        )
        return Output.concat("https://", domain.domain_name)

    def _let_distribution_read(self) -> None:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": Output.concat(self.bucket.arn, "/*"),
            "Condition": {"StringEquals": {"AWS:SourceArn": self.distribution.arn}},
        }
        aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self.bucket.bucket,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]}),
            opts=self._child_opts,
        )

    def upload(self, *, config: Input[Mapping[str, Any]], endpoints: Input[Sequence[Input[str]]]) -> None:
        """Upload config.json and the files: the assets before the pages that name them.

        Assets of former builds stay in the bucket, because a page that is open may still load them. Call it
        once, and only if the arguments have no config.
        """
        root = self._directory
        files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        assets = [
            self._put(
                key, source=pulumi.FileAsset(str(files[key])), opts=ResourceOptions(retain_on_delete=True)
            )
            for key in sorted(files)
            if key.startswith(_ASSETS)
        ]
        after_assets = ResourceOptions(depends_on=assets)
        for key in sorted(files):
            if key.startswith(_ASSETS) or key == "config.json":
                continue
            if key.endswith(".html"):
                page = restrict_connections(files[key].read_text(encoding="utf-8"), endpoints)
                self._put(key, content=page, opts=after_assets)
            else:
                self._put(key, source=pulumi.FileAsset(str(files[key])), opts=after_assets)
        self._put("config.json", content=Output.json_dumps(config, sort_keys=True))

    def _put(
        self,
        key: str,
        *,
        source: pulumi.Asset | None = None,
        content: Output[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> aws.s3.BucketObjectv2:
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        return aws.s3.BucketObjectv2(
            f"{self._name}-{key}",
            bucket=self.bucket.bucket,
            key=key,
            source=source,
            content=content,
            content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            cache_control=_FOR_EVER if key.startswith(_ASSETS) else _CHECK_EACH_TIME,
            opts=ResourceOptions.merge(self._child_opts, opts),
        )


def _certificate(domain: CustomDomain | None) -> aws.cloudfront.DistributionViewerCertificateArgs:
    certificate = aws.cloudfront.DistributionViewerCertificateArgs
    if domain is None:
        return certificate(cloudfront_default_certificate=True)
    return certificate(
        acm_certificate_arn=domain.certificate_arn,
        ssl_support_method="sni-only",
        minimum_protocol_version="TLSv1.2_2021",
    )
