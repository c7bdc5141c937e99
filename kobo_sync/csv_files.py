"""The coordinator's own lists, as spreadsheets save them: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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


def append_row(path: Path, cells: Mapping[str, str], what: str) -> None:
    """Add a row to a list; everything else in the file stays as it is, byte for byte. Whole or not at all.

    `cells` by column, in small letters; columns without one stay empty. Raises ConfigError when the file cannot be read
    or written (it is open in Excel), or has no such column.
    """
    text = _text(path, tuple(cells), what)
    body, delimiter, _ = _layout(text)
    lines = _parsed(path, text)
    header = next(lines, (1, []))[1]
    columns = _columns(header, path, [name for name, cell in cells.items() if cell])
    for _ in lines:  # to the end: after a quotation mark that is not closed nothing may be added
        pass
    row = [""] * len(header)
    for name, cell in cells.items():
        if cell:
            row[columns[name]] = cell
    end = "\r\n" if "\r\n" in body else "\n"
    line = StringIO(newline="")
    csv.writer(line, delimiter=delimiter, lineterminator=end).writerow(row)
    try:
        before = path.read_bytes()
        more = ("" if before.endswith((b"\n", b"\r")) else end) + line.getvalue()
        replace_whole(path, before + more.encode("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}), so nothing was changed. Close it in Excel and other "
            "programs, then run the same command again."
        ) from error


def replace_whole(path: Path, content: bytes) -> None:
    """Put other content in the place of a file's, whole or not at all. Raises OSError, for one when it is in use."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        with suppress(OSError):
            shutil.copymode(target, name)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _listed(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _rows(path: Path, needed: Sequence[str], what: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers. Raises ConfigError when the file cannot be read."""
    yield from _parsed(path, _text(path, needed, what))


def _text(path: Path, needed: Sequence[str], what: str) -> str:
    """Return what a file holds. Raises ConfigError when it cannot be read."""
    text: str | None
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
    return text


def _layout(text: str) -> tuple[str, str, int]:
    """Return what follows the line that some programs write for Excel (sep=;), the delimiter, and how many such lines.

    Where the comma is the decimal sign, Excel writes semicolons.
    """
    first, _, rest = text.partition("\n")
    skipped = int(re.fullmatch(r"sep=.\r?", first) is not None)
    text = rest if skipped else text
    return text, max(",;\t", key=text.partition("\n")[0].count), skipped


def _parsed(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    text, delimiter, skipped = _layout(text)
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
