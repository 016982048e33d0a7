"""The signer says what botocore's says, on whatever it is given."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from botocore import auth, awsrequest
from botocore import credentials as botocore_credentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.credentials import Credentials
from adapters.aws.sigv4 import Signer


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One request to sign."""

    method: str
    host: str
    path: str
    body: bytes
    region: str
    credentials: Credentials
    moment: datetime


visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
connection_ids = st.text(min_size=1, max_size=40).filter(lambda text: text not in {".", ".."})
stages = st.sampled_from(["/prod", "/a1b2/local", ""])


def callback_path(driver: str, connection_id: str) -> str:
    """The path of one connection, percent-encoded once, as it is sent."""
    return f"{driver}/@connections/{quote(connection_id, safe='')}"


requests = st.builds(
    Signed,
    method=st.sampled_from(["POST", "DELETE", "GET"]),
    host=st.sampled_from(["abc.execute-api.eu-west-1.amazonaws.com", "127.0.0.1:4510", "[::1]:8080"]),
    path=st.builds(callback_path, stages, connection_ids),
    body=st.binary(max_size=300),
    region=st.sampled_from(["us-east-1", "ap-southeast-4"]),
    credentials=st.builds(Credentials, access_key=visible, secret_key=visible, token=st.none() | visible),
    moment=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 -- Hypothesis takes naive bounds
        max_value=datetime(2060, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)


def botocore_authorization(signed: Signed) -> str:
    """The Authorization that botocore's SigV4Auth gives the same request at the same moment."""
    request = awsrequest.AWSRequest(
        method=signed.method, url=f"https://{signed.host}{signed.path}", data=signed.body
    )
    stamp = signed.moment.strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    credentials = signed.credentials
    if credentials.token is not None:
        request.headers["X-Amz-Security-Token"] = credentials.token
    key = botocore_credentials.Credentials(credentials.access_key, credentials.secret_key, credentials.token)
    signer = auth.SigV4Auth(key, "execute-api", signed.region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    scope = signer.scope(request)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


@given(requests)
def test_agrees_with_botocore(signed: Signed) -> None:
    """Paths, bodies, keys with and without a session token, and moments of any day."""
    block = Signer(host=signed.host, region=signed.region, service="execute-api").headers(
        signed.method,
        signed.path,
        hashlib.sha256(signed.body).hexdigest(),
        signed.credentials,
        signed.moment.timestamp(),
    )
    headers = {
        name.lower(): value
        for name, _, value in (line.partition(": ") for line in block.split("\r\n") if line)
    }
    assert headers["host"] == signed.host
    assert headers.get("x-amz-security-token") == signed.credentials.token
    assert headers["authorization"] == botocore_authorization(signed)


def test_a_new_day_and_new_credentials_get_a_new_key() -> None:
    """The kept signing key is never used beyond its day or for another secret."""
    signer = Signer(host="h", region="us-east-1", service="execute-api")
    one = Credentials(access_key="A", secret_key="one")
    two = Credentials(access_key="A", secret_key="two")
    signatures = {
        signer.headers("POST", "/p", "0" * 64, credentials, moment).rpartition("=")[2]
        for credentials in (one, two)
        for moment in (0.0, 86_400.0)
    }
    assert len(signatures) == 4


def test_secrets_stay_out_of_the_representation() -> None:
    """Printing credentials shows neither the secret key nor the token."""
    shown = repr(Credentials(access_key="AKIA", secret_key="s3cret", token="t0ken"))
    assert "s3cret" not in shown
    assert "t0ken" not in shown
