"""A session backend whose speakers are the users of a user pool that exists already."""

import pulumi

from websocket_sessions import BackendOptions, ExistingUserPool, SessionBackend

config = pulumi.Config()
backend = SessionBackend(
    "live",
    user_pool=ExistingUserPool(
        user_pool_id=config.require("userPoolId"), client_ids=[config.require("userPoolClientId")]
    ),
    # Drop the options in production: by default tables are protected from deletion.
    options=BackendOptions(deletion_protection=False),
)
pulumi.export("frontendConfig", backend.frontend_config)
