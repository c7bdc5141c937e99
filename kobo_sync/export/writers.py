"""Tables → the bytes of files: CSV that Excel opens, one workbook for all tables, or Parquet."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from kobo_sync.errors import UserError
from kobo_sync.export.table import Table, harmless

if TYPE_CHECKING:
    from xlsxwriter import Workbook

FORMATS = ("csv", "xlsx", "parquet")

_SHEET_NAME = 31  # characters; Excel refuses more, and some signs
_NO_SHEET = re.compile(r"[\[\]:*?/\\]")
_CELL = 32_767  # characters that a cell of Excel holds
_WIDEST = 60
# The format knows no workbook without a time: this one says nothing.
_NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def files_of(prefix: str, tables: Sequence[Table], kind: str) -> dict[str, bytes]:
    """Return files by name: `prefix.xlsx`, or a `prefix_table.csv` or `.parquet` for each table.

    The names depend on prefix and tables alone, so that links to the files go on working. `kind` is one of FORMATS.
    Raises UserError when Parquet is asked for and the library for it is not there.
    """
    if kind == "xlsx":
        return {f"{prefix}.xlsx": as_xlsx(tables)}
    write = {"csv": as_csv, "parquet": as_parquet}[kind]
    return {f"{prefix}_{table.name}.{kind}": write(table) for table in tables}


def as_csv(table: Table) -> bytes:
    """Return CSV in UTF-8 with a byte order mark, by which Excel knows the letters; no cell is a formula."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(column.name) for column in table.columns])
    writer.writerows([[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """Return a workbook with a sheet for each table, its header frozen.

    It names nobody and no time. Text is written as text: no formula, no link.
    """
    import xlsxwriter

    made = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(made, options)
    book.set_properties({"author": "", "created": _NO_TIME})
    names: set[str] = set()
    for table in tables:
        _sheet(book, table, _sheet_name(table.name, names))
    book.close()
    return made.getvalue()


def as_parquet(table: Table) -> bytes:
    """Return a Parquet file: whole numbers, and text as it is. Raises UserError when pyarrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            "Parquet needs the library pyarrow, which is not installed, so nothing was written. Install it with: pip "
            "install 'a-gender-monitor[parquet]'. Or choose --format csv or xlsx."
        ) from error
    arrays = [
        pa.array([row[place] for row in table.rows], pa.int64())
        if column.number
        else pa.array([None if row[place] is None else str(row[place]) for row in table.rows], pa.string())
        for place, column in enumerate(table.columns)
    ]
    made = BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, names=[column.name for column in table.columns]), made)
    return made.getvalue()


def _sheet(book: Workbook, table: Table, name: str) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    widths = [len(column.name) for column in table.columns]
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, harmless(column.name)[:_CELL], bold)
    for number, row in enumerate(table.rows, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, place, cell)
            elif cell:
                sheet.write_string(number, place, harmless(cell)[:_CELL])
            widths[place] = max(widths[place], len(str(cell or "")))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(width, _WIDEST) + 2)


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel takes, and that no other sheet has; capitals make no difference to it."""
    plain = _NO_SHEET.sub("_", name)
    made, number = plain[:_SHEET_NAME], 1
    while made.casefold() in taken:
        number += 1
        made = f"{plain[: _SHEET_NAME - len(str(number)) - 1]}_{number}"
    taken.add(made.casefold())
    return made
