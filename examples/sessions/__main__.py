"""A whole session backend: users, tables, functions and both APIs."""

import os

import pulumi

from websocket_sessions import BackendOptions, SessionBackend

options = BackendOptions(
    # Drop this in production: by default tables and users are protected from deletion.
    deletion_protection=False,
    # A local AWS has a Cognito of its own; the variable is unset where AWS's is used.
    cognito_endpoint=os.environ.get("AWS_ENDPOINT_URL"),
)
backend = SessionBackend("live", options=options)
pulumi.export("frontendConfig", backend.frontend_config)
