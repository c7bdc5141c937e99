"""A person's own words on their way into the store: which of them were dealt with already, and stay so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from kobo_sync.store import tables

AWAITING_REDACTION, REVIEWED, DISCARDED = "awaiting redaction", "reviewed", "discarded"
SERVICE_NAME = "service_name"  # the role of a question that asks what a service is called that is not on the list

Settled = dict[tuple[int, str, str], tuple[Any, ...]]  # (submission, question, mark) → the row as it is kept


class Words(NamedTuple):
    """One text of a submission. `mark` is the keyed hash of the words, "" where nothing is to be recognised again."""

    question: str
    text: str
    mark: str = ""
    role: str = ""


def settled(connection: Connection, form: str, ids: Sequence[int]) -> Settled:
    """Return the texts of these submissions that were reviewed or discarded."""
    table = tables.free_text
    found: Settled = {}
    for start in range(0, len(ids), 500):
        wanted = select(table).where(
            table.c.form == form,
            table.c.id.in_(ids[start : start + 500]),
            table.c.state != AWAITING_REDACTION,
            table.c.mark != "",
        )
        for row in connection.execute(wanted):
            found[row.id, row.question, row.mark] = tuple(row)
    return found


def as_kept(form: str, id_: int, words: Words, before: Settled) -> tuple[Any, ...]:
    """Return the columns of a text: as it was settled where the words are still the same, else awaiting redaction."""
    question, text, mark, role = words
    return before.get((id_, question, mark)) or (form, id_, question, text, AWAITING_REDACTION, mark, role)
