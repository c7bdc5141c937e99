"""Wrong answers for every question of a form, made from the form: none, not accepted, not among the choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from engine_corpus import AnswerSet, Values, filled, sets, whole, wrong_answers
from engine_instrument import plain

from kobo_sync.engine import Stopped
from kobo_sync.instrument.form import Question

NOT_OFFERED = "not_a_choice"
_NUMBERS = ("-1", "0", "100000")
_LONG = "x" * 2000


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer (nothing: left empty) within a set, and why it is wrong: required, constraint or choice."""

    one: AnswerSet
    question: str
    kind: str
    values: Values


@cache
def wrongs(form: str) -> tuple[Wrong, ...]:
    """Return wrong answers of each kind for each question that some set answers, as much as possible in one set.

    Where the form limits what may be said, those are kept that JavaRosa stops; that there is one each is for a test.
    """
    found: list[Wrong] = []
    done: set[str] = set()
    for one in (whole(form), *sorted(sets(form), key=lambda one: -len(filled(one).answers))):
        for name in filled(one).answers:
            if name not in done:
                done.add(name)
                found += _made(one, one.instrument.form.by_name[name])
    return tuple(found)


def _made(one: AnswerSet, question: Question) -> Iterator[Wrong]:
    if question.required:
        yield Wrong(one, question.name, "required", ())
    if question.type.startswith("select"):
        yield Wrong(one, question.name, "choice", (NOT_OFFERED,))
    if question.constraint:
        named = wrong_answers(one.form).get(question.name, ())
        yield from (Wrong(one, question.name, "constraint", values) for values in named)
        for values in _candidates(question):
            wrong = Wrong(one, question.name, "constraint", values)
            if values not in named and (stop := stopped(wrong)) and stop.kind == "constraint":
                yield wrong


def _candidates(question: Question) -> Iterator[Values]:
    if question.multiple:
        alone = [choice.name for choice in question.choices if choice.missing or choice.score == 0]
        for name in alone:
            yield next((choice.name, name) for choice in question.choices if choice.name != name)
    elif question.type == "text":
        yield (_LONG,)
    else:
        yield from ((number,) for number in _NUMBERS)


def stopped(wrong: Wrong, language: str = "") -> Stopped | None:
    """Fill in the set with its wrong answer, and return where the phone stopped; None when it did not."""
    answers = {**filled(wrong.one).answers, wrong.question: wrong.values}
    try:
        wrong.one.instrument.filler.fill(answers, language or None)
    except Stopped as stop:
        return stop
    return None


def message(wrong: Wrong, language: str) -> str:
    """Return what the workbook says is shown; of a choice that is not offered nothing is."""
    if wrong.kind == "choice":
        return ""
    return plain(wrong.one.instrument.messages[wrong.question, wrong.kind].get(language, ""))


def by_set(form: str) -> Mapping[AnswerSet, tuple[Wrong, ...]]:
    """Return the wrong answers by the set in which they are tried, the longest set first."""
    found: dict[AnswerSet, list[Wrong]] = {}
    for wrong in wrongs(form):
        found.setdefault(wrong.one, []).append(wrong)
    return {one: tuple(several) for one, several in found.items()}
