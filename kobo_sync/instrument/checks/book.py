"""A workbook as the checks see it: every cell with its place, the texts by language, and the `Form` made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.finding import Place
from kobo_sync.instrument.checks.worlds import Walk
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.question_types import RowType, UnknownType, is_setting, row_type
from kobo_sync.instrument.workbook import FIRST_ROW, Row, named_rows, read_sheets
from kobo_sync.instrument.xlsform import form_from_sheets

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
LABEL, HINT, GUIDANCE = "label", "hint", "guidance_hint"
RELEVANT, REQUIRED = "bind::relevant", "bind::required"
# The columns that hold texts for people, by the names that pyxform resolves them to.
TEXT_COLUMNS = (
    LABEL,
    HINT,
    GUIDANCE,
    "bind::jr:constraintMsg",
    "bind::jr:requiredMsg",
    "bind::jr:noAppErrorString",
    "media::image",
    "media::big-image",
    "media::audio",
    "media::video",
)
_DISABLED = frozenset({"yes", "true", "true()"})
_CODE = re.compile(r"\(([A-Za-z]{2,3})(?:-[A-Za-z0-9-]+)?\)\s*$")


def language_code(name: str) -> str:
    """Return the code of a language as a form names it: "Русский (ru)" gives "ru", "" where it has none."""
    found = _CODE.search(name)
    return found[1].lower() if found else ""


@dataclass(frozen=True)
class Sheet:
    """One sheet. `columns` maps the names that pyxform knows to those written in the header, in their order.

    `rows` holds (row number as in Excel, cells by pyxform's names) of the rows that are not empty.
    """

    file: str
    name: str
    columns: Mapping[str, str]
    rows: tuple[tuple[int, Row], ...]

    def at(self, row: int | None = None, column: str = "") -> Place:
        """Return a place on this sheet; `column` by pyxform's name."""
        return Place(self.file, self.name, row, self.columns.get(column, column))

    def languages(self, column: str) -> tuple[str, ...]:
        """Return the languages that a text column is there in, "" for the plain one."""
        return tuple(language for known in self.columns for language in _language_of(known, column))

    @cached_property
    def text_columns(self) -> tuple[str, ...]:
        """The text columns that the sheet has, in whatever language."""
        return tuple(column for column in TEXT_COLUMNS if self.languages(column))


def _language_of(known: str, column: str) -> tuple[str, ...]:
    if known == column:
        return ("",)
    return (known.removeprefix(f"{column}::"),) if known.startswith(f"{column}::") else ()


def written(column: str, language: str) -> str:
    """Return pyxform's name of a text column in a language."""
    return f"{column}::{language}" if language else column


@dataclass(frozen=True)
class TextCell:
    """One text of the form in all its languages. `kind`: question, note, heading, choice, hint, message or media."""

    sheet: Sheet
    row: int
    column: str
    kind: str
    texts: Mapping[str, str]
    list_name: str = ""

    def at(self, language: str) -> Place:
        """Return the cell of one language."""
        return self.sheet.at(self.row, written(self.column, language))


@dataclass(frozen=True)
class Book:
    """A workbook. `form` is None where it cannot be read as one, and `broken` says why."""

    path: Path
    sheets: Mapping[str, Sheet]
    form: Form | None = None
    broken: FormError | None = None

    @property
    def name(self) -> str:
        """What the workspace calls the form."""
        return self.path.stem

    @property
    def file(self) -> str:
        """The file's name."""
        return self.path.name

    def sheet(self, name: str) -> Sheet:
        """Return the sheet of that name, an empty one where there is none."""
        return self.sheets.get(name) or Sheet(self.file, name, {}, ())

    @cached_property
    def survey(self) -> tuple[tuple[int, Row, RowType], ...]:
        """The rows of the survey sheet that are in use, with what they are."""
        return tuple(_used(self.sheet(SURVEY)))

    @cached_property
    def settings(self) -> Row:
        """The row of settings."""
        return next((row for _, row in self.sheet(SETTINGS).rows), {})

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that questions are there in; () for a form in a single nameless one."""
        return tuple(language for language in self.sheet(SURVEY).languages(LABEL) if language)

    @property
    def default_language(self) -> str:
        """The language that the form opens in."""
        default = self.settings.get("default_language", "")
        return default if default in self.languages or not self.languages else self.languages[0]

    @cached_property
    def texts(self) -> tuple[TextCell, ...]:
        """All texts for people, row by row."""
        return tuple(self._texts())

    def _texts(self) -> Iterator[TextCell]:
        survey, choices = self.sheet(SURVEY), self.sheet(CHOICES)
        for number, row, kind in self.survey:
            for column in survey.text_columns:
                if texts := _by_language(survey, row, column):
                    yield TextCell(survey, number, column, _kind(column, kind.type), texts)
        for number, row in choices.rows:
            for column in choices.text_columns:
                if texts := _by_language(choices, row, column):
                    kind_ = "choice" if column == LABEL else _kind(column, "")
                    yield TextCell(choices, number, column, kind_, texts, row.get("list name", ""))

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """The rows of the survey sheet that are in use, by the question's name."""
        return {row["name"]: row for _, row, _ in self.survey if row.get("name")}

    @cached_property
    def walk(self) -> Walk:
        """The courses that interviews with this form can take; of a form without questions where there is none."""
        return Walk(self.form or Form(self.name, "", (), "", ()))

    def at(self, row: int | None, column: str = "", sheet: str = SURVEY) -> Place:
        """Return a place in this workbook; `column` by pyxform's name."""
        return self.sheet(sheet).at(row, column)


def _used(sheet: Sheet) -> Iterator[tuple[int, Row, RowType]]:
    for number, row in sheet.rows:
        text = row.get("type", "")
        if not text or row.get("disabled", "").lower() in _DISABLED or is_setting(text):
            continue
        try:
            yield number, row, row_type(text)
        except UnknownType:
            continue  # the reader of the form says so


def _by_language(sheet: Sheet, row: Row, column: str) -> dict[str, str]:
    found = {language: row.get(written(column, language), "") for language in sheet.languages(column)}
    return {language: text for language, text in found.items() if text}


def _kind(column: str, type_: str) -> str:
    if column.startswith("media::"):
        return "media"
    if column in {HINT, GUIDANCE}:
        return "hint"
    if column != LABEL:
        return "message"
    return {"note": "note", "begin_group": "heading", "begin_repeat": "heading"}.get(type_, "question")


def read_book(path: Path) -> Book:
    """Read a workbook; what cannot be read is in `broken`. Raises nothing that its author could cause."""
    try:
        sheets = read_sheets(path, path.stem)
        made = {name: _sheet(sheets, name, path.name) for name in (SURVEY, CHOICES, SETTINGS)}
    except FormError as error:
        return Book(path, {}, broken=error)
    try:
        return Book(path, made, form_from_sheets(sheets, path.stem, file=path.name))
    except FormError as error:
        return Book(path, made, broken=error)


def _sheet(sheets: Mapping[str, Any], name: str, file: str) -> Sheet:
    rows = named_rows(sheets.get(name), name, file)
    header = [str(column) for part in sheets.get(f"{name}_header") or () for column in part]
    # A row in which every cell holds its own header: read as any other row, it says what each column is called. It
    # goes through the same function together with the rows, since whether one column has "::" decides about them all.
    columns = named_rows([{column: column for column in header}], name, file)[0] if header else {}
    kept = tuple((number, row) for number, row in enumerate(rows, FIRST_ROW) if row)
    return Sheet(file, name, columns, kept)
