"""The program: the stack's config, the functions' archives, the backend, the pages, the outputs."""

import os
from dataclasses import replace
from pathlib import Path

import pulumi

from websocket_sessions.archives import Target, build
from websocket_sessions.capacity.estimate import estimate
from websocket_sessions.capacity.load import Load
from websocket_sessions.config.stack_config import read_config
from websocket_sessions.routes import functions_in_use
from websocket_sessions.session_backend import SessionBackend, SessionBackendArgs
from websocket_sessions.static_site import StaticSite, StaticSiteArgs

ROOT = Path(__file__).resolve().parent
LOCAL = ROOT / ".local"
EMULATOR_PYTHON = Path(os.environ.get("EMULATOR_PYTHON", LOCAL / "emulator-venv" / "bin" / "python"))


config = read_config(pulumi.Config())

if config.load:
    expected = estimate(
        Load.from_config(config.load),
        config.settings,
        config.raised_quotas,
        fan_out_concurrency=config.options.fan_out_concurrency,
        region=config.region,
    )
    pulumi.log.info(expected.table())
    expected.check()

target = Target.resolve(
    config.options.lambda_runtime, config.options.lambda_architecture, EMULATOR_PYTHON.parent.parent
)
archives = build(
    ROOT / "functions",
    functions_in_use(record_heartbeats=config.settings.record_heartbeats),
    target,
    LOCAL / "archives",
    ROOT / "requirements" / "functions.txt",
)

backend = SessionBackend(
    "sessions",
    SessionBackendArgs(
        archives={name: pulumi.FileArchive(os.path.relpath(path)) for name, path in archives.items()},
        settings=config.settings,
        options=replace(
            config.options, lambda_runtime=target.runtime, lambda_architecture=target.architecture
        ),
    ),
)

if config.site:
    site = StaticSite(
        "site",
        StaticSiteArgs(
            directory="web/dist",
            config=backend.frontend_config,
            endpoints=backend.endpoints,
        ),
    )
    pulumi.export("siteUrl", site.url)

pulumi.export("frontendConfig", backend.frontend_config)
pulumi.export("webSocketApiId", backend.web_socket_api.api_id)
pulumi.export("httpApiId", backend.http_api.api_id)
pulumi.export("stageName", backend.web_socket_api.stage_name)
pulumi.export("tableNames", backend.table_names)
pulumi.export("functionNames", backend.function_names)
pulumi.export("logGroupNames", backend.log_group_names)
pulumi.export("dashboardUrl", backend.dashboard_url)
