"""Which conditions this program may judge itself, sure to come to the phone's own verdict.

Whatever is not sure is left to the phone alone: a wrong verdict here would put a good interview into quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping

from kobo_sync.instrument.expressions import Unsupported, functions_known, parse
from kobo_sync.instrument.form import DATES, Question
from kobo_sync.instrument.grammar import Node


def checkable(text: str, seen: Mapping[str, Question], this: Question | None = None) -> bool:
    """Whether the condition looks at nothing but values of the record, in ways that all engines agree on.

    `seen` holds the questions that the record shows from where the condition stands: those of the same repeat and of
    the repeats around it. `this` is the question that `.` stands for, None where it stands for nothing known.
    """
    try:
        node = parse(text)
    except Unsupported:
        return False
    return functions_known(node) and _sure(node, seen, this)


def _sure(node: Node, seen: Mapping[str, Question], this: Question | None) -> bool:
    match node:
        case Node("ref" | "self"):
            question = _question(node, seen, this)
            return question is not None and question.type not in DATES
        case Node("literal", (str() as text,)):
            return text == text.strip()  # a record's values carry no spaces around them
        case Node("=" | "!=", (left, right)) if _dates(left, right, seen, this):
            return _same_day(left, right, seen, this) or _same_day(right, left, seen, this)
        case _:
            return all(_sure(arg, seen, this) for arg in node.args if isinstance(arg, Node))


def _dates(left: Node, right: Node, seen: Mapping[str, Question], this: Question | None) -> bool:
    questions = (_question(side, seen, this) for side in (left, right))
    return any(question is not None and question.type in DATES for question in questions)


def _same_day(left: Node, right: Node, seen: Mapping[str, Question], this: Question | None) -> bool:
    """Whether a date is compared with a blank, a text or another date.

    Times are compared with a blank alone: the phone turns them into days first.
    """
    question, other = _question(left, seen, this), _question(right, seen, this)
    if question is None:
        return False
    match right:
        case Node("literal", ("",)):
            return True
        case Node("literal", (str() as text,)):
            return question.type == "date" and text == text.strip()
        case _:
            return question.type == "date" and other is not None and other.type == "date"


def _question(node: Node, seen: Mapping[str, Question], this: Question | None) -> Question | None:
    """Return the question that a reference stands for, if the record shows its value."""
    match node:
        case Node("ref", (str() as name,)):
            question = seen.get(name)
        case Node("self"):
            question = this
        case _:
            return None
    return question if question is not None and question.stored else None
