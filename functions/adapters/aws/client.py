"""Calls to AWS with a time-out, a bounded number of attempts, and the request's deadline.

It has what the functions' calls need of an SDK: services of the AWS JSON protocol, and Lambda's Invoke. Rules
and codes are those of the SDKs' standard retry mode (AWS SDKs and Tools Reference Guide, "Retry behavior").
Why not boto3: docs/adr/0020.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlsplit

from adapters.aws.credentials import Credentials, CredentialsUnavailableError, LambdaCredentials
from adapters.aws.endpoints import endpoint_url
from adapters.aws.errors import NoAttemptError, ServiceError, UnreachableError
from adapters.aws.sigv4 import NO_HEADERS, Signer
from adapters.http.blocking_pool import BlockingPool
from adapters.http.response import NoResponseError, Response
from domain.backoff import full_jitter
from domain.deadline import request_deadline

FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 0.05, 20.0
"""Bounds of the waits between attempts."""

FIRST_THROTTLED_WAIT_SECONDS = 1.0
"""Bound of the first wait if the service throttles the call."""

TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
TRANSIENT_CODES = frozenset({"ReplicatedWriteConflictException", "RequestTimeout", "RequestTimeoutException"})
THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
SUCCESS_FAMILY = 2

JSON_VERSION = "1.0"
"""Version of the JSON protocol, which DynamoDB and SQS share."""

TRACE_SAFE = "-=;:+&[]{}\"',"
"""Characters of a trace header that stay as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallLimits:
    """Bounds of one call."""

    connect_seconds: float
    response_seconds: float
    attempts: int
    """The first one included."""


class AwsClient:
    """Calls one service in the function's Region, at `url` if that is given. Threads may share it."""

    def __init__(self, service: str, limits: CallLimits, *, url: str | None = None) -> None:
        region = os.environ["AWS_REGION"]
        url_parts = urlsplit(url or endpoint_url(service, region))
        self._path = url_parts.path.rstrip("/")
        self._limits = limits
        self._signer = Signer(host=url_parts.netloc, region=region, service=service)
        self.credentials: Callable[[], Credentials] = LambdaCredentials()
        self.exchange: Callable[[bytes, float], Response]
        """Sends one request and returns its response, or raises NoResponseError. Tests wrap it."""
        self.exchange = BlockingPool(url_parts, connect_timeout=limits.connect_seconds).exchange
        self.sleep: Callable[[float], None] = time.sleep

    def call(self, target: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation of the JSON protocol; return its result. `target` is its full name.

        Raises AwsCallError.
        """
        response = self.request(
            "/",
            json.dumps(arguments).encode(),
            content_type=f"application/x-amz-json-{JSON_VERSION}",
            signed_headers={"x-amz-target": target},
        )
        try:
            return cast(dict[str, Any], json.loads(response.body))
        except ValueError as error:
            raise UnreachableError("the result is not JSON") from error

    def request(
        self,
        path: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        signed_headers: Mapping[str, str] = NO_HEADERS,
    ) -> Response:
        """Make a POST request; return its response if that is a success. Raises AwsCallError."""
        payload_hash = hashlib.sha256(body).hexdigest()
        for attempt in range(1, self._limits.attempts + 1):
            credentials = self._current_credentials()
            self._require_time()
            headers = self._headers(path, payload_hash, credentials, signed_headers)
            head = (
                f"POST {self._path}{path} HTTP/1.1\r\n{headers}"
                f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
                f"User-Agent: websocket-sessions\r\n"
                f"amz-sdk-request: attempt={attempt}; max={self._limits.attempts}\r\n\r\n"
            )
            try:
                response = self.exchange(head.encode() + body, self._limits.response_seconds)
            except NoResponseError as error:
                first_wait = FIRST_WAIT_SECONDS
                if attempt == self._limits.attempts:
                    raise UnreachableError(str(error)) from error
            else:
                if response.status // 100 == SUCCESS_FAMILY:
                    return response
                failure = _service_error(response)
                first_wait = _first_wait(failure.code, response.status)
                if first_wait is None or attempt == self._limits.attempts:
                    raise failure
            self.sleep(full_jitter(attempt, first_wait, MAX_WAIT_SECONDS))
        raise AssertionError("the last attempt returns or raises")

    def _require_time(self) -> None:
        """Raise NoAttemptError if the request's deadline may pass before an attempt ends."""
        remaining = request_deadline.remaining()
        if remaining < self._limits.connect_seconds + self._limits.response_seconds:
            raise NoAttemptError(f"{remaining:.1f} s are too little time for an attempt")

    def _current_credentials(self) -> Credentials:
        """Return the credentials, which may take some of the request's time. Raises NoAttemptError."""
        try:
            return self.credentials()
        except CredentialsUnavailableError as error:
            raise NoAttemptError(str(error)) from error

    def _headers(
        self, path: str, payload_hash: str, credentials: Credentials, signed_headers: Mapping[str, str]
    ) -> str:
        signed = self._signer.headers(
            "POST", f"{self._path}{path}", payload_hash, credentials, time.time(), signed=signed_headers
        )
        return signed + _trace_header()


def _first_wait(code: str, status: int) -> float | None:
    """Return the bound of the first wait after an error, or None if a retry would fail as well."""
    if code in THROTTLING_CODES:
        return FIRST_THROTTLED_WAIT_SECONDS
    if code in TRANSIENT_CODES or status in TRANSIENT_STATUSES:
        return FIRST_WAIT_SECONDS
    return None


def _service_error(response: Response) -> ServiceError:
    """Return the error of a response. A proxy's response may have no error code: then it is the status."""
    try:
        document: object = json.loads(response.body)
    except ValueError:
        document = None
    fields = cast(dict[str, Any], document) if isinstance(document, dict) else {}
    named = response.header("x-amzn-errortype") or fields.get("__type") or fields.get("code")
    code = str(named or response.status).rpartition("#")[2].partition(":")[0]
    return ServiceError(code, fields)


def _trace_header() -> str:
    """Return the header of the invocation's trace, by which Lambda detects recursive loops."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace or "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return ""
    return f"X-Amzn-Trace-Id: {quote(trace, safe=TRACE_SAFE)}\r\n"
