"""Errors of calls to AWS."""

from typing import Any


class AwsCallError(Exception):
    """A call failed. What it asked for may have happened."""


class NoAttemptError(AwsCallError):
    """The request's deadline leaves too little time for an attempt, or the function has no credentials."""


class UnreachableError(AwsCallError):
    """No attempt had a valid response in time."""


class ServiceError(AwsCallError):
    """The service refused the call with an error code, or with a status alone."""

    def __init__(self, code: str, document: dict[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.document = document
        """The error's JSON document, empty if the response has none."""
