"""Releases in the store: frozen, remembered, and what counts in a round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kobo_sync.scoring.release_model import Release, Remembered
from kobo_sync.store.releases import closed_details, counted, releases, save_release
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, Row, Store, StoreError


def made(round_: str, number: int) -> Remembered:
    content = {"round": round_, "number": number, "services": [{"code": "S1", "label": "Élan"}]}
    return Remembered(Release(round_, number, content), {"services": {"S1": {"root": "version"}}})


def test_releases_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """A release is kept to the byte, with its private base, in the order of rounds and numbers."""
    with Store(tmp_path / "s.sqlite") as store:
        for one in (made("2026-H2", 1), made("2026-H1", 2), made("2026-H1", 1)):
            save_release(store, one, 1.0)
        found = releases(store)
    assert [(one.release.round, one.release.number) for one in found] == [
        ("2026-H1", 1),
        ("2026-H1", 2),
        ("2026-H2", 1),
    ]
    assert found[0] == made("2026-H1", 1)
    assert found[0].release.data == made("2026-H1", 1).release.data


def test_a_release_is_never_replaced(tmp_path: Path) -> None:
    """A second release of the same round and number is refused, and the first one stays."""
    with Store(tmp_path / "s.sqlite") as store:
        save_release(store, made("2026-H1", 1), 1.0)
        with pytest.raises(StoreError):
            save_release(store, made("2026-H1", 1), 2.0)
        assert len(releases(store)) == 1


def test_only_what_counts_is_counted(tmp_path: Path) -> None:
    """Neither quarantine nor what somebody marked as not approved counts, nor other months or forms."""
    fields: dict[str, Any] = {"version": "v", "month": "2026-03", "service": "S1", "document": {"q": "yes"}}
    rows = [
        Row(1, "u1", "r1", status="", state=ACCEPTED, **fields),
        Row(2, "u2", "r2", status="validation_status_not_approved", state=ACCEPTED, **fields),
        Row(3, "u3", "r3", status="", state=QUARANTINED, **{**fields, "document": None}),
        Row(4, "u4", "r4", status="", state=ACCEPTED, **{**fields, "month": "2026-09"}),
    ]
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", rows, 4)
        store.save_page("g", "a", [Row(1, "u9", "r9", status="", state=ACCEPTED, **fields)], 1)
        found = list(counted(store, ["f"], ["2026-03"]))
    assert [(one.root_uuid, one.uuid, one.service, one.document) for one in found] == [("r1", "u1", "S1", {"q": "yes"})]


def test_an_open_round_has_no_details(tmp_path: Path) -> None:
    """A round that was never closed is told from one that was."""
    with Store(tmp_path / "s.sqlite") as store:
        assert closed_details(store, "2026-H1") is None


def test_a_release_cannot_be_held_against_a_tombstone() -> None:
    """The hash that a release remembers an interview by is none of those that tombstones are made of."""
    seal = Seal(b"a key for tests")
    assert len({seal.released("r1"), seal.withdrawn("r1"), seal.deleted("r1"), seal.code("r1")}) == 4
