"""The page of the environment variables that people set."""

from dataclasses import dataclass

from tools.reference.markdown import code, table


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable that the sources read."""

    name: str
    default: str
    """The default as the page shows it; empty without one."""
    meaning: str


GROUPS: dict[str, tuple[Variable, ...]] = {
    "The package": (
        Variable(
            name="WEBSOCKET_SESSIONS_CACHE",
            default="`.websocket-sessions` in the program's folder",
            meaning="The folder for the functions' archives and downloaded packages.",
        ),
        Variable(
            name="WEBSOCKET_SESSIONS_CHECKOUT",
            default="",
            meaning="The checkout whose `functions/` are built, in place of the ones in the package.",
        ),
        Variable(
            name="EMULATOR_LAMBDA_RUNTIME",
            default="",
            meaning="The runtime of a local AWS, in place of `lambdaRuntime`. `local-aws` sets it.",
        ),
        Variable(
            name="EMULATOR_LAMBDA_ARCHITECTURE",
            default="",
            meaning="The architecture of a local AWS, in place of `lambdaArchitecture`. `local-aws` sets it.",
        ),
    ),
    "The local AWS": (
        Variable(name="EMULATOR_PORT", default="4566", meaning="The port of the AWS services."),
        Variable(name="WEBSOCKET_PORT", default="4510", meaning="The port of the WebSocket gateway."),
        Variable(
            name="LOCAL_FOLDER",
            default="`.local` in the project's folder",
            meaning="The folder of the local stack's files.",
        ),
        Variable(
            name="LOCAL_AWS_CACHE",
            default="`pulumi-local-aws` in the user's cache folder",
            meaning="The folder of the emulator and the Pulumi CLI, which all projects share.",
        ),
        Variable(
            name="EMULATOR_WEBSOCKET_URL",
            default="`ws://127.0.0.1:4510`",
            meaning="The gateway's address in the URLs of APIs. `local-aws` sets it.",
        ),
        Variable(
            name="LOCAL_AWS_OUTPUTS",
            default="",
            meaning="The file with the outputs. `local-aws test` sets it for the command that it runs.",
        ),
    ),
    "The checkout's commands and tests": (
        Variable(name="WEB_PORT", default="5173", meaning="The port of the pages."),
        Variable(name="CHROMIUM", default="the installed one", meaning="The Chromium of the browser tests."),
        Variable(
            name="E2E_OUTPUTS",
            default="",
            meaning="A file with a stack's outputs: the end-to-end tests run on that stack.",
        ),
        Variable(
            name="RELIABILITY",
            default="",
            meaning="`long` runs the tests of `make reliability` in their long form. The target sets it.",
        ),
        Variable(
            name="ANY_EMULATOR_URL",
            default="",
            meaning="The emulator for `tests/emulator/gateway/test_on_any_emulator.py`.",
        ),
        Variable(
            name="TEST_ATTEMPTS",
            default="2",
            meaning="`1` keeps `make test` from repeating failed tests, in the search for flaky ones.",
        ),
        Variable(
            name="STACK_DIR",
            default="`.local`",
            meaning="The folder of the stack for the web client's tests.",
        ),
        Variable(
            name="CONFIG_JSON",
            default="the config of `make up`",
            meaning="The config that the pages get from `npm run dev` and `npm run serve`.",
        ),
        Variable(
            name="UPDATE_IMAGES",
            default="",
            meaning="`1` lets the browser tests take new pictures for `docs/images`.",
        ),
    ),
}
"""The variables, by what reads them. AWS's, Pulumi's and Python's own variables apply as usual."""


def page() -> str:
    """Return the page."""
    sections = [f"## {title}\n\n{_table(variables)}" for title, variables in GROUPS.items()]
    return (
        "# Environment variables\n\nThe variables of AWS (`AWS_ENDPOINT_URL`, `AWS_REGION`, the key pair) "
        "and of Pulumi (`PULUMI_*`) apply as usual.\n\n" + "\n".join(sections)
    )


def _table(variables: tuple[Variable, ...]) -> str:
    rows = [(code(item.name), item.default, item.meaning) for item in variables]
    return table(("variable", "default", "meaning"), rows)
