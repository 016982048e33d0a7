"""A session backend whose speakers are the users of a user pool that exists already."""

import os

import pulumi

from websocket_sessions import BackendOptions, ExistingUserPool, SessionBackend

config = pulumi.Config()
backend = SessionBackend(
    "live",
    user_pool=ExistingUserPool(
        user_pool_id=config.require("userPoolId"), client_ids=[config.require("userPoolClientId")]
    ),
    options=BackendOptions(
        # Drop this in production: by default tables are protected from deletion.
        deletion_protection=False,
        # A local AWS has a Cognito of its own; the variable is unset where AWS's is used.
        cognito_endpoint=os.environ.get("AWS_ENDPOINT_URL"),
    ),
)
pulumi.export("frontendConfig", backend.frontend_config)
