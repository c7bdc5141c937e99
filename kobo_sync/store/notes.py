"""Notes that the program leaves for itself, each a text by its name; among them numbers that took long to count."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete

from kobo_sync.store import tables
from kobo_sync.store.engines import upsert

PURGE_DUE = "purge due"  # the store's own note that bytes of what is gone may still lie on the disk
_COUNTED = "counted"  # what the names of numbers of submissions begin with; then comes the form


def leave_note(connection: Connection, key: str, value: str) -> None:
    """Leave a note, in its caller's transaction."""
    statement = upsert(connection, tables.meta).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def counted_note(form: str, what: str) -> str:
    """Return the name under which a number of a form's submissions is kept."""
    return f"{_COUNTED}: {form}: {what}"


def forget_counts(connection: Connection, form: str = "") -> None:
    """Forget what was counted of a form's submissions, or of all: some may be added, changed or removed."""
    key, before = tables.meta.c.key, f"{_COUNTED}: {form}:" if form else f"{_COUNTED}:"
    connection.execute(delete(tables.meta).where(key >= f"{before} ", key < f"{before}!"))  # "!" comes after " "


def owe_purge(connection: Connection) -> None:
    """Remember, in the transaction that deletes or replaces content, that its bytes are still to be removed."""
    leave_note(connection, PURGE_DUE, secrets.token_hex(8))  # another each time: see purge
