"""F5: what a form must never ask, store or show: the rules that keep women safe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kobo_sync.instrument.checks.book import HINT, LABEL, SETTINGS, Book, language_code, written
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.logic import CALCULATE, DEFAULT, expressions
from kobo_sync.instrument.checks.words import personal_patterns, telling_title, warning_stems, word_list
from kobo_sync.instrument.form import DATES, NEVER_STORED, STORED, Question

MOST_FREE_TEXTS = 2
# Types that neither ask nor send anything of their own.
_SILENT = frozenset(
    {"note", "begin_group", "end_group", "begin_repeat", "end_repeat", "csv-external", "xml-external", "hidden"}
)
_OPEN = frozenset({"text", "integer", "decimal", "range"})
_MONTH_ONLY = re.compile(r"format-date\s*\(\s*(today|now)\s*\(\s*\)\s*,\s*['\"]%Y(-%m)?['\"]\s*\)")
_CLOCK = re.compile(r"\b(today|now)\s*\(\s*\)")


@form_rule(
    "F501",
    ERROR,
    "A type that records a device, a place, a person or a recording",
    why="It can identify the woman or the interviewer, or show where they met; the server keeps it in backups.",
    remedy="Delete the row. Nothing in this project needs it, and there is no way to allow it.",
)
def forbidden_type(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find metadata, location, media and barcode types."""
    for number, row, kind in book.survey:
        if kind.type in NEVER_STORED or kind.type not in STORED | _SILENT:
            yield Hit(book.at(number, "type"), f"{row['type']!r} must not be in a form.")


@form_rule(
    "F502",
    ERROR,
    "An exact day or time is asked",
    why="The day of a visit or a birth, together with the service, can tell who the woman is.",
    remedy="Ask for a month, a year or an age group from a list, or leave it out.",
)
def exact_date(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find questions for dates and times."""
    for number, row, kind in book.survey:
        if kind.type in DATES:
            yield Hit(book.at(number, "type"), f"the question {row.get('name', '')!r} asks for a {kind.type}.")


@form_rule(
    "F503",
    ERROR,
    "A question asks who somebody is, or where to find her",
    why="Names, addresses, telephone numbers and birth dates put women at risk if anybody gets hold of the answers.",
    remedy="Delete the question. To find a record again there is the random withdrawal code.",
)
def personal_data(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find open questions whose name or label asks for personal data."""
    for number, row, kind in book.survey:
        if kind.type not in _OPEN or row.get("role") == "service_name":
            continue
        words = set(re.split(r"[\W_0-9]+", row.get("name", "").lower()))
        if told := sorted(words & word_list("personal_names")):
            yield Hit(book.at(number, "name"), f"the name says that it collects: {', '.join(told)}.")
            continue
        for language in book.languages or ("",):
            text = row.get(written(LABEL, language), "")
            code = language_code(language)
            pattern = personal_patterns().get(code)
            if pattern is not None and (match := pattern.search(text)):
                yield Hit(
                    book.at(number, written(LABEL, language)), f"it asks for “{match[0].strip()}”.", language=language
                )
                break


@form_rule(
    "F504",
    ERROR,
    "The day or the time is sent with the answers",
    why="Who knows when a woman was interviewed can find her record among the others.",
    remedy="Keep the month alone: format-date(today(), '%Y-%m').",
)
def clock(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find calculations and defaults that take more from the clock than the month."""
    for one in expressions(book):
        if one.column in {CALCULATE, DEFAULT} and _CLOCK.search(_MONTH_ONLY.sub("", one.text)):
            yield Hit(one.at, f"{one.text!r} tells the day.")


@form_rule(
    "F505",
    ERROR,
    "Too many free texts",
    why="In her own words a woman may name herself or others; each text has to be read and cleared by a person.",
    remedy=f"Keep at most {MOST_FREE_TEXTS} a form (framework.yaml may set fewer); make choices of the others.",
)
def too_many_texts(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Count the questions that are answered in words."""
    rows = [number for number, _, kind in book.survey if kind.type == "text"]
    set_to = (instrument.frame.block("forms").get(book.name) or {}).get("max_free_text", MOST_FREE_TEXTS)
    most = min(MOST_FREE_TEXTS, int(set_to))
    for place, number in enumerate(rows[most:], most + 1):
        yield Hit(book.at(number, "type"), f"this is free text number {place}; at most {most} may be.")


@form_rule(
    "F506",
    ERROR,
    "A free text does not warn",
    why="Without “no names, no places, no dates” beside it, people write just these.",
    remedy="Say in the hint, in every language: no names, no places, no dates.",
)
def text_without_warning(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find free texts whose hint lacks one of the three warnings."""
    for number, row, kind in book.survey:
        if kind.type != "text":
            continue
        hints = {language: row.get(written(HINT, language), "") for language in book.languages or ("",)}
        # A hint that is there in other languages only is a translation that is missing, and said as such.
        for language, hint in hints.items() if not any(hints.values()) else _there(hints):
            code = language_code(language)
            stems = warning_stems().get(code or "en", (r"\w",) if code else ())
            missing = [stem.split("|")[0] for stem in stems if not re.search(rf"\b({stem})", hint, re.IGNORECASE)]
            if missing:
                what = "there is no hint" if not hint else f"the hint says nothing of: {', '.join(missing)}"
                yield Hit(book.at(number, written(HINT, language)), f"{what}.", language=language)


@form_rule(
    "F507",
    ERROR,
    "The form's title tells what it is about",
    why="It shows on the phone's screen and in KoboToolbox: whoever looks over a shoulder learns about the woman.",
    remedy="Give it a neutral title, such as “Service survey”.",
)
def title_that_tells(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find titles that speak of drugs, HIV or violence."""
    if found := telling_title().search(book.settings.get("title", "")):
        yield Hit(book.at(2, "title", SETTINGS), f"the title says “{found[0]}”.")


def _there(hints: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((language, hint) for language, hint in hints.items() if hint)


def _with_role(book: Book, role: str) -> Iterator[Question]:
    if book.form is not None:
        yield from (question for question in book.form.questions if question.role == role)


@form_rule(
    "F508",
    ERROR,
    "A question about who she is cannot be refused",
    why="HIV, sex work, age or gender must never be the price of taking part.",
    remedy="Take out “required”, and offer a choice “Prefer not to say” with “pns” in the column missing.",
)
def identity_required(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find questions with the role identity that must be answered, or offer no refusal."""
    for question in _with_role(book, "identity"):
        if question.required or question.required_when:
            yield Hit(book.at(question.row, "bind::required"), f"{question.name!r} must be answered.")
        if not any(choice.missing == "pns" for choice in question.choices):
            yield Hit(book.at(question.row, "type"), f"{question.name!r} offers no “Prefer not to say”.")


@form_rule(
    "F509",
    ERROR,
    "The withdrawal code is not random",
    why="A code made of her answers or of the time would tell who she is; one that changes would not find her record.",
    remedy="Calculate it as once(string(int(random()*900000000)+100000000)), of nothing else.",
)
def guessable_code(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold the calculation with the role withdrawal_code to: random, made once, of nothing else."""
    for question in _with_role(book, "withdrawal_code"):
        text = question.calculation
        if not re.match(r"once\s*\(", text) or not re.search(r"\b(random|uuid)\s*\(", text) or "${" in text:
            at = Place(book.file, "survey", question.row, book.sheet("survey").columns.get(CALCULATE, ""))
            yield Hit(at, f"{question.name!r} is not a random number that is made once.")


RULES = (
    forbidden_type,
    exact_date,
    personal_data,
    clock,
    too_many_texts,
    text_without_warning,
    title_that_tells,
    identity_required,
    guessable_code,
)
