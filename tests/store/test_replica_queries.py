"""What the replica asks of the store: ranges by the primary key, whole pages in few statements, tombstones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from kobo_sync.store import tables
from kobo_sync.store.purge import purge, purge_due
from kobo_sync.store.replica import (
    Known,
    Restated,
    Watermark,
    begin,
    count_between,
    count_upto,
    delete_gone,
    held,
    known,
    known_between,
    looked,
    middle_between,
    restate,
    waiting,
)
from kobo_sync.store.rights import keep_id_only, retire
from kobo_sync.store.scores import NOT_APPROVED, stale_pairs
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, Row, RunCounts, Store
from kobo_sync.store.words import Words

SEAL = Seal(b"a key for tests")


def row(id_: int, **fields: Any) -> Row:
    values: dict[str, Any] = {
        "uuid": f"u{id_}", "root_uuid": f"r{id_}", "version": "v1", "status": "", "state": ACCEPTED,
        "month": "2026-07", "service": f"S{id_ % 3}", "document": {"_id": id_, "q": f"answer {id_}"},
    }  # fmt: skip
    return Row(id=id_, **{**values, **fields})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a store with the submissions 2, 4 … 40, every fifth of them with a status."""
    with Store(tmp_path / "s.sqlite") as opened:
        begin(opened, "f", "aset", 1000)
        opened.save_page("f", "aset", [row(n, status_at=n if n % 5 == 0 else 0) for n in range(2, 41, 2)], 40)
        opened.save_page("other", "aset2", [row(n) for n in range(1, 10)], 9)
        clear_stale(opened)
        yield opened


def clear_stale(store: Store) -> None:
    with store.write() as connection:
        connection.execute(tables.stale.delete())


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Collect the statements that the database is given."""
    given: list[str] = []

    def note(*arguments: Any) -> None:
        given.append(arguments[2])

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield given
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def test_the_first_reading_is_dated(store: Store) -> None:
    """When the first reading began is noted before its first page, and no later run changes that but a whole look."""
    assert begin(store, "f", "aset", 2000) == Watermark(40, 1000, 1000)
    looked(store, "f", 3000)
    assert begin(store, "f", "aset", 4000) == Watermark(40, 3000, 1000)
    looked(store, "f", 5000, swept_at=4500)
    assert begin(store, "f", "aset", 6000) == Watermark(40, 5000, 4500)


def test_ranges_are_counted_without_their_lower_end(store: Store) -> None:
    """A range is counted from above its first to its last number, of this form alone, with a status or not."""
    assert count_between(store, "f", 0, 40) == 20
    assert count_between(store, "f", 4, 10) == 3
    assert count_between(store, "f", 0, 40, with_status=True) == 4
    assert count_between(store, "f", 10, 40, with_status=True, without={20, 21}) == 2
    assert middle_between(store, "f", 0, 40) == 20
    assert middle_between(store, "f", 2, 8) == 6
    assert middle_between(store, "f", 0, 40, with_status=True) == 20


def counts(store: Store) -> tuple[int, int, int]:
    """Return how many are held, how many there are up to 40, and with a status."""
    return held(store, "f"), count_upto(store, "f", 40), count_upto(store, "f", 40, with_status=True)


def test_what_was_counted_is_not_counted_again(store: Store) -> None:
    """As long as submissions stay as they are, numbers of them are counted once, whatever else is written."""
    assert counts(store) == (20, 20, 4)
    with statements(store) as given:
        store.leave_note("x", "y")
        store.take_note("x")
        store.save_run("f", 1.0, 2.0, "done", RunCounts())
        begin(store, "f", "aset", 2000)
        looked(store, "f", 3000, swept_at=2500)
        assert counts(store) == (20, 20, 4)
    assert not [statement for statement in given if "count(" in statement.lower()]
    assert (held(store, "other"), count_upto(store, "f", 20)) == (9, 10)


def test_what_changes_of_one_form_leaves_the_numbers_of_another(store: Store) -> None:
    """A page of one form makes only that form be counted anew; what may touch any form, all of them."""
    counts(store)
    held(store, "other")
    store.save_page("f", "aset", [row(3)], 40)
    with statements(store) as given:
        assert held(store, "other") == 9
    assert not any("count(" in statement for statement in given)
    assert held(store, "f") == 21
    with store.write():
        pass
    with statements(store) as given:
        assert held(store, "other") == 9
    assert any("count(" in statement for statement in given)


CHANGES: dict[str, tuple[Callable[[Store], object], tuple[int, int, int]]] = {
    "added": (lambda store: store.save_page("f", "aset", [row(3), row(5, status_at=5)], 40), (22, 22, 5)),
    "replaced": (lambda store: store.save_page("f", "aset", [row(10), row(4, status_at=4)], None), (20, 20, 4)),
    "status cleared": (lambda store: restate(store, "f", [Restated(10, "", 0)]), (20, 20, 3)),
    "forgotten": (lambda store: store.forget("f", [10, 12]), (18, 18, 3)),
    "gone": (lambda store: delete_gone(store, "f", [10, 12], SEAL), (18, 18, 3)),
    "retired": (lambda store: retired(store, [10, 12]), (18, 20, 4)),
    "known by the number alone": (lambda store: only_known(store, [41, 7]), (20, 21, 4)),
}


def retired(store: Store, ids: list[int]) -> None:
    with store.write() as connection:
        retire(connection, "f", ids, right=True)


def only_known(store: Store, ids: list[int]) -> None:
    with store.write() as connection:
        keep_id_only(connection, "f", ids)


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_submissions_makes_them_count_anew(store: Store, change: str) -> None:
    """After each kind of change the numbers are right, also where another program made the change."""
    do, after = CHANGES[change]
    assert counts(store) == (20, 20, 4)
    with Store(store.place) as other:
        do(other)
    assert counts(store) == after


def test_a_change_that_is_taken_back_changes_no_number(store: Store) -> None:
    """A transaction that is rolled back leaves both the submissions and their numbers."""

    def killed() -> None:
        with store.write() as connection:
            retire(connection, "f", [10], right=True)
            raise RuntimeError

    assert counts(store) == (20, 20, 4)
    with pytest.raises(RuntimeError):
        killed()
    assert counts(store) == (20, 20, 4)


def test_what_is_written_while_it_is_counted_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's submission that comes between the look for a number and the counting is in the number."""
    real = Store.note

    def note(self: Store, key: str) -> str:
        found = real(self, key)
        if key.startswith("counted"):
            with Store(store.place) as other:
                other.save_page("f", "aset", [row(3)], 40)
        return found

    monkeypatch.setattr(Store, "note", note)
    held(store, "f")
    monkeypatch.undo()
    assert held(store, "f") == 21


def test_known_submissions_come_in_parts(store: Store) -> None:
    """What is known of a range comes in order, in parts of a page at most."""
    parts = list(known_between(store, "f", 2, 39, size=7))
    assert [len(part) for part in parts] == [7, 7, 4]
    assert [id_ for part in parts for id_ in part] == list(range(4, 40, 2))
    assert known(store, "f", [4, 5, 10]) == {
        4: Known(4, "u4", "", 0, ACCEPTED),
        10: Known(10, "u10", "", 10, ACCEPTED),
    }


@pytest.mark.file_store
@pytest.mark.parametrize("with_status", [False, True])
def test_counts_go_by_an_index(store: Store, *, with_status: bool) -> None:
    """A range is counted from an index alone: the table with its documents is not touched."""
    with statements(store) as given:
        count_between(store, "f", 5, 30, with_status=with_status)
    with store.bare() as connection:
        statement = given[-1]
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", ("f", 5, 30, 0)[: statement.count("?")]).fetchall()
    assert "USING COVERING INDEX" in plan[0][3]


def test_a_page_is_few_statements(store: Store) -> None:
    """A page of 1,000 submissions, known before or not, is looked up, compared and kept in some tens of statements."""
    page = [row(n, texts=(Words("t", "words"),)) for n in range(100, 1100)]
    for _ in range(2):
        with statements(store) as given:
            store.save_page("f", "aset", page, 1100)
            known(store, "f", [one.id for one in page])
            restate(store, "f", [Restated(one.id, NOT_APPROVED, 7) for one in page])
            delete_gone(store, "f", [one.id for one in page[500:]], SEAL)
        assert len(given) < 60


def test_replaced_content_is_purged_and_new_content_owes_nothing(tmp_path: Path) -> None:
    """What an edit replaces is removed from the disk by the next purge; keeping what is new owes none."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", [row(1, document={"q": "her former answer"}, texts=(Words("t", "former words"),))], 1)
        assert not purge_due(store)
        store.save_page("f", "a", [row(1, document={"q": "new"})], None)
        assert purge_due(store)
        assert purge(store)
        bytes_ = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"former" not in bytes_


def test_a_quarantined_submission_without_content_owes_no_purge(tmp_path: Path) -> None:
    """Judging again what waits, and holds nothing, owes no purge."""
    with Store(tmp_path / "s.sqlite") as store:
        waits = row(1, state=QUARANTINED, document=None)
        store.save_page("f", "a", [waits], 1)
        store.save_page("f", "a", [waits], None)
        assert not purge_due(store)


def test_a_status_touches_scores_only_where_they_depend_on_it(store: Store) -> None:
    """Scores are made anew where a submission becomes "not approved" or ceases to be, and not for other statuses."""
    restate(store, "f", [Restated(2, "validation_status_approved", 50)])
    assert stale_pairs(store) == []
    restate(store, "f", [Restated(2, NOT_APPROVED, 60), Restated(4, "validation_status_on_hold", 60)])
    assert stale_pairs(store) == [("S2", "2026-07")]
    clear_stale(store)
    restate(store, "f", [Restated(2, "", 0)])
    assert stale_pairs(store) == [("S2", "2026-07")]
    assert known(store, "f", [2, 4])[4].status_at == 60


def test_what_is_gone_leaves_a_tombstone(store: Store) -> None:
    """Deleting leaves a keyed hash and the month, marks the service, owes the purge, and can be done twice."""
    store.save_page("f", "a", [row(50, root_uuid="", texts=(Words("t", "words"),))], None)
    clear_stale(store)
    for _ in range(2):
        delete_gone(store, "f", [4, 50, 51], SEAL)
    with store.read() as connection:
        stones = connection.execute(select(tables.tombstone.c.hash, tables.tombstone.c.month)).all()
        assert connection.scalar(text("select count(*) from free_text")) == 0
    assert [tuple(one) for one in stones] == [(SEAL.deleted("r4"), "2026-07")]
    assert stale_pairs(store) == [("S1", "2026-07"), ("S2", "2026-07")]
    assert purge_due(store)


def test_retired_ones_are_in_no_count_that_is_shown(store: Store) -> None:
    """Of what is retired the number stays, which is in no state and not held, but in the range counts."""
    with store.write() as connection:
        retire(connection, "f", [2, 10], right=False)
    assert (held(store, "f"), store.states("f")) == (18, {ACCEPTED: 18})
    assert count_between(store, "f", 0, 40) == 20
    assert count_between(store, "f", 0, 40, with_status=True) == 4
    assert known(store, "f", [10])[10].uuid == ""


def test_what_waits_comes_a_part_at_a_time(store: Store) -> None:
    """What is in a state comes by number, a few at a time."""
    assert waiting(store, "f", ACCEPTED, 0, 3) == [2, 4, 6]
    assert waiting(store, "f", ACCEPTED, 36, 3) == [38, 40]
    assert waiting(store, "f", QUARANTINED, 0, 3) == []
