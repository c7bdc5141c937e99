"""The inbox of red flags: read from the answers each time, a service at a time, and its reasons go with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flag_world import FIRST, LATER, SECOND, Flags, flag_world, manager, woman

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.store.scores import documents
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of, versions_of
from kobo_sync.sync.inbox import Entry, inbox

WHY = "a reason that stands nowhere else"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Flags]:
    with flag_world(tmp_path, monkeypatch, capfd) as made:
        yield made


def entries(world: Flags, **narrow: str) -> list[Entry]:
    with Store(world.space.store) as store:
        return list(inbox(world.space, store, framework_of(world.space), versions_of(world.space), **narrow))


def states(world: Flags) -> list[tuple[str, str, str, str]]:
    return [(one.round, one.service, one.flag.indicator, one.flag.state) for one in entries(world)]


def flagged(*ids: int, service: str = "S01", round_: str = SECOND) -> list[dict[str, object]]:
    return [woman(n, service, round_, cnf_breach="yes") for n in ids]


def test_flags_stand_by_round_service_and_framework(world: Flags) -> None:
    """All flags of all rounds are there, one woman's too, in order; round and service narrow it down."""
    world.add("women", *flagged(13, 14), *flagged(33, round_=FIRST), *flagged(61, service="S02"))
    world.add("provider", manager(50))
    found = states(world)
    assert found == [
        (FIRST, "S01", "cnf_breach", "reported"),
        (SECOND, "S01", "cnf_breach", "substantiated"),
        (SECOND, "S01", "cnf_mandatory", "substantiated"),
        (SECOND, "S02", "cnf_breach", "reported"),
    ]
    assert [one.service for one in entries(world, service="S02")] == ["S02"]
    assert [one.round for one in entries(world, round_=FIRST)] == [FIRST]


def test_a_service_is_read_once_and_only_if_wanted(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbox reads each service's answers once a round, those of others not at all, a kept framework once."""
    world.add("women", *flagged(33, 34, round_=FIRST), *flagged(61, service="S02", round_=FIRST))
    world.close(FIRST, "--force")
    read: list[str] = []
    frameworks: list[str] = []

    def look(store: Store, service: str, months: tuple[str, ...], **more: bool) -> object:
        read.append(f"{service} {months[0]}")
        return documents(store, service, months, **more)

    def look_back(folder: Path, name: str) -> Framework | None:
        frameworks.append(name)
        return kept_framework(folder, name)

    monkeypatch.setattr("kobo_sync.sync.inbox.documents", look)
    monkeypatch.setattr("kobo_sync.sync.inbox.kept_framework", look_back)
    entries(world, service="S02")
    assert read == ["S02 2025-07", "S02 2026-01"]
    read.clear()
    frameworks.clear()
    entries(world)
    assert sorted(read) == ["S01 2025-07", "S01 2026-01", "S02 2025-07", "S02 2026-01"]
    assert frameworks == [FIRST]


@pytest.mark.file_store
def test_a_withdrawal_takes_reasons_with_it(world: Flags) -> None:
    """When a woman withdraws, the reason goes from the disk; the decision stays while others still say the same."""
    world.add("women", *flagged(13, 14, 15))
    world.review(why=WHY)
    assert world.on_disk(WHY)
    world.forget(13)
    assert not world.on_disk(WHY)
    assert [one.flag.state for one in entries(world)] == ["reviewed"]
    assert world.score().flags[0].is_open
    world.forget(14)  # one woman is left who says so
    assert [one.flag.state for one in entries(world)] == ["reported"]
    assert world.table("flag_review") == []
    assert world.score().flags == ()
    world.add("women", *flagged(16))
    assert [one.flag.state for one in entries(world)] == ["substantiated"]  # and has to be looked at anew


def test_a_withdrawal_elsewhere_leaves_reasons(world: Flags) -> None:
    """Reasons about one service stay when a woman withdraws who spoke of another, or of another round."""
    world.add("women", *flagged(13, 14), woman(33, round_=FIRST))
    world.review(why=WHY)
    world.forget(21)
    world.forget(33)
    assert [one.flag.review.reason for one in entries(world) if one.flag.review] == [WHY]


def test_a_withdrawal_from_a_closed_round_takes_reasons_too(world: Flags) -> None:
    """In a closed round her withdrawal takes the reason away as well, and the flag that others report stays open."""
    world.add("women", *flagged(13, 14, 15))
    world.review(why=WHY)
    world.close()
    world.forget(13)
    assert not world.on_disk(WHY)
    assert world.score().flags[0].is_open


def test_reasons_go_when_the_time_of_the_answers_is_over(world: Flags) -> None:
    """With the answers of a closed round go all decisions about its flags, from the disk too; its scores stay."""
    world.add("women", *flagged(13, 14))
    world.review(why=WHY)
    world.close()
    before = world.table("score")
    assert world.say("retention", "--yes", on=LATER) == 0
    assert world.table("flag_review") == []
    assert not world.on_disk(WHY)
    assert world.table("score") == before
    assert entries(world) == []


def test_a_killed_withdrawal_takes_reasons_later(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the score was made anew, the next run removes the reasons, too."""
    world.add("women", *flagged(13, 14, 15))
    world.review(why=WHY)
    with monkeypatch.context() as broken:
        broken.setattr("kobo_sync.sync.scores.forget_reviews", lambda *_: (_ for _ in ()).throw(SystemExit("killed")))
        with pytest.raises(SystemExit, match="killed"):
            world.forget(13)
    world.sync()
    assert not world.on_disk(WHY)


def test_what_comes_late_is_still_seen(world: Flags) -> None:
    """A harm that is reported after the closing is in the inbox, said to be late, and nobody can decide about it."""
    world.close()
    before = world.table("score"), world.table("frozen")
    world.add("women", *flagged(13, 14))
    (one,) = entries(world)
    assert (one.late, one.frozen, one.flag.clients) == (True, True, 2)
    assert world.say("flags", "list") == 0
    assert "came after the round was closed; seen here only, changes nothing" in world.said
    assert "flags review" not in world.said
    assert world.say("flags", "review", "S01", "cnf_breach") == 2
    assert "Make sure that nobody is in danger" in world.said
    assert (world.table("score"), world.table("frozen")) == before


def test_a_list_and_a_sync_do_not_disturb_each_other(world: Flags) -> None:
    """While a sync runs, the list is read, over and over, and neither fails; nothing half-done is seen."""
    world.add("women", *flagged(13, 14))
    seen: list[int] = []
    wrong: list[Exception] = []
    stop = threading.Event()

    def listing() -> None:
        while not stop.is_set():
            try:
                seen.append(len(entries(world, service="S01")))
            except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
                wrong.append(error)

    reader = threading.Thread(target=listing)
    reader.start()
    try:
        for n in range(3):
            world.add("women", *(woman(100 + 10 * n + k) for k in range(5)))
            world.forget(100 + 10 * n)
    finally:
        stop.set()
        reader.join()
    assert wrong == []
    assert set(seen) == {1}
    assert world.score().n == 26
