"""Responses in every form that HTTP/1.1 allows, and connections that servers close, drop and delay."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.http import blocking_pool, tls
from adapters.http.blocking_pool import BlockingPool
from adapters.http.response import MAX_HEAD_BYTES, NoResponseError, Response
from benchmarks.certificate import make_certificate, server_context
from tests.support.aws_server import Reply, aws_server

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

RESPONSES = {
    "a length": (OK, 200, b"ok", True),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "an empty body": (b"HTTP/1.1 410 Gone\r\ncontent-length:0\r\n\r\n", 410, b"", True),
    "its last on the connection": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
        200,
        b"x",
        False,
    ),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
        200,
        b"abc0123456789",
        True,
    ),
    "chunks and a trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\nSum: 1\r\n\r\n",
        200,
        b"\n",
        True,
    ),
}


@pytest.mark.parametrize("name", list(RESPONSES))
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_response_is_read_in_pieces_of_any_size(name: str, size: int) -> None:
    data, status, body, keeps_alive = RESPONSES[name]
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    response = Response()
    assert [response.feed(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert (response.status, response.body, response.keeps_alive) == (status, body, keeps_alive)


def test_the_end_of_the_connection_ends_a_body_without_a_length() -> None:
    response = Response()
    assert not response.feed(b"HTTP/1.1 200 OK\r\n\r\nab")
    assert not response.feed(b"c")
    assert response.close()
    assert (response.body, response.keeps_alive) == (b"abc", False)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200", OK[:-1], RESPONSES["chunks"][0][:-3]])
def test_the_end_of_the_connection_completes_no_other_response(data: bytes) -> None:
    response = Response()
    assert not response.feed(data)
    assert not response.close()


def test_bytes_after_a_response_end_the_use_of_the_connection() -> None:
    response = Response()
    assert response.feed(OK + b"HTTP/1.1 200")
    assert response.body == b"ok"
    assert not response.keeps_alive


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-server\r\n\r\n",
        b"HTTP/1.1 xyz\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * MAX_HEAD_BYTES,
    ],
)
def test_a_malformed_response_is_refused(data: bytes) -> None:
    with pytest.raises(NoResponseError):
        Response().feed(data)


def test_headers_are_found_by_name_in_any_case() -> None:
    response = Response()
    response.feed(b"HTTP/1.1 200 OK\r\nX-Amzn-ErrorType:  Not Found \r\nContent-Length: 0\r\n\r\n")
    assert response.header("x-amzn-errortype") == "Not Found"
    assert response.header("errortype") is None


@contextmanager
def serving(
    serve: Callable[[socket.socket, int], None],
    context: ssl.SSLContext | None = None,
) -> Generator[BlockingPool]:
    """A pool of a server that passes each connection, with its number, to `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            number = 0
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=handle, args=(connection, number), daemon=True).start()
                    number += 1

        def handle(connection: socket.socket, number: int) -> None:
            with suppress(OSError), connection:
                if context is None:
                    serve(connection, number)
                else:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        serve(secure, number)

        threading.Thread(target=accept, daemon=True).start()
        scheme = "http" if context is None else "https"
        url = urlsplit(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
        pool = BlockingPool(url, connect_timeout=1)
        yield pool
        pool.close()
        listening.shutdown(socket.SHUT_RDWR)


def test_a_connection_serves_one_request_after_the_other() -> None:
    with aws_server() as server:
        pool = BlockingPool(urlsplit(server.url), connect_timeout=1)
        assert [pool.exchange(REQUEST, 1).status for _ in range(3)] == [200] * 3
        server.replies = [Reply(headers={"Connection": "close"})]
        pool.exchange(REQUEST, 1)
        pool.exchange(REQUEST, 1)
        pool.close()
        ports = [received.client_port for received in server.received]
    assert len(set(ports[:4])) == 1
    assert ports[4] != ports[0]


def test_requests_at_once_have_a_connection_each() -> None:
    together = threading.Barrier(3)

    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(1000)
        together.wait(5)
        connection.sendall(OK)
        connection.recv(1000)

    with serving(serve) as pool:
        bodies: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: bodies.append(pool.exchange(REQUEST, 5).body)) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert bodies == [b"ok"] * 3


def test_a_connection_that_was_closed_while_idle_is_replaced() -> None:
    closed = threading.Event()

    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(1000)
        connection.sendall(OK)
        if number == 0:
            connection.shutdown(socket.SHUT_RDWR)
            closed.set()
        else:
            connection.recv(1000)

    with serving(serve) as pool:
        assert pool.exchange(REQUEST, 1).body == b"ok"
        assert closed.wait(5)
        assert pool.exchange(REQUEST, 1).body == b"ok"


def test_a_connection_that_closes_as_it_gets_the_next_request_is_replaced() -> None:
    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(1000)
        connection.sendall(OK)
        connection.recv(1000)
        if number:
            connection.sendall(OK)

    with serving(serve) as pool:
        assert [pool.exchange(REQUEST, 1).body for _ in range(2)] == [b"ok", b"ok"]


def test_a_request_that_the_server_may_have_worked_on_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server closed the connection, but not at once."""
    monkeypatch.setattr(blocking_pool, "STALE_SECONDS", 0.0)
    received: list[bytes] = []

    def serve(connection: socket.socket, _: int) -> None:
        received.append(connection.recv(1000))
        connection.sendall(OK)
        received.append(connection.recv(1000))

    with serving(serve) as pool:
        assert pool.exchange(REQUEST, 1).body == b"ok"
        with pytest.raises(NoResponseError, match="closed by the server"):
            pool.exchange(REQUEST, 1)
    assert received == [REQUEST, REQUEST]


def test_the_addresses_of_a_server_share_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def unreachable(address: object, timeout: float) -> socket.socket:
        tried.append(address)
        time.sleep(timeout)
        raise TimeoutError("timed out")

    def found_at(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 443)) for last in range(3)]

    monkeypatch.setattr(socket, "getaddrinfo", found_at)
    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(NoResponseError, match="timed out"):
        BlockingPool(urlsplit("https://sqs.example"), connect_timeout=0.05).exchange(REQUEST, 1)
    assert tried == [("192.0.2.0", 443)]


def test_a_first_request_that_is_dropped_has_no_response() -> None:
    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(1000)

    with serving(serve) as pool, pytest.raises(NoResponseError, match="closed by the server"):
        pool.exchange(REQUEST, 1)


def test_a_silent_connection_takes_those_unused_since_with_it() -> None:
    """A NAT that forgot one of the idle connections has forgotten all; a new one is served."""
    served: list[int] = []
    both = threading.Barrier(2)

    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(1000)
        served.append(number)
        if number < 2:
            both.wait(5)
        connection.sendall(OK)
        connection.recv(1000)
        connection.recv(1000)

    with serving(serve) as pool:
        first = threading.Thread(target=lambda: pool.exchange(REQUEST, 5))
        first.start()
        pool.exchange(REQUEST, 5)
        first.join()
        with pytest.raises(NoResponseError):
            pool.exchange(REQUEST, 0.05)
        assert pool.exchange(REQUEST, 5).body == b"ok"
    assert sorted(served) == [0, 1, 2]


def test_an_unreachable_server_has_no_response() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(NoResponseError, match="cannot connect"):
        BlockingPool(urlsplit(f"http://127.0.0.1:{port}"), connect_timeout=1).exchange(REQUEST, 1)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_the_server_of_a_secure_url_is_verified(
    is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(connection: socket.socket, _: int) -> None:
        for _ in range(2):
            connection.recv(1000)
            connection.sendall(OK)

    certificate = make_certificate(tmp_path)
    if is_trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    tls.tls_context.cache_clear()
    try:
        with serving(serve, server_context(certificate)) as pool:
            if is_trusted:
                assert [pool.exchange(REQUEST, 5).body for _ in range(2)] == [b"ok", b"ok"]
            else:
                with pytest.raises(NoResponseError, match="CERTIFICATE_VERIFY_FAILED"):
                    pool.exchange(REQUEST, 5)
    finally:
        tls.tls_context.cache_clear()
