"""Notes that the program leaves for itself, each a text by its name; among them numbers that took long to count."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete

from kobo_sync.store import tables
from kobo_sync.store.engines import upsert

PURGE_DUE = "purge due"  # the store's own note that bytes of what is gone may still lie on the disk
COUNTED = "counted: "  # what the names of numbers of submissions begin with
_AFTER = "counted:!"  # beyond all of these, as names are sorted


def leave_note(connection: Connection, key: str, value: str) -> None:
    """Leave a note, in its caller's transaction."""
    statement = upsert(connection, tables.meta).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def forget_counts(connection: Connection) -> None:
    """Forget what was counted: submissions may be added, changed or removed in this transaction."""
    key = tables.meta.c.key
    connection.execute(delete(tables.meta).where(key >= COUNTED, key < _AFTER))


def owe_purge(connection: Connection) -> None:
    """Remember, in the transaction that deletes or replaces content, that its bytes are still to be removed."""
    leave_note(connection, PURGE_DUE, secrets.token_hex(8))  # another each time: see purge
