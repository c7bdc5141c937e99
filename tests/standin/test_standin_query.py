"""The query language, held against a plain second reading of the rules and against what must always be true."""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.standin.data import matching
from kobo_sync.standin.query import QueryRefusedError, arrange, matches, project
from kobo_sync.standin.state import Submission, User, World

KEYS = ["_id", "a", "g/b", "rep"]
TEXTS = st.sampled_from(["", "a", "b", "ab", "10", "5", "A"])
NUMBERS = st.integers(-3, 12) | st.sampled_from([0.5, 10.0])
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()
VALUES = SCALARS | st.lists(SCALARS, max_size=3)
ROWS = st.fixed_dictionaries({"_id": st.integers(0, 20)}, optional=dict.fromkeys(KEYS[1:], VALUES))
COMPARISONS = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
CONDITIONS = st.deferred(
    lambda: (
        SCALARS
        | st.dictionaries(st.sampled_from([*COMPARISONS, "$ne"]), SCALARS, min_size=1, max_size=2)
        | st.fixed_dictionaries({"$in": st.lists(SCALARS, max_size=3)})
        | st.fixed_dictionaries({"$nin": st.lists(SCALARS, max_size=3)})
        | st.fixed_dictionaries({"$all": st.lists(SCALARS, max_size=2)})
        | st.fixed_dictionaries({"$exists": st.booleans()})
        | st.fixed_dictionaries({"$regex": st.sampled_from(["^a", "b$", "a|1", "."])})
        | st.fixed_dictionaries({"$not": st.fixed_dictionaries({"$in": st.lists(SCALARS, max_size=3)})})
    )
)
QUERIES = st.recursive(
    st.dictionaries(st.sampled_from(KEYS), CONDITIONS, max_size=2),
    lambda parts: (
        st.fixed_dictionaries({"$and": st.lists(parts, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"$or": st.lists(parts, min_size=1, max_size=3)})
    ),
    max_leaves=4,
)
JSON = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, *COMPARISONS, "$in", "$not", "$and", "$all", "$regex", "$x"]), inside)
    ),
    max_leaves=12,
)


def kind(value: object) -> str:
    """Tell which values compare with one another: numbers with numbers, texts with texts."""
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def same(one: object, other: object) -> bool:
    """Tell whether two scalars are equal; true is not 1."""
    return kind(one) == kind(other) and one == other


def reference(row: dict[str, Any], query: dict[str, Any]) -> bool:
    """Read the rules a second time: over scalars only, one after the other, without sharing anything."""
    verdicts = []
    for key, condition in query.items():
        if key in ("$and", "$or"):
            parts = [reference(row, part) for part in condition]
            verdicts.append(all(parts) if key == "$and" else any(parts))
            continue
        if key == "_id" and isinstance(condition, str) and condition.isdigit():
            condition = int(condition)  # noqa: PLW2901  # the one text that the server takes for a number
        stored = row.get(key)
        # A list is met by any of its items; the list itself equals no scalar.
        inside = stored if isinstance(stored, list) else [stored]
        operators = condition if isinstance(condition, dict) else {"$eq": condition}
        verdicts.extend(_meets(inside, key in row, name, wanted) for name, wanted in operators.items())
    return all(verdicts)


def _meets(inside: list[Any], is_there: bool, name: str, wanted: Any) -> bool:  # noqa: FBT001  # a plain helper
    wanted_items = wanted if isinstance(wanted, list) else [wanted]
    is_in = any(same(value, item) for value in inside for item in wanted_items)
    if name in COMPARISONS:
        if wanted is None:
            return name in ("$gte", "$lte") and None in inside
        return any(kind(value) == kind(wanted) and COMPARISONS[name](value, wanted) for value in inside)
    if name == "$all":
        return bool(wanted) and all(any(same(value, item) for value in inside) for item in wanted)
    if name == "$not":
        return not _meets(inside, is_there, "$in", wanted["$in"])
    if name == "$regex":
        return any(isinstance(value, str) and re.search(wanted, value) is not None for value in inside)
    return {"$eq": is_in, "$in": is_in, "$ne": not is_in, "$nin": not is_in, "$exists": is_there is wanted}[name]


@given(row=ROWS, query=QUERIES)
def test_matches_as_the_rules_say(row: dict[str, Any], query: dict[str, Any]) -> None:
    """A query finds a row exactly when a plain second reading of the rules does."""
    assert matches(row, query) is reference(row, query)


@given(row=ROWS, one=QUERIES, other=QUERIES)
def test_and_or_follow_de_morgan(row: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> None:
    """`$or` is found when either part is, `$and` when both are."""
    found, also = matches(row, one), matches(row, other)
    assert matches(row, {"$or": [one, other]}) is (found or also)
    assert matches(row, {"$and": [one, other]}) is (found and also)


@given(row=ROWS, key=st.sampled_from(KEYS[1:]), wanted=st.lists(SCALARS, max_size=3))
def test_negations_are_complements(row: dict[str, Any], key: str, wanted: list[Any]) -> None:
    """`$nin`, `$ne` and `$not` find exactly what `$in` and equality do not."""
    assert matches(row, {key: {"$nin": wanted}}) is not matches(row, {key: {"$in": wanted}})
    assert matches(row, {key: {"$not": {"$in": wanted}}}) is not matches(row, {key: {"$in": wanted}})
    for value in wanted:
        assert matches(row, {key: {"$ne": value}}) is not matches(row, {key: value})


@given(numbers=st.sets(st.integers(0, 60)), low=st.integers(0, 60), middle=st.integers(0, 60), high=st.integers(0, 60))
def test_counts_of_ranges_add_up(numbers: set[int], low: int, middle: int, high: int) -> None:
    """The counts of two neighbouring ranges of `_id` add up to the count of both together."""
    low, middle, high = sorted((low, middle, high))

    def count(above: int, up_to: int) -> int:
        return sum(matches({"_id": number}, {"_id": {"$gt": above, "$lte": up_to}}) for number in numbers)

    assert count(low, middle) + count(middle, high) == count(low, high)
    assert count(low, high) == len([number for number in numbers if low < number <= high])


BOUNDS = st.dictionaries(st.sampled_from(sorted(COMPARISONS)), st.integers(-2, 22), max_size=3)


@given(rows=st.lists(ROWS, max_size=6), bounds=BOUNDS, rest=QUERIES)
def test_ranges_by_halving_find_the_same(
    rows: list[dict[str, Any]], bounds: dict[str, int], rest: dict[str, Any]
) -> None:
    """A range of `_id`, which is answered by halving, finds what looking at every row finds, by `_id`."""
    asset = World(lambda: datetime.now(UTC)).add_asset(User("owner1", "t", "p", datetime.now(UTC)))
    for row in rows:
        full = {"_uuid": str(row["_id"]), "meta/rootUuid": "uuid:x"} | row
        asset.put(Submission(full, "<x/>", datetime.now(UTC)))
    query = rest | ({"_id": bounds} if bounds else {})
    stored = [asset.submissions[number].row for number in sorted(asset.submissions)]
    assert matching(asset, query) == [row for row in stored if matches(row, query)]


@given(rows=st.lists(ROWS, max_size=6), sort=st.dictionaries(st.sampled_from(KEYS), st.sampled_from([1, -1])))
def test_sorting_loses_and_invents_nothing(rows: list[dict[str, Any]], sort: dict[str, int]) -> None:
    """Sorting keeps every row, sorts its own result the same way, and leaves equal rows in their order."""
    arranged = arrange(rows, sort)
    assert sorted(map(id, arranged)) == sorted(map(id, rows))
    assert list(map(id, arrange(arranged, sort))) == list(map(id, arranged))


@given(texts=st.lists(st.text("0123456789", min_size=1), max_size=6))
def test_answers_sort_as_texts(texts: list[str]) -> None:
    """Numbers are answers in text and sort as texts, upwards and downwards."""
    rows = [{"a": text} for text in texts]
    assert [row["a"] for row in arrange(rows, {"a": 1})] == sorted(texts)
    assert [row["a"] for row in arrange(rows, {"a": -1})] == sorted(texts, reverse=True)


@given(row=ROWS, query=st.dictionaries(st.sampled_from([*KEYS, "$and", "$or", "$not", "$gt", "$nor"]), JSON))
def test_any_query_is_answered_or_refused(row: dict[str, Any], query: dict[str, Any]) -> None:
    """Whatever JSON object comes as a query, it is answered or refused, and the same for every row."""
    verdicts = []
    for candidate in (row, {}):
        try:
            verdicts.append(isinstance(matches(candidate, query), bool))
        except QueryRefusedError:
            verdicts.append(False)
    assert verdicts[0] is verdicts[1]


@given(row=ROWS, fields=st.lists(st.sampled_from([*KEYS, "_validation_status", "_uuid", "none"]), min_size=1))
def test_fields_keep_what_was_asked_for(row: dict[str, Any], fields: list[str]) -> None:
    """`fields` keeps what was asked for and the keys that always come, and nothing else."""
    full = {"_uuid": "u", "meta/rootUuid": "uuid:u", "_validation_status": {"label": "Approved"}} | row
    kept = project(full, fields)
    assert kept.keys() == ({"_id", "_uuid", "meta/rootUuid", "_validation_status"} | set(fields)) & full.keys()
    shown = full["_validation_status"] if "_validation_status" in fields else {}
    assert kept.pop("_validation_status") == shown
    assert all(full[key] == value for key, value in kept.items())


def test_part_of_a_status_can_be_asked_for() -> None:
    """`_validation_status.uid` in `fields` brings that part of the status only."""
    row = {"_id": 1, "_validation_status": {"uid": "x", "timestamp": 5}}
    assert project(row, ["_validation_status.uid"])["_validation_status"] == {"uid": "x"}


@pytest.mark.parametrize(
    "query",
    [
        {"$not": {"a": 1}},
        {"$and": []},
        {"$or": {"a": 1}},
        {"a": {"$in": "a"}},
        {"a": {"$regex": "("}},
        {"a": {"$regex": 5}},
        {"a": {"$options": "i"}},
        {"a": {"$not": "a"}},
        {"a": {"$elemMatch": "a"}},
        {"a": {"$gt": 1, "b": 2}},
    ],
    ids=str,
)
def test_misplaced_operators_are_refused(query: dict[str, Any]) -> None:
    """An operator in the wrong place or with the wrong kind of value is refused."""
    with pytest.raises(QueryRefusedError, match="Unsupported query"):
        matches({"a": "a"}, query)


def test_dots_look_into_the_status_only() -> None:
    """A dot in any other key is part of the key."""
    row = {"a": {"b": 1}, "a.b": 2, "_validation_status": {"uid": "x"}}
    assert matches(row, {"a.b": 2})
    assert not matches(row, {"a.b": 1})
    assert matches(row, {"_validation_status.uid": "x"})


def test_number_written_as_text_finds_an_id() -> None:
    """`_id` may be asked for as a text of digits; an answer may not be asked for as a number."""
    assert matches({"_id": 7}, {"_id": "7"})
    assert not matches({"a": "7"}, {"a": 7})


def test_elem_match_looks_at_one_item_at_a_time() -> None:
    """`$elemMatch` needs one item of a repeat that meets the whole condition."""
    row = {"rep": [{"rep/a": "1", "rep/b": "2"}, {"rep/a": "3"}]}
    assert matches(row, {"rep": {"$elemMatch": {"rep/a": "1", "rep/b": "2"}}})
    assert not matches(row, {"rep": {"$elemMatch": {"rep/a": "3", "rep/b": "2"}}})
    assert matches({"rep": ["a", "b"]}, {"rep": {"$elemMatch": {"$gt": "a"}}})
