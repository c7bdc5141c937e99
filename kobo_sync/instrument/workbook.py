"""A workbook (.xlsx) → its sheets, and a sheet's rows with the column names that pyxform knows them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError

Row = Mapping[str, str]
FIRST_ROW = 2  # Excel counts from 1, and the first row is the header

_TEXTS = frozenset({"label", "hint"})  # for people's eyes: kept as written, with their curly quotes


def read_sheets(source: Path | bytes, name: str) -> dict[str, Any]:
    """Read the sheets of a workbook, as pyxform does: "survey", "choices", "settings" as lists of rows.

    Raises FormError when there is no such file, or it is no workbook or a damaged one.
    """
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import xlsx_to_dict

    file = source.name if isinstance(source, Path) else f"{name}.xlsx"
    if isinstance(source, Path):
        try:
            data = source.read_bytes()
        except OSError as error:
            raise FormError("cannot be read.", file=str(source), remedy="Is it there, and closed in Excel?") from error
    else:
        data = source
    try:
        sheets: dict[str, Any] = xlsx_to_dict(BytesIO(data))
    except PyXFormError as error:
        words = str(error)
        if words.startswith("Duplicate column header"):
            raise FormError(f"{words}.", file=file, remedy="Remove or rename one of the two columns.") from error
        raise FormError(
            "is not a workbook that can be read.", file=file, remedy="Save it as .xlsx from Excel and try again."
        ) from error
    except Exception as error:
        # openpyxl answers a damaged workbook with whatever its parts happen to raise (ValueError, zlib, XML errors).
        raise FormError(
            f"is a damaged workbook ({type(error).__name__}).", file=file, remedy="Save it again from Excel."
        ) from error
    return sheets


def named_rows(rows: Sequence[Row] | None, sheet: str, file: str) -> list[dict[str, str]]:
    """Give each cell the column name that pyxform resolves its header to, parts joined by "::".

    So `relevance` and `bind::relevant` both are "bind::relevant", and `Label :: English (en)` is
    "label::English (en)"; columns that pyxform does not know are in lower case. Empty rows stay, so that the row
    numbers are right. `sheet` is "survey", "choices" or "settings". Raises FormError for two columns of one meaning.
    """
    rows = rows or ()
    names = _column_names(dict.fromkeys(str(header) for row in rows for header in row), sheet, file)
    return [{names[str(header)]: _cell(names[str(header)], value) for header, value in row.items()} for row in rows]


def texts(row: Row, column: str) -> dict[str, str]:
    """Return the texts of one column by language, "" for the plain column."""
    found: dict[str, str] = {}
    for header, value in row.items():
        name, _, language = header.partition("::")
        if name == column and value:
            found[language] = value
    return found


def _cell(column: str, value: object) -> str:
    from pyxform.parsing.sheet_headers import clean_text_values

    text = str(value).strip()
    return text if column.partition("::")[0] in _TEXTS else str(clean_text_values(text, strip_whitespace=True))


def _column_names(headers: Iterable[str], sheet: str, file: str) -> dict[str, str]:
    headers = tuple(headers)
    resolve = _resolver(sheet, doubled=any("::" in header for header in headers))
    names: dict[str, str] = {}
    seen: dict[str, str] = {}
    for header in headers:
        name = resolve(header)
        if name in seen:
            raise FormError(
                f"the columns {seen[name]!r} and {header!r} mean the same.",
                file=file,
                sheet=sheet,
                row=FIRST_ROW - 1,
                remedy="Keep one of them.",
            )
        seen[name] = header
        names[header] = name
    return names


def _resolver(sheet: str, *, doubled: bool) -> Callable[[str], str]:
    from pyxform import aliases
    from pyxform.parsing.sheet_headers import process_header
    from pyxform.question import MultipleChoiceQuestion, Option
    from pyxform.survey import Survey

    known_aliases, element = {
        "survey": (aliases.survey_header, MultipleChoiceQuestion),
        "choices": (aliases.list_header, Option),
        "settings": (aliases.settings_header, Survey),
    }[sheet]
    columns = set(element.get_slot_names())

    def resolve(header: str) -> str:
        _, (first, *rest) = process_header(header.strip(), doubled, known_aliases, columns)
        return "::".join((first if first in columns else first.lower(), *rest))

    return resolve
