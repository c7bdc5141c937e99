"""Form → JSON Schema: valid, closed, the same for both validators, and what it cannot say becomes a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from recorded import RECORDINGS
from small_forms import ROOT, form, made_up

from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.schema import form_schema
from kobo_sync.instrument.xlsform import form_from_sheets, read_form

SYSTEM = {"_id": 7, "_uuid": "u", "_root_uuid": "r", "_version": "v"}
COMMITTED = form_files(ROOT / "xlsform")
FORMS = [*COMMITTED, RECORDINGS / "v1.xlsx", RECORDINGS / "v2.xlsx"]


def keywords(schema: object) -> Iterator[str]:
    """Yield every key that stands anywhere in a schema, names of questions left out."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            if key == "properties":
                for below in value.values():
                    yield from keywords(below)
            else:
                yield from keywords(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from keywords(item)


def sound(of: Form) -> None:
    schema = form_schema(of).schema
    Draft202012Validator.check_schema(schema)
    jsonschema_rs.validator_for(schema)
    assert not {"format", "multipleOf", "unevaluatedProperties", "$ref"} & set(keywords(schema))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_schemas_of_forms_are_sound(path: Any) -> None:
    """Each form's schema is valid 2020-12 and keeps to the words that both validators read alike."""
    sound(read_form(path, path.stem))


@given(st.randoms(use_true_random=False))
def test_schemas_of_made_up_forms_are_sound(random: Random) -> None:
    """So is that of any form; and everything made up here can be judged, in the schema or by a rule."""
    read = made_up(random).form
    sound(read)
    assert all(rule.checked for rule in form_schema(read).rules)


@pytest.mark.parametrize("name", ["client interview (1)", "анкета", "a#b?c%d", "100%"])
def test_a_form_may_have_any_file_name(name: str) -> None:
    """Spaces, other alphabets and signs in a workbook's name make no broken schema."""
    read = form_from_sheets({"survey": [{"type": "text", "name": "q", "label": "Q"}]}, name)
    sound(read)
    assert jsonschema_rs.validator_for(form_schema(read).schema).is_valid({**SYSTEM, "q": "x"})


ALL_TYPES = """
| survey |
| | type               | name  | label | role  |
| | select_one l       | one   | O     |       |
| | select_multiple l  | many  | M     |       |
| | rank l             | order | R     |       |
| | select_one_from_file s.csv | place | P |   |
| | select_multiple_from_file s.csv | places | P | |
| | integer            | whole | W     |       |
| | decimal            | part  | P     |       |
| | range              | slide | S     |       |
| | date               | day   | D     |       |
| | text               | words | W     |       |
| | acknowledge        | ok    | A     |       |
| | note               | said  | N     |       |
| | geopoint           | where | G     |       |
| | calculate          | month |       | month |
| choices |
| | list_name | name | label |
| | l         | a    | A     |
| | l         | b    | B     |
"""
GOOD: dict[str, list[Any]] = {
    "one": ["a", "b"], "many": [["a"], ["b", "a"]], "order": [["b", "a"]], "place": ["S01"], "places": [["S01", "S02"]],
    "whole": [0, -3, 10**12], "part": [0.5, 2, -1e-3], "slide": [3, 0.5], "day": ["2026-02-28"], "words": ["x", " "],
    "ok": ["OK"], "month": ["2026-12"],
}  # fmt: skip
BAD: dict[str, list[Any]] = {
    "one": ["c", "", ["a"], 1, None, {}], "many": ["a", [], ["c"], ["a", "a"], [1], {}], "order": [["a", "a"], "a b"],
    "place": ["", 5, {}, "x" * 300], "places": [[""], [], "S01"], "whole": ["5", 0.5, True, None, {}],
    "part": ["0.5", True, {}], "slide": ["3"], "day": ["2026-2-1", "2026-13-01", "2026-02-28T10:00", "٢٠٢٦-02-28", 5],
    "words": ["", 5, {}], "ok": ["", {}], "month": ["2026-00", "2026", "2026-1", "2026-001", ""],
    "said": ["x"], "where": ["1 2 3 4"], "nobody": ["x"],
}  # fmt: skip


def accepts(of: Form, record: dict[str, Any]) -> bool:
    schema = form_schema(of).schema
    slow = Draft202012Validator(schema).is_valid({**SYSTEM, **record})
    assert jsonschema_rs.validator_for(schema).is_valid({**SYSTEM, **record}) == slow
    return bool(slow)


def test_each_type_takes_its_values_and_no_others() -> None:
    """The schema takes for each type of question what a phone sends for it, and nothing else."""
    read = form(ALL_TYPES)
    assert set(GOOD) == {question.name for question in read.questions if question.stored}
    for name, values in GOOD.items():
        assert all(accepts(read, {name: value}) for value in values), name
    for name, values in BAD.items():
        assert not [value for value in values if accepts(read, {name: value})], name


def test_the_record_s_own_keys_are_needed() -> None:
    """Without its number, its identities or its version a record is not complete."""
    read = form(ALL_TYPES)
    schema = form_schema(read).schema
    for key in SYSTEM:
        assert not Draft202012Validator(schema).is_valid({k: v for k, v in SYSTEM.items() if k != key})
        assert not Draft202012Validator(schema).is_valid({**SYSTEM, key: ""})
    assert not Draft202012Validator(schema).is_valid({**SYSTEM, "_id": 0})


CONDITIONAL = """
| survey |
| | type         | name | label | required | relevant                      |
| | select_one l | a    | A     | yes      |                               |
| | begin_group  | g    | G     |          | ${a} = 'y'                    |
| | select_one l | b    | B     | yes      |                               |
| | text         | c    | C     |          | selected(${b}, 'y')           |
| | text         | d    | D     | yes      | ${b} = 'y' or not(${b} != 'n') |
| | end_group    |      |       |          |                               |
| choices |
| | list_name | name | label |
| | l         | y    | Y     |
| | l         | n    | N     |
"""


def test_what_is_not_asked_is_absent_and_what_is_required_is_there() -> None:
    """A condition makes a question required when it holds and forbids it when not; groups pass theirs on."""
    read = form(CONDITIONAL)
    assert not form_schema(read).rules
    for record in ({"a": "n"}, {"a": "y", "b": "n", "d": "x"}, {"a": "y", "b": "y", "c": "x", "d": "x"}):
        assert accepts(read, record), record
    for record in (
        {}, {"a": "y"}, {"a": "n", "b": "y"}, {"a": "n", "c": "x"}, {"a": "y", "b": "y"},
        {"a": "y", "b": "n", "c": "x", "d": "x"},
    ):  # fmt: skip
        assert not accepts(read, record), record


def test_questions_under_one_condition_share_one_clause() -> None:
    """The schema stays small: one if/then/else a condition, not one a question."""
    schema = form_schema(form(CONDITIONAL)).schema
    assert [sorted(clause["else"]["properties"]) for clause in schema["allOf"]] == [["b"], ["c"], ["d"]]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_the_committed_schemas_say_each_condition_once(path: Path) -> None:
    """Each committed form's schema says a condition once, and has at most one clause for each that the form has."""
    read = read_form(path, path.stem)
    clauses = form_schema(read).schema["allOf"]
    conditional = [question for question in read.questions if question.stored and question.relevant]
    assert len({json.dumps(clause["if"]) for clause in clauses}) == len(clauses)
    assert 0 < len(clauses) <= len({question.relevant for question in conditional}) < len(conditional)


REPEATS = """
| survey |
| | type         | name  | label | required | relevant       | constraint   | calculation |
| | select_one l | a     | A     |          |                |              |             |
| | begin_repeat | child | C     |          | ${a} = 'y'     |              |             |
| | integer      | age   | Age   | yes      |                | . < 120      |             |
| | text         | name  | Name  | yes      | ${age} > 5     |              |             |
| | begin_repeat | visit | V     |          |                |              |             |
| | text         | where | Where | ${age} > 9 | ${a} = 'y'   |              |             |
| | end_repeat   |       |       |          |                |              |             |
| | end_repeat   |       |       |          |                |              |             |
| | text         | after | After | yes      | ${age} > 5     |              |             |
| | calculate    | sum   |       | yes      |                | . > 5        | 1 + 1       |
| | text         | when  | When  | yes      | ${a} = 'y' and today() > 1 |  |             |
| choices |
| | list_name | name | label |
| | l         | y    | Y     |
"""


def test_what_a_schema_cannot_say_becomes_a_rule() -> None:
    """Conditions across repeats, constraints and conditional requirements are rules; unsure ones are only listed."""
    made = form_schema(form(REPEATS))
    assert {(rule.question.name, rule.kind, rule.checked) for rule in made.rules} == {
        ("age", "relevant", True),
        ("age", "constraint", True),
        ("name", "relevant", True),
        ("where", "relevant", True),
        ("where", "required_when", True),
        ("after", "relevant", False),
        ("when", "relevant", False),
    }


def test_rounds_of_a_repeat_are_closed_objects() -> None:
    """Each round of a repeat holds its own questions and no others; inside a round its own conditions hold."""
    read = form(REPEATS)
    assert accepts(
        read, {"sum": "2", "a": "y", "child": [{"age": 3}, {"age": 7, "name": "x", "visit": [{"where": "x"}]}]}
    )
    wrong: list[Any] = [[{"age": 3, "name": "x"}], [{"age": 3, "nobody": 1}], [{"age": "x"}], {}, "x"]
    for rounds in [*wrong, [{"visit": [{"age": 3}]}]]:
        assert not accepts(read, {"a": "y", "child": rounds}), rounds


def test_half_a_condition_still_forbids() -> None:
    """Where only a part of several conditions can be said, that part forbids, and nothing is demanded."""
    read = form("""
    | survey |
    | | type         | name | label | required | relevant    |
    | | text         | a    | A     |          |             |
    | | begin_group  | g    | G     |          | ${a} = 'x'  |
    | | text         | b    | B     | yes      | today() > 1 |
    | | end_group    |      |       |          |             |
    """)
    assert accepts(read, {"a": "x"})
    assert accepts(read, {"a": "x", "b": "x"})
    assert not accepts(read, {"b": "x"})


def test_nobody_is_asked_for_what_the_phone_computes() -> None:
    """A calculation is neither required nor held to a constraint, as phones do not enforce either."""
    made = form_schema(form(REPEATS))
    assert "sum" not in made.schema["required"]
    assert not [rule for rule in made.rules if rule.question.name == "sum"]
