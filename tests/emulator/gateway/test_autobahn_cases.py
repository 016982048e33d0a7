"""Cases of the Autobahn test suite for servers, against an echo. Each has the number of Autobahn's case.

API Gateway differs from Autobahn's echo server in three ways, and the gateway follows API Gateway: a binary
frame closes with 1003, and a frame of more than 32 KB, or a message of more than 128 KB, with 1009.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count

import pytest

from tests.emulator.gateway.conftest import GatewayHarness
from tests.emulator.gateway.fakes import API_ID, STAGE, api, ok, two_way

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")
NORMAL, PROTOCOL_ERROR, UNSUPPORTED, INVALID_DATA, TOO_BIG = 1000, 1002, 1003, 1007, 1009
NO_STATUS = None
TIMEOUT_SECONDS = 20.0


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0) -> bytes:
    """Return a client's frame. Its masking key is zero, which leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | 126]) + size.to_bytes(2)
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8)
    return bytes([fin << 7 | reserved << 4 | opcode]) + length + bytes(4) + payload


def fragments(*payloads: bytes) -> list[bytes]:
    """Return the frames of a text message that is sent in parts."""
    last = len(payloads) - 1
    return [frame(CONT if at else TEXT, part, fin=at == last) for at, part in enumerate(payloads)]


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2) + reason)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a client sends, the text messages and pongs that come back, and the code of the server's close.

    Where the client does not close in `sent`, a case with the code 1000 ends with the client's close.
    """

    name: str
    sent: Sequence[bytes] = ()
    received: Sequence[tuple[int, bytes]] = ()
    sent_then: Sequence[bytes] = ()
    """Sent when everything in `received` is there."""
    code: int | None = NORMAL


def numbered(group: str) -> Iterator[str]:
    return (f"{group}.{number}" for number in count(1))


def echoed(name: str, *frames: bytes, text: bytes) -> Case:
    return Case(name=name, sent=frames, received=[(TEXT, text)])


def failing(name: str, *frames: bytes, code: int = PROTOCOL_ERROR) -> Case:
    return Case(name=name, sent=frames, code=code)


def octets(*frames: bytes) -> list[bytes]:
    """Return the frames in pieces of one byte."""
    return [bytes([one]) for one in b"".join(frames)]


def in_three_ways(group: str, numbers: Sequence[int], *frames: bytes, text: bytes) -> list[Case]:
    """Return a case for the frames at once, one by one, and byte by byte."""
    ways = ([b"".join(frames)], frames, octets(*frames))
    return [echoed(f"{group}.{number}", *way, text=text) for number, way in zip(numbers, ways, strict=False)]


def sizes() -> Iterator[Case]:
    text, binary = numbered("1.1"), numbered("1.2")
    for size in (0, 125, 126, 127, 128):
        yield echoed(next(text), frame(TEXT, b"*" * size), text=b"*" * size)
        yield failing(next(binary), frame(BINARY, b"\xfe" * size), code=UNSUPPORTED)
    for size in (65_535, 65_536):
        yield failing(next(text), frame(TEXT, b"*" * size), code=TOO_BIG)
        yield failing(next(binary), frame(BINARY, b"\xfe" * size), code=TOO_BIG)
    chopped = frame(TEXT, b"*" * 65_536)
    pieces = [chopped[at : at + 997] for at in range(0, len(chopped), 997)]
    yield failing(next(text), *pieces, code=TOO_BIG)


def pings() -> Iterator[Case]:
    names = numbered("2")
    for payload in (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125):
        yield Case(name=next(names), sent=[frame(PING, payload)], received=[(PONG, payload)])
    yield failing(next(names), frame(PING, b"\xfe" * 126))
    long = b"\xfe" * 125
    yield Case(name=next(names), sent=octets(frame(PING, long)), received=[(PONG, long)])
    yield Case(name=next(names), sent=[frame(PONG)])
    yield Case(name=next(names), sent=[frame(PONG, b"unsolicited")])
    yield Case(
        name=next(names),
        sent=[frame(PONG, b"unsolicited"), frame(PING, b"ping")],
        received=[(PONG, b"ping")],
    )
    ten = [b"payload-%d" % number for number in range(10)]
    answers = [(PONG, payload) for payload in ten]
    yield Case(name=next(names), sent=[frame(PING, payload) for payload in ten], received=answers)
    yield Case(name=next(names), sent=octets(*(frame(PING, payload) for payload in ten)), received=answers)


def reserved_bits() -> Iterator[Case]:
    hello = [(TEXT, HELLO)]
    yield failing("3.1", frame(TEXT, HELLO, reserved=1))
    bad = [frame(TEXT, HELLO, reserved=2), frame(PING)]
    yield Case(
        name="3.2", sent=[frame(TEXT, HELLO)], received=hello, sent_then=[b"".join(bad)], code=PROTOCOL_ERROR
    )
    bad = [frame(TEXT, HELLO, reserved=3), frame(PING)]
    yield Case(name="3.3", sent=[frame(TEXT, HELLO)], received=hello, sent_then=bad, code=PROTOCOL_ERROR)
    bad = octets(frame(TEXT, HELLO, reserved=4), frame(PING))
    yield Case(name="3.4", sent=[frame(TEXT, HELLO)], received=hello, sent_then=bad, code=PROTOCOL_ERROR)
    yield failing("3.5", frame(BINARY, b"\xff", reserved=5))
    yield failing("3.6", frame(PING, b"ping", reserved=6))
    yield failing("3.7", frame(CLOSE, reserved=7))


def opcodes() -> Iterator[Case]:
    for group, first in (("4.1", 3), ("4.2", 11)):
        names = numbered(group)
        yield failing(next(names), frame(first))
        yield failing(next(names), frame(first + 1, b"reserved opcode payload"))
        for opcode, payload in ((first + 2, b""), (first + 3, HELLO)):
            yield Case(
                name=next(names),
                sent=[frame(TEXT, HELLO)],
                received=[(TEXT, HELLO)],
                sent_then=[frame(opcode, payload) + frame(PING)],
                code=PROTOCOL_ERROR,
            )
        yield Case(
            name=next(names),
            sent=octets(frame(TEXT, HELLO)),
            received=[(TEXT, HELLO)],
            sent_then=octets(frame(first + 4, HELLO), frame(PING)),
            code=PROTOCOL_ERROR,
        )


def fragmentation() -> Iterator[Case]:
    one, two = fragments(b"fragment1", b"fragment2")
    both = b"fragment1fragment2"
    yield failing("5.1", frame(PING, b"fragment1", fin=False), frame(CONT, b"fragment2"))
    yield failing("5.2", frame(PONG, b"fragment1", fin=False), frame(CONT, b"fragment2"))
    yield from in_three_ways("5", [3, 4, 5], one, two, text=both)
    ping = frame(PING, b"ping")
    for number, way in ((6, [one + ping + two]), (7, [one, ping, two]), (8, octets(one, ping, two))):
        yield Case(name=f"5.{number}", sent=way, received=[(PONG, b"ping"), (TEXT, both)])
    for numbers, fin in ((range(9, 12), True), (range(12, 15), False)):
        lone = frame(CONT, b"non-continuation payload", fin=fin)
        hello = frame(TEXT, HELLO)
        for number, way in zip(numbers, ([lone + hello], [lone, hello], octets(lone, hello)), strict=True):
            yield failing(f"5.{number}", *way)
    yield Case(
        name="5.15",
        sent=[one + two],
        received=[(TEXT, both)],
        sent_then=[frame(CONT, b"fragment3", fin=False), frame(TEXT, b"fragment4")],
        code=PROTOCOL_ERROR,
    )
    for number, fin in ((16, False), (17, True)):
        yield failing(
            f"5.{number}", frame(CONT, b"fragment1", fin=fin), *fragments(b"fragment2", b"fragment3")
        )
    yield failing("5.18", frame(TEXT, b"fragment1", fin=False), frame(TEXT, b"fragment2"))
    five = fragments(*(b"fragment%d" % number for number in range(1, 6)))
    pinged = [*five[:2], frame(PING, b"one"), *five[2:4], frame(PING, b"two"), five[4]]
    answers = [(PONG, b"one"), (PONG, b"two"), (TEXT, b"fragment1fragment2fragment3fragment4fragment5")]
    yield Case(name="5.19", sent=[b"".join(pinged)], received=answers)
    yield Case(name="5.20", sent=pinged, received=answers)


def utf8() -> Iterator[Case]:
    yield echoed("6.1.1", frame(TEXT), text=b"")
    yield echoed("6.1.2", *fragments(b"", b"", b""), text=b"")
    yield echoed("6.1.3", *fragments(b"", b"middle frame payload", b""), text=b"middle frame payload")
    yield echoed("6.2.1", frame(TEXT, HELLO), text=HELLO)
    yield echoed("6.2.2", *fragments(HELLO[:12], HELLO[12:]), text=HELLO)
    yield echoed("6.2.3", *fragments(*(bytes([one]) for one in HELLO)), text=HELLO)
    yield echoed("6.2.4", *fragments(*(bytes([one]) for one in KOSME)), text=KOSME)
    invalid = KOSME + b"\xed\xa0\x80" + b"edited"
    yield failing("6.3.1", frame(TEXT, invalid), code=INVALID_DATA)
    yield failing("6.3.2", *fragments(*(bytes([one]) for one in invalid)), code=INVALID_DATA)
    beyond = [KOSME + b"\xf4", b"\x90", b"\x80\x80edited"]
    yield failing("6.4.1", *fragments(KOSME, b"\xf4\x90\x80\x80", b"edited"), code=INVALID_DATA)
    yield failing("6.4.2", *fragments(*beyond), code=INVALID_DATA)
    for group, sequences in VALID.items():
        for name, text in zip(numbered(group), sequences, strict=False):
            yield echoed(name, frame(TEXT, text), text=text)
    for group, sequences in INVALID.items():
        for name, text in zip(numbered(group), sequences, strict=False):
            yield failing(name, frame(TEXT, text), code=INVALID_DATA)
    for name, text in zip(numbered("6.6"), accumulate(bytes([one]) for one in KOSME), strict=False):
        whole = len(text) in {2, 5, 7, 9, 11}
        message = frame(TEXT, text)
        yield echoed(name, message, text=text) if whole else failing(name, message, code=INVALID_DATA)


def encoded(*points: int) -> list[bytes]:
    return [chr(point).encode() for point in points]


def hexed(text: str) -> list[bytes]:
    return [bytes.fromhex(one) for one in text.split(",")]


VALID = {
    "6.7": encoded(0x00, 0x80, 0x800, 0x10000),
    "6.9": encoded(0x7F, 0x7FF, 0xFFFF, 0x10FFFF),
    "6.11": encoded(0xD7FF, 0xE000, 0xFFFD, 0x10FFFF),
    "6.22": encoded(*(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))),
    "6.23": encoded(*range(0xFFF9, 0x10000)),
}
"""First and last sequences of each length, boundaries, non-characters and specials: all are valid."""

INCOMPLETE = hexed("c0,e080,f08080,f8808080,fc80808080,df,efbf,f7bfbf,fbbfbfbf,fdbfbfbfbf")
INVALID = {
    "6.8": hexed("f888808080,fc8480808080"),
    "6.10": hexed("f7bfbfbf,fbbfbfbfbf,fdbfbfbfbfbf"),
    "6.12": [*hexed("80,bf,80bf,80bf80,80bf80bf,80bf80bf80,80bf80bf80bf"), bytes(range(0x80, 0xC0))],
    "6.13": [
        b"".join(bytes([one]) + b" " for one in range(first, last))
        for first, last in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
    ],
    "6.14": INCOMPLETE,
    "6.15": [b"".join(INCOMPLETE)],
    "6.16": hexed("fe,ff,fefeffff"),
    "6.17": hexed("c0af,e080af,f08080af,f8808080af,fc80808080af"),
    "6.18": hexed("c1bf,e09fbf,f08fbfbf,f887bfbfbf,fc83bfbfbfbf"),
    "6.19": hexed("c080,e08080,f0808080,f880808080,fc8080808080"),
    "6.20": hexed("eda080,edadbf,edae80,edafbf,edb080,edbe80,edbfbf"),
    "6.21": hexed(
        "eda080edb080,eda080edbfbf,edadbfedb080,edadbfedbfbf,edae80edb080,edae80edbfbf,edafbfedb080,edafbfedbfbf"
    ),
}
"""Markus Kuhn's sequences that no decoder may accept."""


def closes() -> Iterator[Case]:
    yield echoed("7.1.1", frame(TEXT, b"Hello World!"), text=b"Hello World!")
    normal = closing(NORMAL)
    for number, after in ((2, normal), (3, frame(PING)), (4, frame(TEXT, b"Hello World!"))):
        yield Case(name=f"7.1.{number}", sent=[normal, after])
    one, two = fragments(b"fragment1", b"fragment2")
    yield Case(name="7.1.5", sent=[one, normal, two])
    yield Case(name="7.1.6", sent=[frame(TEXT, b"*" * 256 * 1024), normal, frame(PING)], code=TOO_BIG)
    yield Case(name="7.3.1", sent=[frame(CLOSE)], code=NO_STATUS)
    yield failing("7.3.2", frame(CLOSE, b"a"))
    yield Case(name="7.3.3", sent=[normal])
    yield Case(name="7.3.4", sent=[closing(NORMAL, b"Hello World!")])
    yield Case(name="7.3.5", sent=[closing(NORMAL, b"*" * 123)])
    yield failing("7.3.6", closing(NORMAL, b"*" * 124))
    yield Case(name="7.5.1", sent=[closing(NORMAL, KOSME + b"\xed\xa0\x80")], code=INVALID_DATA)
    valid = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for name, code in zip(numbered("7.7"), valid, strict=False):
        yield Case(name=name, sent=[closing(code)], code=code)
    for name, code in zip(numbered("7.9"), (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), strict=False):
        yield failing(name, closing(code))
    for name, code in zip(numbered("7.13"), (5000, 65_535), strict=False):
        yield failing(name, closing(code))


def large_messages() -> Iterator[Case]:
    yield failing("9.1.1", frame(TEXT, b"*" * 65_536), code=TOO_BIG)
    parts = [b"*" * 4096] * 1024
    yield failing("9.3.4", *fragments(*parts)[:64], code=TOO_BIG)
    text = b"*" * 65_536
    in_1300 = [text[at : at + 1300] for at in range(0, len(text), 1300)]
    yield echoed("10.1.1", *fragments(*in_1300), text=text)


GROUPS = (sizes, pings, reserved_bits, opcodes, fragmentation, utf8, closes, large_messages)
CASES = [case for group in GROUPS for case in group()]


class RawClient:
    """A WebSocket client without rules of its own: what it writes goes out, what arrives is returned."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "RawClient":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /{API_ID}/{STAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head.splitlines()[0]
        return cls(reader, writer)

    async def send(self, pieces: Sequence[bytes]) -> None:
        """Write the pieces one after the other. The server may close before it has read all of them."""
        for piece in pieces:
            self._writer.write(piece)
            await asyncio.sleep(0)

    async def receive(self) -> tuple[int, bytes]:
        """Return the next message or control frame; its payload whole."""
        first, payload, fin = 0, b"", False
        while not fin:
            head, size = await self._reader.readexactly(2)
            fin, opcode = bool(head & 0x80), head & 0x0F
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self._reader.readexactly(8))
            payload += await self._reader.readexactly(size)
            first = opcode or first
        return first, payload

    async def end(self) -> bytes:
        """Return what arrives up to the end of the TCP connection."""
        return await self._reader.read()

    def close(self) -> None:
        self._writer.close()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_autobahn(harness: GatewayHarness, case: Case) -> None:
    gateway = await harness.start(api(two_way("$default", "echo")), echo=lambda event: ok(event["body"]))
    client = await RawClient.connect(gateway.port)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await client.send(case.sent)
        for expected in case.received:
            assert await client.receive() == expected
        await client.send(case.sent_then)
        if case.code == NORMAL and not any(piece[:1] == b"\x88" for piece in case.sent):
            await client.send([closing(NORMAL)])
        opcode, payload = await client.receive()
        assert opcode == CLOSE
        assert (int.from_bytes(payload[:2]) if payload else NO_STATUS) == case.code
        assert await client.end() == b""
    client.close()


def test_the_cases_have_different_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
