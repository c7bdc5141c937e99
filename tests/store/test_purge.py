"""Bytes of what was deleted leave the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete

from kobo_sync.store import tables
from kobo_sync.store.purge import owe_purge, purge, purge_due
from kobo_sync.store.store import ACCEPTED, Row, Store, StoreError
from kobo_sync.store.words import Words

CANARY = "canary-5512"


def on_disk(folder: Path) -> bool:
    return any(CANARY.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def filled(store: Store) -> None:
    rows = [
        Row(n, f"u{n}", f"r{n}", "v", "", ACCEPTED, "2026-07", "S", {"_id": n}, (Words("t", f"{CANARY} {n} " * 50),))
        for n in range(1, 200)
    ]
    store.save_page("f", "a", rows, 199)


def drop(store: Store) -> None:
    with store.write() as connection:
        owe_purge(connection)
        connection.execute(delete(tables.free_text))


def test_deleted_words_leave_no_bytes(tmp_path: Path) -> None:
    """After a purge, nothing of a deleted text is left in any file, the write-ahead log included."""
    with Store(tmp_path / "s.sqlite") as store:
        filled(store)
        assert on_disk(tmp_path)
        drop(store)
        assert purge_due(store)
        assert purge(store)
        assert not on_disk(tmp_path)
        assert not purge_due(store)
        assert not purge(store)


def test_a_purge_that_did_not_happen_is_owed(tmp_path: Path) -> None:
    """While another program reads the file, the purge fails with a remedy and stays due; the next run does it."""
    with Store(tmp_path / "s.sqlite") as store:
        filled(store)
        drop(store)
        reader = sqlite3.connect(tmp_path / "s.sqlite")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM submission").fetchone()
        with pytest.raises(StoreError, match="Close it, then run the same command again"):
            purge(store, patience=0.01)
        assert purge_due(store)
        reader.close()
        assert purge(store)
        assert not on_disk(tmp_path)
