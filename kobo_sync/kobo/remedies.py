"""The server's refusal of a form, put in its place: which sheet and row of the workbook, and what to do.

KoboToolbox, pyxform and ODK Validate speak of the server's own copy of the form, whose rows are counted otherwise
(metadata comes first, empty rows are gone). So their row numbers are dropped, and the row is looked up here by the
name, the list or the reference that they quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from kobo_sync.errors import FormError
from kobo_sync.kobo.meaning import Meaning, MeantRow

Place = tuple[str, int | None]
_Told = TypeVar("_Told", bound=FormError)

_THEIR_ROW = re.compile(r"\[row ?: ?\d+\] *")
_QUOTED = re.compile(
    r"\$\{ *([^}]+?) *\}|['\"`]([\w./:-]+)['\"`]|(?:Duplicate|Invalid) node name: ([^\s,]+)|/([\w/.-]+)"
)
NOWHERE: Place = ("", None)

BROKEN = (
    r"mismatched brackets|bad (?:xpath|node)|couldn't understand the expression|cannot handle function|parse error|"
    r"invalid (?:calculate|relevant|constraint|xpath)"
)
NO_LIST = (
    "The question offers the list {name!r}, which is not on the sheet choices: add it there, or correct the name in "
    "the column type."
)
NO_CHOICES = (
    "The question offers choices, and the workbook has no sheet choices with the columns list_name, name and label: "
    "add it."
)
NO_LANGUAGE = (
    "The setting default_language names a language that no column of the workbook has: write it as the columns "
    "label::… do."
)
RING = (
    "These questions need one another's answer before they can have one: break the ring in their calculations or "
    "conditions."
)
FORMULA = (
    "The formula cannot be read: look for a bracket, a quotation mark or a comma too many or missing, and for the "
    "spelling of functions."
)


def in_place(refused: _Told, form: Meaning, file: str) -> _Told:
    """Return the same refusal with the sheet and the row of the workbook, where they can be told, and the remedy."""
    words = _THEIR_ROW.sub("", refused.what)
    for pattern, find, remedy in _RULES:
        if found := re.search(pattern, words, re.IGNORECASE | re.DOTALL):
            sheet, row = find(found, form)
            names = {key: value for key, value in found.groupdict().items() if value}
            said = _then(remedy.format_map(_Names(names)))
            return type(refused)(words, file=file, sheet=sheet, row=row, remedy=said)
    sheet, row = _by_quotes(words, form)
    return type(refused)(words, file=file, sheet=sheet, row=row, remedy=_then(refused.remedy))


def _then(remedy: str) -> str:
    end = "Then run kobo-sync deploy again; phones keep the version that they have."
    return remedy if "phones keep" in remedy or "nothing was changed" in remedy else f"{remedy} {end}"


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "it"


def _lines(rows: Iterable[int]) -> Place:
    return "survey", next((row for row in rows if row), None)


def _uses_list(found: re.Match[str], form: Meaning) -> Place:
    return _lines(row.row for row in form.rows if row.list_name == found["name"])


def _has_no_list(_: re.Match[str], form: Meaning) -> Place:
    return _lines(row.row for row in form.rows if row.list_name and "." not in row.list_name)


def _refers_to(found: re.Match[str], form: Meaning) -> Place:
    reference = re.compile(rf"\$\{{\s*{re.escape(found['name'])}\s*\}}")
    in_survey = [row.row for row in form.rows if any(reference.search(text) for text in row.cells.values())]
    if in_survey:
        return _lines(in_survey)
    choices = (one for listed in form.lists.values() for one in listed)
    return "choices", next((one.row for one in choices if any(map(reference.search, one.cells.values()))), None)


def _called(found: re.Match[str], form: Meaning) -> Place:
    return _lines(row.row for row in form.rows if row.name == found["name"].rpartition("/")[2])


def _second_called(found: re.Match[str], form: Meaning) -> Place:
    rows = [row.row for row in form.rows if row.name == found["name"]]
    return "survey", (rows[1] if len(rows) > 1 else rows[0] if rows else None)


def _of_type(found: re.Match[str], form: Meaning) -> Place:
    return _lines(row.row for row in form.rows if f"{row.kind} {row.list_name}".strip() == found["name"])


def _twice(_: re.Match[str], form: Meaning) -> Place:
    for listed in form.lists.values():
        seen: set[str] = set()
        for choice in listed:
            if choice.name in seen:
                return "choices", choice.row or None
            seen.add(choice.name)
    return "choices", None


def _setting(_: re.Match[str], __: Meaning) -> Place:
    return "settings", 2


def _by_quotes(words: str, form: Meaning) -> Place:
    """Find the first question or list that the words quote."""
    by_name = {row.name: row for row in form.rows if row.name}
    for name in _quoted(words):
        if name in by_name:
            return "survey", by_name[name].row or None
        if name in form.lists:
            return "choices", form.lists[name][0].row or None
    return NOWHERE


def _quoted(words: str) -> Iterator[str]:
    for found in _QUOTED.finditer(words):
        text = next(part for part in found.groups() if part)
        yield from reversed(text.strip("/.").split("/"))


def _quoted_row(found: re.Match[str], form: Meaning) -> Place:
    return _by_quotes(found.string, form)


def _of_formula(found: re.Match[str], form: Meaning) -> Place:
    """Find whose formula it is: ODK Validate quotes the question, or the formula's own text."""
    where = _by_quotes(found.string, form)
    if where != NOWHERE:
        return where
    quoted = re.search(r"expression:? +(.+?)(?: +The following|\.? *$)", found.string)
    bare = "".join(quoted[1].split()) if quoted else ""
    return _lines(row.row for row in form.rows if bare and _holds(row, bare))


def _holds(row: MeantRow, bare: str) -> bool:
    return any("".join(text.split()).startswith(bare.rstrip(".")) for text in row.cells.values())


_Find = Callable[[re.Match[str], Meaning], Place]
_RULES: tuple[tuple[str, _Find, str], ...] = (
    (r"list name not in choices sheet: (?P<name>[\w.-]+?)\.?(?:\s|$)", _uses_list, NO_LIST),
    (r"should be a choices sheet", _has_no_list, NO_CHOICES),
    (
        r"(?:could not find the name|survey element named) '(?P<name>[^']+)'(?! has no label)",
        _refers_to,
        "Something there refers to ${{{name}}}, and no question has that name: correct it.",
    ),
    (
        r"named '(?P<name>[^']+)' has no label",
        _called,
        "The question has no text in the column label: write one, in every language.",
    ),
    (
        r"choice names must be unique",
        _twice,
        "The list has two choices of that name: give one of them another name, or remove it.",
    ),
    (
        r"duplicate node name: (?P<name>[\w.-]+?)\.?(?:\s|$)",
        _second_called,
        "Two questions have the name {name!r}, perhaps in different groups: give one of them another.",
    ),
    (
        r"invalid node name: (?P<name>.+?)\.?$",
        _called,
        "A name has letters without accents, digits and _, and begins with a letter: correct it.",
    ),
    (
        r"unknown type \['(?P<name>[^']+)'\]",
        _of_type,
        "There is no type {name!r}: correct the column type; xlsform.org lists the types.",
    ),
    (r"default language", _setting, NO_LANGUAGE),
    (r"cycle detected|dependency cycle|circular", _quoted_row, RING),
    (BROKEN, _of_formula, FORMULA),
    (
        r"unsupported format, or corrupt file",
        lambda _, __: NOWHERE,
        "KoboToolbox cannot open the workbook: save it again from Excel as .xlsx.",
    ),
)
