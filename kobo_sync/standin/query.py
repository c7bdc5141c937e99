"""Finds submissions as the server's ``query``, ``sort`` and ``fields`` do.

The server hands ``query`` to MongoDB: values are compared with their kind (a word is never greater than a number), a
key is the whole path of a question (``group/question``), and only ``_validation_status`` is looked into by dots.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row: TypeAlias = dict[str, Any]

OPERATORS = frozenset(
    [
        "$or",
        "$and",
        "$in",
        "$nin",
        "$not",
        "$exists",
        "$gt",
        "$gte",
        "$lt",
        "$lte",
        "$regex",
        "$options",
        "$all",
        "$elemMatch",
        "$ne",
        "$expr",
        "$ifNull",
    ]
)
_ALWAYS = ("_id", "_uuid", "meta/rootUuid")
_MISSING = object()
_OPTIONS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


class QueryRefusedError(Exception):
    """MongoDB would not run the query; the server answers 400 with this message in a list."""

    def __init__(self, message: str = "Unsupported query") -> None:
        super().__init__(message)


def matches(row: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Tell whether a submission (or an item of a repeat) is among those that the query asks for.

    Raises QueryRefusedError for an operator in the wrong place or with a value of the wrong type.
    """
    # Every condition is looked at, so that a broken one is refused whatever comes before it.
    verdicts = [_clause(row, key, condition) for key, condition in query.items()]
    return all(verdicts)


def check(query: Mapping[str, Any]) -> None:
    """Refuse a broken query also when there is nothing to search. Raises QueryRefusedError."""
    matches({}, query)


def _clause(row: Mapping[str, Any], key: str, condition: object) -> bool:
    if key in ("$and", "$or"):
        verdicts = [matches(row, part) for part in _queries(condition)]
        return all(verdicts) if key == "$and" else any(verdicts)
    if key in OPERATORS:
        raise QueryRefusedError
    if key == "_id" and isinstance(condition, str) and re.fullmatch(r"[+-]?\d+", condition):
        condition = int(condition)
    return _fits(lookup(row, key), condition)


def _queries(condition: object) -> list[dict[str, Any]]:
    if not isinstance(condition, list) or not condition or not all(isinstance(part, dict) for part in condition):
        raise QueryRefusedError
    return condition


def lookup(row: Mapping[str, Any], key: str) -> object:
    """Return the value under a key, or a private marker; only ``_validation_status`` has keys below it."""
    first, *rest = key.split(".") if key.startswith("_validation_status.") else [key]
    value: object = row.get(first, _MISSING)
    for part in rest:
        value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def _fits(value: object, condition: object) -> bool:
    if not isinstance(condition, dict) or not any(key in OPERATORS for key in condition):
        return _equal(value, condition)
    if not all(key in OPERATORS for key in condition):
        raise QueryRefusedError
    verdicts = [_apply(value, name, wanted, condition) for name, wanted in condition.items()]
    return all(verdicts)


def _apply(value: object, name: str, wanted: object, condition: Mapping[str, Any]) -> bool:
    if name in _ORDER:
        return any(_ordered(candidate, name, wanted) for candidate in _candidates(value))
    if name == "$regex":
        pattern = _pattern(wanted, condition.get("$options", ""))
        return any(isinstance(text, str) and bool(pattern.search(text)) for text in _candidates(value))
    if name == "$options" and "$regex" in condition:
        return True
    if name not in _PLAIN:
        raise QueryRefusedError
    return _PLAIN[name](value, wanted)


def _candidates(value: object) -> list[object]:
    """List what may meet a condition: of a list, any of its items, and the whole."""
    return [value, *value] if isinstance(value, list) else [value]


def _same(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    return left == right


def _equal(value: object, wanted: object) -> bool:
    if wanted is None:
        return any(candidate is None or candidate is _MISSING for candidate in _candidates(value))
    return any(_same(candidate, wanted) for candidate in _candidates(value))


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda left, right: left > right,
    "$gte": lambda left, right: left >= right,
    "$lt": lambda left, right: left < right,
    "$lte": lambda left, right: left <= right,
}


def _ordered(value: object, name: str, wanted: object) -> bool:
    if wanted is None:
        return name in ("$gte", "$lte") and (value is None or value is _MISSING)
    if _rank(value) != _rank(wanted) or isinstance(wanted, (dict, list)) or value is _MISSING:
        return False
    return _ORDER[name](value, wanted)


def _rank(value: object) -> int:
    """Where a kind of value stands in MongoDB's order; a missing one stands with null, first of all."""
    if value is _MISSING or value is None:
        return 0
    if isinstance(value, bool):
        return 5
    order: tuple[tuple[type, ...], ...] = ((int, float), (str,), (dict,), (list,))
    return next(place for place, kinds in enumerate(order, 1) if isinstance(value, kinds))


def _in(value: object, wanted: object) -> bool:
    if not isinstance(wanted, list) or any(_has_operator(item) for item in wanted):
        raise QueryRefusedError
    return any(_equal(value, item) for item in wanted)


def _has_operator(item: object) -> bool:
    return isinstance(item, dict) and any(key in OPERATORS for key in item)


def _all(value: object, wanted: object) -> bool:
    if not isinstance(wanted, list):
        raise QueryRefusedError("$all needs an array")
    verdicts = [_fits(value, item) for item in wanted]
    return bool(wanted) and all(verdicts)


def _not(value: object, wanted: object) -> bool:
    if not isinstance(wanted, dict) or not wanted or not all(key in OPERATORS for key in wanted):
        raise QueryRefusedError
    return not _fits(value, wanted)


def _elem_match(value: object, wanted: object) -> bool:
    if not isinstance(wanted, dict):
        raise QueryRefusedError
    if any(key in OPERATORS and key not in ("$and", "$or") for key in wanted):
        _fits(_MISSING, wanted)
        return isinstance(value, list) and any(_fits(item, wanted) for item in value)
    check(wanted)
    return isinstance(value, list) and any(isinstance(item, dict) and matches(item, wanted) for item in value)


_PLAIN: dict[str, Callable[[object, object], bool]] = {
    "$in": _in,
    "$nin": lambda value, wanted: not _in(value, wanted),
    "$ne": lambda value, wanted: not _equal(value, wanted),
    "$exists": lambda value, wanted: (value is not _MISSING) is bool(wanted),
    "$not": _not,
    "$all": _all,
    "$elemMatch": _elem_match,
}


def _pattern(wanted: object, options: object) -> re.Pattern[str]:
    if not isinstance(wanted, str) or not isinstance(options, str) or not set(options) <= set(_OPTIONS):
        raise QueryRefusedError
    flags = re.NOFLAG
    for letter in options:
        flags |= _OPTIONS[letter]
    try:
        return re.compile(wanted, flags)
    except re.error as problem:
        raise QueryRefusedError from problem


def arrange(rows: Iterable[Row], sort: dict[str, int]) -> list[Row]:
    """Sort submissions by several keys, 1 upwards and -1 downwards; answers are texts and sort as texts."""
    arranged = list(rows)
    for key, direction in reversed(sort.items()):
        arranged.sort(key=lambda row: _sort_key(lookup(row, key)), reverse=direction < 0)  # used at once
    return arranged


def _sort_key(value: object) -> tuple[int, Any]:
    rank = _rank(value)
    return rank, value if isinstance(value, (bool, int, float, str)) else 0


def project(row: Row, fields: list[str]) -> Row:
    """Keep the keys that were asked for and those that the server always adds.

    ``_validation_status`` is among the latter, but **empty** unless it was asked for: the server's own trap.
    """
    if not fields:
        return dict(row)
    kept = {key: row[key] for key in dict.fromkeys((*_ALWAYS, *fields)) if key in row}
    below = [key for key in fields if key.startswith("_validation_status.")]
    if below and "_validation_status" not in kept:
        status = row["_validation_status"]
        wanted = [key.removeprefix("_validation_status.") for key in below]
        kept["_validation_status"] = {key: status[key] for key in wanted if key in status}
    return {"_validation_status": {}} | kept
