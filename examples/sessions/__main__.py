"""A whole session backend: users, tables, functions and both APIs."""

import pulumi

from websocket_sessions import BackendOptions, SessionBackend

# Drop the options in production: by default tables and users are protected from deletion.
backend = SessionBackend("live", options=BackendOptions(deletion_protection=False))
pulumi.export("frontendConfig", backend.frontend_config)
