"""F0: whether the workbook can be read at all, by this program and by phones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, SURVEY, Book
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.workbook import FIRST_ROW

_ROW = re.compile(r"\[row\s*:\s*([0-9]+)\]\s*")
# The sheets that KoboToolbox reads; those that it adds itself to what it exports begin with "kobo--".
_SHEETS = frozenset({SURVEY, CHOICES, SETTINGS, "external_choices", "entities", "osm"})
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


@form_rule(
    "F005",
    ERROR,
    "Excel made a date of a text",
    why="Of “18-24”, say, Excel makes a day: phones show that day in the place of what was meant.",
    remedy="Format the cell as text, then type its content again.",
)
def made_a_date(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find cells of questions and choices that hold a date or a time."""
    for cell in _cells(book.path, values=True):
        if cell.sheet.lower() in {SURVEY, CHOICES} and cell.kind == "d":
            yield Hit(Place(book.file, cell.sheet, cell.row, cell.header), "the cell holds a date, not a text.")


@form_rule(
    "F006",
    ERROR,
    "The workbook holds what no form needs",
    why="The whole file goes to KoboToolbox: also a list of contacts on another sheet, or a note beside a column.",
    remedy="Move it into a file of your own, outside the folder of the forms, and delete it here.",
)
def left_in_the_workbook(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find further sheets with content, cells under no header, comments on cells, and more than one row of settings."""
    seen: set[tuple[str, str]] = set()
    for cell in _cells(book.path, values=False, everywhere=True):
        name = cell.sheet.strip().lower()
        if name not in _SHEETS and not name.startswith("kobo--"):
            if (cell.sheet, "") not in seen:
                yield Hit(Place(book.file, cell.sheet), f"the sheet {cell.sheet!r} is none of a form's.")
            seen.add((cell.sheet, ""))
        elif not cell.header.strip():
            yield Hit(Place(book.file, cell.sheet, cell.row), "a cell stands under no column's name.")
        elif name == SETTINGS and cell.row > FIRST_ROW:
            yield Hit(Place(book.file, cell.sheet, cell.row, cell.header), "only the first row of settings is read.")
    for sheet, row, header in _remarks(book.path):
        yield Hit(Place(book.file, sheet, row, header), "the cell has a comment (a note on the cell).")


def _remarks(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (sheet, row, header) of cells with a comment; openpyxl reads these only where it reads everything."""
    from openpyxl import load_workbook

    if not _has_remarks(path):  # reading everything takes a second
        return
    book = load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None:
                    yield sheet.title, cell.row, str(sheet.cell(1, cell.column).value or "")


def _has_remarks(path: Path) -> bool:
    try:
        with ZipFile(path) as parts:
            return any("comments" in name.lower() for name in parts.namelist())
    except (OSError, BadZipFile):
        return False  # F001 says so


def _warnings(path: Path) -> tuple[str, ...]:
    from pyxform.xls2xform import convert

    try:
        with path.open("rb") as file:
            return tuple(convert(file, validate=False, pretty_print=False).warnings)
    except Exception:  # noqa: BLE001 -- pyxform lets what its parts raise through, of many types; F002 says so
        return ()


def _empty_formulas(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (sheet, row, header) of formulas without a value; nothing for what is no workbook."""
    formulas = [cell for cell in _cells(path, values=False) if cell.kind == "f"]
    if formulas:  # only then is it worth reading the workbook again, now for the stored values
        stored = {(cell.sheet, cell.row, cell.place) for cell in _cells(path, values=True)}
        yield from (
            (cell.sheet, cell.row, cell.header) for cell in formulas if (cell.sheet, cell.row, cell.place) not in stored
        )


class _Cell(NamedTuple):
    """A cell that is not empty. `place` is the column's number, `kind` openpyxl's: "f" a formula, "d" a date."""

    sheet: str
    row: int
    place: int
    header: str
    kind: str


def _cells(path: Path, *, values: bool, everywhere: bool = False) -> Iterator[_Cell]:
    """Yield all cells that are not empty of the three sheets, or of all with `everywhere`."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=values)
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a damaged file makes its parts raise; F001 says so
        return
    try:
        for sheet in book.worksheets:
            header: dict[int, str] = {}
            known = sheet.title.lower() in {SURVEY, CHOICES, SETTINGS}
            for number, row in enumerate(sheet.iter_rows() if known or everywhere else (), 1):
                for place, cell in enumerate(row):
                    if number == 1:
                        header[place] = str(cell.value or "")
                    if cell.value is not None and str(cell.value).strip():
                        yield _Cell(sheet.title, number, place, header.get(place, ""), str(cell.data_type))
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


RULES = (unreadable, refused, warned, formula_without_value, made_a_date, left_in_the_workbook)
