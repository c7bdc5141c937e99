"""From the cells of a workbook to the form as KoboToolbox keeps it (an asset's ``content``), and its ``summary``.

What the server does to a form on the way in, and this does too: translated columns become lists, types and yes/no
values get one spelling, questions that record metadata move to the top, the default language comes first, every row
gets a ``$kuid``, and names and paths are written out. Plain columns that KoboToolbox does not know stay as they are.
"""

from __future__ import annotations

import re
import secrets
import string
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.etree import ElementTree as ET
from zipfile import BadZipFile

from kobo_sync.standin import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row: TypeAlias = dict[str, Any]
Content: TypeAlias = dict[str, Any]
Workbook: TypeAlias = dict[str, list[Row]]

_ALPHABET = string.ascii_letters + string.digits


class ImportRefusedError(Exception):
    """The server cannot take the workbook; ``kind`` is the ``error_type`` that a poll of the import shows."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def random_id(length: int, prefix: str = "") -> str:
    """Make a new identifier as KoboToolbox makes them: ``prefix`` and ``length`` letters and digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def read_workbook(data: bytes) -> Workbook:
    """Read an .xlsx into ``{sheet: [{column: text}]}``; unknown sheets keep their name and lose their rows.

    Raises ImportRefusedError when the bytes are no workbook.
    """
    from pyxform.xls2json_backends import xlsx_to_dict  # takes 0.6 s to import

    corrupt = ImportRefusedError("XlsFormatException", "Unsupported format, or corrupt file")
    if not data.startswith(b"PK"):
        raise corrupt
    try:
        cells = xlsx_to_dict(BytesIO(data))
    except (BadZipFile, KeyError, ValueError, OSError) as problem:
        raise corrupt from problem
    sheet_names = [str(name) for name in cells["sheet_names"]]
    book: Workbook = {name: [dict(row) for row in cells.get(name, [])] for name in sheet_names}
    if "survey" in cells and "survey" not in book:
        # A workbook of one sheet is read as the survey, whatever the sheet is called.
        book = {"survey": [dict(row) for row in cells["survey"]]}
    return book


def check_names(book: Workbook) -> None:
    """Refuse names that cannot be XML elements and names used twice, in whatever group. Raises ImportRefusedError."""
    seen: set[str] = set()
    for row in book.get("survey", []):
        name = row.get("name")
        if not name or str(row.get("type", "")).startswith("end"):
            continue
        try:
            ET.fromstring(f"<{name} />")  # noqa: S314  # one element made here, with no document type
        except ET.ParseError as problem:
            raise ImportRefusedError("ValueError", f"Invalid node name: {name}") from problem
        if name in seen:
            raise ImportRefusedError("DuplicateNameException", f"Duplicate node name: {name}")
        seen.add(name)


def normalise(book: Workbook) -> tuple[Content, str | None]:
    """Return the form as the server keeps it, and its title (None when the workbook names none).

    Raises ImportRefusedError for what KoboToolbox finds at import already.
    """
    check_names(book)
    content: Content = {name: [_without_dollar(row) for row in rows] for name, rows in book.items()}
    survey: list[Row] = content.setdefault("survey", [])
    choices: list[Row] = content.get("choices", [])
    settings = _settings(content.get("settings", []))
    columns = _translated_columns([*survey, *choices], settings.get("default_language"))
    translations = list(dict.fromkeys(language for _, language in columns.values()))
    for row in survey:
        _expand_type(row)
        _fold_translations(row, columns, translations)
        _rename(row, names.SURVEY_COLUMNS)
        if row.get("required") in names.YES_NO:
            row["required"] = names.YES_NO[row["required"]]
    for row in choices:
        _rename(row, names.CHOICE_COLUMNS)
        _fold_translations(row, columns, translations)
    if translations:
        content["translations"] = translations
        content["translated"] = sorted({column for column, _ in columns.values()})
        _default_language_first(content, settings.get("default_language"))
    survey[:] = [row for row in survey if "type" in row and row.get("name") != "__version__"]
    survey.sort(key=lambda row: row["type"] not in names.META_TYPES)
    choices[:] = [row for row in choices if "list_name" in row]
    _label_rows(survey, choices)
    title = settings.pop("form_title", None)
    content |= {"settings": settings, "schema": "1"}
    return content, title


def _without_dollar(row: Row) -> Row:
    return {key: value for key, value in row.items() if not key.startswith("$") and value not in ("", None)}


def _settings(rows: list[Row]) -> Row:
    settings = dict(rows[0]) if rows else {}
    _rename(settings, names.SETTINGS_COLUMNS)
    return settings


def _rename(row: Row, aliases: dict[str, str]) -> None:
    for alias in [key for key in row if key in aliases and aliases[key] != key]:
        row[aliases[alias]] = row.pop(alias)


def _translated_columns(rows: list[Row], default: str | None) -> dict[str, tuple[str, str | None]]:
    """Map each translated column of the workbook to (column, language); None is the language without a name."""
    found: dict[str, tuple[str, str | None]] = {}
    every = dict.fromkeys(key for row in rows for key in row)
    for column in every:
        base, separator, language = re.sub(r"\s*::?\s*", "::", column).rpartition("::")
        media = re.fullmatch(r"(?:media::)?(image|big-image|audio|video)(?:::([^:]+))?", f"{base}{separator}{language}")
        if media:
            found[column] = (f"media::{media[1]}", media[2])
        elif column in ("label", "hint"):
            found[column] = (column, default if column == "hint" else None)
        elif separator and base not in ("bind", "body") and "::" not in base:
            found[column] = (base, language)
            if base in every:
                found[base] = (base, None)
    return found


def _fold_translations(row: Row, columns: dict[str, tuple[str, str | None]], translations: list[str | None]) -> None:
    for column in [key for key in row if key in columns]:
        base, language = columns[column]
        # A column without a language keeps its place in the row; the others end up behind it, in one list.
        value = row[column] if column == base else row.pop(column)
        if isinstance(value, list):
            continue  # folded already, together with a named language before it
        texts = row.get(base)
        if not isinstance(texts, list):
            texts = [None] * len(translations)
            if base in row and column != base:
                texts[translations.index(None)] = row[base]
            row[base] = texts
        texts[translations.index(language)] = value


def _expand_type(row: Row) -> None:
    """Split ``select_one yes_no`` into type and list, give a type its usual spelling, refuse an unknown one."""
    written = row.get("type")
    if not written:
        row.pop("type", None)
        return
    text, others = re.subn(r"(\s+or[ _]other|_or_other(?=\s))$|(?<=one)_or_other|(?<=multiple)_or_other", "", written)
    if others:
        row["_or_other"] = True
    first, _, list_name = text.strip().rpartition(" ")
    kind = names.SELECTS.get(re.sub(r"\s+", " ", first.strip()))
    if kind:
        row["type"] = kind
        row["file" if kind.endswith("from_file") else "select_from_list_name"] = list_name
        return
    plain = re.sub(r"\s+", " ", text.strip())
    if plain in names.SELECTS:
        row["type"] = names.SELECTS[plain]
    elif plain in names.TYPE_ALIASES or _is_known(plain):
        row["type"] = names.TYPE_ALIASES.get(plain, plain)
    else:
        raise ImportRefusedError("ValueError", f"unknown type ['{written}']")


def _is_known(kind: str) -> bool:
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT  # takes 0.6 s to import

    return kind in QUESTION_TYPE_DICT or kind in names.STRUCTURE


def _default_language_first(content: Content, default: str | None) -> None:
    translations: list[str | None] = content["translations"]
    if default is None or translations == [None]:
        return
    if default not in translations:
        present = ", ".join(language for language in translations if language)
        raise ImportRefusedError("ValueError", f"Default language `{default}` is not one of the form's: {present}")
    place = translations.index(default)
    for row in _rows(content):
        for column in content["translated"]:
            if column in row:
                row[column].insert(0, row[column].pop(place))
    translations.insert(0, translations.pop(place))


def _rows(content: Content) -> Iterator[Row]:
    yield from content["survey"]
    yield from content.get("choices", [])


def _label_rows(survey: list[Row], choices: list[Row]) -> None:
    """Give every row its ``$kuid``, ``$autoname`` or ``$autovalue``, and ``$xpath``."""
    path: list[str] = []
    taken = {str(row["name"]) for row in survey if "name" in row}
    for row in survey:
        row["$kuid"] = random_id(9)
        if row["type"].startswith("end_"):
            path = path[:-1]
            continue
        name = row["$autoname"] = row.get("name") or _slug(row, taken.__contains__)
        taken.add(name)
        row["$xpath"] = "/".join([*path, name])
        if row["type"].startswith("begin_"):
            path = [*path, name]
    for row in choices:
        row["$kuid"] = random_id(9)
        row["$autovalue"] = row.get("name") or _slug(row, lambda _: False)


def _slug(row: Row, is_taken: Callable[[str], bool]) -> str:
    label = next((text for text in row.get("label") or [] if text), "")
    slug = re.sub(r"[^A-Za-z0-9_]+", "_", label).strip("_")[:40] or f"{row.get('type', 'choice')}_{row['$kuid']}"
    slug = f"_{slug}" if slug[0].isdigit() else slug
    tries = (slug, *(f"{slug}_{number:03}" for number in range(1, 1000)))
    return next((name for name in tries if not is_taken(name)), f"{slug}_{row['$kuid']}")


def summarise(content: Content) -> dict[str, Any]:
    """Make an asset's ``summary``: how many questions, which columns and languages, how well questions are named."""
    rows = [row for row in content["survey"] if row["type"] not in names.META_TYPES and not _is_layout(row)]
    if not content["survey"]:
        return {}
    texts: Iterable[list[str | None]] = (row["label"] for row in rows if row.get("label"))
    bad = [row for row in rows if re.fullmatch(r"[_\d]+", str(row.get("name", "x")))]
    unnamed = [row for row in rows if "name" not in row]
    firsts = {
        kind: {"name": first[0]["$autoname"], "index": rows.index(first[0]) + 1, "label": first[0].get("label")}
        for kind, first in (("bad", bad), ("ok", unnamed))
        if first
    }
    translations = content.get("translations", [])
    return {
        "geo": any(row["type"] in ("geopoint", "geotrace", "geoshape") for row in content["survey"]),
        "labels": [text[0] for text in texts][:5],
        "columns": list(dict.fromkeys(key for row in rows for key in row if not key.startswith("$"))),
        "lock_all": False,
        "lock_any": False,
        "languages": [language for language in translations if language],
        "row_count": len(rows),
        "name_quality": {
            "ok": len(unnamed),
            "bad": len(bad),
            "good": len(rows) - len(bad) - len(unnamed),
            "total": len(rows),
            "firsts": firsts,
        },
        "default_translation": translations[0] if translations else None,
    }


def _is_layout(row: Row) -> bool:
    return row["type"] in ("note", "begin_group", "end_group", "end_repeat")


def as_stored(content: Content) -> Content:
    """Return the form as it comes back from the database, which orders the keys of a row by length, then by letter."""
    ordered = dict(content)
    for sheet in ("survey", "choices"):
        if sheet in content:
            ordered[sheet] = [{key: row[key] for key in sorted(row, key=_stored_order)} for row in content[sheet]]
    return ordered


def _stored_order(key: str) -> tuple[int, str]:
    return len(key), key
