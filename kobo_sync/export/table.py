"""A table on its way into a file: plain values, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cell = str | int | None

# What spreadsheets take for the beginning of a formula, in the width of Chinese and Japanese letters too.
_FORMULA = "=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
# At the beginning of a cell, and after whatever a spreadsheet of another country takes for the end of one: where the
# comma is the decimal sign, Excel cuts a line at semicolons, within quotation marks too.
_BEGINS_FORMULA = re.compile(rf"(^|[;,\t\r\n\"])(\s*)(?=[{_FORMULA}])")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it means, whose labels explain its codes ("domain", …; "" none), whether numbers."""

    name: str
    about: str
    labels: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `rows` have one cell a column: text, a whole number, or None where there is nothing."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def harmless(text: str) -> str:
    """Return a text with an apostrophe before whatever a spreadsheet would run as a formula."""
    return _BEGINS_FORMULA.sub(r"\1\2'", text)


def with_labels(table: Table, labels: Mapping[str, Mapping[str, str]]) -> Table:
    """Add, after each column of codes whose labels are known, a column with the labels.

    `labels` by kind and code. A cell with several codes, parted by spaces, has several labels, parted by "; ".
    """
    known = [(column, labels.get(column.labels, {}) if column.labels else {}) for column in table.columns]
    columns: list[Column] = []
    for column, said in known:
        columns.append(column)
        if said:
            columns.append(Column(f"{column.name}_label", f"{column.name} in words"))
    rows = tuple(tuple(_cells(row, [said for _, said in known])) for row in table.rows)
    return Table(table.name, tuple(columns), rows)


def _cells(row: Sequence[Cell], labels: Sequence[Mapping[str, str]]) -> list[Cell]:
    cells: list[Cell] = []
    for cell, said in zip(row, labels, strict=True):
        cells.append(cell)
        if said:
            words = [said.get(code, code) for code in cell.split()] if isinstance(cell, str) else []
            cells.append("; ".join(words))
    return cells
