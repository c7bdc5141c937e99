"""One cell of a committed form, changed as a coordinator could change it by mistake, and what the rules then find."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from checks_sample import TODAY
from small_forms import ROOT

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.book import Book, _sheet
from kobo_sync.instrument.checks.finding import ERROR, Finding
from kobo_sync.instrument.checks.instrument import Instrument, read_instrument
from kobo_sync.instrument.checks.table import RULES
from kobo_sync.instrument.workbook import read_sheets
from kobo_sync.instrument.xlsform import form_from_sheets

CLIENT, PROVIDER, VISIT, AREA = "client_interview", "provider_interview", "site_observation", "locale_gap"
Sheets = dict[str, Any]
# The families that look at what a form does; the others look at workbook, texts and framework, and are slower.
_LOOKING = tuple(rule for rule in RULES if rule.code[:2] in {"F3", "F5", "F6", "F8"})


@dataclass(frozen=True)
class Slip:
    """A mistake in a form. `code` is that of the rule which must find it."""

    form: str
    what: str
    do: Callable[[Sheets], None]
    code: str = ""

    def gets(self, code: str) -> Slip:
        """Return it with the code that it must get."""
        return replace(self, code=code)


def cell(form: str, name: str, column: str, value: str | None) -> Slip:
    """Change or empty a cell on the survey sheet."""

    def do(sheets: Sheets) -> None:
        row = next(row for row in sheets["survey"] if row.get("name") == name)
        _write(sheets, "survey", row, column, value)

    return Slip(form, f"{name}, {column}: {value or 'emptied'}", do)


def choice(form: str, list_name: str, name: str, column: str, value: str | None) -> Slip:
    """Change or empty a cell on the choices sheet."""

    def do(sheets: Sheets) -> None:
        row = next(row for row in sheets["choices"] if (row.get("list_name"), row.get("name")) == (list_name, name))
        _write(sheets, "choices", row, column, value)

    return Slip(form, f"choice {name} of {list_name}, {column}: {value or 'emptied'}", do)


def setting(form: str, column: str, value: str) -> Slip:
    """Change a setting."""

    def do(sheets: Sheets) -> None:
        _write(sheets, "settings", sheets["settings"][0], column, value)

    return Slip(form, f"setting {column}: {value}", do)


def without(form: str, name: str) -> Slip:
    """Delete a row of the survey sheet."""

    def do(sheets: Sheets) -> None:
        sheets["survey"] = [row for row in sheets["survey"] if row.get("name") != name]

    return Slip(form, f"{name} deleted", do)


def without_choice(form: str, list_name: str, name: str) -> Slip:
    """Delete a row of the choices sheet."""

    def do(sheets: Sheets) -> None:
        rows = sheets["choices"]
        sheets["choices"] = [row for row in rows if (row.get("list_name"), row.get("name")) != (list_name, name)]

    return Slip(form, f"choice {name} of {list_name} deleted", do)


def moved(form: str, name: str, before: str) -> Slip:
    """Cut a row of the survey sheet and paste it elsewhere."""

    def do(sheets: Sheets) -> None:
        rows = sheets["survey"]
        row = next(row for row in rows if row.get("name") == name)
        rows.remove(row)
        rows.insert(next(place for place, other in enumerate(rows) if other.get("name") == before), row)

    return Slip(form, f"{name} moved above {before}", do)


def _write(sheets: Sheets, sheet: str, row: dict[str, str], column: str, value: str | None) -> None:
    sheets[f"{sheet}_header"][0].setdefault(column, None)
    if value is None:
        row.pop(column)
    else:
        row[column] = value


@cache
def _committed() -> Instrument:
    return read_instrument(ROOT, ROOT / "xlsform", (), TODAY, lambda _: "")


def errors(slip: Slip) -> list[Finding]:
    """Return the errors that the rules find in the form with the mistake."""
    path = ROOT / "xlsform" / f"{slip.form}.xlsx"
    sheets = copy.deepcopy(read_sheets(path, slip.form))
    slip.do(sheets)
    made = {name: _sheet(sheets, name, path.name) for name in ("survey", "choices", "settings")}
    try:
        book = Book(path, made, form_from_sheets(sheets, slip.form, file=path.name))
    except FormError as error:
        book = Book(path, made, broken=error)
    instrument = replace(_committed(), books=(book,))
    return [found for rule in _LOOKING for found in rule.findings(instrument) if found.severity == ERROR]
