"""F61: choices of a select_multiple that cannot stand beside others: none of these, don't know, prefer not to say."""

from __future__ import annotations

from collections.abc import Iterator

from kobo_sync.instrument.checks.book import Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, truth
from kobo_sync.instrument.form import Choice, Question


def _alone(choice: Choice) -> bool:
    return choice.missing is not None or choice.score == 0


@form_rule(
    "F610",
    ERROR,
    "“None”, “don't know” or “prefer not to say” can be chosen beside an answer",
    why="It cannot be told which of the two is meant.",
    remedy=(
        "Add a constraint with a message, such as: not((selected(., 'none') or selected(., 'dk') or selected(., "
        "'pns')) and count-selected(.) > 1)"
    ),
)
def together(book: Book, _: Instrument) -> Iterator[Hit]:
    """Try each such choice beside another on the constraint of the question."""
    if book.form is None:
        return
    for question in book.form.questions:
        if question.type != "select_multiple":
            continue
        others = [choice for choice in question.choices if not _alone(choice)]
        for choice in filter(_alone, question.choices):
            if others and _allows(question, [choice.name, others[0].name]):
                what = f"{question.name!r} takes {choice.name!r} together with {others[0].name!r}."
                yield Hit(book.at(question.row, "bind::constraint"), what)


def _allows(question: Question, answer: list[str]) -> bool:
    """Whether the constraint lets the answer pass; an expression outside the known grammar is the phone's business."""
    if not question.constraint:
        return True
    try:
        return truth(evaluate(parse(question.constraint), lambda _: None, answer))
    except Unsupported:
        return False


RULES = (together,)
