"""Conditions: read, judged here, compiled to JSON Schema, and asked of JavaRosa: one verdict."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from small_forms import CHOICES, Asked, MadeUp, condition, drawn, form, seeded

from kobo_sync.engine import Prompt
from kobo_sync.instrument.checkable import checkable
from kobo_sync.instrument.conditions import compile_condition
from kobo_sync.instrument.expressions import (
    Unsupported,
    evaluate,
    functions_known,
    parse,
    references,
    truth,
)
from kobo_sync.instrument.grammar import Node

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

SCOPE = [
    Asked("one", "select_one"), Asked("many", "select_multiple"), Asked("whole", "integer"), Asked("part", "decimal"),
    Asked("words", "text"), Asked("day", "date"),
]  # fmt: skip
TYPES = {"select_one": "select_one abc", "select_multiple": "select_multiple abc"}
LIST = [{"list_name": "abc", "name": name, "label": name} for name in CHOICES]
BASE = [{"type": TYPES.get(asked.type, asked.type), "name": asked.name, "label": asked.name} for asked in SCOPE]
QUESTIONS = MadeUp({"survey": BASE, "choices": LIST}).form.by_name


def answers(random: Random) -> dict[str, Any]:
    """Make up a record of the base questions; blank ones are absent, as in a record."""
    drawn_ = {
        asked.name: drawn(Prompt(asked.name, asked.name, asked.type, CHOICES), random)
        for asked in SCOPE
        if random.random() < 0.8
    }
    return {name: value for name, value in drawn_.items() if value is not None}


def holds(text: str, record: Mapping[str, Any], this: object = "") -> bool:
    return truth(evaluate(parse(text), record.get, this))


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_the_schema_says_what_the_condition_says(random: Random) -> None:
    """Where a condition compiles to JSON Schema, both validators and the evaluation give the same verdict."""
    text, record = condition(random, SCOPE), answers(random)
    try:
        schema = compile_condition(text, QUESTIONS)
    except Unsupported:
        assert "count-selected" in text  # all else that is made up here is within reach of JSON Schema
        return
    Draft202012Validator.check_schema(schema)
    verdict = holds(text, record)
    assert Draft202012Validator(schema).is_valid(record) == verdict
    assert jsonschema_rs.validator_for(schema).is_valid(record) == verdict


def compare_with_the_phone(seed: int, conditions: int, interviews: int) -> int:
    """Let JavaRosa decide which of many conditional questions to ask; return how many verdicts were compared."""
    random = seeded(seed)
    texts = [condition(random, SCOPE, depth=random.randint(0, 4)) for _ in range(conditions)]
    asked_if = [
        {"type": "text", "name": f"if{number}", "label": "?", "relevant": text} for number, text in enumerate(texts)
    ]
    made = MadeUp({"survey": [*BASE, *asked_if], "choices": LIST})
    assert all(checkable(text, made.form.by_name) for text in texts)
    for _ in range(interviews):
        record = answers(random)
        asked = set(made.filler.fill(record).asked)
        for number, text in enumerate(texts):
            assert holds(text, record) == (f"if{number}" in asked), (text, record)
    return conditions * interviews


def test_the_phone_comes_to_the_same_verdict() -> None:
    """Three hundred conditions, each over thirty interviews: what is asked on the phone is what holds here."""
    assert compare_with_the_phone(seed=1, conditions=300, interviews=30) == 9000


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_phone_comes_to_the_same_verdict_at_length(seed: int) -> None:
    """The same with many more conditions and interviews."""
    assert compare_with_the_phone(seed, conditions=400, interviews=100) == 40_000


# Texts with functions, arithmetic and comparisons that are rare in forms, each over all answers below.
RARE = (
    "${whole} + 1 > 3",
    "${whole} * 2 - 1 = 3",
    "-${whole} < 0",
    "${part} div 2 >= 1",
    "${whole} mod 2 = 1",
    "string-length(${words}) > 3",
    "number(${words}) = 5",
    "string(${whole}) = '5'",
    "coalesce(${words}, 'x') = 'x'",
    "if(${one} = 'a', ${whole} > 2, ${part} > 2)",
    "if(${one}, 'x', '') = 'x'",
    "${one} = ${words}",
    "${whole} = ${part}",
    "${words} > 4",
    "${whole} = '5'",
    "'5' = ${whole}",
    "${whole} != ''",
    "${many} = 'a b'",
    "${one} and ${words}",
    "not(${whole})",
    "true() and not(false())",
    "${whole} = .5 or ${part} = .5",
    "2 < ${whole} = true()",
    "1 = 1 and 2 > 1 or 1 > 2 and 2 > 3",
    "${whole} < ${part} + 1",
    "selected(${words}, 'b c')",
    "${day} = '2026-03-05'",
    "${day} != ''",
    "${whole} - -2 > 1",
    "selected(${many}, ${one})",
    "count-selected(${many}) = count-selected(${one})",
    "1 div 0 > 5",
    "0 div 0 = 0",
    "${whole} div 0 > 1",
    "number('') = 0",
    "string(1 div 3 > 0) = 'true'",
)


def test_rare_expressions_are_judged_as_on_the_phone() -> None:
    """Functions and arithmetic of the known part come to the phone's verdict too, where no blank is reckoned with."""
    asked_if = [
        {"type": "text", "name": f"if{number}", "label": "?", "relevant": text} for number, text in enumerate(RARE)
    ]
    made = MadeUp({"survey": [*BASE, *asked_if], "choices": LIST})
    random = seeded(5)
    for _ in range(60):
        record: dict[str, Any] = {
            "one": random.choice(CHOICES),
            "many": random.choice([["a"], ["a", "b"], ["a", "b", "c"], ["c"]]),
            "whole": random.randint(1, 6),
            "part": random.choice([0.5, 1.0, 2.5, 5.0]),
            "words": random.choice(["5", "a", "a b c", "b c", "yes", "x", "007", "1e3"]),
            "day": random.choice(["2026-03-05", "2026-03-06"]),
        }
        asked = set(made.filler.fill(record).asked)
        for number, text in enumerate(RARE):
            assert holds(text, record) == (f"if{number}" in asked), (text, record)


def test_operators_bind_as_in_xpath() -> None:
    """`or` binds least, then `and`, comparisons, sums, products; parentheses decide."""
    assert parse("1 = 1 or 2 = 2 and 3 = 4") == parse("(1 = 1) or ((2 = 2) and (3 = 4))")
    assert parse("1 + 2 * 3 = 7") == parse("(1 + (2 * 3)) = 7")
    assert parse("8 - 4 - 2") == parse("(8 - 4) - 2") != parse("8 - (4 - 2)")
    assert parse("-2") == Node("literal", (-2.0,))
    assert holds("8 - 4 - 2 = 2", {})
    assert holds("7 mod 4 = 3", {})
    assert holds("1 div 0 > 5", {})
    assert not holds("0 div 0 = 0 div 0", {})
    assert parse("${a}\n=\t'x'\u00a0and   not( selected(${b},'y') )") == parse("${a}='x' and not(selected(${b}, 'y'))")


def test_references_are_found_wherever_they_stand() -> None:
    """The questions that a condition looks at are found inside functions and parentheses too."""
    assert references(parse("selected(${a}, 'x') and (not(${b}) or . > ${c} + 1)")) == {"a", "b", "c"}
    assert references(parse("true()")) == frozenset()


@pytest.mark.parametrize(
    "text",
    ["", "${a} =", "(${a} = 'x'", "${a} = 'x", "a = 'x'", "/data/a = 'x'", "${a}[1] = 2", "1 = 2 = 3 =", "${a} ! 'x'",
     "not(" * 5000 + "1" + ")" * 5000],
)  # fmt: skip
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    """Text outside the known part of XPath is refused, however long, and never half read."""
    with pytest.raises(Unsupported):
        parse(text)


def test_numbers_are_xpath_s() -> None:
    """A text is a number only as XPath writes them: no exponent, no underscore, no digits of other alphabets."""
    for text in ("٣", "1_0", "1e3", "inf", "nan", "0x1", "+5", "1,5", "", "  "):
        assert not holds(f"'{text}' = 3 or '{text}' = 10 or '{text}' > -100000", {}), text
    assert holds("' 5 ' = 5 and '-.5' = -0.5 and '5.' = 5", {})
    assert holds("number('x') != number('x')", {})
    assert holds("string(number('x')) = 'NaN'", {})


def test_a_number_that_engines_write_in_different_ways_is_left_to_the_phone() -> None:
    """Where engines write a number in different ways, its text is not judged here."""
    for number in (1e-7, 2.0**31, 1e20):
        with pytest.raises(Unsupported):
            evaluate(parse("string(.)"), lambda _: None, number)
    assert evaluate(parse("string(.)"), lambda _: None, 3.0) == "3"


def test_values_of_strange_shapes_are_not_judged() -> None:
    """A value of a shape that no answer has is refused, not guessed at."""
    for value in ({}, [1], object()):
        with pytest.raises(Unsupported):
            evaluate(parse("${a} = ''"), lambda _, value=value: value)  # type: ignore[misc]  # mypy cannot type a default in a lambda


WHOLE = """
| survey |
| | type          | name  | label |
| | text          | words | W     |
| | integer       | n     | N     |
| | date          | day   | D     |
| | date          | other | D     |
| | time          | hour  | H     |
| | geopoint      | where | W     |
| | image         | photo | P     |
| | select_multiple abc | many | M |
| | begin_repeat  | child | C     |
| | integer       | age   | A     |
| | end_repeat    |       |       |
| choices |
| | list_name | name | label |
| | abc       | a    | A     |
"""

LEFT_TO_THE_PHONE = {
    "${where} != ''": "a place is never stored, so it always looks blank here",
    "${photo} = ''": "so does a picture",
    "${nobody} = 'x'": "no such question",
    "${age} > 5": "stands in a repeat, and this does not",
    "${day} > '2026-01-01'": "dates are ordered differently by engines",
    "${day} > ${other}": "so are dates among each other",
    "${n} + ${day} > 1": "and reckoned with",
    "${hour} = '10:00'": "the phone turns times into days first",
    "${hour} = ${hour}": "the same",
    "${day} = 5": "a date against a number",
    "string(${day}) = 'x'": "the text of a date",
    "today() > 5": "an unknown function",
    "${words} = 'x' and today() > 5": "an unknown function behind a part that decides",
    "if(true(), 1, pulldata('a', 'b', 'c', 'd'))": "an unknown function that is not reached",
    "${words} = ' x'": "spaces around a text are lost on the way",
    ". = 'x'": "nothing stands for the dot here",
    "regex(${words}, '^x$')": "an unknown function",
    "selected(${many})": "too few arguments",
}


@pytest.mark.parametrize("text", LEFT_TO_THE_PHONE)
def test_what_could_be_judged_wrong_is_left_to_the_phone(text: str) -> None:
    """A condition on what the record does not show, or on what engines see differently, is not judged here."""
    read = form(WHOLE)
    seen = {question.name: question for question in read.questions if not question.repeat}
    assert not checkable(text, seen), LEFT_TO_THE_PHONE[text]


@pytest.mark.parametrize(
    "text", ["${day} = ''", "'2026-01-01' = ${day}", "${day} = ${other}", "${hour} != ''", ". > 3"]
)
def test_what_is_sure_is_judged(text: str) -> None:
    """Dates against blanks, texts and dates are sure; so is the dot, where it stands for a number."""
    read = form(WHOLE)
    assert checkable(text, read.by_name, read.by_name["n"])
    assert not checkable(". > '2026-01-01'", read.by_name, read.by_name["day"])


def test_every_function_is_looked_at() -> None:
    """An unknown function is found also where the evaluation would not come to it."""
    assert functions_known(parse("not(selected(${a}, 'x')) or count-selected(${a}) > 1"))
    assert not functions_known(parse("false() and (1 = 1 or not(uuid()))"))


def test_what_json_schema_cannot_say_does_not_compile() -> None:
    """Arithmetic, other scopes, blanks among choices and texts with spaces around them are not forced into a schema."""
    texts = """
        ${whole} + 1 > 2; ${nobody} = 'x'; ${one} = ${words}; selected(${many}, ''); selected(${many}, 'a b'); ${one};
        ${words} = ' x'; ${whole} = '5'; ${one} = 1; ${words} > 3; selected(${words}, 'x'); today() > 1; 1; 'x' = 'x';
        ${day} = '2026-01-01'; ${whole} > 'x'; selected(${whole}, '5'); ${many} = 'a'; not(${one})
    """
    for text in texts.split(";"):
        with pytest.raises(Unsupported):
            compile_condition(text, QUESTIONS)


def test_the_order_of_numbers_is_kept() -> None:
    """Bounds mean the same on either side of the question."""
    for low, high in pairwise([-1.5, 0, 2, 3.75]):
        assert compile_condition(f"{low} < ${{part}}", QUESTIONS) == compile_condition(f"${{part}} > {low}", QUESTIONS)
        schema = compile_condition(f"${{part}} >= {low} and ${{part}} < {high}", QUESTIONS)
        validator = Draft202012Validator(schema)
        assert [validator.is_valid({"part": value}) for value in (low, high)] == [True, False]
        assert not validator.is_valid({})
