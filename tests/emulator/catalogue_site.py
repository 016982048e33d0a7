"""List the cases of S3 and CloudFront, which serve the pages."""

import json

from tests.emulator.catalogue import Case

SITE: dict[str, Case] = {
    "bucket": Case(
        type="aws:s3/bucket:Bucket",
        properties={"forceDestroy": True, "tags": {"team": "a"}},
        updates={"forceDestroy": False, "tags": {"team": "b"}},
        replaces={"bucket": "catalogue-renamed", "objectLockEnabled": True},
    ),
    "publicAccess": Case(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        properties={"bucket": "${bucket.id}", "blockPublicAcls": True},
        updates={
            "blockPublicAcls": False,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
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
        updates={
            "source": {"$asset": "<h1>two</h1>"},
            "cacheControl": "no-cache",
            "contentType": "text/plain",
        },
        replaces={"key": "other.html", "bucket": "other"},
    ),
    "oac": Case(
        type="aws:cloudfront/originAccessControl:OriginAccessControl",
        properties={
            "originAccessControlOriginType": "s3",
            "signingBehavior": "always",
            "signingProtocol": "sigv4",
        },
        updates={
            "name": "renamed",
            "originAccessControlOriginType": "lambda",
            "signingBehavior": "no-override",
            "description": "new",
        },
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
            "name": "renamed",
            "securityHeadersConfig": {
                "contentTypeOptions": {"override": True},
                "frameOptions": {"frameOption": "SAMEORIGIN", "override": True},
            },
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
            "defaultCacheBehavior": {
                "targetOriginId": "site",
                "viewerProtocolPolicy": "https-only",
                "allowedMethods": ["GET", "HEAD", "OPTIONS"],
                "cachedMethods": ["GET", "HEAD"],
                "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                "responseHeadersPolicyId": "${headers.id}",
            },
            "defaultRootObject": "index.html",
            "enabled": False,
            "httpVersion": "http2and3",
            "isIpv6Enabled": True,
            "origins": [
                {
                    "originId": "site",
                    "domainName": "${bucket.bucketRegionalDomainName}",
                    "originAccessControlId": "${oac.id}",
                    "connectionAttempts": 2,
                }
            ],
            "priceClass": "PriceClass_100",
            "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["DE"]}},
            "viewerCertificate": {
                "acmCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/one",
                "sslSupportMethod": "sni-only",
                "minimumProtocolVersion": "TLSv1.2_2021",
            },
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
