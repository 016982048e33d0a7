"""A session backend whose messages pass through a function of this program before listeners receive them."""

import os

import pulumi

from websocket_sessions import BackendOptions, LambdaHandler, SessionBackend, SessionSettings

hook = LambdaHandler("hook", handler="app/uppercase.handler")
backend = SessionBackend(
    "live",
    settings=SessionSettings(hook_function_arn=hook.function_arn, hook_failure="refuse"),
    options=BackendOptions(
        # Drop this in production: by default tables and users are protected from deletion.
        deletion_protection=False,
        # A local AWS has a Cognito of its own; the variable is unset where AWS's is used.
        cognito_endpoint=os.environ.get("AWS_ENDPOINT_URL"),
    ),
)
pulumi.export("frontendConfig", backend.frontend_config)
