"""Answers whose time is over go, on the server first, then here; the scores of their round stay."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rights_world import CANARY, FORM, ROUND, Rights, code_of, interview, rights_world
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.report.gather import gather
from kobo_sync.store import tables
from kobo_sync.store.purge import purge
from kobo_sync.store.rights import RETIRING, under_way
from kobo_sync.store.seal import Seal
from kobo_sync.store.second_copy import keep, tell
from kobo_sync.store.store import Store
from kobo_sync.sync import retention
from kobo_sync.sync.forget import find
from kobo_sync.sync.lock import lock
from kobo_sync.sync.retention import Retired, carry_out, due, due_sentence, left_there, next_due

DUE = dt.date(2027, 7, 10)  # a year after the closing
BEFORE = dt.date(2027, 7, 9)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    """Give a world whose only round is closed."""
    with rights_world(tmp_path) as made:
        made.close()
        yield made


def clear(world: Rights, today: dt.date = DUE) -> Retired:
    """Carry retention out, and purge as the command does."""
    with lock(world.space), Store(world.space.store) as store:
        try:
            return carry_out(world.session, store, 12, today)
        finally:
            purge(store)


def test_nothing_goes_before_its_time(world: Rights) -> None:
    """The day before the months are over nothing is due; on that day, all of the round is, late ones too."""
    world.add(interview(20), interview(21, month="2026-07"))
    world.sync()
    with Store(world.space.store) as store:
        assert due(store, 12, BEFORE) == ()
        assert next_due(store, 12, BEFORE) == (ROUND, DUE)
        assert due_sentence(store, 12, BEFORE) == ""
        (found,) = due(store, 12, DUE)
        assert (found.round, found.due_on, dict(found.ids)) == (ROUND, DUE, {FORM: (*range(1, 9), 20)})
        assert next_due(store, 12, DUE) is None
        assert "9 submissions (2026-H1)" in due_sentence(store, 12, DUE)
    assert clear(world, BEFORE) == Retired(0, 0)
    assert len(world.held) == 10


def test_open_rounds_are_never_due(tmp_path: Path) -> None:
    """Answers of a round that nobody closed are kept, however old they are."""
    with rights_world(tmp_path) as open_world, Store(open_world.space.store) as store:
        assert due(store, 1, dt.date(2099, 1, 1)) == ()


def test_answers_go_and_scores_stay(world: Rights) -> None:
    """After retention: nothing of the answers on the server or in any file here; scores and counts as they were."""
    before = world.score()
    fieldwork = gather(world.space, ROUND).fieldwork
    assert clear(world) == Retired(8, 0)
    assert world.held == []
    assert world.kept == []
    assert not world.on_disk(CANARY)
    assert not world.on_disk("00000000-0000-4000-8000")
    assert world.score() == before
    world.sync()
    assert world.score() == before
    assert gather(world.space, ROUND).fieldwork == fieldwork
    assert clear(world) == Retired(0, 0)


def test_the_server_is_first(world: Rights) -> None:
    """When the server cannot be asked, nothing is deleted here, and the next time goes on."""

    def fail(request: Request) -> Response | None:
        return Response("", 503) if request.method == "DELETE" else None

    world.server.before = fail
    with pytest.raises(ServerBusy):
        clear(world)
    assert len(world.kept) == 8
    assert world.on_disk(CANARY)
    world.server.before = None
    assert clear(world) == Retired(8, 0)


@pytest.mark.parametrize("name", ["delete_submissions", "erase"])
@pytest.mark.parametrize("then", ["sync", "retention"])
def test_killed_anywhere_no_score_changes(world: Rights, monkeypatch: pytest.MonkeyPatch, name: str, then: str) -> None:
    """Killed before or after the server deleted, the next run finishes, and what went is no woman's withdrawal."""
    before = world.score()

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention, name, die)
        with pytest.raises(KeyboardInterrupt):
            clear(world)
    if then == "sync":
        world.sync()
    clear(world)
    assert world.held == []
    assert world.kept == []
    assert not world.on_disk(CANARY)
    world.sync()
    assert world.score() == before
    with Store(world.space.store) as store:
        assert under_way(store, RETIRING) == {}


def test_without_permission_numbers_alone_stay(world: Rights) -> None:
    """Where the account may not delete, numbers alone are kept, in no count; later syncs read nothing of them again."""
    before = world.score()
    world.using = world.reader
    assert clear(world) == Retired(0, 8)
    assert len(world.held) == 8
    assert world.retired == [*range(1, 9)]
    assert world.states == {}
    assert not world.on_disk(CANARY)
    assert not world.on_disk("00000000-0000-4000-8000")
    assert find(world.space, code_of(3)) == ()
    world.sync()
    assert world.retired == [*range(1, 9)]
    assert not world.on_disk(CANARY)
    assert world.score() == before
    with Store(world.space.store) as store:
        assert dict(left_there(store).old) == {FORM: (*range(1, 9),)}
        assert dict(left_there(store).withdrawn) == {}


def test_numbers_go_once_the_account_may_delete(world: Rights) -> None:
    """With the permission, the next retention deletes on the server what only numbers were kept of."""
    world.using = world.reader
    clear(world)
    world.using = world.token
    assert clear(world) == Retired(8, 0)
    assert world.held == world.kept == []


def test_numbers_go_once_somebody_deletes_there(world: Rights) -> None:
    """What the owner deletes by hand leaves the numbers here at the next sync, and no score changes."""
    before = world.score()
    world.using = world.reader
    clear(world)
    world.drop(*range(1, 9))
    world.sync()
    assert world.kept == []
    assert world.score() == before


def test_the_server_is_asked_once_for_a_permission_that_lacks(tmp_path: Path) -> None:
    """An account that may not delete is told so once a form, not once for each part of it."""
    with rights_world(tmp_path, 450) as world:
        world.close()
        world.using = world.reader
        assert clear(world) == Retired(0, 451)
        assert sum(one.method == "DELETE" for one in world.server.requests) == 1


def test_a_withdrawal_of_what_came_too_late_leaves_frozen_scores(world: Rights) -> None:
    """Once answers of a round were deleted for their age, no deletion can make its scores from what little remains."""
    before = world.score()
    clear(world)
    world.add(interview(20), interview(21))
    world.sync()
    world.forget(20)
    world.drop(21)
    world.sync()
    assert world.score() == before
    assert world.kept == []


def test_what_comes_after_retention_is_due_at_once(world: Rights) -> None:
    """An interview of such a round that a phone sends much later is read, and due at the next look."""
    clear(world)
    world.add(interview(20))
    world.sync()
    with Store(world.space.store) as store:
        assert [one.total for one in due(store, 12, DUE)] == [1]
    assert clear(world) == Retired(1, 0)


def test_a_store_made_anew_still_refuses_what_was_withdrawn(tmp_path: Path) -> None:
    """With the store lost or put back from before, an interview that was withdrawn is turned away all the same."""
    with rights_world(tmp_path) as world:
        xml, before = world.xml(3), world.space.store_file.read_bytes()
        world.using = world.reader  # the server keeps it
        world.forget(3)
        for left in (b"", before):
            world.space.store_file.write_bytes(left)
            world.sync()
            assert (world.states, world.retired) == ({"accepted": 7}, [3])
            assert not world.on_disk(f"{CANARY}-3-end")
        world.using = world.token
        world.sync()
        world.send(xml)
        world.space.store_file.unlink()
        world.sync()
        assert (len(world.held), world.states) == (7, {"accepted": 7})
        kept = world.space.key_file.with_name(".kobo-sync.withdrawn")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600 or os.name != "posix"
        assert code_of(3) not in kept.read_text(encoding="ascii")


def test_a_line_that_was_cut_off_hinders_no_other(tmp_path: Path) -> None:
    """A kill in the middle of a line of the second copy: that line is passed over, those before and after count."""
    stones = [("a" * 64, "2026-03"), ("b" * 64, "")]
    keep(tmp_path / "key", stones[:1])
    with (tmp_path / ".kobo-sync.withdrawn").open("a", encoding="ascii") as file:
        file.write("cccc")
    keep(tmp_path / "key", stones[1:])
    with Store(tmp_path / "s.sqlite") as store:
        tell(tmp_path / "key", store, Seal(b"a key for tests"))
        with store.read() as connection:
            found = connection.execute(select(tables.tombstone.c.hash, tables.tombstone.c.month)).all()
    assert sorted(tuple(one) for one in found) == stones
