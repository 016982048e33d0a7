"""Serves the components as a Pulumi package, for programs in every language.

The engine runs this folder, from a checkout or from git; PulumiPlugin.yaml marks it
(docs/adr/0010-the-plugin-is-the-components-folder.md).
"""

from websocket_sessions.package import serve

if __name__ == "__main__":
    serve()
