"""F52: nothing is sent before a woman has agreed, and nothing is sent if she has not, or must not be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kobo_sync.instrument.checks.book import RELEVANT, Book
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.worlds import CONSENT, GO_ON, SCREENING, Case, agreeing
from kobo_sync.instrument.form import STORED, Question

_TELLS = 60  # characters of a source text from which its length says something
_ENDS = re.compile(r"[.!?…]+(?=\W*\s|\W*$)|[。؟।]")
# What a refusal may send: the form's version, the month, and how it ended.
BEFORE = frozenset({CONSENT, "version", "month", SCREENING})


@form_rule(
    "F521",
    ERROR,
    "Nobody is asked to agree",
    why="Without a question of consent, or one that can only be agreed to, every submission counts as agreed to.",
    remedy="Add a question with the role consent; the choice that means yes has the score 1, the others 0.",
)
def no_consent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find forms that store answers and have no question of consent, or none that can be agreed to and refused."""
    if book.form is None or not any(_sent(question) for question in book.form.questions):
        return
    question = book.form.with_role(CONSENT)
    if question is None:
        yield Hit(Place(book.file, "survey"), "no question has the role consent.")
    elif not any(choice.score == 1 for choice in question.choices):
        yield Hit(book.at(question.row, "type"), "no choice of it counts as yes: none has the score 1.")
    elif all(choice.score == 1 for choice in question.choices):
        yield Hit(book.at(question.row, "type"), "it cannot be refused: all its choices have the score 1.")


@form_rule(
    "F522",
    ERROR,
    "Something is stored before, or without, consent",
    why="A woman who refuses must leave nothing behind but the version, the month and the refusal.",
    remedy="Move it behind the question of consent, into a group whose condition is that she agreed.",
)
def stored_without_consent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find answers and calculations that are sent whatever was said to the question of consent."""
    consent = book.walk.consent  # F521 says so where there is none
    if book.form is None or consent is None:
        return
    asked = False
    for question in book.form.questions:
        asked = asked or question is consent
        if not _sent(question) or question.role in BEFORE:
            continue
        if not asked:
            yield Hit(book.at(question.row, "name"), f"{question.name!r} stands before the question of consent.")
        elif any(case.asked(question) is not False for case in _without(book, consent, question)):
            yield Hit(book.at(question.row, "name"), f"{question.name!r} is sent without consent too.")


def _sent(question: Question) -> bool:
    """Whether the phone sends a value of it: also one that the record then leaves out. Referrals are only shown."""
    return question.type in STORED and question.role != "referrals"


def _without(book: Book, consent: Question, *questions: Question) -> Iterator[Case]:
    """Yield the courses in which she refused, or was not even asked."""
    for case in book.walk.cases(consent, *questions):
        if case.answers.get(consent.name) not in agreeing(consent):
            yield case


@form_rule(
    "F523",
    ERROR,
    "Whoever should not be asked is asked on",
    why="A girl under 18, or a woman who is not alone, would be interviewed although the interview has to end.",
    remedy="Let the question of consent depend on it: ${…} = 'go_on', go_on being the choice that means all is fine.",
)
def screened_in(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Try every answer to the question with the role screening: only go_on may lead to the question of consent."""
    consent = book.walk.consent  # F521 says so where there is none
    if book.form is None or consent is None:
        return
    screening = book.form.with_role(SCREENING)
    if screening is None:
        entry = instrument.frame.block("forms").get(book.name) or {}
        if entry.get("unit") == "person":
            yield Hit(
                Place(book.file, "survey"), "no question has the role screening, so nobody asks who may take part."
            )
        return
    names = {choice.name for choice in screening.choices}
    if GO_ON not in names or len(names) == 1:
        what = "offers no choice go_on" if GO_ON not in names else "offers no way to end"
        yield Hit(book.at(screening.row, "type"), f"{screening.name!r} {what}.")
    cases = book.walk.cases(screening, consent)
    for answer in dict.fromkeys(case.answers.get(screening.name) for case in cases if case.asked(consent) is not False):
        if answer != GO_ON:
            when = "is left blank" if answer is None else f"is {answer!r}"
            yield Hit(book.at(consent.row, RELEVANT), f"she is asked to agree although {screening.name!r} {when}.")
    if not any(case.asked(consent) for case in cases if case.answers.get(screening.name) == GO_ON):
        yield Hit(book.at(consent.row, RELEVANT), f"nobody is asked to agree when {screening.name!r} is {GO_ON!r}.")


@form_rule(
    "F524",
    ERROR,
    "Not all that she agrees to is read out",
    why="She would agree to something that nobody has told her: who asks, what is kept, how to take it back.",
    remedy="Show the notes above the question of consent, in its group, under the very condition of that question.",
)
def not_read_out(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the notes above the question of consent, in its group, to being shown whenever it is asked."""
    consent = book.walk.consent  # F521 says so where there is none
    if book.form is None or consent is None:
        return
    above = book.form.questions[: book.form.questions.index(consent)]
    group = consent.path.rpartition("/")[0]
    notes = [one for one in above if one.type == "note" and one.path.rpartition("/")[0] == group]
    entry = instrument.frame.block("forms").get(book.name) or {}
    if entry.get("unit") == "person" and not notes:
        yield Hit(book.at(consent.row, "name"), f"no note stands above {consent.name!r} in its group.")
    for note in notes:
        cases = book.walk.cases(consent, note)
        if any(case.asked(consent) is not False and case.asked(note) is not True for case in cases):
            yield Hit(book.at(note.row, RELEVANT), f"{note.name!r} is not shown whenever she is asked to agree.")


@form_rule(
    "F525",
    WARNING,
    "An interview ends without a word",
    why="Who is sent away without a kind sentence thinks that she did something wrong.",
    remedy="Add a note that thanks her, below the question of consent, with this answer as its condition.",
)
def no_farewell(book: Book, _: Instrument) -> Iterator[Hit]:
    """Look for a note at each answer to screening and consent that ends the interview."""
    consent = book.walk.consent  # F521 says so where there is none
    if book.form is None or consent is None:
        return
    notes = [one for one in book.form.questions if one.type == "note"]
    screening = book.form.with_role(SCREENING)
    for asked in filter(None, (screening, consent)):
        goes_on = {GO_ON} if asked is screening else agreeing(asked)
        for choice in asked.choices:
            cases = [case for case in book.walk.cases(consent, asked) if case.answers.get(asked.name) == choice.name]
            if choice.name in goes_on or not cases:
                continue
            if not any(cases[0].asked(note) for note in notes if (note.row or 0) > (asked.row or 0)):
                yield Hit(book.at(asked.row, "type"), f"nothing is said when {asked.name!r} is {choice.name!r}.")


@form_rule(
    "F526",
    ERROR,
    "A translation of what she agrees to is cut",
    why="She would agree to less than she is told in other languages: a promise, or a danger, is lost.",
    remedy="Translate sentence by sentence: as many as the source text has, none of them left out.",
)
def cut_translation(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold what is read before consent, and the question itself, to the source text's sentences, and to its length."""
    consent = book.walk.consent  # F521 says so where there is none
    named = instrument.frame.source_language
    source = named if named in book.languages else book.default_language
    until = (consent.row or 0) if consent is not None else 0
    for cell in book.texts:
        if cell.sheet.name != "survey" or cell.row > until or cell.kind not in {"note", "question", "hint"}:
            continue
        said = cell.texts.get(source, "")
        for language, text in cell.texts.items() if said else ():
            here, there = _sentences(text), _sentences(said)
            if here < there:
                yield Hit(cell.at(language), f"{here} of {there} sentences are there.", language=language)
            elif len(said) >= _TELLS and len(text) * 2 < len(said):
                what = f"{len(text)} characters stand for {len(said)}."
                yield Hit(cell.at(language), what, language=language)


def _sentences(text: str) -> int:
    """Count the sentences of a text, one where nothing ends them."""
    return max(1, len(_ENDS.findall(text.strip())))


RULES = (no_consent, stored_without_consent, screened_in, not_read_out, no_farewell, cut_translation)
