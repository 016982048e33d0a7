"""What the real provider reads otherwise from MiniStack than this project's provider, with the reasons."""

_VERSIONS = "MiniStack lists the latest version by the function's ARN, without $LATEST"
_AUTHORIZERS = "MiniStack returns it for each authorizer"

DIFFERENCES = {
    ("aws_lambda_function", "qualified_arn"): _VERSIONS,
    ("aws_lambda_function", "qualified_invoke_arn"): _VERSIONS,
    ("aws_s3_object", "id"): "before version 6 the real provider's id is the key alone",
}
"""Attributes of the applied resources."""

CHANGES = {
    ("aws_apigatewayv2_authorizer", "authorizer_payload_format_version"): _AUTHORIZERS,
    ("aws_apigatewayv2_authorizer", "jwt_configuration"): _AUTHORIZERS,
    ("aws_cloudfront_response_headers_policy", "remove_headers_config"): "MiniStack returns an empty one",
}
"""What a second plan would change although nothing changed."""
