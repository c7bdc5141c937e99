"""Conditions in words say what the expression says, or nothing; what is certain already is worked out rightly."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_forms import CHOICES, Asked, condition

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.grammar import Node
from kobo_sync.instrument.words import SENTENCES, Speaker, fold, in_words

SPEAKER = Speaker(
    {
        "is": "{question} is {answer}",
        "is_not": "{question} is not {answer}",
        "chosen": "{answer} at {question}",
        "not_chosen": "no {answer} at {question}",
        "blank": "{question} is blank",
        "answered": "{question} is answered",
        "less": "{left} < {right}",
        "at_most": "{left} <= {right}",
        "more": "{left} > {right}",
        "at_least": "{left} >= {right}",
        "and": " and ",
        "or": " or ",
        "not": "not ({condition})",
        "count": "count of {question}",
        "length": "length of {question}",
        "this": "this",
    },
    lambda name: f"<{name}>",
    lambda name, value: f"{value}[{name}]",
)
ASKED = tuple(
    Asked(f"q{number}", kind)
    for number, kind in enumerate(("select_one", "select_multiple", "integer", "text", "date"))
)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("${a} = 'x'", "<a> is x[a]"),
        ("'x' != ${a}", "<a> is not x[a]"),
        ("${a} = ''", "<a> is blank"),
        ("${a} != ''", "<a> is answered"),
        ("selected(${a}, 'x')", "x[a] at <a>"),
        ("not(selected(${a}, 'x'))", "no x[a] at <a>"),
        ("not(${a} = 'x')", "<a> is not x[a]"),
        ("not(${a} != '')", "<a> is blank"),
        ("not(${a} = 'x' and ${b} > 2)", "not (<a> is x[a] and <b> > 2)"),
        ("${a} = 'x' or ${b} = 'y' and 2 <= ${c}", "<a> is x[a] or (<b> is y[b] and <c> >= 2)"),
        ("(${a} = 'x' or ${b} = 'y') and ${c} < 1.5", "(<a> is x[a] or <b> is y[b]) and <c> < 1.5"),
        ("string-length(.) <= 300", "length of this <= 300"),
        ("count-selected(${a}) = 2", "count of <a> is 2"),
        (". = 'x'", "this is x[]"),
        ("${a} = ${b}", "<a> is <b>"),
    ],
)
def test_conditions_in_words(expression: str, words: str) -> None:
    """A condition reads as a sentence about questions and answers, with parentheses where they matter."""
    assert in_words(parse(expression), SPEAKER) == words


@pytest.mark.parametrize(
    "expression", ["true()", "${a}", "${a} + 1 > 2", "pulldata('x', ${a}) = '1'", "selected(${a}, ${b})"]
)
def test_what_has_no_plain_words_is_left_alone(expression: str) -> None:
    """A condition that would need more than these words is refused, never half said."""
    with pytest.raises(Unsupported):
        in_words(parse(expression), SPEAKER)


@given(st.randoms(use_true_random=False))
def test_words_leave_nothing_out(random: Random) -> None:
    """Whatever the condition, its words name every question and every comparison that it holds."""
    node = parse(condition(random, ASKED))
    words = in_words(node, SPEAKER)
    assert all(f"<{name}>" in words for name in references(node))
    assert words.count("<q") >= _comparisons(node)


def _comparisons(node: Node) -> int:
    if node.op in {"and", "or"} or (node.op == "call" and node.args[0] == "not"):
        return sum(_comparisons(arg) for arg in node.args if isinstance(arg, Node))
    return 1


@given(st.randoms(use_true_random=False))
def test_working_out_what_is_certain_changes_no_verdict(random: Random) -> None:
    """With some answers put in their place, what is left of a condition holds exactly when the condition holds."""
    node = parse(condition(random, ASKED))
    answers: Mapping[str, object] = {
        "q0": random.choice((None, *CHOICES)),
        "q1": random.choice((None, [CHOICES[0]], list(CHOICES))),
        "q2": random.choice((None, 0, 2, 5)),
        "q3": random.choice((None, "x", "y")),
        "q4": random.choice((None, "2026-01-01")),
    }
    known = {name: _literal(value) for name, value in answers.items() if random.random() < 0.5}
    left = fold(node, known)
    holds = truth(evaluate(node, answers.__getitem__))
    assert holds == (left if isinstance(left, bool) else truth(evaluate(left, answers.__getitem__)))
    if isinstance(left, Node):
        assert not references(left) & set(known)
    if len(known) == len(answers):
        assert isinstance(left, bool)


def _literal(value: object) -> Node:
    match value:
        case None:
            return Node("literal", ("",))
        case list():
            return Node("literal", (" ".join(map(str, value)),))
        case int():
            return Node("literal", (float(value),))
        case _:
            return Node("literal", (str(value),))


def test_modules_that_are_not_asked_are_found_out() -> None:
    """A list that the phone computes without asking anybody settles the conditions on it."""
    known = {"modules": parse("'one two'")}
    assert fold(parse("selected(${modules}, 'one')"), known) is True
    assert fold(parse("selected(${modules}, 'three') and ${a} = 'x'"), known) is False
    assert fold(parse("selected(${modules}, 'two') and ${a} = 'x'"), known) == parse("${a} = 'x'")
    assert fold(parse("not(selected(${modules}, 'three'))"), known) is True
    assert fold(parse("today() = 'x'"), known) == parse("today() = 'x'")


def test_the_speaker_of_this_test_has_all_sentences() -> None:
    """The sentences that a speaker needs are the ones that the module names."""
    assert set(SENTENCES) == set(SPEAKER.sentences)
