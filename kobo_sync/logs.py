"""Logs: text or JSON lines on standard error; counts per form, never an answer, a service or an address's query."""

from __future__ import annotations

import json
import logging
import sys
import time


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        return json.dumps({"time": moment, "level": record.levelname.lower(), "message": record.getMessage()})


def configure(style: str, *, verbose: bool) -> None:
    """Send this program's log to standard error. A terminal that is not `verbose` gets warnings only: it has a bar."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Json() if style == "json" else logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")
    )
    logger = logging.getLogger("kobo_sync")
    logger.handlers[:] = [handler]
    logger.propagate = False
    quiet = sys.stderr.isatty() and not verbose and style == "text"
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    # urllib3 prints whole addresses, and their queries can hold answers: off, whatever anybody asks for.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("urllib3").propagate = False
