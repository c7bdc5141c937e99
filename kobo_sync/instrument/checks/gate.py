"""The errors that stop a deployment: of a form of the instrument all, of any other those that endanger people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.finding import ERROR, Finding
from kobo_sync.instrument.checks.frame import FRAMEWORK
from kobo_sync.instrument.checks.instrument import Instrument, read_instrument
from kobo_sync.instrument.checks.lists import LISTS
from kobo_sync.instrument.checks.run import check
from kobo_sync.instrument.checks.table import RULES

# What stops any form: devices and recordings, exact days, who somebody is, a title that tells, answers shown on the
# phone or sent elsewhere, text that nobody meant to send, private lists, a service's name given away.
_OF_ANY_FORM = frozenset({"F006", "F501", "F502", "F503", "F504", "F507", "F542", "F803", "F815"})
_OF_THE_WHOLE = frozenset({"F706"})  # that forms of the instrument are not there says nothing of those that are
_ERRORS = tuple(rule for rule in RULES if rule.severity == ERROR and rule.code not in _OF_THE_WHOLE)
_SHOWN = 5


def stop_unsafe(root: Path, xlsform: Path, forms: Sequence[str], today: date) -> None:
    """Let the checks look at the forms, by their names, before they are deployed.

    Whether phones can open a form is not asked here: deploying converts it anyway. Raises FormError saying which
    errors stand in the way.
    """
    instrument = read_instrument(root, xlsform, tuple(forms), today, lambda _: "")
    if found := stopping(instrument):
        raise FormError(_told(found), remedy="Run kobo-sync check: it says of each what to do. Nothing was sent.")


def stopping(instrument: Instrument) -> tuple[Finding, ...]:
    """Return the errors that stop the deployment of the chosen forms."""
    ours = {book.file for book in instrument.books if book.name in instrument.frame.block("forms")}
    chosen = {book.file for book in instrument.books if book.name in instrument.chosen}
    of_ours = {FRAMEWORK, *LISTS} if ours & chosen else set()
    if (broken := instrument.frame.broken) is not None and any(
        (book.path.parent / FRAMEWORK).is_file() for book in instrument.books
    ):  # then nobody can tell which forms are its own
        of_ours = {FRAMEWORK, Path(broken.file).name, *LISTS}
    return tuple(
        one
        for one in check(instrument, _ERRORS, everything=True)
        if (one.file in (ours & chosen) | of_ours)
        or (one.code in _OF_ANY_FORM and (one.file in chosen or one.file in LISTS))
    )


def _told(found: Sequence[Finding]) -> str:
    count = f"{len(found)} error{'' if len(found) == 1 else 's'}"
    shown = "; ".join(f"{one.code} {_place(one)}: {one.what.rstrip('.')}" for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"The checks found {count}, and what is on phones is hard to take back: {shown}{more}."


def _place(one: Finding) -> str:
    parts = (one.file, one.sheet and f"sheet {one.sheet}", one.row and f"row {one.row}", one.column)
    return ", ".join(str(part) for part in parts if part)
