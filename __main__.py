"""The program: the stack's config, the backend, the pages, the outputs."""

import pulumi

from websocket_sessions import SessionBackend, SessionBackendArgs, StaticSite, StaticSiteArgs
from websocket_sessions.capacity.account import read_quotas
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.config.stack_config import read_config

config = read_config()

if config.load:
    expected = estimate(
        Load.from_config(config.load),
        config.settings,
        config.raised_quotas,
        account=read_quotas(),
        options=config.options,
        region=config.region,
    )
    pulumi.log.info(expected.table())
    expected.check()

# The APIs allow the site's origin, and the site's files name both APIs. So the files come last.
site = StaticSite("site", StaticSiteArgs(directory="web/dist")) if config.site else None
backend = SessionBackend(
    "sessions",
    SessionBackendArgs(
        settings=config.settings, options=config.options, page_origins=[site.url] if site else []
    ),
)
if site:
    site.upload(config=backend.frontend_config, endpoints=backend.endpoints)
    pulumi.export("siteUrl", site.url)

pulumi.export("frontendConfig", backend.frontend_config)
pulumi.export("webSocketApiId", backend.web_socket_api.api_id)
pulumi.export("httpApiId", backend.http_api.api_id)
pulumi.export("stageName", backend.web_socket_api.stage_name)
pulumi.export("tableNames", backend.table_names)
pulumi.export("functionNames", backend.function_names)
pulumi.export("logGroupNames", backend.log_group_names)
pulumi.export("dashboardUrl", backend.dashboard_url)
