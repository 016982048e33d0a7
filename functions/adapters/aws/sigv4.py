"""Signature Version 4 for one host and service, with the day's signing key cached.

It supports what a small signed request needs: no query string, and a percent-encoded path that has neither
empty nor dot segments. Source: IAM User Guide, "Create a signed AWS API request"; services other
than S3 encode the path a second time in the canonical request.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from adapters.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
NO_HEADERS: Mapping[str, str] = {}


class Signer:
    """Signs requests to `host`, which has the form of the Host header (with a port that is not the default).

    A signature costs two SHA-256 and one HMAC: the signing key is derived once a day and key pair, and the
    caller hashes the payload, since it sends one payload to many connections.
    """

    def __init__(self, *, host: str, region: str, service: str) -> None:
        self._host = host
        self._region = region
        self._service = service

    def headers(
        self,
        method: str,
        path: str,
        payload_hash: str,
        credentials: Credentials,
        timestamp: float,
        *,
        signed: Mapping[str, str] = NO_HEADERS,
    ) -> str:
        """Return the header lines, each with CRLF, Host and Authorization among them.

        `payload_hash` is the SHA-256 of the body in hexadecimal; `timestamp` is in seconds since the epoch.
        `signed` has the further headers to sign, in lower case, each of which follows `x-amz-date` in the
        alphabet.
        """
        moment = _amz_date(int(timestamp))
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        lines = f"host:{self._host}\nx-amz-date:{moment}\n"
        names = "host;x-amz-date"
        others = ""
        if credentials.token is not None:
            signed = {**signed, "x-amz-security-token": credentials.token}
        for name in sorted(signed):
            lines += f"{name}:{signed[name]}\n"
            names += f";{name}"
            others += f"{name}: {signed[name]}\r\n"
        canonical = f"{method}\n{_encode_again(path)}\n\n{lines}\n{names}\n{payload_hash}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = _signing_key(credentials.secret_key, moment[:8], self._region, self._service)
        to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return (
            f"Host: {self._host}\r\nX-Amz-Date: {moment}\r\n{others}"
            f"Authorization: {ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}\r\n"
        )


@lru_cache(maxsize=2)
def _amz_date(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


@lru_cache(maxsize=4096)
def _encode_again(path: str) -> str:
    return quote(path, safe="/~")


@lru_cache(maxsize=2)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
