"""Places: locales.csv (where services are), referrals.csv (who can help a woman there), and their copies on phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.csv_files import CODE, read_lines, read_table, write_table
from kobo_sync.errors import ConfigError

FOR_PHONES = ("name", "label", "locale")  # the columns that may leave this machine, and label in a language
_ACCEPTS = "accepts_women_who_use_drugs"
_YES = frozenset({"yes", "y", "true", "1"})


@dataclass(frozen=True, slots=True)
class Locale:
    """One line of locales.csv: a place no smaller than a district."""

    code: str
    label: str


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

    Raises ConfigError naming the row when a column, a code or a label is missing, or a code stands twice.
    """
    locales: dict[str, Locale] = {}
    for number, row in read_table(path, ("code", "label"), ("code", "label"), "the list of the places"):
        locale = Locale(**row)
        if not CODE.fullmatch(locale.code) or not locale.label:
            raise ConfigError(
                f"{path}: row {number}: a place needs a code (letters, digits, - and _; no spaces) and a label."
            )
        if locale.code in locales:
            raise ConfigError(f"{path}: row {number}: the code {locale.code} stands twice. Give it another.")
        locales[locale.code] = locale
    return locales


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
