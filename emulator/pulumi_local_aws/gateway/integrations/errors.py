"""Failures that the client sees."""


class IntegrationError(Exception):
    """The integration failed. The client gets the message as an error frame, or the status on `$connect`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ConnectRefusedError(Exception):
    """The upgrade is refused with this HTTP status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
