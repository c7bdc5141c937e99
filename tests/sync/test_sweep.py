"""The full sweep: what it alone can find, when it is due, and that it goes on after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sync_rig import ASSET, STATUSES, Running, is_persons, raw, serving
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.store.store import RunCounts

DAY = 86400


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with 25 refusals that were read once, an hour ago, and a workspace for it."""
    with serving(tmp_path) as made:
        made.pull()
        made.later(3600)
        made.asked()
        yield made


def change_unseen(running: Running) -> None:
    """Change what no cheap question shows: an edit without a trace, a status with an old time, a hidden swap."""
    rows = running.server.world.assets[ASSET].submissions
    rows[4].row["_uuid"] = "ffffffff-0000-4000-8000-000000000004"
    rows[4].row["month"] = "2026-05"
    rows[6].row["_validation_status"] = {"uid": STATUSES[0], "timestamp": 1000, "by_whom": "x", "label": "x"}
    rows[7].row["_validation_status"] = {}
    running.delete(9)
    running.add(raw(33, _submission_time="2026-06-01T10:00:00"))


def listed(running: Running) -> int:
    """Count the pages of sweeps that were asked for since the last time."""
    return sum(set(one.get("query", {})) == {"_id"} and len(one.get("fields", ())) == 3 for one in running.asked())


def test_a_sweep_finds_what_nothing_else_shows(running: Running) -> None:
    """An edit without a trace, a status with an old time, a deletion that a late arrival hides: found after a day."""
    running.add(raw(40))
    running.mark(7)
    running.pull()
    running.later(7200)
    change_unseen(running)
    assert running.pull() == RunCounts()
    running.later(DAY)
    found = running.pull()
    assert (found.read, found.edited, found.restated, found.deleted) == (1, 1, 2, 1)
    assert running.here == running.there


def test_a_sweep_comes_when_it_is_due(running: Running) -> None:
    """A sweep comes when the last is so long ago as is set, not before; the first reading needs none."""
    running.pull()
    assert listed(running) == 0
    running.later(DAY)
    running.pull()
    assert listed(running) == 1
    running.later(3600)
    running.pull()
    assert listed(running) == 0
    running.pull(sweep_every=1800)
    assert listed(running) == 1


def test_a_sweep_can_be_wanted_or_unwanted(running: Running) -> None:
    """Whoever asks for a sweep gets one, and whoever wants none gets none."""
    running.pull(sweep=True)
    assert listed(running) == 1
    running.later(2 * DAY)
    running.pull(sweep=False)
    assert listed(running) == 0


def test_a_clock_that_went_back_is_a_reason_to_sweep(running: Running) -> None:
    """When the server's clock went back, times say nothing: everything is held against the server's once."""
    running.pull()
    running.later(-1800)
    running.mark(8)
    running.pull()
    assert listed(running) == 1
    assert running.here == running.there
    running.later(60)
    running.pull()
    assert listed(running) == 0


def test_a_sweep_that_broke_off_goes_on(running: Running) -> None:
    """A sweep that broke off in the middle goes on there in the next run, and is through then."""
    pages: list[Any] = []

    def fail_at_the_third(request: Request) -> Response | None:
        if "_uuid" in request.args.get("fields", "") and "or" not in request.args["query"] and not is_persons(request):
            pages.append(request.args["query"])
            return Response("", 502) if len(pages) > 2 else None
        return None

    running.later(DAY)
    running.server.before = fail_at_the_third
    with pytest.raises(ServerBusy):
        running.pull(page_size=5)
    running.server.before = None
    running.asked()
    running.pull(page_size=5)
    assert listed(running) == 3  # of five pages
    running.later(3600)
    running.pull()
    assert listed(running) == 0


def test_a_sweep_that_broke_off_is_no_reason_to_forget_what_is_gone(running: Running) -> None:
    """What a sweep found gone before it broke off is found again by the next run."""
    running.add(raw(40))
    running.pull()
    running.later(DAY)
    running.delete(2)
    running.add(raw(33, _submission_time="2026-06-01T10:00:00"))  # hides it from the counts
    pages: list[str] = []

    def fail_late(request: Request) -> Response | None:
        if "_uuid" in request.args.get("fields", "") and "or" not in request.args["query"] and not is_persons(request):
            pages.append(request.args["query"])
            return Response("", 502) if len(pages) > 3 else None
        return None

    running.server.before = fail_late
    with pytest.raises(ServerBusy):
        running.pull(page_size=5)
    running.server.before = None
    assert running.pull(page_size=5).deleted == 1
    assert running.here == running.there
