"""F61, F62: whether each scored question is put to all whom the framework means, and can be answered freely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kobo_sync.instrument.checks.book import RELEVANT, REQUIRED, Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.logic import DEFAULT
from kobo_sync.instrument.checks.scores import LETTERS, asked_about, scored
from kobo_sync.instrument.checks.worlds import CONSENT, LEFT_OUT, MODULES, PART, SCREENING, Case
from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, truth
from kobo_sync.instrument.form import Question

# The roles whose question decides on what follows, or counts for something, and so needs an answer of her own.
_DECIDES = frozenset(
    {CONSENT, SCREENING, PART, "quote_consent", "withdrawal_wish", "followup", "gap", "any_hr", "reporters"}
)
_READ_ONLY, _FILTER = "bind::readonly", "choice_filter"


def _modules(book: Book, instrument: Instrument, entry: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the rounds in which an indicator is to be asked: its own module alone, or whatever the modules are."""
    named = book.form.with_role(MODULES) if book.form is not None else None
    if named is None:
        return ({},)
    if entry["core"]:
        return {named.name: ""}, {named.name: " ".join(instrument.frame.domains)}
    return ({named.name: str(entry["domain"])},)


def _other_modules(book: Book, instrument: Instrument, entry: Mapping[str, Any]) -> dict[str, str] | None:
    """Return a round with all modules but the indicator's own, None where it does not hang on modules."""
    named = book.form.with_role(MODULES) if book.form is not None else None
    if named is None or entry["core"]:
        return None
    return {named.name: " ".join(code for code in instrument.frame.domains if code != entry["domain"])}


def _said(book: Book, case: Case, question: Question) -> str:
    """Say in which course of the interview it is, by the answers that are not the usual ones."""
    form = book.form
    usual = {CONSENT, SCREENING, PART, LEFT_OUT}
    told = [
        f"${{{name}}} is {answer!r}" if answer else f"${{{name}}} is blank"
        for name, answer in case.answers.items()
        if form is not None and form.by_name[name].role not in usual and name != question.name
    ]
    return f" when {', '.join(told)}" if told else ""


@form_rule(
    "F615",
    ERROR,
    "A scored question is not put to all whom the framework means",
    why="Its score would rest on some of the women only, and no report could say on which; or it is never asked.",
    remedy=(
        "Leave it no condition but consent, the opener of its part, and, if it is not core, its module: "
        "selected(${…}, 'its domain')."
    ),
)
def narrowed(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold each scored question to being asked in every interview of its module in which nothing was skipped."""
    if book.form is None:
        return
    for question, _, entry in _scored_and_gaps(book, instrument):
        cases = (
            case
            for given in _modules(book, instrument, entry)
            for case in book.walk.nothing_skipped(question, given=given)
        )
        left_out = next((case for case in cases if not case.asked(question)), None)
        if left_out is not None:
            word = "is not asked" if left_out.asked(question) is False else "may not be asked"
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} {word}{_said(book, left_out, question)}.")
            continue
        others = _other_modules(book, instrument, entry)
        if others and any(
            case.asked(question) is not False for case in book.walk.nothing_skipped(question, given=others)
        ):
            what = f"{question.name!r} is asked although the module {entry['domain']!r} is not."
            yield Hit(book.at(question.row, RELEVANT), what)


def _scored_and_gaps(book: Book, instrument: Instrument) -> Iterator[tuple[Question, str, Mapping[str, Any]]]:
    yield from scored(book, instrument.frame)
    for question in book.form.questions if book.form is not None else ():
        if question.role == "gap" and question.indicator in instrument.frame.gap_items:
            yield question, "L", {"core": True, "domain": ""}


@form_rule(
    "F616",
    ERROR,
    "A question that needs an answer can be passed over",
    why="Nobody could tell who did not want to answer from who was never asked; and what follows may be lost.",
    remedy="Write yes into required; whoever cannot or does not want to answer has choices for that.",
)
def not_required(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold scored questions, and those that decide on what follows, to being required without a condition."""
    wanted = {question.name for question, _, _ in scored(book, instrument.frame)}
    for question in book.form.questions if book.form is not None else ():
        if question.required or not (question.name in wanted or question.role in _DECIDES):
            continue
        what = "is required under a condition only" if question.required_when else "is not required"
        yield Hit(book.at(question.row, REQUIRED), f"{question.name!r} {what}.")


@form_rule(
    "F617",
    ERROR,
    "A follow-up question is asked at other answers than the framework says",
    why="The flag would miss what makes it grave, or somebody would be blamed without a word from anybody.",
    remedy="Let its condition be the answers under flag → followup → when in framework.yaml, below its question.",
)
def other_answers(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Try each answer to the scored question: its follow-up must be asked at those of the framework, and no others."""
    letter = book.form.source if book.form is not None else ""
    for question in book.form.questions if book.form is not None and letter in LETTERS else ():
        entry = instrument.frame.indicators.get(question.indicator)
        if question.role != "followup" or entry is None:
            continue
        when = (((entry.get("flag") or {}).get("followup") or {}).get("when") or {}).get(letter)
        asked = asked_about(book, question.indicator)
        if when is None or asked is None:
            what = f"{question.name!r} follows up {question.indicator}, for which framework.yaml wants none."
            yield Hit(book.at(question.row, "role"), what)
            continue
        if (question.row or 0) < (asked.row or 0):
            yield Hit(book.at(question.row, "name"), f"{question.name!r} stands above {asked.name!r}.")
        for answer in _asked_otherwise(book, instrument, question, asked, frozenset(map(str, when))):
            word = "is not asked" if answer in when else "is asked"
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} {word} when {asked.name!r} is {answer!r}.")


def _asked_otherwise(
    book: Book, instrument: Instrument, question: Question, asked: Question, when: frozenset[str]
) -> dict[str, None]:
    """Return the answers at which the follow-up is asked and should not be, or the other way round."""
    entry = instrument.frame.indicators[question.indicator]
    found: dict[str, None] = {}
    for given in _modules(book, instrument, entry):
        for case in book.walk.nothing_skipped(question, asked, given=given):
            answer = case.answers.get(asked.name)
            if answer is not None and case.asked(question) is not (answer in when):
                found[answer] = None
    return found


@form_rule(
    "F618",
    ERROR,
    "An answer is filled in before anybody gives it",
    why="Whoever goes on without touching it has agreed, refused or reported something that she never said.",
    remedy="Empty the cell default.",
)
def answered_beforehand(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find defaults of scored questions, of those that decide on what follows, and of those about who she is."""
    for number, row, question in _answered_freely(book, instrument):
        if row.get(DEFAULT, ""):
            yield Hit(book.at(number, DEFAULT), f"{question.name!r} starts with {row[DEFAULT]!r}.")


@form_rule(
    "F619",
    ERROR,
    "An answer that is offered cannot be given",
    why="The form would push her to another answer, or nobody could go on at all.",
    remedy="Empty the cell that is named, or let the constraint refuse only combinations of choices.",
)
def not_free(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find such questions that are read-only, filter their choices, or refuse one; and topics that must be left out."""
    for number, row, question in _answered_freely(book, instrument):
        if row.get(_READ_ONLY, "").lower() not in {"", "no", "false", "false()"}:
            yield Hit(book.at(number, _READ_ONLY), f"{question.name!r} is read-only.")
        if row.get(_FILTER, "") and question.choices and question.role != "identity":
            yield Hit(book.at(number, _FILTER), f"{question.name!r} shows only some of its choices.")
        for choice in question.choices:
            if _refuses(question, choice.name):
                yield Hit(
                    book.at(number, "bind::constraint"), f"{question.name!r} offers {choice.name!r} and refuses it."
                )
    for question in book.form.questions if book.form is not None else ():
        if question.role == LEFT_OUT and (question.required or question.required_when):
            yield Hit(book.at(question.row, REQUIRED), f"{question.name!r} does not let her leave out nothing.")


def _answered_freely(book: Book, instrument: Instrument) -> Iterator[tuple[int, Mapping[str, str], Question]]:
    wanted = {question.name for question, _, _ in scored(book, instrument.frame)}
    for number, row, _kind in book.survey:
        question = book.form.by_name.get(row.get("name", "")) if book.form is not None else None
        if question is None or question.row != number:
            continue
        if question.name in wanted or question.role in _DECIDES | {"identity", "decoy", "finish"}:
            yield number, row, question


def _refuses(question: Question, name: str) -> bool:
    """Whether the constraint refuses a single choice, whatever else was said; unsure of it, the phone judges."""
    if not question.constraint:
        return False
    try:
        return not truth(evaluate(parse(question.constraint), _not_known, [name] if question.multiple else name))
    except Unsupported:
        return False


def _not_known(name: str) -> object:
    raise Unsupported(name)


RULES = (narrowed, not_required, other_answers, answered_beforehand, not_free)
