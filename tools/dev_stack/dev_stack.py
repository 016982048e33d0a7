"""This project's own stack on the local AWS."""

from pulumi_local_aws.stack import services
from pulumi_local_aws.stack.program_stack import ProgramStack
from pulumi_local_aws.stack.project import Project
from tools.dev_stack.paths import DevLayout

PAGES = "pages"
"""The background process that only this project has."""


class DevStack(ProgramStack):
    """The stack `local` of the tree in `layout`."""

    def __init__(self, layout: DevLayout) -> None:
        """Take the layout as it is; nothing is written before `prepare` but the emulator's keys."""
        project = Project.read(layout.root / "Pulumi.yaml")
        super().__init__(layout, project, services.load_keys(layout))

    def pulumi_environment(self) -> dict[str, str]:
        """Return also which functions are deployed, this tree's, and where their archives are kept."""
        return super().pulumi_environment() | {
            "WEBSOCKET_SESSIONS_CHECKOUT": str(self.layout.root),
            "WEBSOCKET_SESSIONS_CACHE": str(self.layout.local / "archives"),
        }


def stop_all(layout: DevLayout) -> list[str]:
    """End everything that runs, the pages first; return the names."""
    return services.stop_all(layout, (PAGES,))
