"""Define the nested properties of a CloudFront distribution."""

from pulumi_local_aws.provider.schema import Table, block, boolean, integer, text, texts, unordered

ORIGIN: Table = {
    "connectionAttempts": integer(default=3),
    "connectionTimeout": integer(default=10),
    "customHeaders": unordered(
        {"name": text(api="HeaderName", required=True), "value": text(api="HeaderValue", required=True)}
    ),
    "customOriginConfig": block(
        {
            "httpPort": integer(api="HTTPPort", required=True),
            "httpsPort": integer(api="HTTPSPort", required=True),
            "originKeepaliveTimeout": integer(default=5),
            "originProtocolPolicy": text(required=True),
            "originReadTimeout": integer(default=30),
            "originSslProtocols": texts(required=True),
        }
    ),
    "domainName": text(required=True),
    "originAccessControlId": text(),
    "originId": text(api="Id", required=True),
    "originPath": text(default=""),
    "s3OriginConfig": block({"originAccessIdentity": text(required=True)}),
}

BEHAVIOR: Table = {
    "allowedMethods": texts(required=True),
    "cachePolicyId": text(),
    "cachedMethods": texts(required=True),
    "compress": boolean(default=False),
    "defaultTtl": integer(api="DefaultTTL", computed=True),
    "forwardedValues": block(
        {
            "cookies": block({"forward": text(required=True)}, required=True),
            "headers": texts(computed=True),
            "queryString": boolean(required=True),
        }
    ),
    "functionAssociations": unordered(
        {"eventType": text(required=True), "functionArn": text(api="FunctionARN", required=True)}
    ),
    "maxTtl": integer(api="MaxTTL", computed=True),
    "minTtl": integer(api="MinTTL", default=0),
    "originRequestPolicyId": text(),
    "responseHeadersPolicyId": text(),
    "targetOriginId": text(required=True),
    "viewerProtocolPolicy": text(required=True),
}

VIEWER_CERTIFICATE: Table = {
    "acmCertificateArn": text(api="ACMCertificateArn"),
    "cloudfrontDefaultCertificate": boolean(api="CloudFrontDefaultCertificate"),
    "minimumProtocolVersion": text(default="TLSv1"),
    "sslSupportMethod": text(api="SSLSupportMethod"),
}
