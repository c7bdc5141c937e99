"""The courses that an interview can take, and how many codes a calculation can make: true of every form, by drawing."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.instrument.checks.randomness import possibilities
from kobo_sync.instrument.checks.worlds import Case, Walk, agreeing
from kobo_sync.instrument.expressions import evaluate, parse, truth
from kobo_sync.instrument.form import Choice, Form, Question

NAMES = ("a", "b", "c", "d")
CHOICES = ("go_on", "pause", "skip")


def _question(name: str, *relevant: str, required: bool = True, role: str = "", calculation: str = "") -> Question:
    return Question(
        name=name,
        path=name,
        type="calculate" if calculation else "select_one",
        choices=() if calculation else tuple(Choice(choice, {}) for choice in CHOICES),
        required=required,
        relevant=relevant,
        role=role,
        calculation=calculation,
    )


def _form(*questions: Question) -> Form:
    return Form("small", "Small", (), "", questions)


def _comparison(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    sides = st.tuples(st.sampled_from(names), st.sampled_from(["=", "!="]), st.sampled_from([*CHOICES, ""]))
    return sides.map(lambda drawn: f"${{{drawn[0]}}} {drawn[1]} '{drawn[2]}'")


def _conditions(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.recursive(
        st.one_of(_comparison(names), st.just("true()"), st.just("pow(1, 2) = 1")),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda drawn: f"({' '.join(drawn)})"),
            inner.map(lambda drawn: f"not({drawn})"),
            st.tuples(inner, inner, inner).map(lambda drawn: f"if({', '.join(drawn)})"),
        ),
        max_leaves=6,
    )


@st.composite
def _forms(draw: st.DrawFn) -> Form:
    questions = [_question(NAMES[0], required=draw(st.booleans()))]
    for place, name in enumerate(NAMES[1:], 1):
        relevant = draw(st.lists(_conditions(NAMES[:place]), max_size=2))
        questions.append(_question(name, *relevant, required=draw(st.booleans())))
    return _form(*questions)


def _courses(form: Form) -> Iterator[dict[str, str | None]]:
    """Yield every course as a phone would go through it, question by question; pow() is known to be true here."""

    def go(place: int, answers: dict[str, str | None]) -> Iterator[dict[str, str | None]]:
        if place == len(form.questions):
            yield answers
            return
        question = form.questions[place]
        texts = [text.replace("pow(1, 2) = 1", "true()") for text in question.relevant]
        asked = all(truth(evaluate(parse(text), answers.get)) for text in texts)
        options = ([*CHOICES] if question.required else [*CHOICES, None]) if asked else [None]
        for option in options:
            yield from go(place + 1, {**answers, question.name: option})

    return go(0, {})


@given(_forms())
def test_every_course_of_a_phone_is_among_those_that_are_looked_at(form: Form) -> None:
    """Whatever a phone can come to, the rules look at it too, and never take for certain what is not so."""
    last = form.questions[-1]
    cases = Walk(form).cases(last, *form.questions)
    seen = {tuple(case.answers.get(name) for name in NAMES): case for case in cases}
    for answers in _courses(form):
        case = seen[tuple(answers[name] for name in NAMES)]
        for question in form.questions:
            if answers[question.name] is not None:
                assert case.asked(question) is not False
            elif question.required:
                assert case.asked(question) is not True


@given(_forms(), st.sets(st.sampled_from(NAMES)))
def test_what_is_sure_with_less_known_stays_so_with_more(form: Form, known: set[str]) -> None:
    """With some answers not known, a question is called asked or not only where every such course agrees."""
    for answers in itertools.islice(_courses(form), 30):
        partly = Case(form, {name: answers[name] for name in known})
        wholly = Case(form, answers)
        for question in form.questions:
            sure = partly.asked(question)
            assert sure is None or wholly.asked(question) in {sure, None}


def test_what_is_not_asked_is_blank_for_those_that_look_at_it() -> None:
    """An answer given before its question was hidden again counts for nothing, as on the phone."""
    form = _form(_question("a"), _question("b", "${a} = 'go_on'"), _question("c", "${b} = 'go_on'"))
    hidden = Case(form, {"a": "skip", "b": "go_on"})
    assert [hidden.asked(one) for one in form.questions] == [True, False, False]


def test_calculations_are_followed_and_the_modules_are_never_taken_for_certain() -> None:
    """What a calculation comes to is known from its answers; the round's modules change from round to round."""
    form = _form(
        _question("a"),
        _question("sum", calculation="if(${a} = 'go_on', 'x', 'y')"),
        _question("set", calculation="'pkg'", role="modules"),
        _question("b", "${sum} = 'x'"),
        _question("c", "selected(${set}, 'pkg')"),
    )
    assert [Case(form, {"a": answer}).asked(form.by_name["b"]) for answer in CHOICES] == [True, False, False]
    assert Case(form, {}).asked(form.by_name["b"]) is None
    assert Case(form, {}).asked(form.by_name["c"]) is None
    assert Case(form, {"set": "acc"}).asked(form.by_name["c"]) is False


def test_circles_and_broken_expressions_are_not_known_and_end() -> None:
    """Questions that look at each other, and what nobody can parse, are never taken for certain."""
    form = _form(
        _question("a", "${b} = 'go_on'"),
        _question("b", "${a} = 'go_on'"),
        _question("x", calculation="${y}"),
        _question("y", calculation="${x}"),
        _question("c", "${x} = 'go_on'"),
        _question("d", "a b c ("),
    )
    assert [Case(form, {}).asked(one) for one in form.questions] == [None, None, True, True, None, None]
    assert Walk(form).cases(*form.questions)


def test_what_would_make_too_many_courses_is_not_known() -> None:
    """A condition on a dozen answers is given up in time, and then is not taken for certain."""
    many = [_question(f"q{number}") for number in range(12)]
    last = _question("last", " and ".join(f"${{{one.name}}} = 'go_on'" for one in many))
    cases = Walk(_form(*many, last)).cases(last)
    assert len(cases) <= 50_000
    assert {case.asked(last) for case in cases} == {False, None}


def test_yes_is_the_scored_choice_or_the_one_named_so() -> None:
    """A choice means yes by its score; where no choice of the list has one, by its name."""
    scored = Question("q", "q", "select_one", choices=(Choice("ok", {}, score=1), Choice("yes", {}, score=0)))
    named = Question("q", "q", "select_one", choices=(Choice("yes", {}), Choice("no", {})))
    assert agreeing(scored) == {"ok"}
    assert agreeing(named) == {"yes"}
    assert agreeing(_question("q")) == frozenset()


def _sample(text: str) -> Callable[[], str]:
    """Return a function that makes one code, for once(string(int(random()*A)+B))."""
    found = re.fullmatch(r"once\(string\(int\(random\(\)\*(\d+)\)\+(\d+)\)\)", text)
    assert found
    width, start = int(found[1]), int(found[2])
    return lambda: str(int(random.random() * width) + start)  # noqa: S311 -- as the phone would, for a test


@given(st.integers(1, 40), st.integers(0, 1000))
def test_codes_are_counted_as_they_come_out(width: int, start: int) -> None:
    """The number of codes that is said is the number of different codes that really come."""
    text = f"once(string(int(random()*{width})+{start}))"
    make = _sample(text)
    assert possibilities(text) == width == len({make() for _ in range(width * 60)})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("once(string(int(random()*900000000)+100000000))", 9e8),
        ("once(string(int(random()*900000)+100000))", 9e5),
        ("once(string(int(random())*900000+100000))", 1),
        ("once(substr(uuid(), 0, 8))", 16**8),
        ("once(substr(uuid(), 0, 4))", 16**4),
        ("once(substr(uuid(), 13, 16))", 16),
        ("once(uuid())", 16**30 * 4),
        ("once(substr(string(random()), 2, 10))", 1e8),
        ("once(substr(string(random()), 0, 6))", 1e4),
        ("once(concat(string(int(random()*1000)), '-', string(int(random()*1000))))", 1e6),
        ("once(if(${a} = 'x', string(int(random()*10)), uuid()))", 10),
        ("once(string(round(random()*500)))", 500),
        ("once(string(int(random()*900000 div 9)))", 1e5),
        ("once(string(int(0 - random()*50)))", 50),
        ("once('4711')", 1),
        ("once(${month})", 1),
        ("once(int(random()*", 1),
        ("", 1),
    ],
)
def test_codes_that_people_write_are_counted(text: str, count: float) -> None:
    """The usual ways to make a code are told by how many there can be; what is not known counts as one."""
    assert possibilities(text) == pytest.approx(count)


@given(st.text(alphabet="random()*+-div intsubstruuid0123456789.,' ${}", max_size=60))
def test_any_calculation_is_counted(text: str) -> None:
    """Whatever stands in the cell, a number comes, and it is one or more."""
    assert possibilities(text) >= 1
