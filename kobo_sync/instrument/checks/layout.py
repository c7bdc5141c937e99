"""F2: columns, names, choice lists and appearances: slips that pyxform passes over without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, SURVEY, TEXT_COLUMNS, Book, Sheet
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.words import word_list

_NEAR = 0.8
# Plain columns of this program's, beside those of XLSForm.
_OURS = {SURVEY: ("indicator", "role"), CHOICES: ("score", "missing"), SETTINGS: ("source",)}
# Columns for notes, which nobody reads: near to nothing that matters.
_NOTES = frozenset({"comment", "comments", "note", "notes", "remark", "remarks", "source", "disabled"})
_PREFIXES = ("bind::", "control::", "instance::", "attribute::")
_NUMBERED = re.compile(r"(w|columns-|compact-|quickcompact-|horizontal-)[0-9]{1,2}")
_CALLS = re.compile(r"\b(search|ex:|intent:|printer:)\S*\s*\(.*|\b(ex|printer):\S+")


def _known(column: str) -> bool:
    return column in TEXT_COLUMNS or column.startswith((*(f"{text}::" for text in TEXT_COLUMNS), *_PREFIXES))


@cache
def _columns(sheet: str) -> frozenset[str]:
    """Return the column names that mean something on a sheet, as people write them."""
    from pyxform import aliases
    from pyxform.question import MultipleChoiceQuestion, Option
    from pyxform.survey import Survey

    names, element = {
        SURVEY: (aliases.survey_header, MultipleChoiceQuestion),
        CHOICES: (aliases.list_header, Option),
        SETTINGS: (aliases.settings_header, Survey),
    }[sheet]
    slots = {name for name in element.get_slot_names() if not name.startswith("_")}
    return frozenset({*names, *slots, *_OURS[sheet], "list_name"} - {"extra_data", "tag", "value", "prefix", "parent"})


@form_rule(
    "F201",
    ERROR,
    "A column's name has a colon, and is none of XLSForm's",
    why="KoboToolbox takes what follows the colon for a language, and makes one of it in which all texts are missing.",
    remedy="Rename the column without the colon, or correct it if a translation is meant, as in “hint::English (en)”.",
)
def colon(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find headers with a colon that are neither texts in a language nor settings of a question."""
    for sheet in book.sheets.values():
        for column, header in sheet.columns.items():
            if ":" in column and not _known(column):
                yield Hit(sheet.at(1, column), f"the column {header!r} has a colon.", _meant(sheet, column))


@form_rule(
    "F202",
    ERROR,
    "A column's name looks misspelt",
    why="What stands in it does nothing at all: a condition, a message or a score is lost without a word.",
    remedy="Correct the header; xlsform.org lists the columns. A column for your own notes may be called comment.",
)
def misspelt_column(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find columns that are unknown, and near to one that is known."""
    filters = " ".join(row.get("choice_filter", "") for _, row, _ in book.survey)
    for sheet in book.sheets.values():
        for column, header in sheet.columns.items():
            known = _columns(sheet.name)
            plain = "_".join(column.lower().split())
            if "::" in column or ":" in column or plain in known or plain in _NOTES or column == "list name":
                continue
            used = sheet.name == CHOICES and re.search(rf"\b{re.escape(column)}\b", filters)
            if not used and (close := get_close_matches(plain, known, 1, _NEAR)):
                yield Hit(
                    sheet.at(1, column), f"nothing reads the column {header!r}.", f"Is {close[0]!r} meant? Write that."
                )


def _meant(sheet: Sheet, column: str) -> str:
    first, _, rest = column.partition(":")
    language = rest.lstrip(":").strip()
    close = get_close_matches(first.strip().lower(), _columns(sheet.name), 1, _NEAR)
    return f"Is “{close[0]}::{language}” meant? Write that." if close and language else ""


@form_rule(
    "F203",
    ERROR,
    "Two questions have the same name",
    why="KoboToolbox rejects the form, even where the two stand in different groups.",
    remedy="Give one of them another name, also in the conditions that use it.",
)
def same_name(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find names of questions and repeats that stand twice."""
    seen: dict[str, int] = {}
    for number, row, kind in book.survey:
        name = row.get("name", "")
        if not name or kind.type in {"begin_group", "end_group", "end_repeat"}:
            continue
        if name in seen:
            yield Hit(book.at(number, "name"), f"the name {name!r} stands in row {seen[name]} already.")
        seen.setdefault(name, number)


@form_rule(
    "F204",
    ERROR,
    "A choice's name has a space in it",
    why="Answers are sent as names with spaces between them: one choice would arrive as two.",
    remedy="Use _ in place of the space, also in the conditions that use the name.",
)
def spaced_choice(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find choices whose name is of several words."""
    for number, row in book.sheet(CHOICES).rows:
        if len(row.get("name", "").split()) > 1:
            yield Hit(book.at(number, "name", CHOICES), f"the name of the choice is {row['name']!r}.")


@form_rule(
    "F205",
    WARNING,
    "An appearance is not known",
    why="Phones pass over it without a word, and show the question in their usual way.",
    remedy="Correct it; KoboToolbox's help lists the appearances.",
)
def unknown_appearance(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find words in the column `appearance` that no engine knows."""
    known = word_list("appearances")
    for number, row, _kind in book.survey:
        for word in _CALLS.sub("", row.get("control::appearance", "")).split():
            if word not in known and not _NUMBERED.fullmatch(word):
                close = get_close_matches(word, known, 1, _NEAR)
                yield Hit(
                    book.at(number, "control::appearance"),
                    f"no engine knows the appearance {word!r}.",
                    f"Is {close[0]!r} meant? Write that." if close else "",
                )


@form_rule(
    "F206",
    WARNING,
    "A choice list is not used",
    why="It has to be translated all the same, or a question uses another list than was meant.",
    remedy="Delete its rows, or write its name into the type of the question that should offer it.",
)
def unused_list(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find lists on the choices sheet that no question names."""
    used = {kind.list_name for _, _, kind in book.survey}
    cells = " ".join(text for _, row, _ in book.survey for text in row.values())
    seen = set(used)
    for number, row in book.sheet(CHOICES).rows:
        name = row.get("list name", "")
        if name and name not in seen and not re.search(rf"instance\(\s*['\"]{re.escape(name)}['\"]", cells):
            yield Hit(book.at(number, "list name", CHOICES), f"no question uses the list {name!r}.")
        seen.add(name)


@form_rule(
    "F207",
    ERROR,
    "“or_other” in a form with translations",
    why="The choice “Other” and its question appear in English, whatever language is chosen.",
    remedy="Take out or_other; write the choice into the list and add a question that asks for it, in all languages.",
)
def or_other(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find `or_other` where there are languages."""
    for number, row, kind in book.survey:
        if kind.other and book.languages:
            yield Hit(book.at(number, "type"), f"{row['type']!r} makes texts that nobody can translate.")


@form_rule(
    "F208",
    WARNING,
    "A column of notes travels with the form",
    why="The whole workbook goes to KoboToolbox: a name, a place or a number in a note would go there too.",
    remedy="Read the column once more. It must say nothing of any person or place; then leave it, or delete it.",
)
def notes_travel(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find columns for notes that are not empty."""
    for sheet in book.sheets.values():
        for column in sheet.columns:
            plain = "_".join(column.lower().split())
            count = sum(column in row for _, row in sheet.rows)
            if plain in _NOTES - {*_OURS[sheet.name], "disabled"} and count:
                yield Hit(sheet.at(1, column), f"it holds {count} {'note' if count == 1 else 'notes'}.")


RULES = (colon, misspelt_column, same_name, spaced_choice, unknown_appearance, unused_list, or_other, notes_travel)
