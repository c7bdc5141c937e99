"""A workbook as it reads: its groups and questions as a tree, every column kept, in the order of the sheet.

`Form` holds what the program computes with. What is written for people, the codebook and the questionnaire on paper,
needs the rest too: groups with their headings, messages, appearances, comments, columns that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.instrument.choice_lists import choice_lists
from kobo_sync.instrument.form import Choice, Form, Question, Texts
from kobo_sync.instrument.question_types import RowType, UnknownType, row_type
from kobo_sync.instrument.workbook import FIRST_ROW, Row, named_rows, read_sheets
from kobo_sync.instrument.xlsform import form_from_sheets

LABEL, HINT = "label", "hint"
REFUSED, LEFT_EMPTY = "bind::jr:constraintMsg", "bind::jr:requiredMsg"
RELEVANT, CONSTRAINT, REQUIRED = "bind::relevant", "bind::constraint", "bind::required"

# Columns of the survey sheet that hold a text for each language.
TRANSLATED = (LABEL, HINT, "guidance_hint", LEFT_EMPTY, REFUSED, "media::image", "media::audio", "media::video")

_CODE = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*\)\s*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the survey sheet: a group or repeat with what is inside it, or a question.

    `texts` maps a column of `TRANSLATED` to its text by language, `cells` any other column to its cell, both by the
    names that pyxform knows them by. `question` is None for groups and repeats; `parents` are the names of the groups
    around it, outermost first.
    """

    name: str
    kind: RowType
    texts: Mapping[str, Texts]
    cells: Mapping[str, str]
    parents: tuple[str, ...] = ()
    question: Question | None = None
    children: tuple[Line, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether it is a repeat."""
        return self.kind.type == "begin_repeat"

    def text(self, column: str) -> Texts:
        """Return the texts of one column by language, empty where it has none."""
        return self.texts.get(column, {})

    def walk(self) -> Iterator[Line]:
        """Yield the line and all that is inside it, in the order of the sheet."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Outline:
    """A whole workbook. `lists` are the choice lists by name, `extra` the other columns of a choice by its row."""

    form: Form
    settings: Mapping[str, str]
    lines: tuple[Line, ...]
    lists: Mapping[str, tuple[Choice, ...]]
    extra: Mapping[int, Mapping[str, str]]

    @cached_property
    def all_lines(self) -> tuple[Line, ...]:
        """All groups, repeats and questions, in the order of the sheet."""
        return tuple(line for top in self.lines for line in top.walk())

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that some text is in, as the columns name them; "" stands for columns without a language."""
        survey = (texts for line in self.all_lines for texts in line.texts.values())
        choices = (choice.labels for entries in self.lists.values() for choice in entries)
        found = dict.fromkeys(self.form.languages)
        for texts in (*survey, *choices):
            found |= dict.fromkeys(texts)
        return tuple(found)

    def say(self, texts: Texts, language: str) -> str:
        """Return the text in a language; where there is none in the form's default one, or in any; "" for nothing."""
        candidates = (language, self.form.default_language, "", *texts)
        return next((texts[candidate] for candidate in candidates if texts.get(candidate)), "")


def language_code(language: str) -> str:
    """Return the code in a language's name: "id" for "Bahasa Indonesia (id)"; "" where it names none."""
    found = _CODE.search(language)
    return found[1] if found else ""


def text_in(texts: Texts, language: str, default: str = "en") -> str:
    """Return the text in a language, a code such as "id"; where there is none the default one, or any; "" for nothing.

    `texts` by code, as the framework has them, or by the languages' names, as forms have them.
    """
    wanted = [name for name in texts if language and language in {name, language_code(name)}]
    return next((texts[name] for name in (*wanted, default, "", *texts) if texts.get(name)), "")


def read_outline(source: Path | bytes, name: str) -> Outline:
    """Read a workbook (.xlsx); `name` is what the workspace calls the form. Raises FormError as `read_form` does."""
    return outline_from_sheets(read_sheets(source, name), name, source.name if isinstance(source, Path) else "")


def outline_from_sheets(sheets: Mapping[str, Any], name: str, file: str = "") -> Outline:
    """Make an `Outline` of the sheets as pyxform's readers give them. Raises FormError as `read_form` does."""
    form = form_from_sheets(
        sheets, name, file=file
    )  # first: it says what is wrong, and all below trusts that nothing is
    choices = named_rows(sheets.get("choices"), "choices", file)
    settings = [row for row in named_rows(sheets.get("settings"), "settings", file) if row]
    return Outline(
        form=form,
        settings=settings[0] if settings else {},
        lines=_lines(named_rows(sheets.get("survey"), "survey", file), form),
        lists=choice_lists(choices, file),
        extra={number: _extra(row) for number, row in enumerate(choices, FIRST_ROW)},
    )


def _lines(rows: Sequence[Row], form: Form) -> tuple[Line, ...]:
    questions: dict[int | None, Question] = {}
    for question in form.questions:
        questions.setdefault(question.row, question)  # the second of a row is the text that `or_other` adds
    stack: list[tuple[Line, list[Line]]] = []
    top: list[Line] = []
    for number, row in enumerate(rows, FIRST_ROW):
        kind = _kind(row)
        here = stack[-1][1] if stack else top
        if kind is None:
            continue
        if kind.type.startswith("end_"):
            line, children = stack.pop()
            (stack[-1][1] if stack else top).append(_with(line, children))
        elif kind.type.startswith("begin_"):
            stack.append((_line(row, kind, None, stack), []))
        elif number in questions:  # not there: KoboToolbox's own rows
            here.append(_line(row, kind, questions[number], stack))
    return tuple(top)


def _kind(row: Row) -> RowType | None:
    """Return what the row is, None for one that is no part of the form (empty, disabled, a setting)."""
    if row.get("disabled", "").lower() in {"yes", "true", "true()"} or not row.get("type"):
        return None
    try:
        return row_type(row["type"])
    except UnknownType:  # the form was read already, so this is a setting that stands on the survey sheet
        return None


def _line(row: Row, kind: RowType, question: Question | None, stack: Sequence[tuple[Line, list[Line]]]) -> Line:
    texts: dict[str, dict[str, str]] = {}
    cells: dict[str, str] = {}
    for header, value in row.items():
        column, language = _column(header)
        if not value:
            continue
        if column:
            texts.setdefault(column, {})[language] = value
        elif header not in {"type", "name"}:
            cells[header] = value
    name = question.name if question is not None else row.get("name", "")
    return Line(name, kind, texts, cells, tuple(line.name for line, _ in stack), question)


def _with(line: Line, children: Sequence[Line]) -> Line:
    return Line(line.name, line.kind, line.texts, line.cells, line.parents, None, tuple(children))


def _column(header: str) -> tuple[str, str]:
    """Return column and language of a header, "" and "" for a column that is not translated."""
    for column in TRANSLATED:
        if header == column or header.startswith(f"{column}::"):
            return column, header[len(column) :].removeprefix("::")
    return "", ""


def _extra(row: Row) -> dict[str, str]:
    known = {"list name", "name", "score", "missing"}
    return {header: text for header, text in row.items() if text and header not in known and not _is_label(header)}


def _is_label(header: str) -> bool:
    return header.partition("::")[0] == LABEL
