"""Write-back of "on hold": only where asked for, never over a person, taken back only while it is still ours."""

from __future__ import annotations

import datetime as dt

import pytest
from ops_kit import ASSET, FORM, Ops, row
from recorded import grant
from werkzeug.wrappers import Request, Response

from kobo_sync.store.holds import holds
from kobo_sync.store.replica import known
from kobo_sync.store.store import Store
from kobo_sync.sync.hold import ON_HOLD, _Marks

pytest_plugins = ["ops_fixture"]

APPROVED = "validation_status_approved"


@pytest.fixture
def marking(ops: Ops) -> Ops:
    """Give the workspace the setting, and a submission that waits beside one that does not."""
    config = ops.space.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n[sync]\nmark_on_hold = true\n", encoding="utf-8")
    ops.seed(row(1, visits="many"), row(2))
    return ops


def _sync(ops: Ops) -> None:
    ops.clock[0] += dt.timedelta(minutes=10)
    assert ops.run("sync")[0] == 0


def _set(ops: Ops, id_: int, uid: str = APPROVED) -> None:
    ops.clock[0] += dt.timedelta(seconds=5)
    ops.call("PATCH", f"{id_}/validation_status/", {"validation_status.uid": uid})


def _writes(ops: Ops) -> list[tuple[str, str]]:
    return [(r.method, r.path) for r in ops.server.requests if "validation_status" in r.path and r.method != "GET"]


def test_nothing_is_written_unless_asked_for(ops: Ops) -> None:
    """Without the setting, what waits has no status on the server."""
    ops.seed(row(1, visits="many"))
    _sync(ops)
    assert ops.status(1) == {}
    assert _writes(ops) == []


def test_what_waits_is_marked_and_nothing_else(marking: Ops) -> None:
    """What is in quarantine is on hold on the server after the sync, and the store knows it; the rest has no status."""
    _sync(marking)
    assert marking.status(1)["uid"] == ON_HOLD
    assert marking.status(2) == {}
    with Store(marking.space.store) as store:
        here = known(store, FORM, [1])[1]
        assert (here.status, here.status_at) == (ON_HOLD, marking.status(1)["timestamp"])


def test_marking_again_asks_nothing(marking: Ops) -> None:
    """A sync after which nothing changed writes nothing and reads no more than without the setting."""
    _sync(marking)
    before = len(marking.server.requests)
    _sync(marking)
    assert len(_writes(marking)) == 1
    assert len(marking.server.requests) - before <= 7


@pytest.mark.parametrize("uid", [APPROVED, "validation_status_not_approved", ON_HOLD])
def test_a_status_that_a_person_set_is_left_alone(marking: Ops, uid: str) -> None:
    """Any status that is there already, on hold too, is neither changed nor ever taken for ours."""
    _set(marking, 1, uid)
    was = marking.status(1)
    _sync(marking)
    marking.edit([1], visits="4")
    _sync(marking)
    assert marking.status(1) == was
    assert marking.states() == {"accepted": 2}


def test_a_status_that_is_set_while_a_run_reads_is_left_alone(marking: Ops) -> None:
    """Somebody who decides between reading and writing is not overridden: the status is read just before."""
    done: list[bool] = []

    def decide(request: Request) -> Response | None:
        if "validation_statuses" in request.path:
            done.append(True)
        if "%24in" in request.full_path and not done:  # the last look before the write
            done.append(False)
            submission = marking.server.world.assets[ASSET].submissions[1]
            submission.row["_validation_status"] = {
                "timestamp": 1,
                "uid": APPROVED,
                "by_whom": "x",
                "label": "Approved",
            }
        return None

    marking.server.before = decide
    _sync(marking)
    marking.server.before = None
    assert done == [False]
    assert marking.status(1)["uid"] == APPROVED


def test_our_mark_goes_when_quarantine_lets_go(marking: Ops) -> None:
    """Once mended, the submission is released and our mark is taken back, on the server and here."""
    _sync(marking)
    marking.edit([1], visits="4")
    _sync(marking)
    assert marking.status(1) == {}
    assert marking.states() == {"accepted": 2}
    with Store(marking.space.store) as store:
        assert known(store, FORM, [1])[1].status == ""
        assert holds(store, FORM) == ()


def test_our_mark_goes_when_the_setting_was_taken_back_meanwhile(marking: Ops) -> None:
    """Without the setting nothing new is marked, but what we marked is still taken back when it is mended."""
    _sync(marking)
    config = marking.space.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("hold = true", "hold = false"), encoding="utf-8")
    marking.seed(row(3, visits="many"))
    marking.edit([1], visits="4")
    _sync(marking)
    assert (marking.status(1), marking.status(3)) == ({}, {})


@pytest.mark.parametrize("uid", [APPROVED, ON_HOLD])
def test_a_mark_that_a_person_confirmed_or_changed_stays(marking: Ops, uid: str) -> None:
    """After our mark somebody set a status, even the same one: it is hers now, and is not taken back."""
    _sync(marking)
    _set(marking, 1, uid)
    was = marking.status(1)
    marking.edit([1], visits="4")
    _sync(marking)
    assert marking.status(1) == was


def test_a_mark_that_a_person_cleared_is_not_set_again(marking: Ops) -> None:
    """Somebody who clears our mark has decided: the submission waits on, unmarked."""
    _sync(marking)
    marking.call("DELETE", "1/validation_status/")
    _sync(marking)
    _sync(marking)
    assert marking.status(1) == {}
    assert marking.states() == {"accepted": 1, "quarantined": 1}


def test_retry_takes_back_our_mark_too(marking: Ops) -> None:
    """A submission that is released by hand is marked no more."""
    _sync(marking)
    marking.edit([1], visits="4")
    assert marking.run("quarantine", "retry", "1")[0] == 0
    assert marking.status(1) == {}


def test_a_killed_run_knows_its_mark_again(marking: Ops) -> None:
    """Killed between the write and its note, the next run knows that the mark is ours, and takes it back in time."""

    class Killed(BaseException):
        pass

    write = _Marks._write

    def killed(marks: _Marks, ids: list[int]) -> None:
        write(marks, ids)
        raise Killed

    with marking.patch.context() as patch:
        patch.setattr(_Marks, "_write", killed)
        with pytest.raises(Killed):
            marking.run("sync")
    assert marking.status(1)["uid"] == ON_HOLD
    with Store(marking.space.store) as store:
        assert [one.set_at for one in holds(store, FORM)] == [0]
    _sync(marking)
    with Store(marking.space.store) as store:
        assert [one.set_at for one in holds(store, FORM)] == [marking.status(1)["timestamp"]]
    marking.edit([1], visits="4")
    _sync(marking)
    assert marking.status(1) == {}


def test_a_run_that_was_killed_before_the_write_marks_the_next_time(marking: Ops) -> None:
    """Killed between the note and the write, nothing is taken for ours that is not, and the next run marks it."""
    with marking.patch.context() as patch:
        patch.setattr(_Marks, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert marking.run("sync")[0] == 130
    assert marking.status(1) == {}
    _sync(marking)
    _sync(marking)
    assert marking.status(1)["uid"] == ON_HOLD


def test_one_that_is_deleted_meanwhile_does_not_stop_the_others(marking: Ops) -> None:
    """When one submission goes between reading and writing, the server refuses the lot; the rest is marked singly."""
    marking.seed(row(3, visits="many"))

    def drop(request: Request) -> Response | None:
        if "validation_statuses" in request.path:
            marking.server.world.assets[ASSET].submissions.pop(3, None)
        return None

    marking.server.before = drop
    _sync(marking)
    marking.server.before = None
    assert marking.status(1)["uid"] == ON_HOLD
    _sync(marking)
    assert marking.states() == {"accepted": 1, "quarantined": 1}


def test_an_account_that_may_not_mark_is_told_and_the_sync_goes_on(marking: Ops) -> None:
    """Where the account may read but not validate, one warning says so, and everything else is done."""
    viewer = marking.server.add_user("viewer1")
    grant(marking.server, {"Authorization": f"Token {marking.token}"}, "viewer1", "view_submissions", ASSET)
    marking.patch.setenv("KOBO_API_TOKEN", viewer)
    code, said = marking.run("sync")
    assert code == 0
    assert "may not set validation statuses" in said
    assert marking.status(1) == {}
    with Store(marking.space.store) as store:
        assert holds(store, FORM) == ()
