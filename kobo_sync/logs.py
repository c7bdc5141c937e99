"""Logs: text or JSON lines on standard error; counts per form, never an answer, a service or an address's query."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping

_FIELDS = "kobo_sync_fields"


def event(
    logger: logging.Logger,
    message: str,
    *,
    level: int = logging.INFO,
    form: str = "",
    seconds: float | None = None,
    outcome: str = "",
    counts: Mapping[str, int] | None = None,
) -> None:
    """Log what happened, with what a program counts: the form's name, how long it took, how it ended, how many.

    There is no place for anything else: no answer, no service, no id of a submission. `outcome` is "done" or the kind
    of an error.
    """
    fields: dict[str, object] = {"form": form} if form else {}
    if outcome:
        fields["outcome"] = outcome
    if counts is not None:
        fields["counts"] = {name: int(number) for name, number in counts.items()}
    if seconds is not None:
        fields["seconds"] = round(seconds, 3)
    logger.log(level, "%s", message, extra={_FIELDS: fields})


class _Text(logging.Formatter):
    """One line a record: local time, message."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return f"{moment} {_message(record)}"


class _Json(logging.Formatter):
    """One JSON object a line: time in UTC, level, message, and what `event` gave beside."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        told = {"time": moment, "level": record.levelname.lower(), "message": _message(record)}
        return json.dumps(told | getattr(record, _FIELDS, {}))


def _message(record: logging.LogRecord) -> str:
    """Return the message in one line; of an exception its kind alone, since its text can hold an answer."""
    kind = record.exc_info[0] if record.exc_info else None
    return " ".join(record.getMessage().split()) + (f" ({kind.__name__})" if kind else "")


def is_json() -> bool:
    """Whether the log is read by a program."""
    return any(isinstance(handler.formatter, _Json) for handler in logging.getLogger("kobo_sync").handlers)


def report_failure(message: str) -> None:
    """Write a command's failure into the log; meant for a log that a program reads."""
    logging.getLogger("kobo_sync").error("%s", message)


def configure(style: str, *, verbose: bool) -> None:
    """Send this program's log to standard error. A terminal that is not `verbose` gets warnings only: it has a bar."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else _Text())
    logger = logging.getLogger("kobo_sync")
    logger.handlers[:] = [handler]
    logger.propagate = False
    quiet = sys.stderr.isatty() and not verbose and style == "text"
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    # urllib3 prints whole addresses, and their queries can hold answers: off, whatever anybody asks for.
    addresses = logging.getLogger("urllib3")
    addresses.handlers[:] = [logging.NullHandler()]
    addresses.propagate = False
    addresses.setLevel(logging.CRITICAL)
