"""A woman withdraws: found by her code, deleted on the server and here, whatever breaks off on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rights_world import CANARY, FORM, MONTH, Rights, code_of, interview, rights_world
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from kobo_sync.errors import LockHeld
from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.store import tables
from kobo_sync.store.purge import purge_due
from kobo_sync.store.rights import WITHDRAWING, under_way
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import Store
from kobo_sync.sync import forget as forgetting
from kobo_sync.sync import tidy as tidying
from kobo_sync.sync import withdrawn
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import open_workspace


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


def her_words(id_: int) -> str:
    return f"{CANARY}-{id_}-end"


def is_gone(world: Rights, id_: int) -> None:
    """Check that nothing of an interview is left but the tombstone."""
    assert id_ not in world.held
    assert id_ not in world.kept
    assert not world.on_disk(her_words(id_))
    assert world.women() == len([n for n in world.held if n < 8])
    with Store(world.space.store) as store:
        assert under_way(store, WITHDRAWING) == {}
        assert not purge_due(store)
        assert not store.note("reports due")


def test_a_withdrawn_interview_is_gone_everywhere(world: Rights) -> None:
    """After a withdrawal: nothing on the server, nothing in any file here, no woman in the score; a tombstone stays."""
    assert world.on_disk(her_words(3))
    done = world.forget(3)
    assert (done.deleted, done.left, done.failure) == (1, {}, None)
    is_gone(world, 3)
    with Store(world.space.store) as store, store.read() as connection:
        seal = open_seal(world.space.key_file, store)
        stones = connection.execute(select(tables.tombstone)).all()
        assert [(row.hash, row.month) for row in stones] == [(seal.withdrawn(interview(3)["_uuid"]), MONTH)]


def test_no_code_leaves_the_prompt(
    world: Rights, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The code stands in no address, no log line at any level, no output and no file."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("kobo_sync").propagate = True
    before = len(world.server.requests)
    world.forget(3)
    world.sync()
    asked = world.server.requests[before:]
    assert asked
    assert not any(code_of(3) in f"{one.path}?{one.query}" for one in asked)
    said = capfd.readouterr()
    assert code_of(3) not in caplog.text + said.out + said.err
    assert not world.on_disk(code_of(3))
    assert "S01" not in caplog.text


def test_only_ids_are_ever_sent_to_be_deleted(world: Rights) -> None:
    """A deletion names its submissions; it sends neither a query nor a confirmation, which could mean all of them."""
    bodies: list[Any] = []

    def look(request: Request) -> Response | None:
        if request.method == "DELETE":
            bodies.append(request.get_json())
        return None

    world.server.before = look
    world.forget(3)
    assert bodies == [{"payload": {"submission_ids": [3]}}]


def test_what_was_deleted_on_the_server_already_is_done(world: Rights) -> None:
    """A withdrawal of what somebody deleted on the server deletes it here, and asks the server for no deletion."""
    world.drop(3)
    done = world.forget(3)
    assert (done.deleted, done.failure) == (1, None)
    is_gone(world, 3)
    assert not any(one.method == "DELETE" for one in world.server.requests)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (withdrawn, "delete_submissions"),  # between the tombstone and the server
        (withdrawn, "erase"),  # between the server and here
        (forgetting, "score_now"),  # between here and the scores
        (tidying, "refresh_reports"),  # between the scores and the pages
        (tidying, "purge"),  # before the bytes are gone
    ],
)
@pytest.mark.parametrize("then", ["sync", "forget another"])
def test_killed_anywhere_the_next_run_finishes(
    world: Rights, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, then: str
) -> None:
    """Whatever step a withdrawal dies before, the next sync or forget ends where an undisturbed one would have."""
    folder = world.report()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, name, die)
        with pytest.raises(KeyboardInterrupt):
            world.forget(3)
    if then == "sync":
        world.sync()
    else:
        world.sync()  # as the command does first
        world.forget(4)
        is_gone(world, 4)
    is_gone(world, 3)
    assert f"{len(world.held) - 1} women" in (folder / "en" / "index.html").read_text(encoding="utf-8")


def test_a_server_that_cannot_be_asked_is_asked_by_the_next_run(world: Rights) -> None:
    """When the server fails, her words are gone here at once, and the next sync deletes them there."""

    def fail(request: Request) -> Response | None:
        return Response("", 502) if request.method == "DELETE" else None

    world.server.before = fail
    done = world.forget(3)
    assert isinstance(done.failure, ServerBusy)
    assert 3 in world.held
    assert not world.on_disk(her_words(3))
    assert (world.states, world.retired) == ({"accepted": 7}, [3])
    assert world.women() == 6
    world.server.before = None
    world.sync()
    is_gone(world, 3)


def test_an_answer_that_was_lost_is_looked_for(world: Rights) -> None:
    """When the server deletes and its answer is lost, the program looks, finds nothing left, and is done."""

    def lose(request: Request) -> Response | None:
        if request.method == "DELETE" and 3 in world.held:
            world.drop(3)
            return Response("", 504)
        return None

    world.server.before = lose
    assert world.forget(3).failure is None
    is_gone(world, 3)


def test_without_permission_only_the_number_stays_here(world: Rights, caplog: pytest.LogCaptureFixture) -> None:
    """An account that may not delete: the content goes here, the number is told, each sync tries again."""
    world.using = world.reader
    done = world.forget(3)
    assert (done.deleted, done.left, done.failure) == (0, {FORM: (3,)}, None)
    assert 3 in world.held
    assert not world.on_disk(her_words(3))
    assert not world.on_disk(interview(3)["_uuid"])
    assert world.women() == 6
    caplog.set_level(logging.WARNING)
    logging.getLogger("kobo_sync").propagate = True
    world.sync()
    assert "may not delete there" in caplog.text
    assert (world.states, len(world.retired)) == ({"accepted": 7}, 1)
    world.using = world.token
    world.sync()
    is_gone(world, 3)


def test_a_number_that_somebody_deletes_by_hand_goes(world: Rights) -> None:
    """Once the owner deleted the submission by hand, the next sync of the lesser account forgets its number."""
    world.using = world.reader
    world.forget(3)
    world.drop(3)
    world.sync()
    is_gone(world, 3)


def test_a_copy_that_a_phone_sends_again_is_deleted_and_never_stored(world: Rights) -> None:
    """After a withdrawal the phone may send the interview again: the next sync deletes it on the server, unread."""
    xml = world.xml(3)
    world.forget(3)
    assert world.send(xml) == 201
    assert len(world.held) == 8
    world.sync()
    assert len(world.held) == 7
    is_gone(world, 3)
    assert max(world.kept) == 8
    world.sync()
    assert world.states == {"accepted": 7}


def test_a_copy_that_cannot_be_deleted_is_not_stored_either(world: Rights) -> None:
    """Where the account may not delete, of a copy that comes again the number alone is kept, until it may."""
    xml = world.xml(3)
    world.forget(3)
    world.send(xml)
    copy = max(world.held)
    world.using = world.reader
    world.sync()
    world.sync()
    assert copy in world.kept
    assert not world.on_disk(her_words(3))
    assert (world.states, len(world.retired)) == ({"accepted": 7}, 1)
    world.using = world.token
    world.sync()
    assert copy not in world.held
    is_gone(world, 3)


def test_a_quarantined_interview_can_be_withdrawn(world: Rights) -> None:
    """She can withdraw what nobody could read yet: its code is known even in quarantine."""
    world.add(interview(50, consent="perhaps"))
    world.sync()
    assert world.states["quarantined"] == 1
    assert world.forget(50).deleted == 1
    assert 50 not in world.held + world.kept


def test_copies_of_one_interview_go_together(world: Rights) -> None:
    """Submissions that go back to the same first copy are one interview: all of them are deleted."""
    same = {key: interview(3)[key] for key in ("meta/rootUuid",)}
    world.add(interview(60, **same, **{"g/code": "999"}))
    world.sync()
    assert world.forget(3).deleted == 2
    is_gone(world, 3)
    assert 60 not in world.held + world.kept


def test_a_wrong_code_finds_nothing(world: Rights) -> None:
    """A code that nobody has, or none, matches nothing; blanks and dashes in a right one do not matter."""
    assert forgetting.find(world.space, "000000000") == ()
    assert forgetting.find(world.space, "") == ()
    assert [match.id for match in forgetting.find(world.space, " 123-450 003 ")] == [3]


def test_a_form_that_left_the_workspace_is_still_found(world: Rights) -> None:
    """Interviews of a form that is no longer in kobo-sync.toml are deleted on the server where they came from."""
    config = world.space.root / "kobo-sync.toml"
    config.write_text(f'[server]\nurl = "{world.server.url}"\n', encoding="utf-8")
    world.space = open_workspace(world.space.root)
    assert world.forget(3).deleted == 1
    assert 3 not in world.held + world.kept


def test_what_is_left_of_a_form_that_left_is_finished(world: Rights) -> None:
    """A withdrawal that broke off is finished by the next sync, even of a form that is not synced any more."""
    world.server.before = lambda request: Response("", 502) if request.method == "DELETE" else None
    world.forget(3)
    world.server.before = None
    config = world.space.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(FORM, "another"), encoding="utf-8")
    world.space = open_workspace(world.space.root)
    world.sync()
    assert 3 not in world.held


def test_another_run_at_work_is_waited_for(world: Rights) -> None:
    """While another run holds the lock, a withdrawal waits some seconds; then it says so, and nothing was done."""
    with lock(world.space), pytest.raises(LockHeld):
        world.forget(3)
    assert 3 in world.held
    assert 3 in world.kept
