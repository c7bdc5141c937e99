"""Decisions about red flags in the store: the last one holds, late ones enter no score, reasons go with the answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kobo_sync.scoring.flags import Review
from kobo_sync.store.purge import purge, purge_due
from kobo_sync.store.reviews import decide, forget_reviews, reviews
from kobo_sync.store.scores import stale_pairs
from kobo_sync.store.store import Store

ROUND, MONTHS = "2026-H1", ("2026-01", "2026-06")
WHY = "a reason that stands nowhere else"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as made:
        yield made


def reviewed(what: str = "R2 service", indicator: str = "x", on: str = "2026-07-01") -> Review:
    return Review(indicator, reviewed_on=on, reason=WHY, what=what)


def resolved(indicator: str = "x") -> Review:
    return Review(indicator, "2026-07-01", "2026-07-05", "mended", "R2 service")


def test_the_last_decision_holds(store: Store) -> None:
    """A resolution closes the review before it, and a new review of what became worse opens the flag again."""
    decide(store, "S01", ROUND, reviewed(), months=MONTHS)
    assert reviews(store, "S01", ROUND) == {"x": reviewed()}
    decide(store, "S01", ROUND, resolved(), months=MONTHS)
    assert reviews(store, "S01", ROUND) == {"x": resolved()}
    decide(store, "S01", ROUND, reviewed("R1 service", on="2026-07-09"), months=MONTHS)
    assert reviews(store, "S01", ROUND) == {"x": reviewed("R1 service", on="2026-07-09")}
    assert reviews(store, "S02", ROUND) == reviews(store, "S01", "2025-H2") == {}


def test_a_decision_makes_its_scores_stale(store: Store) -> None:
    """With the decision, in one transaction, the scores and the team's pages are owed."""
    decide(store, "S01", ROUND, reviewed(), months=MONTHS)
    assert stale_pairs(store) == [("S01", "2026-06")]
    assert store.note("reports due")


def test_a_late_decision_is_for_the_inbox_alone(store: Store) -> None:
    """What was decided after the closing is read with the late ones only, and owes nothing."""
    decide(store, "S01", ROUND, reviewed(), months=())
    assert reviews(store, "S01", ROUND) == {}
    assert reviews(store, "S01", ROUND, late=True) == {"x": reviewed()}
    assert stale_pairs(store) == []
    assert not store.note("reports due")


def test_reasons_go_with_the_answers(store: Store, tmp_path: Path) -> None:
    """Decisions about flags that are no more go; of those that are left the reason goes; the bytes leave the disk."""
    for indicator in ("x", "y"):
        decide(store, "S01", ROUND, reviewed(indicator=indicator), months=MONTHS)
    decide(store, "S02", ROUND, reviewed(), months=MONTHS)
    with store.write() as connection:
        forget_reviews(connection, ROUND, "S01", {"y"})
    left = reviews(store, "S01", ROUND)
    assert list(left) == ["y"]
    assert (left["y"].reason, left["y"].what, left["y"].reviewed_on) == ("", "R2 service", "2026-07-01")
    assert reviews(store, "S02", ROUND)["x"].reason == WHY
    with store.write() as connection:
        forget_reviews(connection, ROUND)
    assert reviews(store, "S02", ROUND) == {}
    assert purge_due(store)
    purge(store)
    assert not any(WHY.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_nothing_to_forget_owes_nothing(store: Store) -> None:
    """Where nothing was decided, forgetting costs no purge."""
    with store.write() as connection:
        forget_reviews(connection, ROUND, "S01")
    assert not purge_due(store)
