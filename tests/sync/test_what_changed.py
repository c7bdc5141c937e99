"""What changes on the server after it was read: edits, statuses, late numbers, deletions; and what asking costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sync_rig import FORM, STATUSES, Running, is_persons, raw, serving, uuid_of, with_arguments
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.errors import NotKobo, ServerBusy
from kobo_sync.store.replica import begin
from kobo_sync.store.store import RunCounts, Store

APPROVED, NOT_APPROVED, ON_HOLD = STATUSES


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with 25 refusals that were read once, an hour ago, and a workspace for it."""
    with serving(tmp_path) as made:
        made.pull()
        made.later(3600)
        made.asked()
        yield made


def counts(running: Running, **how: Any) -> RunCounts:
    """Sync, and check that the store is what the server is."""
    found = running.pull(**how)
    assert running.here == running.there
    return found


def test_nothing_changed_costs_five_questions(running: Running) -> None:
    """When nothing changed, a sync asks for the time, for what is new, for what changed, and counts twice."""
    assert counts(running) == RunCounts()
    assert [len(one.get("fields", ["all"])) for one in running.asked()] == [1, 1, 3, 1, 1]


def test_an_empty_form_costs_two_questions(tmp_path: Path) -> None:
    """Of a form without submissions only the time and what is new are asked for; its first one is then read."""
    with serving(tmp_path, 0) as empty:
        assert counts(empty) == RunCounts()
        assert len(empty.asked()) == 2
        empty.add(raw(7))
        assert counts(empty).read == 1


def test_what_was_ever_edited_costs_a_question_a_page(running: Running) -> None:
    """Edited submissions are listed each time, narrowly, a page after the other, and not read again."""
    running.edit(*range(1, 12))
    assert counts(running, page_size=5).edited == 11
    running.later(3600)
    running.asked()
    assert counts(running, page_size=5) == RunCounts()
    assert [len(one.get("fields", ["all"])) for one in running.asked()] == [1, 1, 3, 3, 3, 1, 1]


def test_an_edit_replaces_what_was_kept(running: Running) -> None:
    """An edited submission is read anew and replaces the former one; nothing else is read."""
    running.edit(4, 9)
    assert counts(running).edited == 2
    whole = [one for one in running.asked() if "fields" not in one and "query" in one]
    assert [one["query"]["_id"] for one in whole] == [{"$gt": 25}, {"$in": [4, 9]}]
    running.edit(9, month="2026-05")
    assert counts(running).edited == 1


def test_of_two_with_the_same_uuid_the_edited_one_changes(running: Running) -> None:
    """Old data can hold one uuid twice: an edit changes that submission, and not the other."""
    running.add(raw(30, _uuid=uuid_of(3), **{"meta/rootUuid": f"uuid:{uuid_of(3)}"}))
    assert counts(running).read == 1
    running.edit(30)
    assert counts(running).edited == 1
    running.delete(3)
    assert counts(running).deleted == 1


def test_statuses_are_followed(running: Running) -> None:
    """A status that is set, changed within the same second, or cleared is taken over without reading the answers."""
    running.mark(5)
    running.mark(6)
    assert counts(running).restated == 2
    running.mark(5, ON_HOLD)
    assert counts(running).restated == 1
    running.later(3600)
    running.mark(5, "")
    assert counts(running).restated == 1
    assert all("fields" in one or one["query"] == {"_id": {"$gt": 25}} for one in running.asked() if "query" in one)


def test_one_status_cleared_and_another_set_cannot_hide(running: Running) -> None:
    """When one status is cleared and another set, the number of statuses is the same, and both are found."""
    for id_ in range(1, 20):
        running.mark(id_)
    counts(running)
    running.later(3600)
    running.mark(3, "")
    running.mark(22)
    assert counts(running, page_size=4).restated == 2


def test_an_edit_and_a_status_at_once_are_both_taken_over(running: Running) -> None:
    """A submission that was edited and given a status ends with both, however often its status had changed before."""
    running.mark(5)
    running.edit(5)
    running.mark(5, NOT_APPROVED)
    assert counts(running) == RunCounts(edited=1)
    running.later(3600)
    running.mark(5, "")
    running.edit(5)
    assert counts(running) == RunCounts(edited=1)


def test_a_number_that_appears_late_is_read(running: Running) -> None:
    """A number is drawn before its transaction ends: it can appear below numbers that were read already."""
    running.add(raw(40))
    counts(running)
    running.add(raw(33, _submission_time="2026-07-01T12:59:00"))
    assert counts(running).read == 1


def test_one_deleted_and_one_late_cannot_hide_each_other(running: Running) -> None:
    """When one is deleted and a lower number appears, the total stays the same, and both are found without a sweep."""
    running.add(raw(40))
    counts(running)
    running.add(raw(33, _submission_time="2026-07-01T12:59:00"))
    running.delete(8)
    found = counts(running, sweep=False)
    assert (found.read, found.deleted) == (1, 1)


def test_what_was_missed_long_ago_is_found_by_counting(running: Running) -> None:
    """A submission that should have been read days ago is found by the counts, and read."""
    with Store(running.space.store) as store:
        store.forget(FORM, [2, 17])
    assert counts(running, page_size=3, sweep=False).read == 2


def test_a_deleted_submission_that_is_sent_again_is_a_new_one(running: Running) -> None:
    """What was deleted goes, and the copy that the phone sends again comes, in one sync."""
    running.delete(12)
    running.add(raw(26, _uuid=uuid_of(12), **{"meta/rootUuid": f"uuid:{uuid_of(12)}"}))
    found = counts(running)
    assert (found.read, found.deleted) == (1, 1)


def test_deletions_cost_by_the_logarithm(running: Running) -> None:
    """One deletion among many is found by halving: a question a level, a page, and one to make sure."""
    running.delete(21)
    assert counts(running, page_size=1).deleted == 1
    halvings = [
        one
        for one in running.asked()
        if one.get("fields") == ["_id"] and "_validation_status.timestamp" not in one["query"]
    ]
    assert len(halvings) <= 1 + 5  # 25 are halved five times


@pytest.mark.parametrize("place", range(1, 12))
def test_whatever_happens_before_any_question_is_found_then_or_next_time(running: Running, place: int) -> None:
    """An edit, a status, a deletion, an arrival before any question of a sync: the next one ends exact."""
    running.mark(20)
    running.edit(2, 11)
    number = 0

    def meanwhile(request: Request) -> None:
        nonlocal number
        if is_persons(request):
            return
        number += 1
        if number == place:
            running.edit(2)
            running.edit(13)
            running.mark(14)
            running.mark(20, "")
            running.delete(15, 24)
            running.add(raw(50))

    running.server.before = meanwhile
    running.pull(page_size=3)
    running.server.before = None
    counts(running, page_size=3)


def test_a_server_that_gives_short_pages_changes_nothing(running: Running) -> None:
    """A server that gives two submissions a page, whatever it is asked for, is followed exactly all the same."""
    running.edit(*range(3, 11))
    running.mark(20)
    running.delete(12, 13)
    running.add(*[raw(n) for n in range(30, 37)])
    running.server.before = lambda request: (
        with_arguments(running.server, request, limit="2")
        if "limit" in request.args and not is_persons(request)
        else None
    )
    found = counts(running)
    assert (found.read, found.edited, found.restated, found.deleted) == (7, 8, 1, 2)


@pytest.mark.parametrize("which", range(2, 6))
def test_an_answer_that_contradicts_itself_deletes_nothing(running: Running, which: int) -> None:
    """A server that says there are submissions and hands none out is no server to believe: nothing is deleted."""
    number = 0

    def empty(request: Request) -> Response | None:
        nonlocal number
        number += 1
        if number < which or "query" not in request.args:
            return None
        return Response('{"count": 24, "results": []}', mimetype="application/json")

    before = running.here
    running.server.before = empty
    with pytest.raises(NotKobo, match="does not hand them out"):
        running.pull()
    assert running.here == before


def test_a_first_reading_that_broke_off_misses_nothing(tmp_path: Path) -> None:
    """What changes between a first reading that broke off and the next run is found, however long that is."""
    with serving(tmp_path) as made:
        broken = [0]

        def fail(request: Request) -> Response | None:
            broken[0] += request.path.endswith("/data/")
            return Response("", 502) if broken[0] > 2 else None

        made.server.before = fail
        with pytest.raises(ServerBusy):
            made.pull(page_size=10)
        made.server.before = None
        assert len(made.here) == 20
        made.later(1800)
        made.mark(3)
        made.add(raw(90))
        made.pull()
        made.later(5 * 3600)
        assert counts(made, sweep=False) == RunCounts()


def test_a_look_counts_only_when_it_went_through(running: Running) -> None:
    """Until a sync went through, the next one looks for changes from where the last whole one began."""
    began = int(running.now.timestamp()) - 3600
    running.server.before = lambda request: (
        Response("", 502) if "_validation_status" in request.args.get("query", "") else None
    )
    with pytest.raises(ServerBusy):
        running.pull()
    running.server.before = None
    with Store(running.space.store) as store:
        assert begin(store, FORM, "", 0).looked_at == began
        running.pull()
        assert begin(store, FORM, "", 0).looked_at == began + 3600
