"""What the store does for a woman's right to be forgotten: one transaction a step, only ids where it must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from kobo_sync.store import tables
from kobo_sync.store.closing import Closed, Place, change_details, closed_rounds, places, save_closed
from kobo_sync.store.purge import purge_due
from kobo_sync.store.rights import (
    REPORTS_DUE,
    WITHDRAWING,
    begin,
    end,
    erase,
    find_by_code,
    ids_of_months,
    keep_id_only,
    mark_withdrawn,
    retire,
    retired_ids,
    under_way,
    withdrawn_among,
)
from kobo_sync.store.scores import removed_pairs, stale_pairs
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, RETIRED, Problem, Row, Store

SEAL = Seal(b"a key for tests")
WHY = Problem("q", "choice", "what", "remedy")


def row(id_: int, **fields: object) -> Row:
    values: dict[str, object] = {
        "uuid": f"u{id_}", "root_uuid": f"r{id_}", "version": "v1", "status": "", "state": ACCEPTED,
        "month": "2026-03", "service": "S01", "document": {"_id": id_, "q": "yes"}, "texts": (("t", "words"),),
        "code": SEAL.code(str(id_)),
    }  # fmt: skip
    return Row(id=id_, **{**values, **fields})  # type: ignore[arg-type]  # a test names the fields it changes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "s.sqlite") as made:
        made.save_page(
            "f",
            "a",
            [
                row(1),
                row(2, service="S02"),
                row(3, state=QUARANTINED, document=None, texts=(), problems=(WHY,), month="", service=""),
                row(4, state=REFUSED, texts=(), code="", service=""),
                row(5, root_uuid="r1", month="2026-04"),
                row(6, status="validation_status_approved", status_at=77),
            ],
            6,
        )
        with made.write() as connection:
            connection.execute(insert(tables.hold).values(form="f", id=3, asked_at=1, set_at=2))
            connection.execute(tables.stale.delete())
        yield made


def rows_of(store: Store, id_: int) -> list[int]:
    """Count what each table holds of a submission."""
    with store.read() as connection:
        return [
            len(connection.execute(select(table.c.id).where(table.c.form == "f", table.c.id == id_)).all())
            for table in (tables.submission, tables.problem, tables.free_text, tables.hold)
        ]


def test_a_code_finds_its_submissions_in_any_state(store: Store) -> None:
    """A code finds accepted and quarantined submissions; one without a code is found by none."""
    assert [(match.id, match.month, match.service) for match in find_by_code(store, SEAL.code("1"))] == [
        (1, "2026-03", "S01")
    ]
    assert [match.id for match in find_by_code(store, SEAL.code("3"))] == [3]
    assert find_by_code(store, "") == ()


def test_a_withdrawal_is_remembered_before_anything_is_deleted(store: Store) -> None:
    """Marking writes tombstones and what is under way, copies of the same interview too, and deletes nothing."""
    mark_withdrawn(store, SEAL, find_by_code(store, SEAL.code("1")))
    assert under_way(store, WITHDRAWING) == {"f": (1, 5)}
    assert len(store.ids("f")) == 6
    assert withdrawn_among(store, SEAL, {10: "r1", 11: "r2", 12: ""}) == {10}
    mark_withdrawn(store, SEAL, find_by_code(store, SEAL.code("2")))
    assert under_way(store, WITHDRAWING) == {"f": (1, 2, 5)}


def test_a_submission_without_an_id_of_its_own_leaves_no_tombstone(store: Store) -> None:
    """Where nothing tells a copy from others there is no tombstone, or it would turn strangers away."""
    store.save_page("f", "a", [row(7, root_uuid=""), row(8, root_uuid="")], 8)
    mark_withdrawn(store, SEAL, find_by_code(store, SEAL.code("7")))
    assert under_way(store, WITHDRAWING) == {"f": (7,)}
    assert withdrawn_among(store, SEAL, {8: ""}) == frozenset()


def test_a_tombstone_is_no_other_forms_or_purposes(store: Store) -> None:
    """The tombstone of a deletion on the server turns no copy away."""
    with store.write() as connection:
        connection.execute(insert(tables.tombstone).values(hash=SEAL.deleted("r9"), month=""))
    assert withdrawn_among(store, SEAL, {9: "r9"}) == frozenset()


def test_erasing_leaves_no_row_in_any_table(store: Store) -> None:
    """What is erased is in no table; its scores are stale as removed, its bytes and the pages are owed."""
    with store.write() as connection:
        erase(connection, "f", [1, 3])
    assert rows_of(store, 1) == rows_of(store, 3) == [0, 0, 0, 0]
    assert stale_pairs(store) == [("S01", "2026-03")]
    assert removed_pairs(store) == {("S01", "2026-03")}
    assert purge_due(store)
    assert store.note(REPORTS_DUE)


def test_erasing_what_is_too_old_asks_for_no_score(store: Store) -> None:
    """Where the time of answers is over, bytes are owed, and neither scores nor pages."""
    with store.write() as connection:
        erase(connection, "f", [1, 2], right=False)
    assert stale_pairs(store) == []
    assert purge_due(store)
    assert not store.note(REPORTS_DUE)


def test_of_what_is_retired_the_number_alone_is_kept(store: Store) -> None:
    """A retired row has its number and when its status was set, since the server counts that; nothing else."""
    with store.write() as connection:
        retire(connection, "f", [6, 99], right=True)
        found = connection.execute(select(tables.submission).where(tables.submission.c.id == 6)).one()._asdict()
    assert {key: value for key, value in found.items() if value not in {"", None, 0}} == {
        "form": "f",
        "id": 6,
        "state": RETIRED,
        "status_at": 77,
    }
    assert rows_of(store, 6) == [1, 0, 0, 0]
    assert rows_of(store, 99) == [0, 0, 0, 0]
    assert removed_pairs(store) == {("S01", "2026-03")}
    assert retired_ids(store) == {"f": (6,)}


def test_emptying_twice_owes_nothing_twice(store: Store) -> None:
    """A number that is kept already is emptied, or erased, without another purge of the whole file."""
    with store.write() as connection:
        retire(connection, "f", [1], right=True)
    store.take_note("purge due")
    with store.write() as connection:
        retire(connection, "f", [1], right=True)
        erase(connection, "f", [1])
    assert not purge_due(store)
    assert rows_of(store, 1) == [0, 0, 0, 0]


def test_a_number_that_was_never_stored_can_be_kept(store: Store) -> None:
    """The number of a copy that may not be stored is kept without anything; one that is there stays as it is."""
    with store.write() as connection:
        keep_id_only(connection, "f", [1, 50])
        keep_id_only(connection, "f", [])
    assert retired_ids(store) == {"f": (50,)}
    assert rows_of(store, 1) == [1, 0, 1, 0]


def test_what_is_under_way_is_a_note_that_goes(store: Store) -> None:
    """Ids are added to and taken from what is under way; when none is left the note is gone."""
    with store.write() as connection:
        begin(connection, WITHDRAWING, "f", [3, 1])
        begin(connection, WITHDRAWING, "g", [2])
        end(connection, WITHDRAWING, "f", [1, 7])
    assert under_way(store, WITHDRAWING) == {"f": (3,), "g": (2,)}
    with store.write() as connection:
        end(connection, WITHDRAWING, "f", [3])
        end(connection, WITHDRAWING, "g", [2])
    assert store.note(WITHDRAWING) == ""


def test_the_months_of_a_round_hold_all_states_but_numbers(store: Store) -> None:
    """What is to go with a round is all of its months, refusals too, without what is emptied already."""
    with store.write() as connection:
        retire(connection, "f", [1], right=False)
    assert ids_of_months(store, ["2026-03", "2026-04"]) == {"f": (2, 4, 5, 6)}
    assert ids_of_months(store, [""]) == {}


def test_a_closed_round_says_what_is_late(store: Store) -> None:
    """In a closed round: new is late, what counted is not, what was not accepted at the closing is."""

    def late(connection: Connection, months: dict[int, str]) -> dict[int, int]:
        rows = {id_: Place("", month) for id_, month in months.items()}
        found, _ = places(connection, "f", rows, refused=(), marks={})
        return {id_: place.late for id_, place in found.items()}

    with store.write() as connection:
        assert late(connection, {1: "2026-03", 50: "2026-03"}) == {1: 0, 50: 0}
        save_closed(connection, Closed("2026-H1", 5.0, {"months": ["2026-03", "2026-04"], "counts": {}}), ACCEPTED)
        found = late(connection, {1: "2026-03", 2: "2026-07", 4: "2026-03", 5: "2026-03", 50: "2026-04"})
        assert found == {1: 0, 2: 0, 4: 1, 5: 0, 50: 1}
        change_details(connection, "2026-H1", {"retired": True})
        closed = closed_rounds(connection)["2026-H1"]
        assert (closed.retired, closed.months, closed.count("accepted")) == (True, ("2026-03", "2026-04"), 0)
