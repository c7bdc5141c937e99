"""The log: one line a record, text or JSON, on standard error; never an address's query, never an exception's text."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.logs import configure, event

LOGGERS = ("", "kobo_sync", "urllib3", "urllib3.connectionpool")


class _Screen(io.StringIO):
    """Standard error, as a terminal or not."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Put the loggers back as they were."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    yield
    for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.propagate = propagate


def _configured(style: str, *, verbose: bool, terminal: bool = False) -> _Screen:
    """Configure the log with a standard error of its own, and return that."""
    made = _Screen()
    made.terminal = terminal
    with mock.patch.object(sys, "stderr", made):
        configure(style, verbose=verbose)
    return made


LOG = logging.getLogger("kobo_sync.sync.run")


def test_text_is_one_line_with_its_time() -> None:
    """In text, a record is its local time and its message."""
    screen = _configured("text", verbose=False)
    LOG.info("%s: %d submissions read", "client", 5)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d client: 5 submissions read\n", screen.getvalue())


def test_json_is_one_object_a_line() -> None:
    """In JSON, a record is an object with time in UTC, level and message, whatever letters it holds."""
    screen = _configured("json", verbose=False)
    LOG.warning("Ça va: %s", 'नमस्ते "quoted"\nsecond line')
    LOG.info("next")
    first, second = [json.loads(line) for line in screen.getvalue().splitlines()]
    assert set(first) == {"time", "level", "message"}
    assert first["level"] == "warning"
    assert first["message"] == 'Ça va: नमस्ते "quoted" second line'
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["time"])
    assert second["message"] == "next"


def test_an_event_tells_programs_form_counts_outcome_and_seconds() -> None:
    """What a program counts stands beside the message in JSON; in text it is the message alone."""
    told: dict[str, Any] = {
        "form": "client",
        "seconds": 1.23456,
        "outcome": "done",
        "counts": {"read": 5, "deleted": 0},
    }
    screen = _configured("json", verbose=False)
    event(LOG, "client: done", **told)
    found = json.loads(screen.getvalue())
    assert found.pop("time")
    assert found == {"level": "info", "message": "client: done", **told, "seconds": 1.235}
    screen = _configured("text", verbose=False)
    event(LOG, "client: done", **told)
    assert screen.getvalue().endswith(" client: done\n")


@pytest.mark.parametrize(
    ("style", "verbose", "terminal", "lines"),
    [
        ("text", False, True, 1),
        ("text", True, True, 2),
        ("text", False, False, 2),
        ("json", False, True, 2),
        ("json", False, False, 2),
    ],
)
def test_a_terminal_gets_warnings_only(
    style: str,
    verbose: bool,  # noqa: FBT001 -- a parameter of the test
    terminal: bool,  # noqa: FBT001 -- a parameter of the test
    lines: int,
) -> None:
    """On a terminal there is a progress bar, so the log is for warnings unless -v asks for more; files get all."""
    screen = _configured(style, verbose=verbose, terminal=terminal)
    LOG.info("read")
    LOG.warning("careful")
    assert len(screen.getvalue().splitlines()) == lines


@pytest.mark.parametrize("style", ["text", "json"])
def test_an_exception_is_told_by_its_kind_alone(style: str) -> None:
    """What an exception says can be an answer, so the log has its kind and no traceback."""
    screen = _configured(style, verbose=True)
    answers: dict[str, str] = {}
    try:
        answers["her secret answer"]
    except KeyError:
        LOG.exception("It failed")
    assert len(screen.getvalue().splitlines()) == 1
    assert "It failed (KeyError)" in screen.getvalue()
    assert "secret" not in screen.getvalue()


@pytest.mark.parametrize("style", ["text", "json"])
@given(st.text(st.characters(codec="utf-8")))
def test_whatever_is_logged_is_one_line(style: str, text: str) -> None:
    """No text, whatever it holds, breaks a line of the log or fakes another."""
    stream = _configured(style, verbose=True)
    LOG.info("%s", text)
    assert stream.getvalue().count("\n") == 1
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("verbose", [False, True])
def test_addresses_are_never_logged(verbose: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """What urllib3 says, at any level, is seen by no handler, since addresses can hold answers; also under -v."""
    seen: list[logging.LogRecord] = []

    class Catch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    logging.getLogger().addHandler(Catch())
    logging.getLogger().setLevel(logging.DEBUG)
    screen = _configured("text", verbose=verbose)
    talk: Any = logging.getLogger("urllib3.connectionpool")
    for level in (talk.debug, talk.info, talk.warning, talk.error, talk.critical):
        level('"GET /data/?query=%s"', "answer")
    assert seen == []
    assert screen.getvalue() == ""


def test_configuring_again_does_not_double_the_log() -> None:
    """However often it is configured, each record is one line."""
    for _ in range(3):
        screen = _configured("text", verbose=True)
    LOG.info("once")
    assert len(screen.getvalue().splitlines()) == 1
