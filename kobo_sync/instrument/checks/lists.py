"""The coordinator's CSV lists as the checks see them, row by row: services, locales, referrals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.csv_files import read_table
from kobo_sync.errors import ConfigError
from kobo_sync.instrument.checks.finding import Place

SERVICES, LOCALES, REFERRALS = "services.csv", "locales.csv", "referrals.csv"
LISTS = (SERVICES, LOCALES, REFERRALS)
ACCEPTS, CHECKED, BAND = "accepts_women_who_use_drugs", "checked_on", "women_band"
PRIVATE = ("real_name", "address", "contact")  # columns that no message repeats
_NEEDED = {
    SERVICES: ("code", "label", "locale"),
    LOCALES: ("code", "label"),
    REFERRALS: ("locale", "label", "phone", "hours", ACCEPTS, CHECKED),
}
_ALSO = {SERVICES: ("type", BAND, *PRIVATE), LOCALES: (), REFERRALS: ()}


@dataclass(frozen=True)
class CsvList:
    """One list. `rows` holds (row number as Excel counts, cells by column name).

    `there` is whether there is such a file; `broken` says why one cannot be read, and what to do.
    """

    name: str
    there: bool = False
    rows: tuple[tuple[int, Mapping[str, str]], ...] = ()
    broken: str = ""

    @property
    def present(self) -> bool:
        """Whether there is such a file and it could be read."""
        return self.there and not self.broken

    def at(self, row: int | None = None, column: str = "") -> Place:
        """Return a place in the list."""
        return Place(self.name, row=row, column=column)


def read_list(folders: tuple[Path, ...], name: str) -> CsvList:
    """Read a list from the first folder that has it; raises nothing that its author could cause."""
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        return CsvList(name)
    needed = _NEEDED[name]
    try:
        rows = tuple(read_table(path, needed, (*needed, *_ALSO[name]), "the list that phones show"))
    except ConfigError as error:
        return CsvList(name, there=True, broken=str(error).removeprefix(str(path)).lstrip(": "))
    return CsvList(name, there=True, rows=rows)
