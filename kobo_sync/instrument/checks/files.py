"""F0: whether the workbook can be read at all, by this program and by phones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, SURVEY, Book
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument

_ROW = re.compile(r"\[row\s*:\s*([0-9]+)\]\s*")
# What pyxform warns of and rules of this package say better, with sheet, row and language.
_SAID_ELSEWHERE = re.compile(r"Language '|or_other and translations|machine-readable codes|valid XML")


@form_rule(
    "F001",
    ERROR,
    "The workbook cannot be read as a form",
    why="Nothing can be deployed, stored or scored from it, and most other checks could not look at it.",
    remedy="Mend the place that is named, save the workbook and check again.",
)
def unreadable(book: Book, _: Instrument) -> Iterator[Hit]:
    """Say what stopped the reader."""
    if book.broken is not None:
        at = Place(book.file, book.broken.sheet, book.broken.row)
        yield Hit(at, _sentence(book.broken.what), book.broken.remedy)


@form_rule(
    "F002",
    ERROR,
    "Phones cannot open the form",
    why="The converter that KoboToolbox uses (pyxform), or ODK Validate behind it, refuses the form.",
    remedy="Mend what the message names in the workbook, then check again.",
)
def refused(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Convert the form and let ODK Validate open it."""
    if book.form is None or book.name not in instrument.chosen:
        return
    try:
        instrument.convert(book.path)
    except FormError as error:
        yield Hit(_place(book, error.what), _sentence(_ROW.sub("", error.what)))


@form_rule(
    "F003",
    WARNING,
    "The converter warns of something",
    why="The form can be converted, but the converter finds something that phones or KoboToolbox may take amiss.",
    remedy="Read the warning, and change the place that it names unless it is meant to be so.",
)
def warned(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Pass on what pyxform warns of, but for what rules of this package say better."""
    if book.form is None or book.name not in instrument.chosen:
        return
    for warning in _warnings(book.path):
        if not _SAID_ELSEWHERE.search(warning):
            yield Hit(_place(book, warning), _sentence(_ROW.sub("", warning)))


@form_rule(
    "F004",
    ERROR,
    "A formula has no stored value",
    why=(
        "The cell holds a spreadsheet formula, and the file not its result: KoboToolbox takes the cell for empty and "
        "drops it without a word."
    ),
    remedy="Replace the formula by its value, or open the workbook in Excel and save it again.",
)
def formula_without_value(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find cells that hold a formula and no cached result."""
    for sheet, row, header in _empty_formulas(book.path):
        yield Hit(Place(book.file, sheet, row, header), "the formula in this cell has no stored value.")


def _warnings(path: Path) -> tuple[str, ...]:
    from pyxform.xls2xform import convert

    try:
        with path.open("rb") as file:
            return tuple(convert(file, validate=False, pretty_print=False).warnings)
    except Exception:  # noqa: BLE001 -- pyxform lets what its parts raise through, of many types; F002 says so
        return ()


def _empty_formulas(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (sheet, row, header) of formulas without a value; nothing for what is no workbook."""
    formulas = [cell for cell in _cells(path, values=False) if cell[4]]
    if formulas:  # only then is it worth reading the workbook again, now for the stored values
        stored = {cell[:3] for cell in _cells(path, values=True)}
        yield from (
            (sheet, row, header) for sheet, row, place, header, _ in formulas if (sheet, row, place) not in stored
        )


def _cells(path: Path, *, values: bool) -> Iterator[tuple[str, int, int, str, bool]]:
    """Yield (sheet, row, column number, header, whether it holds a formula) of all cells that are not empty."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=values)
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a damaged file makes its parts raise; F001 says so
        return
    try:
        for name in book.sheetnames:
            header: dict[int, str] = {}
            rows = book[name].iter_rows() if name.lower() in {SURVEY, CHOICES, SETTINGS} else ()
            for number, row in enumerate(rows, 1):
                for place, cell in enumerate(row):
                    if number == 1:
                        header[place] = str(cell.value or "")
                    if cell.value is not None:
                        yield name, number, place, header.get(place, ""), cell.data_type == "f"
    finally:
        book.close()


def _place(book: Book, message: str) -> Place:
    """Return the place that a message of pyxform's names; it counts rows as Excel does."""
    found = _ROW.search(message)
    if found is None:
        return Place(book.file)
    sheet = CHOICES if re.search(r"\bchoices\b", message) else SURVEY
    return Place(book.file, sheet, int(found[1]))


def _sentence(text: str) -> str:
    return f"{' '.join(text.split()).rstrip('.')}."


RULES = (unreadable, refused, warned, formula_without_value)
