"""Serves the components as a Pulumi package, for programs in every language.

The engine runs this folder (`pulumi package add <this repository>/components`); PulumiPlugin.yaml marks it.
"""

from websocket_sessions.package import serve

if __name__ == "__main__":
    serve()
