"""Call AWS: check each call against the service's model and translate its errors."""

import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from pulumi_local_aws.aws import client
from pulumi_local_aws.processes import wait_until
from pulumi_local_aws.provider.model import problems

DEFAULT_WEBSOCKET_URL = "ws://127.0.0.1:4510"
_NOT_FOUND_CODES = ("NotFound", "NoSuch", "NonExistentQueue", "ResourceNotFound", "404", "DoesNotExist")
_LOADER = Loader()
# The model of AppSync's tags has the ARNs of APIs only. AWS tags channel namespaces as well.
_TOO_NARROW = frozenset({("appsync", "TagResource"), ("appsync", "UntagResource")})


class AwsError(Exception):
    """AWS, or AWS's model of the operation, refuses the call."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {message} ({code})" if code else f"{operation}: {message}")
        self.code = code


class NotFound(AwsError):  # noqa: N818 - reads and deletes expect it
    """The resource that the call names does not exist."""


@dataclass(kw_only=True)
class Cloud:
    """A configured provider's connection: Region, key pair, endpoints, default tags."""

    environment: Mapping[str, str]
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    _clients: dict[str, Any] = field(default_factory=dict[str, Any])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def region(self) -> str:
        """The Region, from the provider's config or the environment."""
        return self.environment["AWS_REGION"]

    @property
    def partition(self) -> str:
        """The partition that the Region is in."""
        names = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        return next((name for start, name in names.items() if self.region.startswith(start + "-")), "aws")

    @cached_property
    def caller(self) -> dict[str, str]:
        """The caller's identity: Account, Arn, UserId."""
        return self.call("sts", "GetCallerIdentity")

    @property
    def account(self) -> str:
        """The account's id."""
        return self.caller["Account"]

    @property
    def endpoint(self) -> str:
        """The emulator's URL, from the environment or from `aws:endpoints`; empty for AWS itself."""
        return self.environment.get("AWS_ENDPOINT_URL") or self.endpoints.get("apigatewayv2", "")

    @property
    def websocket_url(self) -> str:
        """The WebSocket gateway's URL."""
        return os.environ.get("EMULATOR_WEBSOCKET_URL", DEFAULT_WEBSOCKET_URL).rstrip("/")

    def call(self, service: str, operation: str, /, **parameters: Any) -> Any:
        """Call an operation by AWS's name for it; parameters that are None are omitted.

        Raises NotFound if the resource does not exist, and AwsError with AWS's code for any other error.
        Raises AwsError before the call if the service's model refuses the parameters.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        found = next(problems(operation_model(service, operation).input_shape, given), None)
        if found is not None and (service, operation) not in _TOO_NARROW:
            raise AwsError(operation, "ValidationException", found)
        with self._translate_errors(operation):
            return getattr(self._client(service), xform_name(operation))(**given)

    def pages(self, service: str, operation: str, result: str, **parameters: Any) -> list[Any]:
        """Return all entries of a paged list operation."""
        with self._translate_errors(operation):
            paginator = self._client(service).get_paginator(xform_name(operation))
            return [item for page in paginator.paginate(**parameters) for item in page.get(result, [])]

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """Return an ARN in this partition, Region and account."""
        where = self.region if region else ""
        whose = self.account if account else ""
        return f"arn:{self.partition}:{service}:{where}:{whose}:{resource}"

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
        """Wait until `condition` holds. Raises AwsError after `timeout` seconds."""
        if not wait_until(condition, timeout):
            raise AwsError("wait", "Timeout", f"{what} took more than {timeout:g} s")

    @contextmanager
    def _translate_errors(self, operation: str) -> Generator[None]:
        try:
            yield
        except ClientError as error:
            answer = cast("Mapping[str, Any]", error.response).get("Error", {})
            code, message = str(answer.get("Code", "")), str(answer.get("Message", error))
            kind = NotFound if any(part in code for part in _NOT_FOUND_CODES) else AwsError
            raise kind(operation, code, message) from error
        except EndpointConnectionError as error:
            message = (
                f"nothing answers at {self.endpoint or 'the endpoint'}: start the local AWS with `make up`"
            )
            raise AwsError(operation, "", message) from error
        except BotoCoreError as error:
            raise AwsError(operation, "", str(error)) from error

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                environment = dict(self.environment)
                if service in self.endpoints:
                    environment["AWS_ENDPOINT_URL"] = self.endpoints[service]
                self._clients[service] = client(service, environment, config=Config(max_pool_connections=32))
            return self._clients[service]


def operation_model(service: str, operation: str) -> OperationModel:
    """Return AWS's model of an operation."""
    return _service_model(service).operation_model(operation)


_models: dict[str, ServiceModel] = {}
_models_lock = threading.Lock()


def _service_model(service: str) -> ServiceModel:
    with _models_lock:
        if service not in _models:
            _models[service] = ServiceModel(_LOADER.load_service_model(service, "service-2"), service)
        return _models[service]
