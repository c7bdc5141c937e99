"""F8: services, locales and referrals: what phones are given beside the forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import SequenceMatcher

from kobo_sync.csv_files import CODE
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.lists import (
    ACCEPTS,
    BAND,
    CHECKED,
    LISTS,
    LOCALES,
    PRIVATE,
    REFERRALS,
    SERVICES,
    CsvList,
)
from kobo_sync.instrument.checks.words import word_list

MONTHS = 6  # how long a referral may go unchecked
_YES = frozenset({"yes", "y", "true", "1"})  # as the program reads them when it deploys
_ALIKE = 0.8
_LOCALE_IS = re.compile(r"\blocale\s*=\s*\$\{\s*([^}\s]+)\s*\}|\$\{\s*([^}\s]+)\s*\}\s*=\s*locale\b")
_UPLOADED = frozenset({"name", "label", "locale"})  # of services.py and places.py: *_for_phones
_TELLING = re.compile(r"@|https?:|www\.|(\d[\s().-]*){5,}")


def _list(instrument: Instrument, name: str) -> CsvList:
    return instrument.lists.get(name) or CsvList(name)


@rule(
    "F801",
    ERROR,
    "A list cannot be used",
    why="Phones are given these lists; what cannot be read here cannot be offered there.",
    remedy="Mend what the message names. In Excel, save it as “CSV UTF-8”; the first row holds the columns' names.",
)
def unusable_list(instrument: Instrument) -> Iterator[Hit]:
    """Find lists that cannot be read or lack a column."""
    for name in LISTS:
        found = _list(instrument, name)
        if found.broken:
            yield Hit(found.at(), found.broken)


@rule(
    "F802",
    ERROR,
    "A line of a list lacks its code or its label, or repeats a code",
    why="Answers hold the code: without one, or with one that stands twice, nobody knows what was meant.",
    remedy="Give each line a code of its own (letters, digits, - and _; no spaces) and a label.",
)
def odd_code(instrument: Instrument) -> Iterator[Hit]:
    """Hold services and locales to codes of their own, and to labels."""
    for name in (SERVICES, LOCALES):
        seen: set[str] = set()
        for number, row in _list(instrument, name).rows:
            code = row["code"]
            if not CODE.fullmatch(code):
                yield Hit(_list(instrument, name).at(number, "code"), f"{code!r} is no code.")
            elif code in seen:
                yield Hit(_list(instrument, name).at(number, "code"), f"the code {code!r} stands twice.")
            seen.add(code)
            if not row["label"]:
                yield Hit(_list(instrument, name).at(number, "label"), "there is no label.")


@rule(
    "F803",
    ERROR,
    "A public label gives a service away",
    why="Labels go to phones and into public reports; a hidden service must not be found by them.",
    remedy="Give it a label that says neither name nor place, such as “Service 01”.",
)
def telling_label(instrument: Instrument) -> Iterator[Hit]:
    """Hold the labels of services to their private columns, which no message repeats."""
    services = _list(instrument, SERVICES)
    for number, row in services.rows:
        label = row["label"]
        general = word_list("general") | set(_words(row["type"]))
        at = services.at(number, "label")
        for column in PRIVATE:
            if _gives_away(label, row[column], general):
                yield Hit(at, f"the label resembles the private column {column!r}.")
        if _TELLING.search(label):
            yield Hit(at, "the label holds a telephone number or an address on the internet.")


def _gives_away(label: str, private: str, general: frozenset[str]) -> bool:
    ours, theirs = _words(label), _words(private)
    if not ours or not theirs:
        return False
    if set(ours) & set(theirs) - general:
        return True
    one, other = " ".join(ours), " ".join(theirs)
    return one == other or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _words(text: str) -> list[str]:
    """Return the words of four letters or more, without accents and case."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return re.findall(r"[^\W\d_]{4,}", plain)


@rule(
    "F804",
    ERROR,
    "A list names an area that locales.csv does not have",
    why="Phones show services and referrals by area: what stands under an unknown one is never shown.",
    remedy="Write the code of an area from locales.csv, or add the area there.",
)
def unknown_locale(instrument: Instrument) -> Iterator[Hit]:
    """Hold the column `locale` of services and referrals to locales.csv."""
    locales = _list(instrument, LOCALES)
    known = {row["code"] for _, row in locales.rows}
    for name in (SERVICES, REFERRALS):
        found = _list(instrument, name)
        for number, row in found.rows if locales.present else ():
            if row["locale"] not in known:
                yield Hit(found.at(number, "locale"), f"locales.csv has no code {row['locale']!r}.")


@rule(
    "F805",
    ERROR,
    "A form shows a list that is not there",
    why="The phone cannot open the form without it.",
    remedy="Put the file into the workspace, or beside the form.",
)
def missing_list(instrument: Instrument) -> Iterator[Hit]:
    """Find select_one_from_file whose file is nowhere."""
    for book in instrument.books:
        for number, _row, kind in book.survey:
            name = kind.list_name if kind.type.endswith("_from_file") else ""
            there = _list(instrument, name).there or (book.path.parent / name).is_file()
            if name and not there:
                yield Hit(book.at(number, "type"), f"there is no file {name!r}.")


@rule(
    "F806",
    ERROR,
    "A form that asks women shows no referrals",
    why="Questions about harm may upset her; then the interviewer must have somewhere to send her, offline too.",
    remedy="Add a row of type select_one_from_file referrals.csv to each sensitive part and to the end.",
)
def no_referrals(instrument: Instrument) -> Iterator[Hit]:
    """Find forms that the framework says ask persons, and that do not show referrals.csv."""
    for book in instrument.books:
        entry = instrument.frame.block("forms").get(book.name) or {}
        shown = any(kind.list_name == REFERRALS for _, _, kind in book.survey)
        if entry.get("unit") == "person" and book.form is not None and not shown:
            yield Hit(Place(book.file, "survey"), f"no row shows {REFERRALS}.")


def _referrals(instrument: Instrument) -> Iterator[tuple[CsvList, int, Mapping[str, str]]]:
    """Yield the referrals that phones are given: those known to accept women who use drugs."""
    found = _list(instrument, REFERRALS)
    for number, row in found.rows:
        if _accepts(row):
            yield found, number, row


def _accepts(row: Mapping[str, str]) -> bool:
    return row[ACCEPTS].lower() in _YES


def _example(row: Mapping[str, str]) -> bool:
    return row["label"].casefold().startswith("example")


@rule(
    "F807",
    ERROR,
    "A referral is not complete",
    why="A woman in need is shown a place without a name, or one that she cannot reach.",
    remedy="Fill in label and phone, or delete the line.",
)
def incomplete_referral(instrument: Instrument) -> Iterator[Hit]:
    """Find referrals without label or telephone number."""
    for found, number, row in _referrals(instrument):
        for column in ("label", "phone"):
            if not row[column]:
                yield Hit(found.at(number, column), f"there is no {column}.")


@rule(
    "F808",
    WARNING,
    "A referral does not say that it accepts women who use drugs",
    why="To be sent away where she sought help harms her more than no address, so the line is not sent.",
    remedy="If you do not know, ask there and write yes or no. If it says no, you may keep the line for yourself.",
)
def unwelcoming(instrument: Instrument) -> Iterator[Hit]:
    """Find referrals whose column does not say yes."""
    found = _list(instrument, REFERRALS)
    for number, row in found.rows:
        if not _accepts(row):
            yield Hit(found.at(number, ACCEPTS), f"it says {row[ACCEPTS]!r}, so it is not sent to phones.")


@rule(
    "F809",
    ERROR,
    "It cannot be told when a referral was checked",
    why="Nobody knows whether anybody answers there.",
    remedy="Write the day as 2026-03-31; in Excel, format the column as text first.",
)
def undated(instrument: Instrument) -> Iterator[Hit]:
    """Find referrals whose day of checking is no day, or in the future."""
    for found, number, row in _referrals(instrument):
        day = _day(row[CHECKED])
        if day is None or day > instrument.today:
            what = "is no day" if day is None else "is in the future"
            yield Hit(found.at(number, CHECKED), f"{row[CHECKED]!r} {what}.")


@rule(
    "F810",
    ERROR,
    f"A referral was not checked in the last {MONTHS} months",
    why="Numbers change and shelters close; a woman who is sent there may find nobody.",
    remedy="Call there, ask whether women who use drugs are welcome, and write today's date.",
)
def stale(instrument: Instrument) -> Iterator[Hit]:
    """Find referrals checked too long ago; the examples that init makes have a rule of their own."""
    for found, number, row in _referrals(instrument):
        day = _day(row[CHECKED])
        if day is not None and day < _before(instrument.today, MONTHS) and not _example(row):
            yield Hit(found.at(number, CHECKED), f"it was checked on {day.isoformat()}.")


@rule(
    "F811",
    WARNING,
    "An area has no referral",
    why="In interviews there the page with help is empty.",
    remedy="Add a place that women from this area can reach, also by telephone.",
)
def no_help_there(instrument: Instrument) -> Iterator[Hit]:
    """Find locales for which phones are given no referral."""
    served = {row["locale"] for _, _, row in _referrals(instrument)}
    locales = _list(instrument, LOCALES)
    for number, row in locales.rows if _list(instrument, REFERRALS).present else ():
        if row["code"] and row["code"] not in served:
            yield Hit(locales.at(number, "code"), f"phones get no line of referrals.csv for {row['code']!r}.")


@rule(
    "F812",
    WARNING,
    "A referral is still the example",
    why="A woman in need would be shown a place that does not exist.",
    remedy="Replace it by a real place before the first interview.",
)
def example_left(instrument: Instrument) -> Iterator[Hit]:
    """Find the referrals that a new workspace starts with."""
    for found, number, row in _referrals(instrument):
        if _example(row):
            yield Hit(found.at(number, "label"), f"“{row['label']}” is an example.")


@rule(
    "F813",
    ERROR,
    "A service's number of women is none of the framework's bands",
    why="The band decides whether a service is so small that its figures would show who answered.",
    remedy="Write one of the bands of framework.yaml (thresholds, women_bands), or leave the cell empty.",
)
def unknown_band(instrument: Instrument) -> Iterator[Hit]:
    """Hold the private column women_band to the framework's bands."""
    bands = instrument.frame.block("thresholds").get("women_bands") or {}
    services = _list(instrument, SERVICES)
    for number, row in services.rows if bands else ():
        if row[BAND] not in {"", *bands}:
            yield Hit(services.at(number, BAND), f"it is none of: {', '.join(bands)}.")


@rule(
    "F814",
    ERROR,
    "A list is filtered by what phones do not know",
    why="Phones get the columns name, label and locale alone: any other filter leaves the list empty in her hands.",
    remedy="Write locale=${…}, with the question that has the role locale; or leave the filter empty.",
)
def odd_filter(instrument: Instrument) -> Iterator[Hit]:
    """Hold the filters of services, areas and referrals to the uploaded columns, and locale to the chosen area."""
    for book in instrument.books:
        chosen = {one.name for one in (book.form.questions if book.form is not None else ()) if one.role == "locale"}
        for number, row, kind in book.survey:
            text = row.get("choice_filter", "")
            if not text or kind.list_name not in LISTS:
                continue
            bare = re.sub(r"\$\{[^}]*\}|'[^']*'|\"[^\"]*\"", " ", text)
            columns = set(re.findall(r"[a-z_][\w-]*(?!\w*\s*\()", bare, re.IGNORECASE)) - {"and", "or", "not"}
            areas = {name for pair in _LOCALE_IS.findall(text) for name in pair if name}
            if odd := sorted((columns - _UPLOADED) | (areas - chosen if chosen else set())):
                yield Hit(book.at(number, "choice_filter"), f"it looks at {', '.join(odd)}.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _before(day: date, months: int) -> date:
    """Return the same day some months earlier, the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


RULES = (
    unusable_list,
    odd_code,
    telling_label,
    unknown_locale,
    missing_list,
    no_referrals,
    incomplete_referral,
    unwelcoming,
    undated,
    stale,
    no_help_there,
    example_left,
    unknown_band,
    odd_filter,
)
