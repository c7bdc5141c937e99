"""Quarantine lets go by itself, and costs nothing while nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_rig import FORM, FORMS, SERVICES, Running, raw, serving
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.store.store import RunCounts, Store

OTHER = "vOther000000000000000"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with 25 refusals, of which two are spoiled and two of a version that is not here."""
    with serving(tmp_path) as made:
        made.edit(7, 8, ending="perhaps")
        made.add(raw(30, __version__=OTHER), raw(31, __version__=OTHER))
        made.pull()
        assert states(made) == {"refused": 23, "quarantined": 4}
        made.later(3600)
        made.asked()
        yield made


def states(running: Running) -> dict[str, int]:
    """Return how many are in which state, once the store is what the server is (months of unknown versions aside)."""
    assert {id_: row[:4] for id_, row in running.here.items()} == {id_: row[:4] for id_, row in running.there.items()}
    with Store(running.space.store) as store:
        return store.states(FORM)


def anew(running: Running) -> None:
    """Forget what was read of versions and lists, as a new run does."""
    running.__dict__.pop("versions", None)


def wide(running: Running) -> list[object]:
    """Return the questions for whole submissions by number since the last time."""
    return [one["query"]["_id"]["$in"] for one in running.asked() if "fields" not in one and "$in" in str(one)]


def test_while_nothing_changes_nothing_is_judged_again(running: Running) -> None:
    """Quarantine is not read again by a run in which neither versions nor lists nor submissions changed."""
    assert running.pull() == RunCounts()
    anew(running)
    assert running.pull() == RunCounts()
    assert wide(running) == []


def test_a_mended_submission_is_released(running: Running) -> None:
    """A submission that was mended on the server shows as edited, and leaves quarantine."""
    running.edit(7, ending="refuses")
    assert running.pull() == RunCounts(edited=1, released=1)
    assert wide(running) == [[7]]
    assert states(running) == {"refused": 24, "quarantined": 3}


def test_a_submission_spoiled_later_goes_into_quarantine(running: Running) -> None:
    """An edit that the form does not allow puts a submission into quarantine, and what was kept of it goes."""
    running.edit(20, ending="perhaps")
    assert running.pull() == RunCounts(edited=1)
    assert states(running) == {"refused": 22, "quarantined": 5}


def test_a_version_that_is_put_here_releases(running: Running) -> None:
    """When the workbook of an unknown version is put into its place, the next run judges by it what waits."""
    path = running.space.versions / FORM / f"{OTHER}.xlsx"
    path.write_bytes((FORMS / f"{FORM}.xlsx").read_bytes())
    anew(running)
    assert running.pull() == RunCounts(released=2)
    assert wide(running) == [[7, 8, 30, 31]]
    assert running.pull() == RunCounts()
    assert wide(running) == []


def test_a_changed_list_of_services_is_a_reason(running: Running) -> None:
    """When services.csv changes, what waits is judged again."""
    running.space.services_file.write_text(SERVICES + "S09,Nine,North\n", encoding="utf-8")
    anew(running)
    running.pull()
    assert wide(running) == [[7, 8, 30, 31]]


def test_a_retry_asks_for_all_that_waits(running: Running) -> None:
    """Who asks for it gets everything judged again, though nothing changed."""
    assert running.pull(retry=True) == RunCounts()
    assert wide(running) == [[7, 8, 30, 31]]


def test_status_and_deletion_of_what_waits_are_followed(running: Running) -> None:
    """A status on a submission in quarantine is taken over without reading it; one that is deleted goes."""
    running.mark(7)
    running.delete(8, 30)
    assert running.pull() == RunCounts(restated=1, deleted=2)
    assert wide(running) == []
    assert states(running) == {"refused": 23, "quarantined": 2}


def test_judging_again_goes_on_after_a_crash(tmp_path: Path) -> None:
    """When judging again breaks off, the next run goes on after the last page that was kept."""
    with serving(tmp_path, 450) as made:
        made.edit(*range(1, 451), ending="perhaps")
        made.pull()
        made.space.services_file.write_text(SERVICES + "S09,Nine,North\n", encoding="utf-8")
        anew(made)
        pages = [0]

        def fail_at_the_second(request: Request) -> Response | None:
            pages[0] += "$in" in request.args.get("query", "")
            return Response("", 502) if pages[0] > 1 else None

        made.server.before = fail_at_the_second
        with pytest.raises(ServerBusy):
            made.pull()
        made.server.before = None
        made.asked()
        made.pull()
        assert [len(str(one).split(",")) for one in wide(made)] == [200, 50]
