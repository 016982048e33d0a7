"""A local data plane of API Gateway's WebSocket APIs in front of an AWS emulator: see README.md."""
