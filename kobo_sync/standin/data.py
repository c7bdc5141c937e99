"""The views that read submissions, and the feed of what happened to a form."""

from __future__ import annotations

import json
import operator
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from kobo_sync.standin import query as queries
from kobo_sync.standin.calls import DEFAULT_PAGE, LARGEST_PAGE, Call, bad_request, not_found, reply, server_error
from kobo_sync.standin.state import Asset, Submission, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_POSITIVE = "A positive integer is required"
_BOUNDS: dict[str, Callable[[list[int], int], int]] = {
    "$gt": bisect_right,
    "$gte": bisect_left,
    "$lt": bisect_left,
    "$lte": bisect_right,
}


def listing(call: Call, uid: str) -> Response:
    """``GET …/data/`` with ``start``, ``limit``, ``query``, ``fields`` and ``sort``; anything else is not looked at."""
    asset = call.submissions_of(uid)
    arguments = call.request.args
    limit = min(_whole_number(arguments.get("limit"), "limit", _POSITIVE, DEFAULT_PAGE, at_least=1), LARGEST_PAGE)
    query = _parsed(arguments.get("query"), "query")
    sort = _parsed(arguments.get("sort"), "sort") or {"_id": 1}
    start = _whole_number(arguments.get("start"), "start", f"{_POSITIVE}.", 0, at_least=0)
    fields = _fields(arguments.get("fields"))
    try:
        found = matching(asset, query)
    except queries.QueryRefusedError as problem:
        raise bad_request([str(problem)]) from problem
    try:
        directions = {key: int(direction) for key, direction in sort.items()}
        ordered = found if directions == {"_id": 1} else queries.arrange(found, directions)
    except (TypeError, ValueError) as problem:
        raise server_error() from problem
    call.remember(asset, "view-data")
    rows = [_with_attachments(call, queries.project(row, fields)) for row in ordered[start : start + limit]]
    links = call.links(len(ordered), *_place_of_links(arguments, start, limit))
    return reply(links | {"results": rows})


def _place_of_links(arguments: Mapping[str, str], start: int, limit: int) -> tuple[int, int]:
    """Where ``next`` and ``previous`` believe to be: ``page`` and ``offset`` mislead them, though not the rows."""
    page, offset = arguments.get("page", ""), arguments.get("offset", "")
    if page.isdecimal() and "limit" not in arguments:
        size = arguments.get("page_size", "")
        limit = min(int(size), LARGEST_PAGE) if size.isdecimal() and int(size) else DEFAULT_PAGE
    if "start" not in arguments and offset.isdecimal():
        start = int(offset)
    elif "start" not in arguments and page.isdecimal():
        start = max(int(page) - 1, 0) * limit
    return start, limit


def _whole_number(text: str | None, name: str, message: str, default: int, *, at_least: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"\+?\d+", text, re.ASCII) or int(text) < at_least:
        raise bad_request({name: message})
    return int(text)


def _json(text: str | None, name: str) -> object:
    try:
        return json.loads(text) if text is not None else None
    except ValueError as problem:
        raise bad_request({name: "Value must be valid JSON."}) from problem


def _parsed(text: str | None, name: str) -> dict[str, Any]:
    value = _json(text, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise server_error()
    return value


def _fields(text: str | None) -> list[str]:
    value = _json(text, "fields")
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(field, str) for field in value):
        raise server_error()
    return value


def matching(asset: Asset, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the submissions of a form that a query asks for, by ``_id``. Raises QueryRefusedError."""
    queries.check(query)
    numbers, rest = _in_range(sorted(asset.submissions), query)
    rows = (asset.submissions[number].row for number in numbers)
    return [row for row in rows if not rest or queries.matches(row, rest)]


def _in_range(numbers: list[int], query: Mapping[str, Any]) -> tuple[list[int], Mapping[str, Any]]:
    """Answer a range or a list of ``_id`` as a database does with its index; what is left of the query comes back.

    Without this a benchmark of 100,000 submissions would measure the stand-in.
    """
    wanted = query.get("_id")
    rest = {key: condition for key, condition in query.items() if key != "_id"}
    if isinstance(wanted, dict) and wanted.keys() == {"$in"} and all(type(number) is int for number in wanted["$in"]):
        asked = set(wanted["$in"])
        return [number for number in numbers if number in asked], rest
    if not isinstance(wanted, dict) or not all(
        name in _BOUNDS and type(bound) is int for name, bound in wanted.items()
    ):
        return numbers, query
    low, high = 0, len(numbers)
    for name, bound in wanted.items():
        place = _BOUNDS[name](numbers, bound)
        low, high = (max(low, place), high) if name.startswith("$g") else (low, min(high, place))
    return numbers[low:high], rest


def find(asset: Asset, key: str) -> Submission:
    """Find a submission by its number, or by the id of its first or its present instance. Refuses with 404."""
    number = int(key) if key.isdecimal() else asset.by_root.get(bare(key), asset.by_uuid.get(bare(key)))
    if number not in asset.submissions:
        raise not_found()
    return asset.submissions[number]


def detail(call: Call, uid: str, key: str) -> Response:
    """``GET …/data/{id}/``; with ``?format=xml`` what the phone sent (or an edit made of it)."""
    submission = find(call.submissions_of(uid), key)
    if call.request.args.get("format") == "xml":
        return Response(submission.xml, mimetype="application/xml")
    return reply(_with_attachments(call, submission.row))


def _with_attachments(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """Complete the addresses of attachments with the host that was asked: phones sent them to another, perhaps."""
    files = row.get("_attachments")
    if not files:
        return row
    linked = [file | {"download_url": call.link(urlsplit(file["download_url"]).path)} for file in files]
    return row | {"_attachments": linked}


def attachment(call: Call, uid: str, key: str, file: str) -> Response:
    """``GET …/data/{id}/attachments/{file}/``: a file that came with a submission."""
    submission = find(call.submissions_of(uid), key)
    found = next((item for item in submission.attachments if item.uid == file), None)
    if found is None:
        raise not_found()
    return Response(found.data, mimetype=found.mimetype)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def history(call: Call, uid: str) -> Response:
    """``GET …/history/``, the newest first, for who manages the form.

    ``q`` narrows it by ``date_created__gte:"…"`` (also gt, lt, lte) and ``action:…``, joined by AND.
    """
    asset = call.asset(uid, "manage_asset")
    lines = list(reversed(asset.history))
    for part in filter(None, re.split(r"\s+AND\s+", call.request.args.get("q", ""))):
        match = re.fullmatch(r'(action|date_created__(gte?|lte?)):"?([^"]+)"?', part.strip())
        if match is None:
            raise bad_request({"detail": "Invalid query."})
        field, name, value = match.groups()
        # Times are texts of one pattern here, and so compare as texts.
        test = _COMPARISONS[name] if name else operator.eq
        lines = [line for line in lines if test(line[field.partition("__")[0]], value)]
    page = call.page(lines)
    page["results"] = [_with_links(call, line) for line in page["results"]]
    return reply(page)


def _with_links(call: Call, line: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(line["metadata"])
    if "asset-file" in metadata:
        metadata["asset-file"] = {
            key: call.link(value) if key == "download_url" else value for key, value in metadata["asset-file"].items()
        }
    return {"user": call.user_link(line["username"])} | line | {"metadata": metadata}
