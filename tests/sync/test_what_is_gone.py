"""Deletions on the server: followed here, but not without a question when they are many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sync_rig import ASSET, FORM, MONTH, Running, is_persons, raw, serving, uuid_of
from werkzeug.wrappers import Request, Response

from kobo_sync.errors import RefusedForSafety
from kobo_sync.store import tables
from kobo_sync.store.purge import purge_due
from kobo_sync.store.rights import Match, mark_withdrawn, retire
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import RunCounts, Store


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with 25 refusals that were read once, an hour ago, and a workspace for it."""
    with serving(tmp_path) as made:
        made.pull()
        made.later(3600)
        yield made


def agrees(running: Running) -> None:
    """Check that the store is what the server is, and that a further sync finds nothing to do."""
    assert running.here == running.there
    running.later(3600)
    running.asked()
    assert running.pull() == RunCounts()
    assert len(running.asked()) <= 6


@pytest.mark.parametrize("number", [1, 5])
def test_a_few_go_without_a_question(running: Running, number: int) -> None:
    """Up to five deletions are followed at once, in any place."""
    running.delete(*range(1, 24, 5)[:number])
    assert running.pull(page_size=4).deleted == number
    agrees(running)


def test_many_at_once_are_a_question(running: Running) -> None:
    """Six of 25 gone: nothing is deleted, the rest of the sync is kept, and the message says how to look and go on."""
    running.delete(*range(3, 9))
    running.edit(20)
    running.add(raw(60))
    with pytest.raises(RefusedForSafety, match=r"6 of 26 submissions are gone.*kobo-sync sync --force core_interview"):
        running.pull()
    assert set(running.here) == {*range(1, 26), 60}
    assert running.here[20] == running.there[20]
    assert running.pull(force=True).deleted == 6
    agrees(running)


def test_many_that_a_count_cannot_show_are_a_question_too(running: Running) -> None:
    """Where as many were missed as are gone the total shows nothing; what a sweep finds is a question all the same."""
    with Store(running.space.store) as store:
        store.forget(FORM, list(range(1, 8)))
    running.delete(*range(10, 16))
    with pytest.raises(RefusedForSafety, match="more than 5 of"):
        running.pull(sweep=True)
    assert set(range(1, 26)) - set(range(1, 8)) <= set(running.here)
    assert running.pull(force=True, sweep=True).deleted == 6
    agrees(running)


def test_everything_gone_is_a_question_and_then_goes(running: Running) -> None:
    """A form that was emptied on the server is emptied here once a person has confirmed it."""
    running.delete(*range(1, 26))
    with pytest.raises(RefusedForSafety, match="25 of 25"):
        running.pull()
    assert running.pull(force=True).deleted == 25
    running.add(raw(70))
    assert running.pull().read == 1
    agrees(running)


def test_a_hundred_are_the_most(tmp_path: Path) -> None:
    """However large a form is, more than a hundred at once are a question; a hundred are not."""
    with serving(tmp_path, 1100) as made:
        made.pull()
        made.delete(*range(1, 101))
        assert made.pull().deleted == 100
        made.delete(*range(101, 202))
        with pytest.raises(RefusedForSafety, match="101 of 1000"):
            made.pull()


def test_one_form_that_is_refused_does_not_stop_the_others(running: Running) -> None:
    """When one form waits for a confirmation, the others are synced, and the command still ends with the question."""
    config = running.space.root / "kobo-sync.toml"
    first = "[forms.aaa]"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace(f"[forms.{FORM}]", f'[forms.{FORM}]\nasset = "{ASSET}"\n\n{first}'), encoding="utf-8"
    )
    running.reopen()
    running.sync()
    running.delete(*range(1, 7))
    running.add(raw(80))
    with pytest.raises(RefusedForSafety):
        running.sync()
    with Store(running.space.store) as store:
        assert 80 in store.ids("aaa")
        assert 80 in store.ids(FORM)


def test_what_a_list_lacks_is_asked_for_by_number(running: Running) -> None:
    """A list that leaves submissions out, though the server has them, deletes nothing."""

    def leave_out(request: Request) -> Response | None:
        if is_persons(request) or "_uuid" not in request.args.get("fields", "") or "$in" in request.args["query"]:
            return None
        return Response('{"count": 0, "results": []}', mimetype="application/json")

    running.delete(3)
    running.server.before = leave_out
    assert running.pull(sweep=True).deleted == 1
    running.server.before = None
    agrees(running)


def test_a_tombstone_stays_and_the_bytes_go(running: Running) -> None:
    """Of what is gone, a keyed hash of its first uuid and the month stay; a purge is owed, and the uuid is nowhere."""
    running.delete(5)
    running.pull()
    with Store(running.space.store) as store:
        seal = open_seal(running.space.key_file, store)
        with store.read() as connection:
            found = connection.execute(select(tables.tombstone.c.hash, tables.tombstone.c.month)).all()
        assert [tuple(one) for one in found] == [(seal.deleted(uuid_of(5)), MONTH)]
        assert purge_due(store)
    running.sync()
    files = [path for path in running.space.root.rglob("*") if path.is_file()]
    assert not [path.name for path in files if uuid_of(5).encode() in path.read_bytes()]


def test_a_copy_of_a_withdrawn_interview_is_never_kept(running: Running) -> None:
    """What a woman withdrew and a phone sends again is deleted on the server; counts fit at once."""
    with Store(running.space.store) as store:
        mark_withdrawn(store, open_seal(running.space.key_file, store), [Match(FORM, 5, uuid_of(5), MONTH, "")])
    running.delete(5)
    running.sync()
    running.add(raw(90, _uuid="other", **{"meta/rootUuid": f"uuid:{uuid_of(5)}"}), raw(91))
    assert running.pull().read == 1
    assert 90 not in running.there
    agrees(running)


def test_a_copy_that_may_not_be_deleted_leaves_its_number(running: Running) -> None:
    """Where the account may not delete, of the copy the number alone stays, so that the counts fit."""
    with Store(running.space.store) as store:
        mark_withdrawn(store, open_seal(running.space.key_file, store), [Match(FORM, 5, uuid_of(5), MONTH, "")])
    running.delete(5)
    running.sync()
    running.add(raw(90, _uuid="other", **{"meta/rootUuid": f"uuid:{uuid_of(5)}"}))
    running.server.before = lambda request: (
        Response('{"detail": "no"}', 403, mimetype="application/json") if request.method == "DELETE" else None
    )
    running.pull()
    assert running.here[90] == ("", "", "", 0, "")
    running.mark(90)
    running.later(10)
    assert running.pull().restated == 0
    running.later(3600)
    running.asked()
    assert running.pull() == RunCounts()
    assert len(running.asked()) == 5
    running.server.before = None
    running.delete(90)
    assert running.pull().deleted == 0
    agrees(running)


def test_retired_numbers_fit_the_counts_and_go_without_a_question(running: Running) -> None:
    """Numbers of which nothing is kept count among those that are there, and many of them may go at once."""
    running.mark(3)
    running.pull()
    with Store(running.space.store) as store, store.write() as connection:
        retire(connection, FORM, range(1, 15), right=False)
    running.asked()
    assert running.pull() == RunCounts()
    assert len(running.asked()) == 5
    running.mark(3, "")
    running.pull()
    running.delete(*range(1, 15))
    assert running.pull() == RunCounts()
    agrees(running)
