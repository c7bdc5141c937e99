"""F52: nothing is sent before a woman has agreed, and nothing is sent if she has not."""

from __future__ import annotations

from collections.abc import Iterator

from kobo_sync.instrument.checks.book import Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.form import STORED, Question
from kobo_sync.instrument.grammar import Node

CONSENT = "consent"
# What a refusal may send: the form's version, the month, and how it ended.
BEFORE = frozenset({CONSENT, "version", "month", "screening"})


@form_rule(
    "F521",
    ERROR,
    "Nobody is asked to agree",
    why="Without a question of consent every submission counts as agreed to.",
    remedy="Add a question with the role consent; the choice that means yes has the score 1, the others 0.",
)
def no_consent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find forms that store answers and have no question of consent, or none that can be agreed to."""
    if book.form is None or not any(_sent(question) for question in book.form.questions):
        return
    question = book.form.with_role(CONSENT)
    if question is None:
        yield Hit(Place(book.file, "survey"), "no question has the role consent.")
    elif not any(choice.score == 1 for choice in question.choices):
        yield Hit(book.at(question.row, "type"), "no choice of it counts as yes: none has the score 1.")


@form_rule(
    "F522",
    ERROR,
    "Something is stored before, or without, consent",
    why="A woman who refuses must leave nothing behind but the version, the month and the refusal.",
    remedy="Move it behind the question of consent, into a group whose condition is that she agreed.",
)
def stored_without_consent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find answers and calculations that are sent whatever was said to the question of consent."""
    consent = book.form.with_role(CONSENT) if book.form is not None else None
    if book.form is None or consent is None or not any(choice.score == 1 for choice in consent.choices):
        return  # F521 says so
    asked = False
    for question in book.form.questions:
        asked = asked or question is consent
        if not _sent(question) or question.role in BEFORE:
            continue
        if not asked:
            yield Hit(book.at(question.row, "name"), f"{question.name!r} stands before the question of consent.")
        elif not any(_refused_away(condition, consent) for condition in question.relevant):
            yield Hit(book.at(question.row, "name"), f"{question.name!r} is sent without consent too.")


def _sent(question: Question) -> bool:
    """Whether the phone sends a value of it: also one that the record then leaves out. Referrals are only shown."""
    return question.type in STORED and question.role != "referrals"


def _refused_away(condition: str, consent: Question) -> bool:
    """Whether the condition, or a part of it joined by `and`, fails for a blank and for each choice that is no yes."""
    try:
        node = parse(condition)
    except Unsupported:
        return False
    refusals = [None, *(choice.name for choice in consent.choices if choice.score != 1)]
    parts = node.args if node.op == "and" else (node,)
    return any(
        isinstance(part, Node)
        and references(part) == {consent.name}
        and not any(_holds(part, refusal) for refusal in refusals)
        for part in parts
    )


def _holds(part: Node, answer: str | None) -> bool:
    try:
        return truth(evaluate(part, lambda _: answer))
    except Unsupported:
        return True  # not sure: then it does not protect


RULES = (no_consent, stored_without_consent)
