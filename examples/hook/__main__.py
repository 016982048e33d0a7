"""A session backend whose messages pass through a function of this program before listeners receive them."""

import pulumi

from websocket_sessions import BackendOptions, LambdaHandler, SessionBackend, SessionSettings

hook = LambdaHandler("hook", handler="app/uppercase.handler")
backend = SessionBackend(
    "live",
    settings=SessionSettings(hook_function_arn=hook.function_arn, hook_failure="refuse"),
    # Drop the options in production: by default tables and users are protected from deletion.
    options=BackendOptions(deletion_protection=False),
)
pulumi.export("frontendConfig", backend.frontend_config)
