"""Raw submission → record: an allow-list, typed, and deaf to everything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_forms import AROUND, CLIENT, form

from kobo_sync.instrument.form import NEVER_STORED, Question
from kobo_sync.instrument.schema import form_schema
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.sync.record import make_record, status_of, system_fields, typed

WIDE = form("""
| survey |
| | type               | name   | label | calculation | role  |
| | start              | begun  |       |             |       |
| | deviceid           | phone  |       |             |       |
| | username           | who    |       |             |       |
| | calculate          | month  |       | '2026-03'   | month |
| | calculate          | copied |       | ${phone}    |       |
| | geopoint           | where  | Where |             |       |
| | image              | photo  | Photo |             |       |
| | barcode            | card   | Card  |             |       |
| | note               | said   | Said  |             |       |
| | begin_group        | g      | G     |             |       |
| | select_one l       | one    | One   |             |       |
| | select_multiple l  | many   | Many  |             |       |
| | integer            | whole  | Whole |             |       |
| | decimal            | part   | Part  |             |       |
| | date               | day    | Day   |             |       |
| | text               | words  | Words |             |       |
| | begin_repeat       | child  | Child |             |       |
| | integer            | age    | Age   |             |       |
| | begin_repeat       | visit  | Visit |             |       |
| | text               | place  | Place |             |       |
| | end_repeat         |        |       |             |       |
| | end_repeat         |        |       |             |       |
| | end_group          |        |       |             |       |
| choices |
| | list_name | name | label |
| | l         | a    | A     |
| | l         | b    | B     |
""")
RAW: dict[str, Any] = {
    **AROUND,
    "month": "2026-03",
    "g/one": "a",
    "g/many": "b a",
    "g/whole": "12",
    "g/part": "0.5",
    "g/day": "2026-03-05",
    "g/words": " as said ",
    "g/child_count": "2",
    "g/child": [
        {"g/child/age": "3"},
        {"g/child/age": "7", "g/child/visit": [{"g/child/visit/place": "here"}, {"g/child/visit/place": "there"}]},
    ],
}


def answers(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of the record that is made of these fields."""
    document = make_record({**AROUND, **raw}, WIDE).document
    return {name: value for name, value in document.items() if not name.startswith("_")}


def test_answers_are_typed_and_flat() -> None:
    """Every answer stands under the question's own name, with its type; repeats are lists of such objects."""
    record = make_record(RAW, WIDE)
    assert record.document == {
        "_id": 7,
        "_uuid": "0f6a1f3e-0000-4000-8000-000000000007",
        "_root_uuid": "0f6a1f3e-0000-4000-8000-000000000001",
        "_version": "vSmall",
        "month": "2026-03",
        "one": "a",
        "many": ["b", "a"],
        "whole": 12,
        "part": 0.5,
        "day": "2026-03-05",
        "words": " as said ",
        "child": [{"age": 3}, {"age": 7, "visit": [{"place": "here"}, {"place": "there"}]}],
    }
    assert (record.id, record.month, record.unknown, record.encrypted) == (7, "2026-03", (), False)


TYPED: list[tuple[str, Any, Any]] = [
    ("integer", "7", 7), ("integer", " -3 ", -3), ("integer", "007", 7), ("integer", 7, 7), ("integer", "7.0", "7.0"),
    ("integer", "seven", "seven"), ("integer", "\u0667", "\u0667"), ("integer", "1_000", "1_000"),
    ("integer", "1e3", "1e3"),
    ("integer", "9" * 16, "9" * 16), ("integer", 10**400, str(10**400)), ("integer", True, {}), ("integer", 7.5, "7.5"),
    ("decimal", "7", 7.0), ("decimal", "0.30000000000000004", 0.30000000000000004), ("decimal", ".5", 0.5),
    ("decimal", "5.", 5.0), ("decimal", "1.0E-4", 1e-4), ("decimal", "-0.5", -0.5), ("decimal", 2.5, 2.5),
    ("decimal", "nan", "nan"), ("decimal", "inf", "inf"), ("decimal", "1e999", "1e999"), ("decimal", "1,5", "1,5"),
    ("decimal", float("nan"), "nan"), ("decimal", float("inf"), "inf"), ("decimal", ".", "."),
    ("date", "2026-03-05", "2026-03-05"), ("date", "2026-03-05T00:00:00.000+07:00", "2026-03-05"),
    ("date", "2026-03-05Z", "2026-03-05Z"), ("date", "2026-03-05 and so on", "2026-03-05 and so on"),
    ("select_one", " a\n", "a"), ("select_one", 1, "1"), ("select_multiple", " a  b\n", ["a", "b"]),
    ("select_multiple", ["a"], {}), ("text", " as said\n", " as said\n"), ("text", {"a": "b"}, {}), ("text", ["a"], {}),
    ("text", False, {}), ("text", "half \ud800", "half ?"), ("calculate", " x ", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), TYPED)
def test_values_get_their_type_or_stay_text(kind: str, value: Any, expected: Any) -> None:
    """A value becomes what its question asks for; what cannot stays text, and what is no answer leaves nothing."""
    found = typed(Question("q", "q", kind), value)
    assert found == expected
    assert type(found) is type(expected)


def test_a_month_is_never_free_text() -> None:
    """White space around a month is taken off even where somebody types it, so that both validators see the same."""
    assert typed(Question("q", "q", "text", role="month"), "2026-03\n") == "2026-03"


@pytest.mark.parametrize("blank", [None, "", "  ", "\n\t", "\u3000"])
def test_blanks_are_absent(blank: Any) -> None:
    """What is empty or white space is no answer, in repeats too."""
    assert answers({"g/one": blank, "g/words": blank, "g/child": blank}) == {}
    assert answers({"g/child": [{"g/child/age": blank}]}) == {"child": [{}]}


CANARY = "CANARY-7f3a"
SECRETS = st.one_of(
    st.just(CANARY),
    st.just({"uid": {"inner": CANARY}, "deep": [CANARY]}),
    st.just([CANARY, {"g/one": CANARY, "_uuid": CANARY}]),
)
METADATA = [key for key in AROUND if key not in {"_id", "_uuid", "meta/rootUuid", "__version__", "_submission_time"}]
UNSTORED = [question.path for question in WIDE.questions if not question.stored]
FIELDS = st.one_of(
    st.sampled_from(METADATA),
    st.sampled_from(UNSTORED),
    st.sampled_from(sorted(NEVER_STORED)).flatmap(lambda name: st.sampled_from([name, f"g/{name}", f"g/x/{name}"])),
    st.sampled_from(
        ["whatever", "g/one/more", "g", "child", "g/child/age", "g/child/visit", "g/child/visit/place", "one"]
    ),
    st.sampled_from(["__version", "_notes", "_tags", "meta/audit", "formhub/x", "meta", "encryptedXmlFile"]),
    st.text(max_size=30).map(lambda text: f"x{text}"),
)


@given(st.dictionaries(FIELDS, SECRETS, max_size=6), st.dictionaries(FIELDS, SECRETS, max_size=3))
def test_nothing_that_is_not_on_the_list_is_kept(outside: dict[str, Any], inside: dict[str, Any]) -> None:
    """No value of an unknown field, of metadata or of a type that is never stored comes into a record, at any depth."""
    rounds = [{"g/child/age": "3"} | {k: v for k, v in inside.items() if k not in {"g/child/age", "g/child/visit"}}]
    raw = {**RAW, **outside, "g/child": rounds}
    record = make_record(raw, WIDE)
    assert CANARY not in repr(record)
    assert set(record.document) <= set(form_schema(WIDE).schema["properties"])


@given(
    st.dictionaries(
        st.sampled_from([question.path for question in WIDE.questions] + ["g/child", "g/child/visit"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
            max_leaves=5,
        ),
        max_size=8,
    ),
    st.sampled_from([None, 5, {}, [], {"uid": None}, {"uid": [1]}, "x", True]),
)
def test_odd_shapes_never_end_in_a_traceback(raw: dict[str, Any], odd: Any) -> None:
    """Whatever JSON stands in a field, a record comes of it that can be written as UTF-8."""
    keys = ("_uuid", "meta/rootUuid", "__version__", "_validation_status", "_submission_time")
    record = make_record({"_id": 7, **raw, **dict.fromkeys(keys, odd)}, WIDE)
    repr(record.document).encode("utf-8")
    assert record.status == ""
    assert record.uuid in {"", "x"}


def test_unknown_fields_are_named_once_and_not_at_length() -> None:
    """Of a field that the form does not have, the name is kept once, cut where it is long."""
    raw = {
        **RAW,
        "extra": "v",
        "y" * 100: "v",
        "half\ud800": "v",
        "g/child": [{"extra": "v"}, {"extra": "v", "g/one": "a"}],
    }
    assert make_record(raw, WIDE).unknown == ("extra", "g/one", "half?", "y" * 60)


def test_a_question_in_another_place_is_unknown() -> None:
    """A known question outside its group or repeat is an unknown field, and its value is not kept."""
    record = make_record({**AROUND, "one": "a", "g/child/age": "3", "g/child/visit": [{}]}, WIDE)
    assert record.unknown == ("g/child/age", "g/child/visit", "one")
    assert set(record.document) == {"_id", "_uuid", "_root_uuid", "_version"}


def test_a_repeat_that_is_no_list_leaves_nothing_of_its_value() -> None:
    """In place of a repeat that is no list of objects stands an empty object, which no schema takes."""
    for odd in ("words", {"a": "b"}, [1, 2], [{}, "x"]):
        assert answers({"g/child": odd}) == {"child": {}}


def test_the_month_is_the_form_s_own_or_the_server_s() -> None:
    """The month is what the form computed; without such a question that of arrival; and blank if it is neither."""
    assert make_record({**AROUND, "month": "2026-02"}, WIDE).month == "2026-02"
    assert make_record({**AROUND, "month": "soon"}, WIDE).month == ""
    assert make_record({**AROUND, "month": ["2026-02"]}, WIDE).month == ""
    plain = form("| survey |\n| | type | name | label |\n| | text | q | Q |\n")
    assert make_record(AROUND, plain).month == "2026-03"
    assert make_record({**AROUND, "_submission_time": "yesterday"}, plain).month == ""


def test_identities_survive_edits() -> None:
    """The first identity stays through edits; without one, the present one is it; the prefix is taken off."""
    fields = system_fields({"_id": "12", "_uuid": "uuid:b", "meta/rootUuid": "uuid:a", "__version__": "v"})
    assert fields == {"_id": 12, "_uuid": "b", "_root_uuid": "a", "_version": "v"}
    assert system_fields({"_id": 12, "_uuid": "b"})["_root_uuid"] == "b"


def test_the_status_is_read_from_what_the_server_shows() -> None:
    """A validation status is its uid; an empty object or none at all is no status."""
    assert status_of({"_validation_status": {"uid": "validation_status_on_hold", "by_whom": "x"}}) == (
        "validation_status_on_hold"
    )
    assert [status_of({"_validation_status": odd}) for odd in ({}, None, "x", {"uid": 5})] == ["", "", "", ""]
    assert status_of({}) == ""


def test_the_committed_form_keeps_no_more_than_it_asks() -> None:
    """A record of the committed form can hold its questions and the four system keys, nothing else."""
    read = read_form(CLIENT, "client_interview")
    raw = {question.path: CANARY for question in read.questions if not question.stored}
    assert CANARY not in repr(make_record({**AROUND, **raw}, read))
    assert set(form_schema(read).schema["properties"]) == {q.name for q in read.questions if q.stored} | {
        "_id", "_uuid", "_root_uuid", "_version",
    }  # fmt: skip
