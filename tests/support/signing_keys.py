"""A user pool's keys, made for a test, and tokens signed with them."""

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.session_driver import CLIENT, ISSUER


class SigningKey:
    """One RSA key pair with its id."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, Any]:
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}

    def sign(self, claims: dict[str, Any], **header: str) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.key_id, **header})


def key_set(*keys: SigningKey) -> bytes:
    return json.dumps({"keys": [key.public() for key in keys]}).encode()


def claims(now: int, **changes: object) -> dict[str, Any]:
    """An id token's claims, with changes; what is changed to none is left out."""
    usual = {
        "iss": ISSUER,
        "sub": "11111111-2222-3333-4444-555555555555",
        "aud": CLIENT,
        "token_use": "id",
        "exp": now + 3600,
        "iat": now,
        "email": "somebody@example.com",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


POOL = SigningKey("pool")
"""The key of the pool whose tokens the functions take."""
