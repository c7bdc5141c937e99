"""A loopback server that answers like KoboToolbox for a form of any size without holding it: from a formula.

Submission `i` (1 to `size`, but for those that are gone) came `i` seconds after `BEGAN`; each `EDITED`th was edited
once, where there are to be edits at all, and each fourth has a validation status. So every count is arithmetic.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from heapq import merge
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations, groupby
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
EDITED = 20
MARKED = 4  # i % MARKED == 1 has a status; no such i is a multiple of EDITED
STATUS = "validation_status_approved"
LARGEST_PAGE = 1000


def uuid_of(number: int, *, edited: bool) -> str:
    """Return the present `_uuid` of a submission."""
    return f"{'e' if edited else '0'}0000000-0000-4000-8000-{number:012d}"


def root_of(number: int) -> str:
    """Return its first one, which stays."""
    return uuid_of(number, edited=False)


@dataclass(frozen=True)
class Matching:
    """The submissions from `first` to `last` that leave `rest` when divided by `step`; each step divides the larger."""

    first: int
    last: int
    step: int = 1
    rest: int = 0

    def count(self) -> int:
        """Count them."""
        return max(0, (self.last - self.rest) // self.step - (self.first - 1 - self.rest) // self.step)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first + (self.rest - self.first) % self.step, self.last + 1, self.step))

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last and number % self.step == self.rest

    def both(self, other: Matching) -> Matching:
        """Return what is in this and in another one."""
        wide, narrow = sorted((self, other), key=lambda one: one.step)
        fits = narrow.rest % wide.step == wide.rest
        last = min(self.last, other.last) if fits else 0
        return Matching(max(self.first, other.first), last, narrow.step, narrow.rest)


@dataclass(frozen=True)
class AnyOf:
    """What is in any of these and not gone."""

    parts: tuple[Matching, ...]
    gone: tuple[int, ...] = ()

    def count(self) -> int:
        """Count: what is in one, less what is in two, and so on."""
        total = 0
        for size in range(1, len(self.parts) + 1):
            some = combinations(self.parts, size)
            total += (-1) ** (size + 1) * sum(reduce(Matching.both, parts).count() for parts in some)
        return total - sum(any(number in part for part in self.parts) for number in self.gone)

    def __iter__(self) -> Iterator[int]:
        missing = set(self.gone)
        return (number for number, _ in groupby(merge(*self.parts)) if number not in missing)


class Synthetic:
    """The server; `gone` are the ids of deleted submissions, `requests` counts what was asked."""

    def __init__(self, size: int, *, edited: bool) -> None:
        self.size, self.edited, self.gone, self.requests = size, edited, tuple[int, ...](), 0
        self.marked = True  # whether there are statuses at all
        handler = type("Handler", (_Handler,), {"synthetic": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def is_edited(self, number: int) -> bool:
        """Whether this submission was ever edited."""
        return self.edited and number % EDITED == 0

    def answer(self, path: str, arguments: Mapping[str, str]) -> object:
        """Answer one request. Raises KeyError for what this server does not know."""
        self.requests += 1
        if path == "/me/":
            return {"username": "benchmark", "server_time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
        if not path.endswith("/data/"):
            raise KeyError(path)
        query = json.loads(arguments.get("query", "{}"))
        limit = min(int(arguments.get("limit", "100")), LARGEST_PAGE)
        wanted = query.get("_id", {})
        if "$in" in wanted:
            missing = set(self.gone)
            numbers = [n for n in sorted(wanted["$in"]) if 0 < n <= self.size and n not in missing]
            return {"count": len(numbers), "results": [self._row(number) for number in numbers[:limit]]}
        found = self._matching(query)
        rows = [self._row(number) for number, _ in zip(found, range(limit), strict=False)]
        return {"count": found.count(), "results": rows}

    def _matching(self, query: Mapping[str, Any]) -> AnyOf:
        all_of = [self._one(field, condition) for field, condition in query.items() if field != "$or"]
        base = reduce(Matching.both, all_of, Matching(1, self.size))
        any_of = [base.both(self._one(*item)) for part in query.get("$or", ()) for item in part.items()]
        return AnyOf(tuple(any_of) if "$or" in query else (base,), self.gone)

    def _one(self, field: str, condition: Mapping[str, Any]) -> Matching:
        low, high = _bounds(condition)
        began = int(BEGAN.timestamp())
        match field:
            case "_id":
                return Matching(low, high)
            case "_submission_time":
                return Matching(low - began, high)
            case "_validation_status.timestamp":
                return Matching(low - began, high if self.marked else 0, MARKED, 1)
            case "meta/deprecatedID" if condition == {"$exists": True}:
                return Matching(1, self.size if self.edited else 0, EDITED, 0)
            case _:
                raise KeyError(field)

    def _row(self, number: int) -> dict[str, Any]:
        marked = self.marked and number % MARKED == 1
        status = {"uid": STATUS, "timestamp": status_time(number), "by_whom": "x", "label": "Approved"}
        return {
            "_id": number,
            "_uuid": uuid_of(number, edited=self.is_edited(number)),
            "meta/rootUuid": f"uuid:{root_of(number)}",
            "_submission_time": f"{BEGAN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}",
            "_validation_status": status if marked else {},
        }


def status_time(number: int) -> int:
    """Return when a submission's status was set, in seconds since 1970; 0 where it has none."""
    return int(BEGAN.timestamp()) + number if number % MARKED == 1 else 0


def _bounds(condition: Mapping[str, Any]) -> tuple[int, int]:
    """Return the least and the greatest number that fits; times are numbers too."""
    low, high = 0, 2**63
    for name, value in condition.items():
        bound = value if isinstance(value, int) else _seconds(value)
        match name:
            case "$gt":
                low = max(low, bound + 1)
            case "$gte":
                low = max(low, bound)
            case "$lt":
                high = min(high, bound - 1)
            case "$lte":
                high = min(high, bound)
            case "$exists":
                pass
            case _:
                raise KeyError(name)
    return low, high


def _seconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class _Handler(BaseHTTPRequestHandler):
    synthetic: Synthetic
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer in JSON; 400 for what the formula does not know, so that nobody measures a misunderstanding."""
        parts = urlsplit(self.path)
        try:
            body, status = self.synthetic.answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}), 200
        except (KeyError, TypeError, AttributeError) as unknown:
            body, status = {"detail": f"the benchmark's server does not know {unknown}"}, 400
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""
