"""Serves the components as a Pulumi package, for programs in every language.

The engine runs this folder (`pulumi package add <this repository>/components`); PulumiPlugin.yaml marks it.
"""

from pulumi.provider.experimental import component_provider_host

from websocket_sessions import __version__
from websocket_sessions.package import COMPONENTS, PACKAGE

if __name__ == "__main__":
    component_provider_host(COMPONENTS, PACKAGE, version=__version__)
