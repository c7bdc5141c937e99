"""XLSForm → `Form`, by pyxform's own reader of sheets and its own tables of names, extra columns kept.

The workbook is read as its author wrote it, so that messages can name sheet and row; whether it is a *good* form is
for pyxform and ODK Validate to say (`kobo_sync.instrument.xform`), and for the checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.carried import REFERENCE, carried
from kobo_sync.instrument.choice_lists import choice_lists, offer_other
from kobo_sync.instrument.form import STORED, Choice, Form, Question
from kobo_sync.instrument.question_types import RowType, UnknownType, is_setting, row_type
from kobo_sync.instrument.workbook import FIRST_ROW, Row, named_rows, read_sheets, texts

_YES = frozenset({"yes", "true", "true()"})
_NO = frozenset({"", "no", "false", "false()"})
_NOW = re.compile(r"\bnow\s*\(")
# KoboToolbox writes these into a form when it deploys it, and exports them with it; they are its own, not questions.
_KOBOS_OWN = re.compile(r"__version__|_version_|_version__[0-9]+")


def read_form(source: Path | bytes, name: str) -> Form:
    """Read a workbook (.xlsx) from a path or from its bytes; `name` is what the workspace calls the form.

    Raises FormError naming file, sheet and row with the remedy when it is no workbook, has no survey sheet, a row has
    no name or an unknown type, a group is not closed, a name stands in it twice, a choice list is missing, or a score
    is not a number from 0 to 1.
    """
    file = source.name if isinstance(source, Path) else f"{name}.xlsx"
    return form_from_sheets(read_sheets(source, name), name, file=file)


def form_from_sheets(sheets: Mapping[str, Any], name: str, *, file: str = "") -> Form:
    """Make a `Form` of the sheets as pyxform's readers give them (rows as dicts of str).

    Shapes: `sheets` has "survey" and optionally "choices" and "settings", each a list of row dicts in order.
    Raises FormError as `read_form` does.
    """
    return _Reader(sheets, name, file or f"{name}.xlsx").form()


class _Reader:
    """Walks the sheets of one workbook, remembering in which groups it is."""

    def __init__(self, sheets: Mapping[str, Any], name: str, file: str) -> None:
        self.name, self.file = name, file
        self.survey = named_rows(sheets.get("survey"), "survey", file)
        settings = [row for row in named_rows(sheets.get("settings"), "settings", file) if row]
        self.settings: Row = settings[0] if settings else {}
        if not any(self.survey):
            names = ", ".join(sheets.get("sheet_names") or ())
            has = f" It has the sheets: {names}." if names else ""
            raise FormError(
                "there is no survey sheet, or it is empty.",
                file=file,
                sheet="survey",
                remedy=f"Name the sheet with the questions survey.{has}",
            )
        if not any("type" in row for row in self.survey):
            raise self._error("there is no column 'type'.", FIRST_ROW - 1, "Add it, as in any XLSForm.")
        self.types = {number: self._type(row, number) for number, row in enumerate(self.survey, FIRST_ROW)}
        # pyxform adds the choice "other" to the list itself, so every question with that list offers it.
        with_other = {kind.list_name for kind in self.types.values() if kind is not None and kind.other}
        self.lists = {
            list_name: offer_other(choices) if list_name in with_other else choices
            for list_name, choices in choice_lists(named_rows(sheets.get("choices"), "choices", file), file).items()
        }
        self.stack: list[tuple[str, str, str, int]] = []  # (kind, path, relevant, row) of the groups around the row
        self.questions: list[Question] = []
        self.repeats: list[str] = []
        self.rows: dict[str, int] = {}  # where each name was seen, for questions and repeats
        self.copied: dict[str, str] = {}  # what the phone computes or fills in beforehand, by question

    def form(self) -> Form:
        for number, row in enumerate(self.survey, FIRST_ROW):
            kind = self.types[number]
            if kind is not None:
                self._row(row, number, kind)
        if self.stack:
            kind_, path, _, number = self.stack[-1]
            remedy = f"Add a row of type end_{kind_} after its last question."
            raise self._error(f"the {kind_} {path!r} is never closed.", number, remedy)
        languages = tuple(dict.fromkeys(language for question in self.questions for language in question.labels))
        return Form(
            name=self.name,
            title=self.settings.get("title", self.name),
            languages=languages,
            default_language=self.settings.get("default_language", languages[0] if languages else ""),
            questions=_withhold(self.questions, self.copied),
            repeats=tuple(self.repeats),
            source=self.settings.get("source", ""),
        )

    def _type(self, row: Row, number: int) -> RowType | None:
        """Return what the row is, None for a row that is none: empty, a comment, disabled, a setting."""
        text = row.get("type", "")
        if row.get("disabled", "").lower() in _YES or is_setting(text):
            return None
        if not text:
            if "name" in row or any(header.partition("::")[0] == "label" for header in row):
                raise self._error("a question has no type.", number, "Give it one, or clear the row.")
            return None
        try:
            return row_type(text)
        except UnknownType as error:
            raise self._error(
                f"the type {text!r} cannot be used: {error}.", number, "Correct it; xlsform.org lists the types."
            ) from error

    def _row(self, row: Row, number: int, kind: RowType) -> None:
        name = row.get("name", "")
        if kind.type in {"end_group", "end_repeat"}:
            if not self.stack or self.stack[-1][0] != kind.type.removeprefix("end_"):
                raise self._error(f"{row['type']!r} closes nothing.", number, "Remove it, or open the group above.")
            self.stack.pop()
            return
        if not name and kind.type == "note":
            name = f"generated_note_name_{number}"  # as pyxform calls it
        if not name:
            raise self._error(f"a row of type {row['type']!r} has no name.", number, "Give it a name.")
        if _KOBOS_OWN.fullmatch(name):
            return
        path = f"{self.stack[-1][1]}/{name}" if self.stack else name
        if kind.type != "begin_group":
            self._claim(name, number)
        if kind.type in {"begin_group", "begin_repeat"}:
            self.stack.append((kind.type.removeprefix("begin_"), path, _condition(row, "relevant"), number))
            if kind.type == "begin_repeat":
                self.repeats.append(path)
            return
        question = self._question(row, number, kind, name, path)
        self.questions.append(question)
        self.copied[name] = f"{question.calculation} {row.get('default', '')}"
        if kind.other:  # pyxform adds a text question; so must we
            self._claim(f"{name}_other", number)
            self.questions.append(_specify_other(question))

    def _claim(self, name: str, number: int) -> None:
        """Remember a name. A record is flat, so each must be there once; KoboToolbox asks for that too."""
        if name.startswith("_"):
            raise self._error(
                f"the name {name!r} begins with an underscore, as KoboToolbox's own fields do.",
                number,
                "Choose another name.",
            )
        if name in self.rows:
            raise self._error(
                f"the name {name!r} stands in row {self.rows[name]} already.",
                number,
                "Give one of them another name, also in the conditions that use it.",
            )
        self.rows[name] = number

    def _question(self, row: Row, number: int, kind: RowType, name: str, path: str) -> Question:
        required = row.get("bind::required", "")
        conditions = [relevant for _, _, relevant, _ in self.stack] + [_condition(row, "relevant")]
        return Question(
            name=name,
            path=path,
            type=kind.type,
            labels=texts(row, "label"),
            hints=texts(row, "hint"),
            list_name=kind.list_name,
            choices=self._choices(kind, number),
            required=required.lower() in _YES,
            required_when=required if required.lower() not in _YES | _NO else "",
            relevant=tuple(condition for condition in conditions if condition),
            constraint=_condition(row, "constraint"),
            repeat=next((path for kind_, path, _, _ in reversed(self.stack) if kind_ == "repeat"), ""),
            indicator=row.get("indicator", ""),
            role=row.get("role", ""),
            calculation=row.get("bind::calculate", ""),
            row=number,
        )

    def _choices(self, kind: RowType, number: int) -> tuple[Choice, ...]:
        if kind.type not in {"select_one", "select_multiple", "rank"}:
            return ()
        if kind.list_name.startswith("${"):  # choices from a repeat: known only on the phone
            return ()
        if kind.list_name not in self.lists:
            raise self._error(
                f"the choice list {kind.list_name!r} is not on the choices sheet.",
                number,
                "Add the list there, or correct its name.",
            )
        return self.lists[kind.list_name]

    def _error(self, what: str, row: int | None, remedy: str) -> FormError:
        return FormError(what, file=self.file, sheet="survey", row=row, remedy=remedy)


def _condition(row: Row, column: str) -> str:
    """Return a condition; a plain yes or no becomes true() or false(), as pyxform makes it."""
    from pyxform.aliases import BINDING_CONVERSIONS

    text = row.get(f"bind::{column}", "")
    return str(BINDING_CONVERSIONS.get(text, text))


def _specify_other(question: Question) -> Question:
    return Question(
        name=f"{question.name}_other",
        path=f"{question.path}_other",
        type="text",
        relevant=(*question.relevant, f"selected(${{{question.name}}}, 'other')"),
        repeat=question.repeat,
        row=question.row,
    )


def _withhold(questions: list[Question], copied: Mapping[str, str]) -> tuple[Question, ...]:
    """Mark what copies from a question that is never stored; a month is all that may be taken from a time.

    So is a calculation that copies a person's own words: it would carry them past the table where they belong.
    """
    secret = {question.name for question in questions if question.type not in STORED and question.type != "note"}
    words = {question.name for question in questions if question.free_text}
    carrying: set[str] = set()
    size = -1
    while size != len(secret) + len(carrying):  # calculations build on calculations
        size = len(secret) + len(carrying)
        for question in questions:
            text = copied.get(question.name, "")
            named = set(REFERENCE.findall(text))
            if question.role != "month" and (secret & named or _NOW.search(text)):
                secret.add(question.name)
            if question.computed and (words | carrying) & named and carried(text) & (words | carrying):
                carrying.add(question.name)
    return tuple(replace(question, withheld=question.name in secret | carrying) for question in questions)
