"""The coordinator's own list of services: services.csv, and what of it may leave this machine."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kobo_sync.errors import ConfigError

_NEEDED = ("code", "label", "locale")
_KNOWN = (*_NEEDED, "type")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Service:
    """One line of services.csv: what may leave this machine. The file's other columns are not kept."""

    code: str
    label: str
    locale: str
    type: str


def read_services(path: Path) -> dict[str, Service]:
    """Read services.csv by code; only code, label, locale and type are kept.

    Commas, semicolons and tabs will do, as Excel writes them. Raises ConfigError naming the row, as Excel counts them,
    when a column, a code or a label is missing, or a code stands twice.
    """
    rows = _rows(path)
    columns = _columns(next(rows, (1, []))[1], path)
    services: dict[str, Service] = {}
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        service = Service(*(_cell(row, columns.get(name)) for name in _KNOWN))
        if not _CODE.fullmatch(service.code) or not service.label:
            raise ConfigError(
                f"{path}: row {number}: a service needs a code (letters, digits, - and _; no spaces) and a label. "
                "Fill them in, or delete the row."
            )
        if service.code in services:
            raise ConfigError(f"{path}: row {number}: the code {service.code} stands twice. Give it another.")
        services[service.code] = service
    return services


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers. Raises ConfigError when the file cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} is missing: the list of the services that women are asked about. Make it with the columns "
            "code, label and locale."
        ) from error
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


def _columns(header: list[str], path: Path) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        columns.setdefault(cell.strip().lower(), place)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise ConfigError(
            f"{path}: the column {', '.join(missing)} is missing. Its first row must hold the words code, label and "
            "locale."
        )
    return columns


def _cell(row: list[str], place: int | None) -> str:
    return " ".join(row[place].split()) if place is not None and place < len(row) else ""


def services_for_phones(services: Mapping[str, Service]) -> bytes:
    """Return services.csv as it is uploaded: name, label and locale, nothing else that the coordinator's file holds."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "label", "locale"))
    writer.writerows((service.code, service.label, service.locale) for service in services.values())
    return text.getvalue().encode("utf-8")
