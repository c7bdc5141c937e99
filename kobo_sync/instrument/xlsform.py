"""XLSForm → `Form`, by pyxform's own reader of sheets, extra columns kept.

The workbook is read as its author wrote it, so that messages can name sheet and row; whether it is a *good* form is
for pyxform and ODK Validate to say (`kobo_sync.instrument.xform`), and for the checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.form import Choice, Form, Question

Row = Mapping[str, str]
FIRST_ROW = 2  # Excel counts from 1, and the first row is the header

_TYPE_ALIASES = {
    "int": "integer", "string": "text", "datetime": "dateTime", "select one": "select_one", "select1": "select_one",
    "select multiple": "select_multiple", "select all that apply": "select_multiple",
    "select one from file": "select_one_from_file", "select multiple from file": "select_multiple_from_file",
    "begin group": "begin_group", "end group": "end_group", "begin repeat": "begin_repeat", "end repeat": "end_repeat",
    "phone number": "phonenumber", "photo": "image", "trigger": "acknowledge", "hidden": "calculate",
}  # fmt: skip
_COLUMN_ALIASES = {"relevance": "relevant", "calculate": "calculation", "caption": "label", "command": "type"}
_YES = frozenset({"yes", "true", "true()"})
_NO = frozenset({"", "no", "false", "false()"})


def read_form(source: Path | bytes, name: str) -> Form:
    """Read a workbook (.xlsx) from a path or from its bytes; `name` is what the workspace calls the form.

    Raises FormError naming file, sheet and row with the remedy when it is no workbook, has no survey sheet, a group is
    not closed, a choice list is missing, or a score is not a number from 0 to 1.
    """
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import xlsx_to_dict

    file = source.name if isinstance(source, Path) else f"{name}.xlsx"
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
        sheets = xlsx_to_dict(BytesIO(data))
    except OSError as error:
        raise FormError("cannot be read.", file=str(source), remedy="Is it there, and closed in Excel?") from error
    except PyXFormError as error:
        raise FormError(
            "is not a workbook that can be read.", file=file, remedy="Save it as .xlsx from Excel and try again."
        ) from error
    except Exception as error:
        # openpyxl answers a damaged workbook with whatever its parts happen to raise (ValueError, zlib, XML errors).
        raise FormError(
            f"is a damaged workbook ({type(error).__name__}).", file=file, remedy="Save it again from Excel."
        ) from error
    return form_from_sheets(sheets, name, file=file)


def form_from_sheets(sheets: Mapping[str, Any], name: str, *, file: str = "") -> Form:
    """Make a `Form` of the sheets as pyxform's readers give them (rows as dicts of str).

    Shapes: `sheets` has "survey" and optionally "choices" and "settings", each a list of row dicts in order.
    Raises FormError as `read_form` does.
    """
    reader = _Reader(sheets, name, file or f"{name}.xlsx")
    return reader.form()


class _Reader:
    """Walks the sheets of one workbook, remembering in which groups it is."""

    def __init__(self, sheets: Mapping[str, Any], name: str, file: str) -> None:
        self.name, self.file = name, file
        self.survey = [_columns(row) for row in sheets.get("survey") or ()]
        self.choice_rows: Sequence[Row] = [_columns(row) for row in sheets.get("choices") or ()]
        settings = [_columns(row) for row in sheets.get("settings") or ()]
        self.settings: Row = settings[0] if settings else {}
        if not any(self.survey):
            raise FormError("there is no survey sheet, or it is empty.", file=file, sheet="survey")
        self.lists = self._choice_lists()
        self.stack: list[tuple[str, str, str]] = []  # (kind, path, relevant) of the groups around the row
        self.questions: list[Question] = []
        self.repeats: list[str] = []

    def form(self) -> Form:
        for number, row in enumerate(self.survey, FIRST_ROW):
            if row.get("type"):
                self._row(row, number)
        if self.stack:
            raise self._error(f"the {self.stack[-1][0]} {self.stack[-1][1]!r} is never closed.", None)
        languages = tuple(dict.fromkeys(language for question in self.questions for language in question.labels))
        return Form(
            name=self.name,
            title=self.settings.get("form_title", self.name),
            languages=languages,
            default_language=self.settings.get("default_language", languages[0] if languages else ""),
            questions=tuple(self.questions),
            repeats=tuple(self.repeats),
            source=self.settings.get("source", ""),
        )

    def _row(self, row: Row, number: int) -> None:
        kind, argument, other = _split_type(row["type"])
        name = row.get("name", "")
        if kind in {"end_group", "end_repeat"}:
            if not self.stack or self.stack[-1][0] != kind.removeprefix("end_"):
                raise self._error(f"{row['type']!r} closes nothing.", number, "Remove it, or open the group above.")
            self.stack.pop()
            return
        if not name:
            raise self._error(f"a row of type {row['type']!r} has no name.", number, "Give it a name.")
        path = f"{self.stack[-1][1]}/{name}" if self.stack else name
        if kind in {"begin_group", "begin_repeat"}:
            self.stack.append((kind.removeprefix("begin_"), path, row.get("relevant", "")))
            if kind == "begin_repeat":
                self.repeats.append(path)
            return
        question = self._question(row, number, kind, argument, path)
        self.questions.append(question)
        if other:  # pyxform adds the choice and a text question; so must we
            self._other(question)

    def _question(self, row: Row, number: int, kind: str, argument: str, path: str) -> Question:
        required = row.get("required", "").strip()
        conditions = [relevant for _, _, relevant in self.stack] + [row.get("relevant", "")]
        return Question(
            name=row["name"],
            path=path,
            type=kind,
            labels=_texts(row, "label"),
            hints=_texts(row, "hint"),
            list_name=argument,
            choices=self._choices(kind, argument, number),
            required=required.lower() in _YES,
            required_when=required if required.lower() not in _YES | _NO else "",
            relevant=tuple(condition for condition in conditions if condition),
            constraint=row.get("constraint", ""),
            repeat=next((path for kind_, path, _ in reversed(self.stack) if kind_ == "repeat"), ""),
            indicator=row.get("indicator", ""),
            role=row.get("role", ""),
            calculation=row.get("calculation", ""),
            row=number,
        )

    def _other(self, question: Question) -> None:
        from dataclasses import replace

        choices = (*question.choices, Choice("other", {"": "Other"}))
        self.questions[-1] = replace(question, choices=choices)
        chosen = f"selected(${{{question.name}}}, 'other')"
        self.questions.append(
            Question(
                name=f"{question.name}_other",
                path=f"{question.path}_other",
                type="text",
                relevant=(*question.relevant, chosen),
                repeat=question.repeat,
                row=question.row,
            )
        )

    def _choices(self, kind: str, argument: str, number: int) -> tuple[Choice, ...]:
        if kind not in {"select_one", "select_multiple", "rank"}:
            return ()
        if argument.startswith("${"):  # choices from a repeat: known only on the phone
            return ()
        if argument not in self.lists:
            raise self._error(
                f"the choice list {argument!r} is not on the choices sheet.",
                number,
                "Add the list there, or correct its name.",
            )
        return self.lists[argument]

    def _choice_lists(self) -> dict[str, tuple[Choice, ...]]:
        lists: dict[str, list[Choice]] = {}
        for number, row in enumerate(self.choice_rows, FIRST_ROW):
            list_name = row.get("list_name") or row.get("list name", "")
            name = row.get("name") or row.get("value", "")
            if not list_name or not name:
                continue
            choice = Choice(
                name=name,
                labels=_texts(row, "label"),
                score=self._score(row.get("score", ""), number),
                missing=row.get("missing") or None,
                row=number,
            )
            lists.setdefault(list_name, []).append(choice)
        return {list_name: tuple(choices) for list_name, choices in lists.items()}

    def _score(self, text: str, number: int) -> float | None:
        if not text:
            return None
        try:
            score = float(text)
        except ValueError:
            score = -1.0
        if not 0 <= score <= 1:
            raise FormError(
                f"the score {text!r} is not a number from 0 to 1.",
                file=self.file,
                sheet="choices",
                row=number,
                remedy="Write 0, 1 or a number between, or leave the cell empty.",
            )
        return score

    def _error(self, what: str, row: int | None, remedy: str = "") -> FormError:
        return FormError(what, file=self.file, sheet="survey", row=row, remedy=remedy)


def _columns(row: Row) -> dict[str, str]:
    """Give each cell its usual column name: lower case, aliases resolved, `label :: x` as `label::x`."""
    cells: dict[str, str] = {}
    for header, value in row.items():
        column, *language = (part.strip() for part in str(header).split("::", 1))
        column = column.lower()
        column = _COLUMN_ALIASES.get(column, column)
        cells["::".join((column, *language))] = str(value).strip()
    return cells


def _texts(row: Row, column: str) -> dict[str, str]:
    """Return the texts of one column by language, "" for the plain column."""
    texts: dict[str, str] = {}
    for header, value in row.items():
        name, _, language = header.partition("::")
        if name == column and value:
            texts[language] = value
    return texts


def _split_type(text: str) -> tuple[str, str, bool]:
    """Split a type cell into (type, list or file, whether `or_other` stands behind it)."""
    words = " ".join(text.split())
    lowered = words.lower()
    for alias in sorted((*_TYPE_ALIASES, *_TYPE_ALIASES.values(), "rank"), key=len, reverse=True):
        if lowered == alias.lower():
            return _TYPE_ALIASES.get(alias, alias), "", False
        if lowered.startswith(alias.lower() + " "):
            argument = words[len(alias) :].strip()
            other = argument.endswith((" or_other", " or other", " or specify other"))
            return _TYPE_ALIASES.get(alias, alias), argument.split(" or")[0] if other else argument, other
    return lowered, "", False
