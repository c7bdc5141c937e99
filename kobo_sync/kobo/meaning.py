"""What a form means, whichever way it is written: read from a workbook or from what KoboToolbox made of one.

KoboToolbox never keeps a workbook. It keeps the form as JSON (an asset's `content`): old spellings made new, translated
columns folded into lists, yes and no turned into true and false, metadata questions moved to the top, the title taken
for the project's name, `$…` columns, unknown sheets and empty columns dropped. Here both ways lead to one `Meaning`,
through the same tables of pyxform's: it is equal for a workbook and for what the server made of it, so that no change
is told from a change.

What the server sets itself when it deploys (the id, the `version` setting, `__version__`) is no part of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.question_types import RowType, UnknownType, is_setting, row_type
from kobo_sync.instrument.workbook import FIRST_ROW, named_rows, read_sheets

METADATA = frozenset(
    {
        *("start", "end", "today", "deviceid", "device id", "imei", "subscriberid", "subscriber id", "simserial"),
        *("sim id", "phonenumber", "phone_number", "phone number", "username", "email", "audit", "start-geopoint"),
        *("background-audio", "background-geopoint"),
    }
)
"""Questions that the phone answers by itself: about the device, the time, the place, the person who holds it."""

# The server's own: written over when it deploys. The title is looked at apart.
_OVERWRITTEN = frozenset({"version", "id_string", "title", "form_title", "form_id", "name"})
_KOBOS_OWN = re.compile(r"__version__|_version_|_version__[0-9]+")
_YES = frozenset({"yes", "true", "true()"})
_FALSE = {"bind::required", "bind::readonly"}  # "no" there is the same as nothing there
_WORDING = ("label", "hint")
_LIST = "list name"  # as pyxform calls list_name
_CLOSING = frozenset({"end_group", "end_repeat"})


@dataclass(frozen=True, slots=True)
class MeantRow:
    """One question, group or repeat: `cells` by column, parts joined by "::" ("label::English (en)").

    `parent` is the path of the group around it, `repeat` that of the repeat; `row` its row in the workbook (0 if it is
    from a server); `auto` the name that KoboToolbox gives to a note that has none.
    """

    name: str
    kind: str
    list_name: str
    other: bool
    parent: str
    repeat: str
    cells: Mapping[str, str]
    row: int = 0
    auto: str = ""

    @property
    def path(self) -> str:
        """The key under which its answer stands in a submission."""
        name = self.name or self.auto
        return f"{self.parent}/{name}" if self.parent else name

    @property
    def layout(self) -> bool:
        """Whether it has no answer of its own: a group, a repeat, a note."""
        return self.kind in {"begin_group", "begin_repeat", "note"}

    @property
    def metadata(self) -> bool:
        """Whether the phone answers it by itself."""
        return self.kind in METADATA

    @property
    def wording(self) -> str:
        """Its label, in all languages, as one text; "" for what nobody sees."""
        return "\n".join(text for column, text in sorted(self.cells.items()) if column.partition("::")[0] == "label")


@dataclass(frozen=True, slots=True)
class MeantChoice:
    """One choice of a list; `cells` as in `MeantRow`."""

    name: str
    cells: Mapping[str, str]
    row: int = 0

    @property
    def wording(self) -> str:
        """Its label, in all languages, as one text."""
        return "\n".join(text for column, text in sorted(self.cells.items()) if column.partition("::")[0] == "label")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A form, freed of how it is written. `title` is "" when the workbook names none: then any name will do."""

    title: str
    rows: tuple[MeantRow, ...]
    lists: Mapping[str, tuple[MeantChoice, ...]]
    settings: Mapping[str, str]
    languages: frozenset[str]

    @property
    def digest(self) -> str:
        """What two writings of one form have in common, as 64 hex digits. Holds no text of the form."""
        ordered = [_plain(row) for row in self.rows if not row.metadata]
        whole = [
            self.title,
            sorted(_plain(row) for row in self.rows if row.metadata),
            ordered,
            {name: [[one.name, sorted(one.cells.items())] for one in found] for name, found in self.lists.items()},
            sorted(self.settings.items()),
        ]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _plain(row: MeantRow) -> list[Any]:
    return [row.name, row.kind, row.list_name, row.other, row.parent, row.repeat, sorted(row.cells.items())]


@lru_cache(maxsize=16)  # one deployment looks at the same few workbooks again and again
def of_workbook(source: bytes, name: str) -> Meaning:
    """Read a workbook. Raises FormError when it is none, or two of its columns mean the same."""
    sheets = read_sheets(source, name)
    rows = {sheet: named_rows(sheets.get(sheet), sheet, f"{name}.xlsx") for sheet in ("survey", "choices", "settings")}
    return _meaning(rows, [""] * len(rows["survey"]), title="", numbered=True)


def of_content(content: Mapping[str, Any], title: str, name: str) -> Meaning:
    """Read what KoboToolbox keeps of a form, an asset's `content`; `title` is the project's name.

    Raises FormError, naming the form `name`, when it is nothing that a form could be.
    """
    sheets = {sheet: _flattened(content, sheet) for sheet in ("survey", "choices")}
    settings = content.get("settings")
    sheets["settings"] = [_texts_of(settings)] if isinstance(settings, dict) else []
    autos = [str(row.get("$autoname") or "") for row in _rows_of(content, "survey")]
    rows = {sheet: named_rows(found, sheet, f"{name} in KoboToolbox") for sheet, found in sheets.items()}
    return _meaning(rows, autos, title=title, numbered=False)


def _rows_of(content: Mapping[str, Any], sheet: str) -> list[Mapping[str, Any]]:
    found = content.get(sheet)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _flattened(content: Mapping[str, Any], sheet: str) -> list[dict[str, str]]:
    """Write the rows of a sheet as a workbook would have them."""
    languages = content.get("translations") or [None]
    flat = []
    for row in _rows_of(content, sheet):
        cells: dict[str, str] = {}
        for column, value in row.items():
            if column.startswith("$") or column in {"select_from_list_name", "_or_other"}:
                continue
            if isinstance(value, list):
                for language, text in zip(languages, value, strict=False):
                    cells |= _texts_of({f"{column}::{language}" if language else column: text})
            elif column == "type":
                cells["type"] = _type_cell(row)
            elif not (column == "file" and str(row.get("type", "")).endswith("from_file")):
                cells |= _texts_of({column: value})
        if not cells.get("name") and row.get("$autovalue"):
            cells["name"] = str(row["$autovalue"])
        flat.append(cells)
    return flat


def _type_cell(row: Mapping[str, Any]) -> str:
    kind = str(row.get("type") or "")
    listed = row.get("file") if kind.endswith("from_file") else row.get("select_from_list_name")
    return " ".join(str(part) for part in (kind, listed, "or_other" if row.get("_or_other") else "") if part)


def _texts_of(cells: Mapping[str, Any]) -> dict[str, str]:
    return {key: _text(value) for key, value in cells.items() if value is not None and not isinstance(value, dict)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _meaning(
    sheets: Mapping[str, list[dict[str, str]]], autos: Sequence[str], *, title: str, numbered: bool
) -> Meaning:
    settings = next((row for row in sheets["settings"] if row), {})
    default = settings.get("default_language", "")
    rows = tuple(_walk(sheets["survey"], autos, default, numbered=numbered))
    lists: dict[str, tuple[MeantChoice, ...]] = {}
    for number, row in enumerate(sheets["choices"], FIRST_ROW):
        if listed := row.get(_LIST, ""):
            cells = _cells(row, (_LIST, "name"), default)
            choice = MeantChoice(row.get("name", ""), cells, number if numbered else 0)
            lists[listed] = (*lists.get(listed, ()), choice)
    kept = {key: _calm(value) for key, value in settings.items() if key not in _OVERWRITTEN and value}
    written = [row.cells for row in rows] + [one.cells for found in lists.values() for one in found]
    languages = {column.rpartition("::")[2] for cells in written for column in cells if column.startswith("label::")}
    return Meaning(title or settings.get("title", ""), rows, lists, kept, frozenset(languages))


def _walk(
    rows: Sequence[Mapping[str, str]], autos: Sequence[str], default: str, *, numbered: bool
) -> Iterator[MeantRow]:
    """Yield the questions, groups and repeats in order, each with the groups around it."""
    stack: list[tuple[str, bool]] = []  # path, and whether it is a repeat
    for number, (row, auto) in enumerate(zip(rows, autos, strict=False), FIRST_ROW):
        written = row.get("type", "")
        if not written or row.get("disabled", "").lower() in _YES or is_setting(written):
            continue
        kind = _kind(written)
        if kind.type in _CLOSING:
            del stack[-1:]
            continue
        name = row.get("name", "")
        if _KOBOS_OWN.fullmatch(name):
            continue
        found = MeantRow(
            name=name,
            kind=kind.type,
            list_name=kind.list_name,
            other=kind.other,
            parent=stack[-1][0] if stack else "",
            repeat=next((path for path, repeats in reversed(stack) if repeats), ""),
            cells=_cells(row, ("type", "name"), default),
            row=number if numbered else 0,
            auto=auto,
        )
        yield found
        if kind.type in {"begin_group", "begin_repeat"}:
            stack.append((found.path, kind.type == "begin_repeat"))


def _kind(written: str) -> RowType:
    try:
        return row_type(written)
    except UnknownType:  # one of KoboToolbox's own, such as its matrix: compared as it is written
        return RowType(" ".join(written.split()))


def _cells(row: Mapping[str, str], apart: Sequence[str], default: str) -> dict[str, str]:
    """Return what the columns say, in one spelling; what says nothing is left out."""
    from pyxform.aliases import BINDING_CONVERSIONS

    found: dict[str, str] = {}
    for column, value in row.items():
        if column in apart or not value:
            continue
        if column.startswith("bind::"):
            text = str(BINDING_CONVERSIONS.get(value, _calm(value)))
            if column in _FALSE and text == "false()":
                continue
        elif column.partition("::")[0] in _WORDING or "::" in column:
            text = "\n".join(" ".join(line.split()) for line in value.strip().splitlines())
        else:
            text = _calm(value)
        found[column] = text
    for column in [column for column in found if default and column in _WORDING]:
        found.setdefault(f"{column}::{default}", found[column])  # a plain label is the default language's
        del found[column]
    return found


def _calm(value: str) -> str:
    """Return a cell's text with single blanks, and Excel's TRUE and FALSE as everybody writes them."""
    text = " ".join(value.split())
    return text.lower() if text.upper() in {"TRUE", "FALSE"} else text


def unreadable(error: FormError) -> Meaning:
    """Stand for a form on the server that nobody can read: equal to no other."""
    return Meaning("", (), {}, {"unreadable": str(error)}, frozenset())
