"""Is a record what its form allows? Validators agree, phones are not contradicted, messages tell no answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_forms import AROUND, CLIENT, form, made_up, problems, seeded

from kobo_sync.engine import Filler, Prompt
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.standin.submissions import answers, parse
from kobo_sync.store.store import Problem
from kobo_sync.sync.record import make_record
from kobo_sync.sync.validate import RecordValidator

COMMITTED = read_form(CLIENT, "client_interview")
VALIDATOR = RecordValidator(COMMITTED)
CANARY = "canary-4b1d"

# What no phone sends, and what bulk edits, other clients and mistakes do.
NONSENSE: list[Any] = [
    "", " ", "\n", "\u0663", "3\n", "a\n", "a b", "b a a", "c", "NaN", "nan", "inf", "-0", "1e308", "9" * 30, "0x10",
    "yes", "no", "2026-02-30", "2026-13-01", "2026-03\n", "2026-03", "\u0662\u0660\u0662\u0666-03", "é", "e\u0301",
    "\u200b", "\x00", "🙂", "a" * 300, "\ud800", None, True, False, 0, 5, 5.0, 0.1, -1, 10**30, float("nan"),
    float("inf"), [], {}, ["a"], [{}], [{"a": "b"}], "'; --", "{}", "null", "true", "a\u00a0b", "a\u2028b",
]  # fmt: skip


def places(of: Form, raw: dict[str, Any], repeat: str = "") -> list[tuple[dict[str, Any], Question]]:
    """Return (object, question) for each place in a submission where a stored question of the form may stand."""
    found = [(raw, question) for question in of.questions if question.repeat == repeat and question.stored]
    for path in of.repeats:
        if of.parent_repeat(path) == repeat:
            for item in raw.get(path, []):
                found += places(of, item, path)
    return found


def same_verdict(validator: RecordValidator, raw: Mapping[str, Any]) -> None:
    """Hold jsonschema and jsonschema-rs to one verdict, and the verdict to its explanation."""
    record = make_record({**AROUND, **raw}, validator.form)
    fast, slow = validator._fast.is_valid(record.document), validator._slow.is_valid(record.document)
    assert fast == slow
    found = validator.problems(record)
    assert fast or found
    assert len(set(found)) == len(found)
    for problem in found:
        assert problem.what
        assert problem.remedy
        assert problem.rule != "schema"  # that one is for the day on which the two differ
        assert problem == found[found.index(problem)]
    assert validator.problems(record) == found


def compare_on_nonsense(random: Random) -> None:
    made = made_up(random)
    filled = made.fill(random)
    raw = made.submission(filled) if filled else {}
    for item, question in places(made.form, raw):
        if random.random() < 0.4:
            item[question.path] = random.choice([*NONSENSE, *(choice.name for choice in question.choices)])
    for path in made.form.repeats:
        if random.random() < 0.1:
            raw[path] = random.choice(NONSENSE)
    same_verdict(RecordValidator(made.form), raw)


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_both_validators_agree_on_any_form(random: Random) -> None:
    """On nonsense in forms made up at random, jsonschema and jsonschema-rs give the same verdict."""
    compare_on_nonsense(random)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_both_validators_agree_on_any_form_at_length(seed: int) -> None:
    """The same for many more forms."""
    random = seeded(seed)
    for _ in range(1000):
        compare_on_nonsense(random)


def client_nonsense(random: Random) -> dict[str, Any]:
    """Make up a submission of the committed form, some answers as they should be, some not."""
    raw: dict[str, Any] = {}
    for question in COMMITTED.questions:
        names = [choice.name for choice in question.choices]
        turn = random.random()
        if turn < 0.6 and names:
            raw[question.path] = random.choice(names)
        elif turn < 0.8:
            raw[question.path] = random.choice([*NONSENSE, " ".join(names)])
    return raw


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_both_validators_agree_on_the_committed_form(random: Random) -> None:
    """On nonsense in the committed form, jsonschema and jsonschema-rs give the same verdict."""
    same_verdict(VALIDATOR, client_nonsense(random))


@pytest.mark.soak
def test_both_validators_agree_on_the_committed_form_at_length() -> None:
    """The same for many more submissions."""
    random = seeded(9)
    for _ in range(20_000):
        same_verdict(VALIDATOR, client_nonsense(random))


def accept_what_phones_send(random: Random, interviews: int = 5) -> int:
    made = made_up(random)
    accepted = 0
    for _ in range(interviews):
        filled = made.fill(random)
        if filled is not None:
            raw = made.submission(filled)
            assert problems(made.form, raw) == (), (made.sheets, raw)
            accepted += 1
    return accepted


@settings(max_examples=80)
@given(st.randoms(use_true_random=False))
def test_what_a_phone_sends_is_accepted(random: Random) -> None:
    """Whatever form and whatever answers: a submission that JavaRosa made is never quarantined."""
    accept_what_phones_send(random)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_what_a_phone_sends_is_accepted_at_length(seed: int) -> None:
    """The same for thousands of forms."""
    random = seeded(1000 + seed)
    assert sum(accept_what_phones_send(random) for _ in range(600)) > 2500


MEDIA = {
    "services.csv": b"name,label,locale\nS01,One,north\nS02,Two,south\n",
    "locales.csv": b"name,label\nnorth,North\nsouth,South\n",
    "referrals.csv": b"name,label,locale\nR01,Help,north\n",
}


def answered(of: Form, prompt: Prompt, random: Random) -> Any:
    question = of.by_name[prompt.name]
    # The choice that lets an interview go on stands first; else most of them would end before they begin.
    if question.role in {"screening", "consent"} and random.random() < 0.8:
        return prompt.choices[0]
    if question.role == "locale_listed" and of.source == "L":  # an area that is not listed waits, by a rule of its own
        return prompt.choices[0]
    if not prompt.required and random.random() < 0.3:
        return ""
    if prompt.type in {"text", "integer"}:
        return {"text": "More chairs, please.", "integer": random.randint(1980, 2020)}[prompt.type]
    return [random.choice(prompt.choices)] if prompt.type == "select_multiple" else random.choice(prompt.choices)


@pytest.mark.parametrize("path", form_files(CLIENT.parent), ids=lambda path: path.stem)
@pytest.mark.parametrize("count", [60, pytest.param(400, marks=pytest.mark.soak)])
def test_interviews_of_the_committed_forms_are_accepted(path: Path, count: int) -> None:
    """So many interviews by JavaRosa a form, refusals among them, are accepted, and damage to any one is found."""
    committed = read_form(path, path.stem)
    filler = Filler(convert_form(path), MEDIA)
    random = seeded(3)
    complete: list[bool] = []
    for _ in range(count):
        filled = filler.fill(lambda prompt: answered(committed, prompt, random))
        given = answers(parse(filled.xml), ())
        raw = {**AROUND, **given, "_submission_time": f"{given['month']}-05T10:00:00"}  # sent in the month of the talk
        assert problems(committed, raw, ["S01", "S02"]) == ()
        place, rule, hurt = damage(committed, raw, set(filled.asked), random)
        assert (place, rule) in {(problem.field, problem.rule) for problem in problems(committed, hurt)}
        complete.append(any(committed.by_name[name].indicator for name in filled.asked))
    assert 0.5 * count < sum(complete) < 0.95 * count


def damage(of: Form, raw: dict[str, Any], asked: set[str], random: Random) -> tuple[str, str, dict[str, Any]]:
    """Damage a good submission in one place outside repeats; return (field, rule that it breaks, submission)."""
    here = [question for question in of.questions if not question.repeat and question.stored and not question.computed]
    there = [question for question in here if question.path in raw]
    ways: list[tuple[str, str, str, Any]] = [("unexpected/field", "unexpected/field", "unknown_field", CANARY)]
    ways += [(q.path, q.name, "required", None) for q in there if q.required]
    ways += [
        (q.path, q.name, "choice", CANARY) for q in there if q.type in {"select_one", "select_multiple"} and q.choices
    ]
    ways += [(q.path, q.name, "type", CANARY) for q in there if q.type in {"integer", "decimal"}]
    ways += [(q.path, q.name, "pattern", CANARY) for q in there if q.type == "date"]
    ways += [(q.path, q.name, "not_asked", valid(q)) for q in here if q.name not in asked]
    path, name, rule, value = random.choice(ways)
    return name, rule, {key: kept for key, kept in {**raw, path: value}.items() if kept is not None}


def valid(question: Question) -> str:
    by_type = {"integer": "1", "decimal": "0.5", "date": "2026-03-05"}
    return question.choices[0].name if question.choices else by_type.get(question.type, "x")


@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_damage_to_what_a_phone_sent_is_found(random: Random) -> None:
    """A wrong choice, a missing answer, a word in a number, an answer that nobody asked for: all are found."""
    made = made_up(random)
    filled = made.fill(random)
    if filled is None:
        return
    name, rule, hurt = damage(made.form, made.submission(filled), set(filled.asked), random)
    found = problems(made.form, hurt)
    first_look = {"unknown_field", "choice", "type", "pattern", "required", "not_asked"}
    # Damage can touch several questions, and rules beside the schema wait until it has nothing more to say.
    assert (name, rule) in {(p.field, p.rule) for p in found} or {p.rule for p in found} & first_look, (
        made.sheets,
        hurt,
    )
    assert found
    assert CANARY not in repr(found)


SMALL = """
| survey |
| | type                       | name  | label::English (en) | label::B (id) | required     | relevant     | constraint            | role    |
| | select_one l               | one   | One?                | Satu?         | yes          |              |                       |         |
| | select_multiple l          | many  | Many?               | Banyak?       |              | ${one} = 'a' | count-selected(.) < 3 |         |
| | integer                    | whole | How many?           | Berapa?       |              |              | . >= 0                |         |
| | decimal                    | part  | Part?               | Bagian?       |              |              |                       |         |
| | date                       | day   | Day?                | Hari?         |              |              |                       |         |
| | text                       | month | Month?              | Bulan?        |              |              |                       | month   |
| | select_one_from_file s.csv | place | Where?              | Di mana?      |              |              |                       | service |
| | text                       | why   | Why?                | Kenapa?       | ${whole} > 5 |              |                       |         |
| | begin_repeat               | child | Child               | Anak          |              |              |                       |         |
| | integer                    | age   | Age?                | Umur?         | yes          | ${one} = 'a' | . < ${whole}          |         |
| | text                       | name  | Name?               | Nama?         | yes          | ${age} > 2   |                       |         |
| | end_repeat                 |       |                     |               |              |              |                       |         |
| choices |
| | list_name | name | label::English (en) | label::B (id) |
| | l         | a    | A                   | A             |
| | l         | b    | B                   | B             |
| | l         | c    | C                   | C             |
"""  # noqa: E501 -- a sheet is as wide as it is
LONG = "x" * 300
NO_ANSWER = "has no answer, though the form demands one."
NOT_ASKED = "has an answer, though by the other answers it should not have been asked."
OWN_RULE = "breaks the form's own rule for it."
TEXT = "a text of 11 characters"
SAID: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "one", "required", f"one (“One?”) {NO_ANSWER}"),
    ({"one": CANARY}, "one", "choice", f"one (“One?”) holds {TEXT} that is not one of its choices."),
    ({"one": [CANARY]}, "one", "type", "one (“One?”) should be a text, but holds something that is no answer."),
    (
        {"one": "a", "many": f"a {CANARY}"}, "many", "choice",
        f"many (“Many?”) holds {TEXT} that is not one of its choices.",
    ),
    ({"one": "a", "many": "a a"}, "many", "twice", "many (“Many?”) names the same choice more than once."),
    (
        {"one": "a", "many": [CANARY]}, "many", "type",
        "many (“Many?”) should be a list of choices, but holds something that is no answer.",
    ),
    ({"one": "b", "many": "a"}, "many", "not_asked", f"many (“Many?”) {NOT_ASKED}"),
    ({"one": "a", "many": "c a b"}, "many", "constraint", f"many (“Many?”) {OWN_RULE}"),
    (
        {"one": "b", "whole": CANARY}, "whole", "type",
        f"whole (“How many?”) should be a whole number, but holds {TEXT}.",
    ),
    ({"one": "b", "whole": "-1"}, "whole", "constraint", f"whole (“How many?”) {OWN_RULE}"),
    ({"one": "b", "part": CANARY}, "part", "type", f"part (“Part?”) should be a number, but holds {TEXT}."),
    (
        {"one": "b", "day": CANARY}, "day", "pattern",
        f"day (“Day?”) should be a date (2026-03-31), but holds {TEXT} of another kind.",
    ),
    (
        {"one": "b", "month": CANARY}, "month", "pattern",
        f"month (“Month?”) should be a month (2026-03), but holds {TEXT} of another kind.",
    ),
    (
        {"one": "b", "place": LONG}, "place", "maxLength",
        "place (“Where?”) holds a text of 300 characters that the form does not allow.",
    ),
    ({"one": "b", "whole": "6"}, "why", "required", f"why (“Why?”) {NO_ANSWER}"),
    (
        {"one": "b", "stranger": CANARY}, "stranger", "unknown_field",
        "The form has no question 'stranger'. Its value was not stored.",
    ),
    ({"one": "b", "place": CANARY}, "place", "service", "The service that was chosen is not in services.csv."),
    ({"one": "b", "child": CANARY}, "child", "type", "child should be a list, but holds something that is no answer."),
    ({"one": "b", "whole": "5", "child": [{}, {"child/age": "2"}]}, "age", "not_asked", f"age (“Age?”) {NOT_ASKED}"),
    (
        {"one": "a", "child": [{"child/age": "2"}, {"child/age": CANARY}]}, "age", "type",
        f"age (“Age?”) (round 2 of child) should be a whole number, but holds {TEXT}.",
    ),
    (
        {"one": "a", "child": [{"child/age": "3"}]}, "name", "required",
        f"name (“Name?”) (round 1 of child) {NO_ANSWER}",
    ),
    ({"one": "a", "whole": "2", "child": [{"child/age": "2"}]}, "age", "constraint", f"age (“Age?”) {OWN_RULE}"),
    ({"one": "a", "child": [{}]}, "age", "required", f"age (“Age?”) {NO_ANSWER}"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "field", "rule", "what"), SAID)
def test_each_problem_has_its_words(raw: dict[str, Any], field: str, rule: str, what: str) -> None:
    """Each way to be wrong is told with field, rule, what is wrong by label and shape, and what to do."""
    found = problems(form(SMALL), {"month": "2026-03", **raw}, ["S01"])
    assert [(p.field, p.rule, p.what) for p in found] == [(field, rule, what)]
    starts = {"unknown_field": "Remove the field from submission 7", "service": "Add its code and label"}
    assert found[0].remedy.startswith(starts.get(rule, "Open submission 7 in KoboToolbox"))
    assert found[0].remedy.endswith("run: kobo-sync sync")
    assert CANARY not in repr(found)


def test_two_missing_answers_are_two_problems() -> None:
    """Each missing answer is named once, whatever validator finds it and however often."""
    read = form(
        "| survey |\n| | type | name | label | required |\n| | text | a | A | yes |\n| | text | b | B | yes |\n"
    )
    assert [(p.field, p.rule) for p in problems(read, {})] == [("a", "required"), ("b", "required")]


def test_a_record_without_identity_is_no_answer_s_fault() -> None:
    """What is missing of the record's own keys is told as such."""
    found = problems(form(SMALL), {"one": "b", "__version__": None, "_id": 0})
    assert [(p.field, p.rule) for p in found] == [("_id", "minimum"), ("_version", "minLength")]


def test_should_the_validators_ever_differ_the_record_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that the fast validator refuses and the other cannot fault is quarantined all the same."""
    read = form(SMALL)
    validator = RecordValidator(read)
    monkeypatch.setattr(validator, "_slow", type("Never", (), {"iter_errors": lambda *_: iter(())})())
    found = validator.problems(make_record(AROUND, read))
    assert [(p.field, p.rule) for p in found] == [("", "schema")]


def test_without_a_list_of_services_any_service_will_do() -> None:
    """A workspace without services.csv does not refuse services; with one, only what stands in it is known."""
    read = form(SMALL)
    assert problems(read, {"one": "b", "month": "2026-03", "place": "S09"}) == ()
    assert problems(read, {"one": "b", "month": "2026-03", "place": "S09"}, ["S09"]) == ()
    assert [p.rule for p in problems(read, {"one": "b", "month": "2026-03", "place": "S09"}, [])] == ["service"]
    several = form("| survey |\n| | type | name | role |\n| | select_multiple_from_file s.csv | q | service |\n")
    assert problems(several, {"q": "S01 S09"}, ["S01", "S09"]) == ()
    assert [p.rule for p in problems(several, {"q": "S01 S09"}, ["S01"])] == ["service"]


def test_what_is_only_for_the_phone_to_judge_is_not_judged() -> None:
    """A condition on what is never stored, or outside the known part, quarantines nobody."""
    read = form("""
    | survey |
    | | type     | name  | label | required | relevant        | constraint    |
    | | geopoint | where | W     |          |                 |               |
    | | text     | near  | N     | yes      | ${where} != ''  |               |
    | | date     | born  | B     |          |                 | . <= today()  |
    | | date     | came  | C     |          |                 | . > ${born}   |
    | | text     | later | L     | yes      | ${came} > ${born} |             |
    """)
    raw = {"where": "1 2 3 4", "near": "x", "born": "2026-01-01", "came": "2026-02-01", "later": "x"}
    assert problems(read, raw) == ()
    assert problems(read, {"born": "2026-01-01", "came": "2026-02-01"}) == ()


def test_labels_are_cut_and_questions_without_label_keep_their_name() -> None:
    """A very long label does not flood the list; a question without one goes by its name."""
    read = form(f"| survey |\n| | type | name | label |\n| | integer | a | {'x' * 200} |\n| | integer | b | |\n")
    first, second = problems(read, {"a": "?", "b": "?"})
    assert first == Problem(
        "a", "type", f"a (“{'x' * 80}”) should be a whole number, but holds a text of 1 characters.", first.remedy
    )
    assert second.what.startswith("b should be a whole number")
