"""All that the checks look at, read once: forms, framework, lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.build import elsewhere, form_files
from kobo_sync.instrument.checks.book import Book, read_book
from kobo_sync.instrument.checks.frame import FRAMEWORK, Frame, read_frame
from kobo_sync.instrument.checks.lists import LISTS, CsvList, read_list
from kobo_sync.instrument.xform import convert_form

Converter = Callable[[Path], str]


@dataclass(frozen=True)
class Instrument:
    """Forms, framework and lists. `convert` raises FormError for a workbook that phones could not open.

    `chosen` are the names of the forms that were asked about: only these are converted.
    """

    books: tuple[Book, ...]
    frame: Frame
    lists: Mapping[str, CsvList]
    today: date
    chosen: frozenset[str]
    convert: Converter = field(default=convert_form)

    def of_source(self, letter: str) -> tuple[Book, ...]:
        """Return the forms that ask this source (C, P, O or L)."""
        return tuple(book for book in self.books if book.form is not None and book.form.source == letter)


def read_instrument(
    root: Path, xlsform: Path, forms: tuple[str, ...], today: date, convert: Converter = convert_form
) -> Instrument:
    """Read the forms and the framework in `xlsform`, and the lists in `root`, or else beside the forms.

    All forms are read, since some rules concern several of them; `forms` names those that were asked about, by name or
    file, none for all; a workbook that lies elsewhere is looked at beside them, or in the place of the one of its name.
    Raises ConfigError when there is no such form.
    """
    from_elsewhere = {path.stem: path for form in forms if (path := elsewhere(xlsform, form))}
    paths = tuple(({path.stem: path for path in form_files(xlsform)} | from_elsewhere).values())
    names = frozenset(Path(form).stem if form.lower().endswith(".xlsx") else form for form in forms)
    there = {path.stem for path in paths}
    unknown = sorted(names - there)
    if unknown or not paths:
        raise ConfigError(
            f"There is no {unknown[0] if unknown else 'form'}.xlsx in {xlsform}. It has: "
            f"{', '.join(sorted(there)) or 'no form'}. Name one of these, or another workspace with --workspace DIR."
        )
    return Instrument(
        books=tuple(read_book(path) for path in paths),
        frame=read_frame(xlsform / FRAMEWORK),
        lists={name: read_list((root, xlsform), name) for name in LISTS},
        today=today,
        chosen=names or frozenset(there),
        convert=convert,
    )
