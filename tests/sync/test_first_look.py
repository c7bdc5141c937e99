"""The first look says the same as the whole validation, whatever it remembers; jsonschema explains only what broke."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_forms import AROUND, CLIENT, form, made_up, seeded
from test_validate import COMMITTED, MEDIA, NONSENSE, answered, client_nonsense, damage, places

from kobo_sync.engine import Filler
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.standin.submissions import answers, parse
from kobo_sync.sync.first_look import _MOST
from kobo_sync.sync.record import make_record, system_fields
from kobo_sync.sync.validate import RecordValidator

SMALL = """
| survey |
| | type | name | label | required | relevant | constraint | role |
| | select_one abc | one | One | yes | | | |
| | select_multiple abc | many | Many | | ${one} = 'a' | not(selected(., 'c') and count-selected(.) > 1) | |
| | text | words | Words | yes | selected(${many}, 'b') | | |
| | calculate | month | | | | | month |
| | select_one abc | place | Place | | | | service |
| choices |
| | list_name | name | label |
| | abc | a | A |
| | abc | b | B |
| | abc | c | C |
"""


def sure(validator: RecordValidator, raw: Mapping[str, Any]) -> bool:
    """Hold the first look to the whole validation, and what jsonschema says of parts to what it says of all."""
    found = validator.fine(raw, system_fields(raw))
    record = make_record(raw, validator.form)
    if found is not None:
        assert found == (record.document, record.month)
        assert list(found.document) == list(record.document)
        assert validator.problems(record) == ()
    parts, whole = (
        [(list(e.absolute_path), e.validator, e.validator_value, e.message) for e in found_by(record.document)]
        for found_by in (validator._slow.iter_errors, validator._slow._whole.iter_errors)
    )
    assert parts == whole
    return found is not None


def look_at_any_form(random: Random) -> tuple[int, int]:
    """Let a phone fill in a made-up form, and spoil what it sent; return (sure, sent) of forms without repeats."""
    made = made_up(random)
    validator = RecordValidator(made.form)
    certain = sent = 0
    for _ in range(4):
        filled = made.fill(random)
        if filled is None:
            continue
        raw = made.submission(filled)
        found = sure(validator, raw)
        assert not (found and made.form.repeats)
        if not made.form.repeats:
            certain, sent = certain + found, sent + 1
        for item, question in places(made.form, raw):
            if random.random() < 0.3:
                item[question.path] = random.choice([*NONSENSE, *(choice.name for choice in question.choices)])
        sure(validator, raw)
    return certain, sent


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_the_first_look_never_passes_what_the_validation_would_not(random: Random) -> None:
    """On any form, filled in or spoiled, a record that passes at first look is the same and has no problem."""
    look_at_any_form(random)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_the_first_look_never_passes_what_the_validation_would_not_at_length(seed: int) -> None:
    """The same for thousands of forms; and of what a phone sent of forms without repeats, it is nearly always sure."""
    random = seeded(500 + seed)
    certain, sent = map(sum, zip(*(look_at_any_form(random) for _ in range(500)), strict=True))
    assert certain > 0.8 * sent > 0


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_nonsense_in_the_committed_form_passes_neither(random: Random) -> None:
    """On nonsense in the committed form, what passes at first look has no problem, and parts explain it all."""
    sure(VALIDATOR, {**AROUND, **client_nonsense(random)})


VALIDATOR = RecordValidator(COMMITTED)


@pytest.mark.parametrize("path", form_files(CLIENT.parent), ids=lambda path: path.stem)
@pytest.mark.parametrize("count", [100, pytest.param(400, marks=pytest.mark.soak)])
def test_what_phones_send_of_the_committed_forms_passes_at_first_look(path: Any, count: int) -> None:
    """Interviews by JavaRosa on each committed form pass at first look, one after the other; damaged ones do not."""
    committed = read_form(path, path.stem)
    validator = RecordValidator(committed, ["S01", "S02"])
    filler, random = Filler(convert_form(path), MEDIA), seeded(4)
    for _ in range(count):
        filled = filler.fill(lambda prompt: answered(committed, prompt, random))
        given_ = answers(parse(filled.xml), ())
        raw = {**AROUND, **given_, "_submission_time": f"{given_['month']}-05T10:00:00"}
        assert sure(validator, raw)
        _, _, hurt = damage(committed, raw, set(filled.asked), random)
        assert not sure(validator, hurt)
        assert sure(validator, raw)


@pytest.mark.parametrize(
    "changes",
    [
        {"one": "b", "many": "a"},  # not asked
        {"one": "a", "many": "b", "words": None},
        {"one": "a", "many": "a c"},  # breaks the constraint
        {"one": "a", "many": "a a"},
        {"one": ["a"]},
        {"one": {}},
        {"one": None},
        {"month": "2026-05"},  # after it was sent
        {"month": "2023-01"},
        {"month": "2026-3"},
        {"place": "c"},  # not on the list of services
        {"_uuid": "", "meta/rootUuid": ""},
        {"_submission_time": None, "month": None},
        {"what": "x"},
    ],
    ids=str,
)
def test_what_is_remembered_of_one_says_nothing_of_another(changes: dict[str, Any]) -> None:
    """A good submission before and after does not let a bad one pass, nor the bad one hold up the good one."""
    validator = RecordValidator(form(SMALL), ["a", "b"])
    good = {**AROUND, "one": "a", "many": "a b", "words": "x", "month": "2026-03", "place": "a"}
    assert sure(validator, good)
    assert not sure(validator, {**good, **changes})
    assert sure(validator, {**good, "_id": 8})


def test_a_month_that_is_no_text_is_looked_at_thoroughly() -> None:
    """Where a form has its month chosen from a list of many, each submission is judged, and none ends the run."""
    read = form(SMALL.replace("| calculate | month |", "| select_multiple abc | month |"))
    validator = RecordValidator(read)
    raw = {**AROUND, "one": "a", "month": "a", "place": "a"}
    assert not sure(validator, raw)
    assert [problem.rule for problem in validator.problems(make_record(raw, read))] == ["month"]


def test_what_is_remembered_has_an_end() -> None:
    """However many different answers come, only so many are remembered, and none in a person's own words."""
    read = form(SMALL.replace("select_multiple abc |", "select_multiple_from_file abc.csv |"))
    validator = RecordValidator(read)
    good = {**AROUND, "one": "a", "month": "2026-03", "place": "a"}
    for number in range(_MOST + 10):
        assert sure(validator, {**good, "many": f"x{number}"})
    first = validator._first
    assert len(first._known["many"]) == _MOST
    assert sure(validator, {**good, "many": "b", "words": "her own words"})
    assert sure(validator, {**good, "one": "b"})
    kept = [*first._known.values(), *(one.known for one in first._together)]
    assert "'b'" in repr(kept)
    assert "her own words" not in repr([kept, vars(first)])
