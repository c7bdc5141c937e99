"""The token, and what is asked for, are told to nobody but the server."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import ssl
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import responses
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from kobo_samples import URL, session
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.assets import Asset, deploy, import_form, put_media, read_asset, who_am_i
from kobo_sync.kobo.errors import FormRefused, KoboError, Refused
from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.kobo.submissions import by_ids, new_pages
from kobo_sync.logs import configure
from kobo_sync.standin import Standin

TOKENS = st.text("0123456789abcdef", min_size=40, max_size=40)
NEEDLES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=12, max_size=20)  # stands for an answer within a query
PATH = "/api/v2/assets/aForm/data/"


def _wrapped(text: str, inner: Exception) -> urllib3.exceptions.MaxRetryError:
    return urllib3.exceptions.MaxRetryError(urllib3.HTTPSConnectionPool("kf.example.org"), text, inner)


Answer = dict[str, Any]
# Each is a way in which a server, a proxy or a library could give away what it was told: token and query in its words.
WAYS: dict[str, Callable[[str], Answer]] = {
    "json 400": lambda told: {"status": 400, "json": {"detail": f"Bad: {told}"}},
    "json 400 fields": lambda told: {"status": 400, "json": {told: [told]}},
    "json 401": lambda told: {"status": 401, "json": {"detail": told}},
    "json 403": lambda told: {"status": 403, "json": {"detail": told}},
    "json 404": lambda told: {"status": 404, "json": {"detail": told}},
    "json 409": lambda told: {"status": 409, "json": [told]},
    "json 500": lambda told: {"status": 500, "json": {"error": told}},
    "html 500": lambda told: {"status": 500, "body": f"<html>{told}</html>", "content_type": "text/html"},
    "html 200": lambda told: {"status": 200, "body": f"<html>{told}</html>", "content_type": "text/html"},
    "502": lambda told: {"status": 502, "body": told, "headers": {"Retry-After": told}},
    "503": lambda told: {"status": 503, "body": told},
    "429": lambda told: {"status": 429, "json": {"detail": told}},
    "redirect": lambda told: {"status": 302, "headers": {"Location": f"https://evil.example/?{told}"}},
    "circle": lambda told: {"status": 302, "headers": {"Location": f"{URL}{PATH}?{told}"}},
    "no page of submissions": lambda told: {"json": {"results": told, "count": told}},
    "ids that are none": lambda told: {"json": {"count": 1, "results": [{"_id": told}]}},
    "cut off": lambda told: {"body": f'{{"count": 1, "x": "{told}', "content_type": "application/json"},
    "connection": lambda told: {
        "body": requests.exceptions.ConnectionError(_wrapped(f"/?{told}", OSError(f"reset {told}")))
    },
    "certificate": lambda told: {
        "body": requests.exceptions.SSLError(_wrapped(f"/?{told}", ssl.SSLCertVerificationError(told)))
    },
    "tls": lambda told: {"body": requests.exceptions.SSLError(_wrapped(f"/?{told}", ssl.SSLError(told)))},
    "timeout": lambda told: {"body": requests.exceptions.ReadTimeout(told)},
    "proxy": lambda told: {"body": requests.exceptions.ProxyError(_wrapped(f"http://me:{told}@proxy", OSError(told)))},
    "chunks": lambda told: {"body": requests.exceptions.ChunkedEncodingError(told)},
    "address": lambda told: {"body": requests.exceptions.InvalidURL(told)},
    "bundle": lambda told: {"body": OSError(told)},
    "urllib3": lambda told: {"body": urllib3.exceptions.HTTPError(told)},
}
CALLS: dict[str, Callable[[KoboSession, str], object]] = {
    "get": lambda here, needle: here.get(PATH, {"query": {"interview/note": needle}}),
    "get bytes": lambda here, needle: here.get_bytes(f"{PATH}?query={needle}"),
    "post": lambda here, needle: here.send("POST", PATH, body={"note": needle}),
    "upload": lambda here, needle: here.send("POST", PATH, form={"n": needle}, files={"f": ("f", b"x", "text/csv")}),
    "pages": lambda here, _: list(new_pages(here, "aForm", 0)),
    "ids": lambda here, _: list(by_ids(here, "aForm", [1, 2])),
}


def _chain(error: BaseException) -> Iterator[BaseException]:
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None:
            yield one
            todo += [one.__cause__, one.__context__]


def _all_that_is_told(error: BaseException) -> str:
    """Return every text that an error can be made to give, through all errors that hang on it."""
    parts = ["".join(traceback.format_exception(error))]
    for one in _chain(error):
        parts += [str(one), repr(one), repr(one.args), repr(vars(one)), repr(getattr(one, "__notes__", []))]
        parts.append(pickle.dumps(one).decode("latin-1"))
    return "\n".join(parts)


@contextmanager
def _everything_logged() -> Iterator[io.StringIO]:
    """Collect what all loggers say at DEBUG while the program logs as under -v; put them back as they were."""
    names = ("", "kobo_sync", "urllib3", "requests", "tenacity")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    stream = io.StringIO()
    screen, sys.stderr = sys.stderr, stream
    try:
        configure("text", verbose=True)
        catch = logging.StreamHandler(stream)
        for logger in loggers:
            if logger.name != "urllib3":  # that the program silences it is what is tested
                logger.setLevel(logging.DEBUG)
        loggers[0].addHandler(catch)
        loggers[1].addHandler(catch)
        yield stream
    finally:
        sys.stderr = screen
        for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.handlers[:] = handlers
            logger.propagate = propagate


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=4)  # of each of the ways and calls, so some hundreds in all
@given(token=TOKENS, needle=NEEDLES)
def test_no_error_tells_the_token_or_the_query(way: str, call: str, token: str, needle: str) -> None:
    """Whatever a server answers, even our own token and query, no error, traceback, pickle or log line repeats it."""
    told = f"Token {token} {needle}" if call == "get" else f"Token {token}"
    here = KoboSession(URL, Secret(token), patience=Patience(attempts=2), sleep=lambda _: None)
    with _everything_logged() as log, responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        query = json.dumps({"interview/note": needle}, separators=(",", ":"))
        for method in ("GET", "POST"):
            server.add(method, URL + PATH, **WAYS[way](told.replace(needle, query)))
        try:
            CALLS[call](here, needle)
        except KoboError as error:
            plain = " ".join(str(one) for one in _chain(error)) + log.getvalue()
            said = _all_that_is_told(error) + log.getvalue()
        else:
            said = plain = log.getvalue()  # to this call, that answer was fine
    assert token not in said
    assert needle not in said
    assert "?" not in plain


@given(TOKENS)
def test_a_secret_shows_itself_to_nobody(token: str) -> None:
    """No text, copy or pickle of a secret or a session holds the token."""
    secret = Secret(token)
    here = KoboSession(URL, secret)
    shown = [f"{secret} {secret!r} {secret:}", "%s %r" % (secret, secret), str(here), repr(here), str(vars(here))]  # noqa: UP031 -- all three ways of writing are tested
    shown += [repr(vars(here._http)), repr(here._http.auth), json.dumps({"a": secret}, default=str)]
    assert not [text for text in shown if token in text]
    for thing in (secret, here):
        with pytest.raises(TypeError, match="not written anywhere"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="not written anywhere"):
            copy.deepcopy(thing)
    assert secret.reveal() == token


@pytest.mark.parametrize("text", ["", " ", "abc def", "abc\n", "abc\r\nX-Evil: 1", "tökén", "abc\x00"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(text: str) -> None:
    """What would break the header, and then be quoted by the error, is no token; the refusal does not repeat it."""
    with pytest.raises(ValueError, match="one word") as caught:
        Secret(text)
    assert not text.strip() or text not in str(caught.value)


@pytest.mark.parametrize("locals_too", [False, True])
def test_a_traceback_with_all_variables_has_no_token(locals_too: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """Even a traceback that prints every variable shows no token."""
    token = "a1" * 20
    with responses.RequestsMock() as server:
        server.get(URL + "/me/", status=500, json={"error": "x"})
        try:
            who_am_i(session(token=token))
        except Refused as error:
            made = traceback.TracebackException.from_exception(error, capture_locals=locals_too)
            text = "".join(made.format())
    assert token not in text.replace(repr(token), "")


def test_refusals_survive_being_pickled() -> None:
    """An error can be sent to another process and keeps what it says."""
    again = pickle.loads(pickle.dumps(Refused("It refused.", status=400, words="why")))  # noqa: S301 -- made here
    assert (str(again), again.status, again.words) == ("It refused.", 400, "why")


def test_the_log_of_a_real_run_has_no_address_and_no_token() -> None:
    """With every logger at its most talkative, a run against a real server logs no query and no token."""
    with Standin() as server, _everything_logged() as log:
        token = server.add_user("owner1")
        here = session(server.url, token)
        storm = [2]

        def busy(_: Request) -> Response | None:
            storm[0] -= 1
            return Response("", 502) if storm[0] >= 0 else None

        server.before = busy
        assert who_am_i(here) == "owner1"
        for call in (
            lambda: read_asset(here, "aNone"),
            lambda: list(new_pages(here, "aNone", 123456789)),
            lambda: put_media(here, "aNone", "services.csv", b"x"),
            lambda: deploy(here, Asset("aNone", "n", "v", "v", active=True, submissions=0)),
        ):
            with pytest.raises(KoboError):
                call()
        with pytest.raises(FormRefused):
            import_form(here, "broken.xlsx", b"this is no workbook")
        said = log.getvalue()
    assert "HTTP 502" in said
    assert token not in said
    assert "?" not in said
    assert "123456789" not in said
