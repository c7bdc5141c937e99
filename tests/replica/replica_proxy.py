"""A bad line: stands between the program and the stand-in, and spoils what goes through in every way that lines do."""

from __future__ import annotations

import http.client
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Self
from urllib.parse import parse_qs, urlsplit

PAGE = b"<!doctype html><title>Sign in</title><p>Welcome to our wifi"
MAINTENANCE = b"<!doctype html><title>Maintenance</title><h1>We are back soon</h1>"
FAULTS = ("429", "502", "503", "504", "429+", "503+", "reset", "reset later", "stall", "cut", "cut in half", "page")
PAUSE = 7  # seconds that a Retry-After asks for
_FOREVER = 60  # seconds; longer than any time limit of the tests


@dataclass
class Seen:
    """One request as the line saw it; `fault` what was done to it, "" for nothing."""

    form: str
    path: str
    fault: str


@dataclass
class Line:
    """A proxy on the loopback. `choose` says for each request which fault it gets, "" for none."""

    target: str
    choose: Callable[[str], str]
    seen: list[Seen] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    _under_way: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closing: bool = False

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._main = threading.Thread(target=self._serve, name="line", daemon=True)
        self._main.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._main.join()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(_FOREVER)
            head, body = _request(connection)
            if not head:
                return
            method, target, headers = _parsed(head)
            form = urlsplit(target).path.removeprefix("/api/v2/assets/").partition("/")[0]
            with self._counted(form):
                fault = self.choose(target)
                with self._lock:
                    self.seen.append(Seen(form, target, fault))
                self._spoil(connection, fault, lambda: self._fetch(method, target, headers, body))

    @contextmanager
    def _counted(self, form: str) -> Iterator[None]:
        with self._lock:
            now = self._under_way[form] = self._under_way.get(form, 0) + 1
            self.most_at_once[form] = max(now, self.most_at_once.get(form, 0))
        try:
            yield
        finally:
            with self._lock:
                self._under_way[form] -= 1

    def _fetch(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        link = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=_FOREVER)
        try:
            link.request(method, target, body, headers)
            answer = link.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            link.close()

    def _spoil(self, connection: socket.socket, fault: str, fetch: Callable[[], tuple[int, str, bytes]]) -> None:
        match fault:
            case "":
                connection.sendall(_response(*fetch()))
            case "reset":
                _reset(connection)
            case "reset later":  # the server has done what was asked, and nobody hears of it
                fetch()
                _reset(connection)
            case "stall":
                _until_given_up(connection)
            case "cut":  # fewer bytes than were announced
                whole = _response(*fetch())
                connection.sendall(whole[: len(whole) - 10])
            case "cut in half":  # a proxy that announces what little it got
                status, kind, body = fetch()
                connection.sendall(_response(status, kind, body[: len(body) // 2]))
            case "page":
                connection.sendall(_response(200, "text/html", PAGE))
            case "maintenance":
                connection.sendall(_response(503, "text/html", MAINTENANCE))
            case _:
                more = f"Retry-After: {PAUSE}\r\n" if fault.endswith("+") else ""
                connection.sendall(_response(int(fault.rstrip("+")), "text/html", b"<h1>Error</h1>", more))


def _request(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b"", b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def _parsed(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name: value.strip() for name, _, value in pairs}
    return method, target, {name: value for name, value in headers.items() if name.lower() != "connection"}


def _response(status: int, kind: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} {http.client.responses.get(status, '')}\r\nContent-Type: {kind}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _until_given_up(connection: socket.socket) -> None:
    """Say nothing until the other side hangs up."""
    select.select([connection], [], [], _FOREVER)


def by_chance(random: Random, share: float) -> Callable[[str], str]:
    """Spoil this share of the requests, each in a way of its own."""
    return lambda _target: random.choice(FAULTS) if random.random() < share else ""


def query_of(target: str) -> dict[str, list[str]]:
    """Return the arguments of a request."""
    return parse_qs(urlsplit(target).query)
