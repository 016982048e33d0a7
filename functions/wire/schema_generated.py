"""Validators of client messages and HTTP request bodies.

Generated from protocol/schema.json by `python -m protocol`; do not edit.
"""

from __future__ import annotations

from wire.validators import InvalidMessage, ObjectSchema, boolean, integer, list_of, one_of, text


SUBPROTOCOL = "websocket-sessions.v1"
TOKEN_SUBPROTOCOL_PREFIX = "bearer."

# For each error code, the HTTP status and whether a retry can succeed.
ERRORS: dict[str, tuple[int, bool]] = {
    "INVALID_MESSAGE": (400, False),
    "UNKNOWN_ACTION": (404, False),
    "UNAUTHORIZED": (401, False),
    "TOKEN_EXPIRED": (401, False),
    "FORBIDDEN": (403, False),
    "SESSION_NOT_FOUND": (404, False),
    "SESSION_ENDED": (410, False),
    "SESSION_FULL": (409, True),
    "INVALID_SESSION_ID": (400, False),
    "INVALID_LANGUAGE": (400, False),
    "UNSUPPORTED_LANGUAGE": (400, False),
    "INVALID_QUALITY": (400, False),
    "RATE_LIMITED": (429, True),
    "PAYLOAD_TOO_LARGE": (413, False),
    "CONFLICT": (409, False),
    "UNAVAILABLE": (503, True),
    "INTERNAL": (500, False),
}

# ISO 639-1.
LANGUAGES = frozenset(
    (
        "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
        "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht "
        "hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky "
        "la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny "
        "oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss "
        "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo "
        "za zh zu"
    ).split()
)

_REQUEST_ID = text("a string of 1 to 64 characters", "INVALID_MESSAGE", 1, 64)
_SESSION_ID = text("an id such as caring-king-275", "INVALID_SESSION_ID", 0, 64, r"^[a-z]+-[a-z]+-[1-9][0-9]{2}(-[a-z2-7]{16})?$")
_LANGUAGE = one_of("an ISO 639-1 code of two lowercase letters, such as en", "INVALID_LANGUAGE", LANGUAGES)
_QUALITY = one_of("one of standard, premium", "INVALID_QUALITY", ("standard", "premium"))
_MUTED = boolean("true or false", "INVALID_MESSAGE")
_OPEN_STATUS = one_of("one of active, paused", "INVALID_MESSAGE", ("active", "paused"))
_EPOCH = text("8 hexadecimal digits, as received from the server", "INVALID_MESSAGE", 0, None, r"^[0-9a-f]{8}$")
_OFFSET = integer("a whole number from 0 to 9007199254740991", "INVALID_MESSAGE", 0, 9007199254740991)
_GENERATION = integer("a whole number from 0 to 9007199254740991", "INVALID_MESSAGE", 0, 9007199254740991)
_TOKEN = text("a string of 1 to 8192 characters", "INVALID_MESSAGE", 1, 8192)
_DATA = text("a string", "INVALID_MESSAGE", 0, None)
_CONTENT_TYPE = text("a string of 1 to 100 characters", "INVALID_MESSAGE", 1, 100)
_ENCODING = one_of("one of utf8, base64", "INVALID_MESSAGE", ("utf8", "base64"))

MESSAGES: dict[str, ObjectSchema] = {
    "createSession": ObjectSchema(
        {
            "action": one_of("createSession", "INVALID_MESSAGE", ("createSession",)),
            "requestId": _REQUEST_ID,
            "sourceLanguage": _LANGUAGE,
            "quality": _QUALITY,
        },
        required=("action", "sourceLanguage", "quality"),
    ),
    "joinSession": ObjectSchema(
        {
            "action": one_of("joinSession", "INVALID_MESSAGE", ("joinSession",)),
            "requestId": _REQUEST_ID,
            "sessionId": _SESSION_ID,
            "targetLanguage": _LANGUAGE,
            "epoch": _EPOCH,
            "offset": _OFFSET,
            "onChannel": boolean("true or false", "INVALID_MESSAGE"),
        },
        required=("action", "sessionId", "targetLanguage"),
        together=(("epoch", "offset"), ("offset", "epoch")),
    ),
    "resumeSession": ObjectSchema(
        {
            "action": one_of("resumeSession", "INVALID_MESSAGE", ("resumeSession",)),
            "requestId": _REQUEST_ID,
            "sessionId": _SESSION_ID,
            "epoch": _EPOCH,
            "offset": _OFFSET,
            "generation": _GENERATION,
        },
        required=("action", "sessionId"),
        together=(("epoch", "offset"), ("offset", "epoch")),
    ),
    "publish": ObjectSchema(
        {
            "action": one_of("publish", "INVALID_MESSAGE", ("publish",)),
            "requestId": _REQUEST_ID,
            "data": _DATA,
            "contentType": _CONTENT_TYPE,
            "encoding": _ENCODING,
            "targetLanguages": list_of("a list of 1 to 50 different items", "INVALID_MESSAGE", _LANGUAGE, 1, 50),
        },
        required=("action", "data"),
    ),
    "updateSession": ObjectSchema(
        {
            "action": one_of("updateSession", "INVALID_MESSAGE", ("updateSession",)),
            "requestId": _REQUEST_ID,
            "status": _OPEN_STATUS,
            "quality": _QUALITY,
            "muted": _MUTED,
        },
        required=("action",),
        any_of=("status", "quality", "muted"),
    ),
    "endSession": ObjectSchema(
        {
            "action": one_of("endSession", "INVALID_MESSAGE", ("endSession",)),
            "requestId": _REQUEST_ID,
        },
        required=("action",),
    ),
    "leaveSession": ObjectSchema(
        {
            "action": one_of("leaveSession", "INVALID_MESSAGE", ("leaveSession",)),
            "requestId": _REQUEST_ID,
        },
        required=("action",),
    ),
    "getSession": ObjectSchema(
        {
            "action": one_of("getSession", "INVALID_MESSAGE", ("getSession",)),
            "requestId": _REQUEST_ID,
            "sessionId": _SESSION_ID,
        },
        required=("action",),
    ),
    "heartbeat": ObjectSchema(
        {
            "action": one_of("heartbeat", "INVALID_MESSAGE", ("heartbeat",)),
            "requestId": _REQUEST_ID,
        },
        required=("action",),
    ),
    "refreshToken": ObjectSchema(
        {
            "action": one_of("refreshToken", "INVALID_MESSAGE", ("refreshToken",)),
            "requestId": _REQUEST_ID,
            "token": _TOKEN,
        },
        required=("action", "token"),
    ),
}

BODIES: dict[str, ObjectSchema] = {
    "createSession": ObjectSchema(
        {
            "sourceLanguage": _LANGUAGE,
            "quality": _QUALITY,
        },
        required=("sourceLanguage", "quality"),
    ),
    "updateSession": ObjectSchema(
        {
            "status": _OPEN_STATUS,
            "quality": _QUALITY,
            "muted": _MUTED,
        },
        any_of=("status", "quality", "muted"),
    ),
}


def validate(action: str, message: object) -> None:
    """Validate a client message; raises `InvalidMessage` with the property, the error code and a text."""
    shape = MESSAGES.get(action)
    if shape is None:
        raise InvalidMessage("action", "UNKNOWN_ACTION", f"action must be one of: {', '.join(MESSAGES)}")
    shape.check(message)


def validate_body(name: str, body: object) -> None:
    """Validate the body of the HTTP request `createSession` or `updateSession`; raises `InvalidMessage`."""
    BODIES[name].check(body)
