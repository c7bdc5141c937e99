"""F6: from answers to scores: each question counts for what the framework says, and each choice too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, Book
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, form_rule, rule
from kobo_sync.instrument.checks.frame import Frame
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.form import Choice, Question

LETTERS = {"C": "clients", "P": "the provider", "O": "observers", "L": "the locale gap form"}
# What a question may be besides one that is scored; the codebook says what each is for.
ROLES = frozenset(
    {
        "version", "month", "consent", "screening", "service", "service_name", "service_listed", "locale", "team",
        "identity", "part", "followup", "free_text", "quote_consent", "withdrawal_wish", "withdrawal_code", "decoy",
        "referrals", "modules", "context", "gap", "reporters", "any_hr", "nearest_time", "barrier", "closed_since",
        "duty_bearer", "finish", "locale_listed", "left_out", "withdrawal_code_shown",
    }
)  # fmt: skip
_ONE, _SEVERAL = "select_one", "select_multiple"


def scored(book: Book, frame: Frame) -> Iterator[tuple[Question, str, Mapping[str, Any]]]:
    """Yield (question, source letter, indicator) of the scored questions whose indicator exists."""
    if book.form is not None and book.form.source in LETTERS:
        for question in book.form.scored:
            if question.indicator in frame.indicators:
                yield question, book.form.source, frame.indicators[question.indicator]


def asked_about(book: Book, code: str) -> Question | None:
    """Return the scored question about an indicator, None where there is none."""
    if book.form is None:
        return None
    return next((question for question in book.form.scored if question.indicator == code), None)


def _choice_at(book: Book, choice: Choice, column: str = "name") -> Place:
    return book.at(choice.row, column, CHOICES)


@form_rule(
    "F601",
    ERROR,
    "A question names an indicator that does not exist",
    why="Its answers would enter no score.",
    remedy="Correct the code in the column indicator, or add the indicator to framework.yaml.",
)
def unknown_indicator(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the column `indicator` to the framework's codes."""
    known = {*instrument.frame.indicators, *instrument.frame.gap_items}
    if book.form is None or not instrument.frame.known:
        return
    for question in book.form.questions:
        if question.indicator and question.indicator not in known:
            yield Hit(book.at(question.row, "indicator"), f"framework.yaml has no indicator {question.indicator!r}.")


@rule(
    "F602",
    ERROR,
    "An indicator is not asked where the framework says",
    why="Its score would rest on fewer people's word than reports say, or be missing.",
    remedy="Add the question, or take the letter out of the indicator's sources in framework.yaml.",
)
def not_asked(instrument: Instrument) -> Iterator[Hit]:
    """Look for each indicator in the forms of each of its sources, as far as there are such forms."""
    for letter, who in LETTERS.items():
        books = instrument.of_source(letter)
        asked = {
            question.indicator
            for book in books
            for question in (book.form.questions if book.form else ())
            if question.indicator and question.role in {"", "context", "gap"}
        }
        for code in _wanted(instrument, letter) if books else ():
            if code not in asked:
                yield Hit(Place(books[0].file, "survey"), f"{code} is to be asked of {who} ({letter}), and is not.")


def _wanted(instrument: Instrument, letter: str) -> list[str]:
    """Return the codes to ask a source about; an interview without modules is one of the core alone."""
    if letter == "L":  # what L stands for at an indicator is said under gaps → covers; the items themselves stand there
        return list(instrument.frame.gap_items)
    wanted = {code: entry for code, entry in instrument.frame.indicators.items() if letter in entry["sources"]}
    books = instrument.of_source(letter)
    modules = any(book.form is not None and book.form.with_role("modules") for book in books)
    return [code for code, entry in wanted.items() if letter != "C" or modules or entry["core"]]


@form_rule(
    "F603",
    ERROR,
    "An indicator is asked where the framework does not say",
    why="No weight is set for this source, so its answers change nothing.",
    remedy="Delete the question, or add the letter to the indicator's sources in framework.yaml.",
)
def asked_elsewhere(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find scored questions in a form whose letter is none of the indicator's sources."""
    for question, letter, entry in scored(book, instrument.frame):
        if letter not in entry["sources"]:
            what = f"{question.indicator} is asked of {LETTERS[letter]} ({letter}); its sources are "
            yield Hit(book.at(question.row, "indicator"), f"{what}{', '.join(entry['sources'])}.")


@form_rule(
    "F604",
    ERROR,
    "A choice of a scored question is worth nothing",
    why="Whoever chooses it drops out of the score without a reason that reports could name.",
    remedy=(
        "Give it a score, or a reason in the column missing (dk, pns, na, not_observed). If the whole question is "
        "deliberately without a score, give it the role context."
    ),
)
def worthless_choice(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find choices with neither score nor missing."""
    for question, _, _entry in scored(book, instrument.frame):
        for choice in question.choices:
            if choice.score is None and choice.missing is None:
                what = f"{choice.name!r} of the list {question.list_name!r} has neither score nor missing"
                yield Hit(_choice_at(book, choice, "score"), f"{what} ({question.name!r} uses it).")


@form_rule(
    "F605",
    ERROR,
    "A choice has both a score and a reason for having none",
    why="It cannot count and be missing at once.",
    remedy="Empty one of the two cells.",
)
def both(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find choices with score and missing."""
    for _number, row in book.sheet(CHOICES).rows:
        if row.get("score") and row.get("missing"):
            yield Hit(book.at(_number, "missing", CHOICES), f"{row.get('name', '')!r} has a score and is missing.")


@form_rule(
    "F606",
    ERROR,
    "Scores are not those of the framework's scale",
    why="The same answer would count differently in two forms, and otherwise than every report says.",
    remedy="Write the scale's scores into the column score, or name the right scale in framework.yaml.",
)
def other_scale(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the scores of each list to the scale on which the form's source is asked."""
    for question, letter, entry in scored(book, instrument.frame):
        name, scale = instrument.frame.scale(question.indicator, letter)
        if scale.get("multiple"):
            yield from _shares(book, question, int(entry.get("k", 0)))
        else:
            yield from _values(book, question, name, scale.get("choices") or {})


def _values(book: Book, question: Question, name: str, scale: Mapping[str, float]) -> Iterator[Hit]:
    offered = {choice.name: choice for choice in question.choices}
    where = f"the scale {name!r} of {question.indicator}"
    for choice in question.choices:
        if choice.score is not None and scale.get(choice.name) != choice.score:
            said = f"{scale[choice.name]:g}" if choice.name in scale else "no such choice"
            yield Hit(
                _choice_at(book, choice, "score"),
                f"{choice.name!r} of the list {question.list_name!r} scores {choice.score:g}; {where} says: {said}.",
            )
    for missing in scale:
        if question.choices and missing not in offered:
            yield Hit(
                book.at(question.row, "type"), f"{question.name!r} does not offer {missing!r}, which {where} has."
            )


def _shares(book: Book, question: Question, wanted: int) -> Iterator[Hit]:
    counted = sum(choice.score == 1 for choice in question.choices)
    for choice in question.choices:
        if choice.score not in {None, 0, 1}:
            what = f"{choice.name!r} scores {choice.score:g}: where several may be chosen, a thing scores 1, “none” 0."
            yield Hit(_choice_at(book, choice, "score"), what)
    if counted != wanted:
        what = f"{question.name!r} lists {counted} things with the score 1; the framework says {wanted} (k)."
        yield Hit(book.at(question.row, "type"), what)


@form_rule(
    "F607",
    ERROR,
    "A scored question is not of its scale's type",
    why="Its answers have no choices that could have a score, or more than one where one is counted.",
    remedy="Make it a select_one; for a scale of several things, a select_multiple.",
)
def wrong_type(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the type of scored questions to their scale."""
    for question, letter, _entry in scored(book, instrument.frame):
        _, scale = instrument.frame.scale(question.indicator, letter)
        wanted = _SEVERAL if scale.get("multiple") else _ONE
        if question.type != wanted:
            yield Hit(book.at(question.row, "type"), f"{question.name!r} is a {question.type}, not a {wanted}.")


@form_rule(
    "F608",
    ERROR,
    "“Not applicable” is offered against the framework",
    why="Offered where it should not be, it hides a service that is missing; not offered, it makes a false no.",
    remedy="Add or remove the choice with “na” in the column missing, or change na_when in framework.yaml.",
)
def not_applicable(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the choice “not applicable” to `na_when`."""
    for question, _, entry in scored(book, instrument.frame):
        offered = any(choice.missing == "na" for choice in question.choices)
        if question.choices and offered != bool(entry.get("na_when")):
            what = "offers “not applicable”, which na_when does not allow" if offered else "offers no “not applicable”"
            yield Hit(book.at(question.row, "type"), f"{question.name!r} {what} ({question.indicator}).")


@form_rule(
    "F609",
    ERROR,
    "A scored question cannot be left unanswered kindly",
    why="Who does not know, or does not want to say, is pushed to a yes or a no.",
    remedy="Add the choices with dk and pns in the column missing; for an observer, not_observed.",
)
def no_way_out(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find scored questions without "don't know" and "prefer not to say", or "could not observe"."""
    for question, letter, _entry in scored(book, instrument.frame):
        reasons = {choice.missing for choice in question.choices}
        lacking = [
            reason for reason in (("not_observed",) if letter == "O" else ("dk", "pns")) if reason not in reasons
        ]
        if question.choices and lacking:
            yield Hit(
                book.at(question.row, "type"), f"{question.name!r} offers no choice that means {', '.join(lacking)}."
            )


@form_rule(
    "F611",
    ERROR,
    "A flag is raised by an answer that nobody can give",
    why="A harm that women report would stay unseen.",
    remedy="Correct the choice's name in framework.yaml under the indicator's flag, or in the form.",
)
def silent_flag(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the choices named in flags, and their follow-up questions, to the forms."""
    for question, letter, entry in scored(book, instrument.frame):
        flag = entry.get("flag") or {}
        offered = {choice.name for choice in question.choices}
        for key in ("raised_by", "confirmed_by", "in_policy"):
            for name in (flag.get(key) or {}).get(letter, ()):
                if offered and name not in offered:
                    what = (
                        f"the flag of {question.indicator} is {key} {name!r}, which {question.name!r} does not offer."
                    )
                    yield Hit(book.at(question.row, "type"), what)
        yield from _follow_up(book, question, letter, flag.get("followup") or {})


def _follow_up(book: Book, question: Question, letter: str, wanted: Mapping[str, Any]) -> Iterator[Hit]:
    if not wanted or letter not in wanted.get("when", {}) or book.form is None:
        return
    asked = [one for one in book.form.questions if one.role == "followup" and one.indicator == question.indicator]
    offered = {choice.name for one in asked for choice in one.choices}
    for name in () if not asked else wanted.get("answers", ()):
        if name not in offered:
            yield Hit(
                book.at(asked[0].row, "type"), f"{asked[0].name!r} does not offer {name!r}, which the flag wants."
            )
    if not asked:
        what = f"the flag of {question.indicator} wants a question with the role followup, and there is none."
        yield Hit(book.at(question.row, "indicator"), what)


@form_rule(
    "F612",
    ERROR,
    "An indicator is asked twice in a form",
    why="Only one answer can be that woman's word on it.",
    remedy="Take the code out of one of them, or give the second the role followup.",
)
def asked_twice(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find indicators with two scored questions in one form."""
    seen: dict[str, Question] = {}
    for question in book.form.scored if book.form is not None else ():
        first = seen.setdefault(question.indicator, question)
        if first is not question:
            what = f"{question.indicator} is asked in row {first.row} already, by {first.name!r}."
            yield Hit(book.at(question.row, "indicator"), what)


@form_rule(
    "F613",
    ERROR,
    "A scored form does not say whose word it is",
    why="What women say, what a provider says and what peers see weigh differently.",
    remedy="Write C, P, O or L into the column source of the settings sheet.",
)
def no_source(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find forms with indicators and no known letter."""
    if book.form is not None and book.form.scored and book.form.source not in LETTERS:
        what = f"the source is {book.form.source!r}." if book.form.source else "the settings have no source."
        yield Hit(book.at(2, "source", SETTINGS), what)


@form_rule(
    "F614",
    WARNING,
    "A role is not known",
    why="It does nothing, and takes the question out of the scores.",
    remedy=f"Correct it; there are: {', '.join(sorted(ROLES))}.",
)
def unknown_role(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold the column `role` to the roles that the program reads."""
    for number, row, _kind in book.survey:
        if row.get("role", "") not in {"", *ROLES}:
            yield Hit(book.at(number, "role"), f"the role {row['role']!r} is not known.")


@form_rule(
    "F620",
    WARNING,
    "A question has the name of one indicator and counts for another",
    why="Two codes were perhaps exchanged: each answer would count for what was not asked.",
    remedy="See which indicator the question asks about, and correct the code; or rename the question.",
)
def other_name(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold scored questions that begin with an indicator's code, the longest that fits, to that indicator."""
    for question, _, _entry in scored(book, instrument.frame):
        named = [code for code in instrument.frame.indicators if f"{question.name}_".startswith(f"{code}_")]
        if named and (meant := max(named, key=len)) != question.indicator:
            what = f"{question.name!r} is named like {meant} and counts for {question.indicator}."
            yield Hit(book.at(question.row, "indicator"), what)


RULES = (
    unknown_indicator,
    not_asked,
    asked_elsewhere,
    worthless_choice,
    both,
    other_scale,
    wrong_type,
    not_applicable,
    no_way_out,
    silent_flag,
    asked_twice,
    no_source,
    unknown_role,
    other_name,
)
