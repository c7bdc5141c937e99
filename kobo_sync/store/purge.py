"""Gone means gone: after content was deleted or replaced, its bytes leave the disk.

`secure_delete` alone leaves copies in the write-ahead log and in slack space of pages. VACUUM writes the file anew, and
a TRUNCATE checkpoint empties the log; a reader can hold it up, so it is tried until nobody does. After edits too: what
was replaced stays, now and then, in slack space. The new file of a large store is built in the workspace's own folder,
in a file without a name that nobody else may read, and not in memory.

On PostgreSQL, VACUUM FULL writes each table anew and removes the file from before. What its log (WAL) and its backups
keep is for the server's own settings: docs/scaling.md says which.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from sqlalchemy import select

from kobo_sync.store import tables
from kobo_sync.store.engines import PATIENCE
from kobo_sync.store.notes import PURGE_DUE
from kobo_sync.store.store import Store, StoreError

_TRIES = 3
_IN_MEMORY = 64 * 2**20  # bytes; a store that is smaller is built anew in memory


def purge(store: Store, *, patience: float = 20) -> bool:
    """Remove the bytes of what was deleted since the last time; returns whether there was anything to do.

    `patience`: seconds that each of three tries waits for other programs to let go of the file. Killed on the way, the
    next run does it. Raises StoreError when another program keeps the file busy.
    """
    due = store.note(PURGE_DUE)
    if not due:
        return False
    if not (_file if store.path else _database)(store, patience):
        raise StoreError(
            f"What was deleted could not be removed from the disk yet: another program keeps {store.name} open. Close "
            "it, then run the same command again."
        )
    store.take_note(PURGE_DUE, due)  # what another process owes since then stays
    return True


def _file(store: Store, patience: float) -> bool:
    """Write SQLite's file anew; returns whether its log could be emptied, too."""
    for _ in range(_TRIES):
        with store.bare() as connection:
            connection.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
            _build_beside(connection, store)
            connection.execute("VACUUM")
            if not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                return True
    return False


def _database(store: Store, patience: float) -> bool:
    """Write PostgreSQL's tables anew; returns whether each could be had alone."""
    import psycopg

    with store.bare() as connection:
        connection.execute(f"SET lock_timeout = {round(patience * 1000 * _TRIES)}")
        try:
            for table in tables.metadata.sorted_tables:
                connection.execute(f'VACUUM (FULL) "{table.name}"')
        except psycopg.errors.LockNotAvailable:
            return False
        finally:
            connection.execute(f"SET lock_timeout = {PATIENCE}")
        # The files from before are removed by a checkpoint; whoever may not ask for one waits for the server's own.
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("CHECKPOINT")
    return True


def _build_beside(connection: sqlite3.Connection, store: Store) -> None:
    """Let a VACUUM of a large store write beside it what it would else hold in memory, all of it."""
    path = store.path
    if path is None or path.stat().st_size < _IN_MEMORY:
        return
    folder = str(path.parent.resolve()).replace("'", "''")
    connection.execute(f"PRAGMA temp_store_directory='{folder}'")
    there = connection.execute("PRAGMA temp_store_directory").fetchone()
    if there and there[0]:  # else this SQLite knows no such folder; memory is the only place that is not elsewhere
        connection.execute("PRAGMA temp_store=FILE")


def purge_due(store: Store) -> bool:
    """Whether bytes of deleted content may still lie on the disk."""
    with store.read() as connection:
        return connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == PURGE_DUE)) is not None
