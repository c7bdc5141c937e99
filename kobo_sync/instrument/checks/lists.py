"""The coordinator's CSV lists as the checks see them: services, locales, referrals."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kobo_sync.instrument.checks.finding import Place

SERVICES, LOCALES, REFERRALS = "services.csv", "locales.csv", "referrals.csv"
LISTS = (SERVICES, LOCALES, REFERRALS)


@dataclass(frozen=True)
class CsvList:
    """One list. `rows` holds (row number as Excel counts, cells by column name in lower case).

    `columns` is None where there is no such file; `broken` says why a file cannot be read.
    """

    name: str
    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[int, Mapping[str, str]], ...] = ()
    broken: str = ""

    @property
    def present(self) -> bool:
        """Whether there is such a file and it could be read."""
        return self.columns is not None and not self.broken

    def at(self, row: int | None = None, column: str = "") -> Place:
        """Return a place in the list."""
        return Place(self.name, row=row, column=column)


def read_list(folders: tuple[Path, ...], name: str) -> CsvList:
    """Read a list from the first folder that has it; commas, semicolons and tabs will do, as Excel writes them."""
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        return CsvList(name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = tuple(_rows(text))
    except UnicodeDecodeError:
        return CsvList(name, (), broken="it is not in UTF-8, so letters with accents would be spoilt")
    except OSError as error:
        return CsvList(name, (), broken=f"it cannot be opened ({error.strerror})")
    except csv.Error:
        return CsvList(name, (), broken="a quotation mark in it is not closed, or stands within a word")
    header = tuple(cell.strip().lower() for cell in rows[0][1]) if rows else ()
    return CsvList(
        name,
        header,
        tuple(
            (number, {column: " ".join(cell.split()) for column, cell in zip(header, cells, strict=False)})
            for number, cells in rows[1:]
            if any(cell.strip() for cell in cells)
        ),
    )


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first, _, rest = text.partition("\n")
    start = 1
    if re.fullmatch(r"sep=.\r?", first):  # a line that some programs write for Excel
        text, start = rest, 2
        first = rest.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    yield from enumerate(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True), start)
