"""One run of all rules over one instrument: findings in an order that never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, SURVEY
from kobo_sync.instrument.checks.finding import ERROR, Finding, Rule
from kobo_sync.instrument.checks.frame import FRAMEWORK
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.lists import LISTS
from kobo_sync.instrument.checks.table import RULES

_SHEETS = ("", SURVEY, CHOICES, SETTINGS)
# What the reader, the converter and its warnings say in general gives way to a rule that says it in particular.
_GENERAL = frozenset({"F001", "F002", "F003"})
_SAID_BY = ("F2", "F3")  # families whose errors the converter may stumble over without naming a row


def check(
    instrument: Instrument, rules: Sequence[Rule] = RULES, *, everything: bool | None = None
) -> tuple[Finding, ...]:
    """Return what the rules find about the chosen forms, and about framework and lists if all forms are chosen.

    With `everything`, whatever they find in any form, whether it is chosen or not.
    """
    found = [finding for rule in rules for finding in rule.findings(instrument)]
    if everything is None:
        everything = {book.name for book in instrument.books} <= instrument.chosen
    files = {book.file for book in instrument.books if book.name in instrument.chosen}
    kept = (one for one in _particular(found) if everything or one.file in files)
    return tuple(sorted(kept, key=_order))


def _particular(found: Iterable[Finding]) -> Iterator[Finding]:
    found = tuple(found)
    named = {(one.file, one.sheet, one.row) for one in found if one.code not in _GENERAL and one.row is not None}
    stumbled = {one.file for one in found if one.severity == ERROR and one.code.startswith(_SAID_BY)}
    for one in found:
        if one.code in _GENERAL:
            said = (one.file, one.sheet, one.row) in named
            if said or (one.code == "F002" and one.row is None and one.file in stumbled):
                continue
        yield one


def _order(one: Finding) -> tuple[object, ...]:
    others = (FRAMEWORK, *LISTS)
    file = (1 + others.index(one.file), "") if one.file in others else (0, one.file)
    sheet = _SHEETS.index(one.sheet) if one.sheet in _SHEETS else len(_SHEETS)
    return (*file, one.severity != ERROR, one.code, sheet, one.row or 0, one.column, one.language, one.what)
