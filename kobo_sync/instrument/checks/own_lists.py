"""F8: what else travels with a form: lists of the author's own, and what calculations look up in any list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.checks.book import Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.lists import LISTS
from kobo_sync.instrument.checks.logic import expressions
from kobo_sync.places import for_phones, private_columns


def _others(book: Book) -> Iterator[tuple[int, str]]:
    """Yield (row, file) of the lists that a form shows beside those that the program reads itself."""
    own = {name.casefold() for name in LISTS}
    for number, row, kind in book.survey:
        name = kind.list_name if kind.type.endswith("_from_file") else ""
        if kind.type in {"csv-external", "xml-external"}:
            name = f"{row.get('name', '')}.{kind.type[:3]}"
        if name and name.casefold() not in own:
            yield number, name


@form_rule(
    "F815",
    ERROR,
    "A list holds more than may leave this machine",
    why="All of it goes to KoboToolbox and to every phone: names, addresses and numbers of people too.",
    remedy="Make it a CSV file with the columns name, label and locale; keep the rest in a file that no form asks for.",
)
def private_list(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold every list that a form shows, whatever its name, to the columns that phones may get."""
    for number, name in _others(book):
        at, path = book.at(number, "type"), book.path.parent / name
        if Path(name).suffix.lower() != ".csv":
            yield Hit(at, f"{name!r} is no CSV file, so nobody can see here what it holds.")
            continue
        try:
            private = private_columns(path) if path.is_file() else ()  # F805 says so where it is not there
        except ConfigError as error:
            yield Hit(at, str(error).replace(str(path), name))
            continue
        for column in private:
            told = f"the column {column!r}" if column else "text under no column's name"
            yield Hit(at, f"{name!r} has {told}.")


# The three texts of a lookup: file, the column that is wanted, the column that is searched.
_TEXT = r"""\s*(?:'([^']*)'|"([^"]*)")\s*"""
_PULLED = re.compile(rf"pulldata\s*\({_TEXT},{_TEXT},{_TEXT}")


@form_rule(
    "F816",
    ERROR,
    "A calculation looks up what phones do not have",
    why="Phones get the columns name, label and locale alone, of lists that the form shows: the result stays empty.",
    remedy="Look up label or locale by name, as in pulldata('services', 'label', 'name', ${…}), or leave it out.",
)
def pulled(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold pulldata() to the uploaded columns of lists that the form shows."""
    shown = {kind.list_name.casefold() for _, _, kind in book.survey if kind.type.endswith("_from_file")}
    shown |= {f"{row.get('name')}.csv".casefold() for _, row, kind in book.survey if kind.type == "csv-external"}
    for one in expressions(book):
        for found in _PULLED.finditer(one.text):
            said = found.groups("")
            file, *columns = (single or double for single, double in zip(said[::2], said[1::2], strict=True))
            file = file.removesuffix(".csv")
            if f"{file}.csv".casefold() not in shown:
                yield Hit(one.at, f"no question shows the list {file!r}, so phones do not have it.")
            for column in columns:
                if not for_phones(column):
                    yield Hit(one.at, f"it looks at the column {column!r} of {file!r}.")


RULES = (private_list, pulled)
