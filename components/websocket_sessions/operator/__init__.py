"""What an operator does to a running stack: `python -m websocket_sessions.operator`."""
