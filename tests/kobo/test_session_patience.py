"""Trying again: what is, what is not, how often, how long."""

from __future__ import annotations

import email.utils
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from kobo_samples import URL, Pauses, session

from kobo_sync.kobo.errors import KoboError, NotKobo, Refused, ServerBusy, Unreachable
from kobo_sync.kobo.session import BUSY, KoboSession, Patience, Secret

PATH = "/api/v2/assets/aForm/data/"


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def _refused_connection() -> requests.exceptions.ConnectionError:
    inner = urllib3.exceptions.NewConnectionError(urllib3.connection.HTTPConnection("h"), "refused")
    pool = urllib3.HTTPConnectionPool("h")
    return requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/?query=x", inner))


TRANSIENT: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "json": {"detail": "Request was throttled."}},
    "502": {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"},
    "503": {"status": 503, "body": "<html>Maintenance</html>", "content_type": "text/html"},
    "504": {"status": 504, "body": "<html>Gateway Time-out</html>", "content_type": "text/html"},
    "reset": {"body": requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("reset"))},
    "refused": {"body": _refused_connection()},
    "read timeout": {"body": requests.exceptions.ReadTimeout("slow")},
    "connect timeout": {"body": requests.exceptions.ConnectTimeout("slow")},
    "broken chunks": {"body": requests.exceptions.ChunkedEncodingError("broke off")},
    "TLS cut": {"body": requests.exceptions.SSLError(ssl.SSLEOFError("EOF occurred in violation of protocol"))},
    "truncated JSON": {"body": b'{"count": 3, "results": [{"_id": 1}, {"_i', "content_type": "application/json"},
}


@pytest.mark.parametrize("kind", TRANSIENT)
def test_reads_are_tried_again_until_the_server_answers(server: responses.RequestsMock, kind: str) -> None:
    """A read that meets a busy server or a broken line is tried again, and the answer then counts."""
    server.get(URL + PATH, **TRANSIENT[kind])
    server.get(URL + PATH, **TRANSIENT[kind])
    server.get(URL + PATH, json={"count": 0, "results": []})
    pauses = Pauses()
    assert session(sleep=pauses).get(PATH) == {"count": 0, "results": []}
    assert len(pauses.taken) == 2


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_writes_are_sent_once(server: responses.RequestsMock, kind: str, method: str) -> None:
    """A write is never repeated, however it fails, and the message says whether it may have arrived."""
    server.add(method, URL + PATH, **TRANSIENT[kind])
    pauses = Pauses()
    with pytest.raises((ServerBusy, Unreachable)) as caught:
        session(sleep=pauses).send(method, PATH, body={"a": 1})
    assert len(server.calls) == 1
    assert pauses.taken == []
    surely_not = kind in {"429", "503", "refused", "connect timeout"}
    assert ("may or may not have arrived" in str(caught.value)) is not surely_not


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_storm_ends_after_a_bounded_number_of_requests(server: responses.RequestsMock, kind: str) -> None:
    """A server that is busy for ever gets eight requests and not one more, then the run ends with its own error."""
    server.get(URL + PATH, **TRANSIENT[kind])
    pauses = Pauses()
    with pytest.raises(ServerBusy if kind.isdigit() else Unreachable, match="Nothing was lost") as caught:
        session(sleep=pauses).get(PATH)
    assert len(server.calls) == 8
    assert len(pauses.taken) == 7
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 414, 500, 501])
def test_other_refusals_are_not_tried_again(server: responses.RequestsMock, status: int) -> None:
    """An answer that would be the same again, an error of the server itself too, is told at once."""
    server.get(URL + PATH, status=status, json={"detail": "no"})
    with pytest.raises(KoboError):
        session().get(PATH)
    assert len(server.calls) == 1


def test_the_busy_statuses_are_those_that_the_server_is_known_to_give() -> None:
    """Only 429, 502, 503 and 504 mean that the server is busy."""
    assert {429, 502, 503, 504} == BUSY


@given(st.integers(0, 10**6))
def test_retry_after_in_seconds_is_honoured_and_capped(seconds: int) -> None:
    """The server's own pause is taken, with up to a second of jitter, and never more than two minutes."""
    with responses.RequestsMock() as server:
        server.get(URL + PATH, status=429, headers={"Retry-After": str(seconds)})
        server.get(URL + PATH, json={})
        pauses = Pauses()
        session(sleep=pauses).get(PATH)
    assert min(seconds, 120) <= pauses.taken[0] <= min(seconds + 1, 120)


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 30, 31), (-30, 0, 1), (86400, 120, 120)])
def test_retry_after_as_a_date_is_honoured_and_capped(
    server: responses.RequestsMock, ahead: int, least: float, most: float
) -> None:
    """A date in Retry-After is counted from the server's own clock; past means at once, far means the cap."""
    now = 1_900_000_000
    headers = {"Retry-After": email.utils.formatdate(now + ahead, usegmt=True), "Date": email.utils.formatdate(now)}
    server.get(URL + PATH, status=503, headers=headers)
    server.get(URL + PATH, json={})
    pauses = Pauses()
    session(sleep=pauses).get(PATH)
    assert least <= pauses.taken[0] <= most


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1.5", "٣", "Sun, 99 Nov 2026 25:00:00 GMT", ""])
def test_a_retry_after_that_says_nothing_is_ignored(server: responses.RequestsMock, nonsense: str) -> None:
    """Nonsense in Retry-After breaks nothing: our own pauses are taken."""
    server.get(URL + PATH, status=503, headers={"Retry-After": nonsense.encode().decode("latin-1")})
    server.get(URL + PATH, json={"fine": 1})
    assert session().get(PATH) == {"fine": 1}


def test_pauses_grow_and_are_not_all_alike() -> None:
    """Pauses are drawn at random from growing ranges, so that many clients do not come back at once."""
    drawn = []
    for _ in range(40):
        with responses.RequestsMock() as server:
            server.get(URL + PATH, status=502)
            pauses = Pauses()
            with pytest.raises(ServerBusy):
                session(sleep=pauses).get(PATH)
            drawn.append(pauses.taken)
    for number, column in enumerate(zip(*drawn, strict=True)):
        assert max(column) <= min(2**number, 120)
        assert len(set(column)) > 30
    assert sum(row[6] for row in drawn) > sum(row[0] for row in drawn)


def test_the_overall_deadline_holds(server: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause is begun that would end after the deadline of the whole call."""
    now = [0.0]
    monkeypatch.setattr("tenacity.time", SimpleNamespace(monotonic=lambda: now[0]))

    def sleep(seconds: float) -> None:
        now[0] += seconds

    server.get(URL + PATH, status=503, headers={"Retry-After": "100"})
    impatient = KoboSession(URL, Secret("t"), patience=Patience(attempts=1000, total=350), sleep=sleep)
    with pytest.raises(ServerBusy):
        impatient.get(PATH)
    assert len(server.calls) == 4
    assert now[0] <= 350


def test_each_request_has_time_limits(server: responses.RequestsMock) -> None:
    """No request waits for ever: both the connection and the answer have a limit."""
    server.get(URL + PATH, json={})
    session().get(PATH)
    # responses keeps what the adapter was called with.
    assert server.calls[0].request.req_kwargs["timeout"] == (10.0, 130.0)  # type: ignore[attr-defined]  # responses adds it


def test_waiting_is_said_in_the_log_without_address(
    server: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """Each pause is one line of the log, with the reason and how long, and no address."""
    server.get(URL + PATH, status=502)
    server.get(URL + PATH, json={})
    with caplog.at_level(logging.DEBUG):
        session().get(PATH, {"query": {"_id": {"$gt": 5}}})
    [record] = [record for record in caplog.records if record.name.startswith("kobo_sync")]
    assert "HTTP 502" in record.getMessage()
    assert "/api" not in record.getMessage()


# What follows breaks real connections on the loopback, since what libraries make of them is part of the matter.


def _serve(answer: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    """Listen on the loopback and do `answer` with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    answer(connection)
                except OSError:
                    continue

    threading.Thread(target=work, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}", listener


def _short(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")


def _reset(connection: socket.socket) -> None:
    connection.recv(65536)


def _nonsense(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _stall(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
    connection.recv(65536)  # until the client hangs up


@pytest.mark.parametrize(
    ("answer", "scheme", "words"),
    [
        (_short, "http", "broke off"),
        (_reset, "http", "no connection"),
        (_nonsense, "http", "no connection"),
        (_stall, "http", "no answer in time"),
        (_nonsense, "https", "encrypted connection broke off"),
    ],
)
def test_a_line_that_breaks_is_unreachable(answer: Callable[[socket.socket], None], scheme: str, words: str) -> None:
    """Whatever breaks on the way, the end is one error that says what happened and that nothing was lost."""
    host, listener = _serve(answer)
    patience = Patience(attempts=2, read=0.2, connect=2)
    try:
        broken = KoboSession(f"{scheme}://{host}", Secret("t"), patience=patience, sleep=Pauses())
        with pytest.raises(Unreachable, match="Nothing was lost") as caught:
            broken.get(PATH)
    finally:
        listener.close()
    assert words in str(caught.value)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    """A server that is switched off: unreachable, after the usual tries."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pauses = Pauses()
    with pytest.raises(Unreachable, match="no connection"):
        session(f"http://127.0.0.1:{port}", sleep=pauses).get(PATH)
    assert len(pauses.taken) == 7


def test_a_name_that_nobody_knows_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped server name is told as such."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="no such server name"):
        session("https://kf.kobotolbox.example").get(PATH)


def test_a_certificate_that_is_not_trusted_is_told_at_once(server: responses.RequestsMock) -> None:
    """A wrong certificate is not tried again: nothing was sent, and the message says what may stand between."""
    inner = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed certificate"))
    wrapped = urllib3.exceptions.MaxRetryError(urllib3.HTTPSConnectionPool("h"), "/?query=x", inner)
    server.get(URL + PATH, body=requests.exceptions.SSLError(wrapped))
    with pytest.raises(Unreachable, match="certificate"):
        session().get(PATH)
    assert len(server.calls) == 1


def test_missing_certificates_on_this_computer_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong REQUESTS_CA_BUNDLE is no fault of the program and no traceback."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
    with pytest.raises(Unreachable, match="REQUESTS_CA_BUNDLE"):
        session().get(PATH)


def test_redirects_in_circles_end(server: responses.RequestsMock) -> None:
    """A server that sends visitors round and round is told so, not tried again."""
    server.get(URL + PATH, status=301, headers={"Location": URL + PATH})
    with pytest.raises(NotKobo, match="in circles"):
        session().get(PATH)


def test_the_server_s_own_error_says_to_come_back(server: responses.RequestsMock) -> None:
    """A 500, as JSON or as a page, is the server's fault: said so, with what to do, and none of the page."""
    server.get(URL + PATH, status=500, body="<html><h1>Server Error (500)</h1></html>", content_type="text/html")
    with pytest.raises(Refused, match="error of its own") as caught:
        session().get(PATH)
    assert caught.value.status == 500
    assert "<" not in str(caught.value)
    assert "again later" in str(caught.value)
