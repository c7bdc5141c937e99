"""Places: locales.csv (where services are), referrals.csv (who can help a woman there), and their copies on phones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.csv_files import CODE, read_lines, read_table, write_table
from kobo_sync.errors import ConfigError

FOR_PHONES = ("name", "label", "locale")  # the columns that may leave this machine, and label in a language
_ACCEPTS = "accepts_women_who_use_drugs"
_TILE = ("tile_row", "tile_column")
WIDEST = 10  # columns of the map of tiles
_YES = frozenset({"yes", "y", "true", "1"})


@dataclass(frozen=True, slots=True)
class Locale:
    """One line of locales.csv: a place no smaller than a district.

    `parent` the name of the larger area that it lies in, "" where none is given; `tile` its row and column in the map
    of tiles, counted from 1, or None. These serve the pages only and never leave this machine with a form.
    """

    code: str
    label: str
    parent: str = ""
    tile: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """One line of referrals.csv. `accepts` only where somebody checked that it takes women who use drugs."""

    locale: str
    label: str
    phone: str
    hours: str
    accepts: bool
    checked_on: str


def read_locales(path: Path) -> dict[str, Locale]:
    """Read locales.csv by code.

    Columns that may be left out: `parent`, `tile_row`, `tile_column`. Raises ConfigError naming the row when a column,
    a code or a label is missing, a code stands twice, or a tile has no proper place of its own.
    """
    locales: dict[str, Locale] = {}
    taken: dict[tuple[int, int], str] = {}
    needed = ("code", "label")
    for number, row in read_table(path, needed, (*needed, "parent", *_TILE), "the list of the places"):
        locale = Locale(row["code"], row["label"], row["parent"], _tile(path, number, row))
        if not CODE.fullmatch(locale.code) or not locale.label:
            raise ConfigError(
                f"{path}: row {number}: a place needs a code (letters, digits, - and _; no spaces) and a label."
            )
        if locale.code in locales:
            raise ConfigError(f"{path}: row {number}: the code {locale.code} stands twice. Give it another.")
        if locale.tile and locale.tile in taken:
            raise ConfigError(
                f"{path}: row {number}: {locale.code} has the tile of {taken[locale.tile]}. Give one of them another "
                "tile_row or tile_column, or leave both cells empty."
            )
        if locale.tile:
            taken[locale.tile] = locale.code
        locales[locale.code] = locale
    return locales


def _tile(path: Path, number: int, row: Mapping[str, str]) -> tuple[int, int] | None:
    """Return where the map draws a place. Raises ConfigError naming the row."""
    cells = [row[name] for name in _TILE]
    if not any(cells):
        return None
    if not all(re.fullmatch("[0-9]{1,2}", cell) for cell in cells):
        raise ConfigError(
            f"{path}: row {number}: tile_row and tile_column are whole numbers, both of them, or both cells are empty. "
            "They say where the map draws the place: 1 and 1 is at the top left."
        )
    place = int(cells[0]), int(cells[1])
    if not (place[0] >= 1 and 1 <= place[1] <= WIDEST):
        raise ConfigError(
            f"{path}: row {number}: the map has rows from 1 and columns from 1 to {WIDEST}, not more, so that it can "
            "be read on paper. Move the tile."
        )
    return place


def read_referrals(path: Path) -> tuple[Referral, ...]:
    """Read referrals.csv in its order.

    Raises ConfigError naming the row when a column, a place or a label is missing.
    """
    needed = ("locale", "label", "phone", "hours", _ACCEPTS, "checked_on")
    referrals: list[Referral] = []
    for number, row in read_table(path, needed, needed, "the list of who can help a woman"):
        if not row["locale"] or not row["label"]:
            raise ConfigError(f"{path}: row {number}: a referral needs the code of its place and a label.")
        accepts = row[_ACCEPTS].lower() in _YES
        referrals.append(Referral(row["locale"], row["label"], row["phone"], row["hours"], accepts, row["checked_on"]))
    return tuple(referrals)


def locales_for_phones(locales: Mapping[str, Locale]) -> bytes:
    """Return locales.csv as it is uploaded: name and label."""
    return write_table(("name", "label"), [(locale.code, locale.label) for locale in locales.values()])


def referrals_for_phones(referrals: Sequence[Referral], locales: Mapping[str, Locale]) -> bytes:
    """Return referrals.csv as it is uploaded: name, label (with phone and hours) and locale.

    Only referrals that are known to accept women who use drugs: a wrong address can do harm. Where there are several
    areas, the label ends with the area's: the whole list is shown where nobody was asked for the area.
    """
    told = [referral for referral in referrals if referral.accepts]
    areas = {code: locale.label for code, locale in locales.items()} if len(locales) > 1 else {}
    return write_table(
        ("name", "label", "locale"),
        [
            (f"R{number:02}", ", ".join(filter(None, said)), one.locale)
            for number, one in enumerate(told, 1)
            for said in [(one.label, _whole(one.phone), one.hours, areas.get(one.locale, ""))]
        ],
    )


def for_phones(column: str) -> bool:
    """Whether a column of a list, by its name, may leave this machine."""
    plain = column.strip().lower()
    return plain in FOR_PHONES or plain.startswith("label::")


def private_columns(path: Path) -> tuple[str, ...]:
    """Return what keeps a list of the author's own on this machine: columns by name, "" for one without a name.

    Raises ConfigError when the file cannot be read.
    """
    lines = read_lines(path)
    header = next(lines, (1, []))[1]
    width = max((len(row) for _, row in lines if any(cell.strip() for cell in row[len(header) :])), default=0)
    columns = [cell.strip() for cell in header] + [""] * (width - len(header))
    return tuple(dict.fromkeys(column for column in columns if not for_phones(column)))


def list_for_phones(path: Path) -> bytes:
    """Return any other list as it is uploaded; only one of name, label and locale may leave this machine.

    Raises ConfigError when it is no CSV file, has other columns, or cannot be read.
    """
    if path.suffix.lower() != ".csv":
        raise ConfigError(
            f"{path} cannot travel with a form: it may hold more than can be looked through here, such as places on a "
            "map. Make it a CSV file with the columns name, label and locale."
        )
    if private := private_columns(path):
        told = ", ".join(repr(column) if column else "one without a name" for column in private)
        raise ConfigError(
            f"{path} has columns that must not leave this machine: {told}. Phones get name, label, label in a language "
            "(label::English (en)) and locale. Delete the others, or keep them in a file that no form asks for."
        )
    lines = [row for _, row in read_lines(path) if any(cell.strip() for cell in row)]
    return write_table([cell.strip() for cell in lines[0]], lines[1:]) if lines else b""


def _whole(phone: str) -> str:
    """Keep a number on one line of a small screen."""
    return phone.replace(" ", "\N{NO-BREAK SPACE}")
