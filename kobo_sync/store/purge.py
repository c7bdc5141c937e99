"""Gone means gone: after content was deleted or replaced, its bytes leave the disk.

`secure_delete` alone leaves copies in the write-ahead log and in slack space of pages. VACUUM writes the file anew, and
a TRUNCATE checkpoint empties the log; a reader can hold it up, so it is tried until nobody does.
"""

from __future__ import annotations

from sqlalchemy import select

from kobo_sync.store import tables
from kobo_sync.store.store import PURGE_DUE, Store, StoreError, owe_purge

__all__ = ["owe_purge", "purge", "purge_due"]

_TRIES = 3


def purge(store: Store, *, patience: float = 20) -> bool:
    """Remove the bytes of what was deleted since the last time; returns whether there was anything to do.

    `patience`: seconds that each of three tries waits for other programs to let go of the file. Killed on the way, the
    next run does it. Raises StoreError when another program keeps the file busy.
    """
    if not store.note(PURGE_DUE):
        return False
    for _ in range(_TRIES):
        with store.bare() as connection:
            connection.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:
            break
    else:
        raise StoreError(
            f"What was deleted could not be removed from the disk yet: another program keeps {store.path} open. Close "
            "it, then run the same command again."
        )
    store.take_note(PURGE_DUE)
    return True


def purge_due(store: Store) -> bool:
    """Whether bytes of deleted content may still lie on the disk."""
    with store.read() as connection:
        return connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == PURGE_DUE)) is not None
