"""The store: whole pages or nothing, for its owner's eyes, deletions that are deletions."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from kobo_sync.store.scores import documents, round_counts, service_months, stale_pairs
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Problem, Row, Store, StoreError


def row(id_: int, **fields: object) -> Row:
    values: dict[str, object] = {
        "uuid": f"u{id_}", "root_uuid": f"r{id_}", "version": "v1", "status": "", "state": ACCEPTED,
        "month": "2026-07", "service": "S01", "document": {"_id": id_, "q": "yes"},
    }  # fmt: skip
    return Row(id=id_, **{**values, **fields})  # type: ignore[arg-type]  # a test names the fields it changes


def test_a_page_and_its_watermark_are_kept_together(tmp_path: Path) -> None:
    """A page is kept with its watermark; another asset's watermark is not this one's."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "aset1", [row(1), row(5)], 5)
    with Store(tmp_path / "s.sqlite") as store:
        assert store.ids("f") == [1, 5]
        assert store.watermark("f", "aset1") == 5
        assert store.watermark("f", "other") == 0
        assert store.watermark("g", "aset1") == 0


def test_a_page_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """When one row of a page cannot be kept, neither the others nor the watermark are."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "aset1", [row(1)], 1)
        with pytest.raises(StoreError):
            store.save_page("f", "aset1", [row(2), row(2)], 2)
        assert store.ids("f") == [1]
        assert store.watermark("f", "aset1") == 1
        assert stale_pairs(store) == [("S01", "2026-07")]


def test_the_errors_of_the_store_hold_no_answer(tmp_path: Path) -> None:
    """A failed statement is reported without its values: they are answers."""
    secret = row(2, document={"q": "secret answer"}, texts=(("t", "secret words"),))
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(StoreError) as caught:
        store.save_page("f", "aset1", [secret, secret], 2)
    shown = f"{caught.value!r}{caught.value.__cause__!r}{caught.value.__suppress_context__}"
    assert "secret" not in shown
    assert caught.value.__suppress_context__


def test_the_same_submission_again_replaces_the_former(tmp_path: Path) -> None:
    """A submission that is kept again replaces all that was kept of it: document, problems and text."""
    with Store(tmp_path / "s.sqlite") as store:
        problem = Problem("q", "choice", "what", "remedy")
        store.save_page("f", "a", [row(1, state=QUARANTINED, document=None, problems=(problem,))], 1)
        assert store.quarantined() == [("f", 1, (problem,))]
        store.save_page("f", "a", [row(1, texts=(("words", "hello"),))], None)
        assert store.quarantined() == []
        store.save_page("f", "a", [row(1)], None)
        with store.read() as connection:
            assert connection.execute(text("select count(*) from free_text")).scalar() == 0
            assert connection.execute(text("select count(*) from problem")).scalar() == 0


def test_quarantine_keeps_no_answer(tmp_path: Path) -> None:
    """Of a quarantined submission the store has number, version and reasons, and no document."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", [row(1, state=QUARANTINED, document=None, service="")], 1)
        with store.read() as connection:
            assert connection.execute(text("select document from submission")).scalar() is None


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    """Forgetting removes every trace of the submission from every table and marks its service as changed."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", [row(1, texts=(("t", "words"),)), row(2)], 2)
        store.forget("f", [1])
        assert store.ids("f") == [2]
        with store.read() as connection:
            assert connection.execute(text("select count(*) from free_text")).scalar() == 0
        assert stale_pairs(store) == [("S01", "2026-07")]


@pytest.mark.file_store
def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The store's file can be read by nobody but its owner, also when it was there with other rights."""
    path = tmp_path / "s.sqlite"
    path.touch()
    path.chmod(0o644)
    with Store(path) as store:
        store.save_page("f", "a", [row(1)], 1)
        assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}


@pytest.mark.file_store
def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    """Write-ahead log, and deleted content is overwritten."""
    with Store(tmp_path / "s.sqlite") as store, store.read() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
        assert connection.execute(text("pragma secure_delete")).scalar() == 1


@pytest.mark.file_store
def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    """A damaged file is a StoreError: first a backup; and what would be lost with a new store is named."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"this is no database, but a text that is long enough to look at" * 50)
    with pytest.raises(StoreError, match="put back a backup of it first") as caught, Store(path):
        pass
    for lost in ("rounds were closed", "published", "wordings", "red flags", "withdrawn"):
        assert lost in str(caught.value)


@pytest.mark.file_store
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "Make room"),
        (sqlite3.SQLITE_IOERR_WRITE, "full, was taken out, or is failing"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "keeps the file busy"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"),
        (sqlite3.SQLITE_MISUSE, "ask whoever"),
    ],
)
def test_each_trouble_has_its_own_remedy(tmp_path: Path, code: int, words: str) -> None:
    """A full disk, a busy file and one that is read-only have sentences of their own; none says to move it away."""
    error = sqlite3.OperationalError("words of SQLite")
    error.sqlite_errorcode = code
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(StoreError, match=words) as caught, store.read():
        raise error
    assert "move it away" not in str(caught.value)
    assert "backup of it" not in str(caught.value)


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    """A store that another version of the program made is left alone."""
    with Store(tmp_path / "s.sqlite") as store, store.write() as connection:
        connection.execute(text("update meta set value = '999' where key = 'schema'"))
    with pytest.raises(StoreError, match="another version"), Store(tmp_path / "s.sqlite"):
        pass


@pytest.mark.file_store
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A folder in the way of the store is a StoreError, not a traceback."""
    (tmp_path / "s.sqlite").mkdir()
    with pytest.raises(StoreError, match="cannot be made"), Store(tmp_path / "s.sqlite"):
        pass


def test_only_accepted_and_not_rejected_documents_are_scored(tmp_path: Path) -> None:
    """Refusals, quarantine and what somebody marked "not approved" stay out of the scores."""
    with Store(tmp_path / "s.sqlite") as store:
        rows = [
            row(1),
            row(2, status="validation_status_not_approved"),
            row(3, status="validation_status_approved"),
            row(4, state=REFUSED, service=""),
            row(5, state=QUARANTINED, document=None),
            row(6, month="2027-01"),
            row(7, service="S02"),
        ]
        store.save_page("f", "a", rows, 7)
        assert [d.document["_id"] for d in documents(store, "S01", ["2026-07"])] == [1, 3]
        assert service_months(store) == [("S01", "2026-07"), ("S01", "2027-01"), ("S02", "2026-07")]


def test_a_round_counts_everything_of_its_months(tmp_path: Path) -> None:
    """The counts of a round are those of its months; what is in quarantine without a month counts in each."""
    with Store(tmp_path / "s.sqlite") as store:
        rows = [
            row(1),
            row(2, state=REFUSED, service=""),
            row(3, state=QUARANTINED, document=None, month=""),
            row(4, month="2027-01"),
        ]
        store.save_page("f", "a", rows, 4)
        counts = round_counts(store, ["2026-07"])
    assert (counts.accepted, counts.refused, counts.quarantined) == (1, 1, 1)


def test_large_pages_are_replaced_whole(tmp_path: Path) -> None:
    """More ids than one statement takes are still replaced in one transaction."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", [row(n) for n in range(1, 1201)], 1200)
        store.save_page("f", "a", [row(n, service="S02") for n in range(1, 1201)], None)
        assert len(store.ids("f")) == 1200
        assert service_months(store) == [("S02", "2026-07")]
