"""Bytes of what was deleted leave the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete

from kobo_sync.store import purge as purging
from kobo_sync.store import tables
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.purge import purge, purge_due
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


@pytest.mark.file_store
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


@pytest.mark.file_store
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


@pytest.mark.file_store
def test_a_purge_that_another_process_owes_stays_owed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is deleted by another process while a purge runs is not taken for purged."""

    def meanwhile(*_: object) -> None:
        with Store(tmp_path / "s.sqlite") as other:
            drop(other)

    with Store(tmp_path / "s.sqlite") as store:
        filled(store)
        drop(store)
        monkeypatch.setattr(purging, "_build_beside", meanwhile)
        assert purge(store)
        assert purge_due(store)


@pytest.mark.file_store
def test_a_large_store_is_built_anew_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A VACUUM of a large store writes into the workspace's folder, leaves no file there, and the bytes are gone."""
    monkeypatch.setattr(purging, "_IN_MEMORY", 0)
    used: list[tuple[int, str]] = []
    build = purging._build_beside

    def look(connection: sqlite3.Connection, store: Store) -> None:
        build(connection, store)
        ask = connection.execute
        used.append((ask("PRAGMA temp_store").fetchone()[0], ask("PRAGMA temp_store_directory").fetchone()[0]))

    monkeypatch.setattr(purging, "_build_beside", look)
    with Store(tmp_path / "s.sqlite") as store:
        filled(store)
        drop(store)
        assert purge(store)
        assert used == [(1, str(tmp_path))]
        assert not on_disk(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"s.sqlite", "s.sqlite-wal", "s.sqlite-shm"}
