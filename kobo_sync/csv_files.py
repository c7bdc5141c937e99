"""The coordinator's own lists, as spreadsheets save them: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

from kobo_sync.errors import ConfigError

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def read_table(
    path: Path, needed: Sequence[str], known: Sequence[str], what: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (row number as Excel counts, the cells of the `known` columns) for each row that is not empty.

    Columns are found by their names, whatever their order; a column that is not `known` is not looked at. `what` says
    what the list is for. Raises ConfigError naming file and remedy when it cannot be read or a `needed` column is
    missing.
    """
    rows = _rows(path, needed, what)
    columns = _columns(next(rows, (1, []))[1], path, needed)
    for number, row in rows:
        if any(cell.strip() for cell in row):
            yield number, {name: _cell(row, columns.get(name)) for name in known}


def read_cells(path: Path) -> Iterator[Mapping[str, str]]:
    """Yield every row as column (in small letters) → cell, whatever columns there are. Raises ConfigError."""
    rows = _rows(path, (), "one of your lists")
    columns = _columns(next(rows, (1, []))[1], path, ())
    for _, row in rows:
        yield {name: _cell(row, place) for name, place in columns.items()}


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number as Excel counts, cells as written) of every line, the header first. Raises ConfigError."""
    yield from _rows(path, (), "one of your lists")


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a CSV file as it is uploaded, the same bytes for the same rows."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _listed(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _rows(path: Path, needed: Sequence[str], what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers. Raises ConfigError when the file cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing: {what}. Make it with the columns {_listed(needed)}.") from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be opened ({error.strerror}). Close it in Excel and other programs, then try again."
        ) from error
    except UnicodeDecodeError:
        text = None
    if text is None:  # outside the handler: that error holds the whole file, addresses and contacts too
        raise ConfigError(
            f"{path} is not in UTF-8, so letters with accents would be spoilt. In Excel, choose Save As and the type "
            "'CSV UTF-8'."
        )
    first, _, rest = text.partition("\n")
    skipped = 0
    if re.fullmatch(r"sep=.\r?", first):  # a line that some programs write for Excel
        text, skipped = rest, 1
        first = rest.partition("\n")[0]
    # Where the comma is the decimal sign, Excel writes semicolons.
    delimiter = max(",;\t", key=first.count)
    try:
        # Strictly: a quotation mark that is never closed would swallow the services after it without a word.
        yield from enumerate(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), 1 + skipped)
    except csv.Error:
        raise ConfigError(
            f"{path} is no proper CSV: a quotation mark is not closed, or stands within a word. Open it in Excel and "
            "save it again as 'CSV UTF-8'."
        ) from None


def _columns(header: list[str], path: Path, needed: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        columns.setdefault(cell.strip().lower(), place)
    missing = [name for name in needed if name not in columns]
    if missing:
        raise ConfigError(
            f"{path}: the column {', '.join(missing)} is missing. Its first row must hold the words {_listed(needed)}."
        )
    return columns


def _cell(row: list[str], place: int | None) -> str:
    return (
        " ".join("".join(c if c.isprintable() else " " for c in row[place]).split())
        if place is not None and place < len(row)
        else ""
    )
