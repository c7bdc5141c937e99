"""Killed at any moment, the next run ends exact: nothing lost, nothing half-done, nothing left on the disk."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import pytest
from replica_form import Sent
from replica_model import Expected, bytes_under, column, differences
from replica_rig import STATUSES, Office, Server, run_sync, serving, session
from replica_rows import VANISHING, fill, row, whole_rows_served
from small_forms import seeded

from kobo_sync.instrument.framework import Framework
from kobo_sync.workspace import open_workspace

PAGE = 1000
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["test_crash", "kobo_sync.sync.all_forms", "kobo_sync.sync.versions"])


def _sync(folder: Path, url: str, token: str, framework: Framework, begun: Connection) -> None:
    """Sync in a process of its own; says when it begins.

    The framework is brought along: else most kills would come while it is read, before and after all that matters.
    """
    space, opened = open_workspace(folder), session(url, token)
    with mock.patch("kobo_sync.sync.all_forms.read_framework", return_value=framework):
        begun.send("begun")
        run_sync(space, opened)


class Victim:
    """A process that syncs an office's workspace, and may be killed."""

    def __init__(self, office: Office) -> None:
        here, there = _processes.Pipe(duplex=False)
        server = office.server
        brought = (office.folder, server.standin.url, server.token, server.framework, there)
        self.process = _processes.Process(target=_sync, args=brought)
        self.process.start()
        there.close()
        assert here.recv() == "begun"
        here.close()
        self.began = time.perf_counter()

    def finish(self) -> float:
        """Wait for its end; returns the seconds that it took."""
        self.process.join()
        assert self.process.exitcode == 0
        return time.perf_counter() - self.began

    def kill(self, after: float) -> bool:
        """Kill it so many seconds after it began; returns whether it was still at work."""
        time.sleep(max(0.0, self.began + after - time.perf_counter()))
        self.process.kill()
        self.process.join()
        return self.process.exitcode != 0


def _is_whole(store: Path) -> None:
    """Let SQLite check the file and all its indexes."""
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _as_killed(store: Path, copy: Path) -> None:
    """Check the database as the kill left it; on a copy, since looking at it tidies it up for the next run."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for path in (store, store.with_name(f"{store.name}-wal")):
        if path.exists():
            shutil.copyfile(path, copy / path.name)
    if (copy / store.name).exists():
        _is_whole(copy / store.name)


def _exact(office: Office, wanted: dict[int, Expected]) -> None:
    faults = differences(wanted, office.local()) + office.leftovers()
    assert not faults, "\n".join(faults[:20])
    assert not [name for name, content in bytes_under(office.folder).items() if VANISHING.encode() in content]
    assert column(office.space.store_file, "PRAGMA freelist_count") == [0], (
        "pages of what was deleted are still in the file"
    )
    _is_whole(office.space.store_file)


def _kill_often(office: Office, scratch: Path, kills: int) -> None:
    """Kill a sync of the workspace so often, at moments spread over its whole length, each time from the same state.

    A run that was over before its kill does not count: then the machine is faster now, and the length is taken anew.
    The next run is to end exact, and the two runs together to fetch at most one page twice.
    """
    folder, server = scratch / "victim", office.server
    lengths = [Victim(office.copied(folder)).finish() for _ in range(3)]
    chance, killed = seeded(kills), 0
    while killed < kills:
        assert len(lengths) < 3 + 2 * kills, "most runs were over before they were killed"
        server.standin._records.clear()
        moment = chance.uniform(0, statistics.median(lengths[-5:]))
        there = office.copied(folder)
        victim = Victim(there)
        if victim.kill(moment):
            killed += 1
        else:
            lengths.append(moment * 0.8)
            continue
        _as_killed(there.space.store_file, scratch / "look")
        there.sync()
        twice = sum(count - 1 for count in whole_rows_served(server).values())
        assert twice <= PAGE, f"{twice} submissions were fetched twice, killed after {moment:.3f} s"
        _exact(there, there.wanted())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a server of one's own: each story fills it."""
    with serving() as running:
        yield running


def _first_sync(server: Server, folder: Path, size: int, kills: int) -> None:
    """Kill the first sync of so many submissions."""
    server.empty()
    kinds = ("interview", "interview", "interview", "sparse", "refusal", "word in a number")
    fill(server, (row(n, Sent(kinds[n % 6], number=n)) for n in range(1, size + 1)))
    office = Office(server, folder / "space")
    _kill_often(office, folder, kills)


def _later_sync(server: Server, folder: Path, size: int, kills: int) -> None:
    """Kill a sync that finds edits, deletions, statuses and new submissions, and has bytes to remove."""
    office = _changed(server, folder, size)
    _kill_often(office, folder, kills)


def _changed(
    server: Server, folder: Path, size: int, prepared: Callable[[Office], Office] = lambda office: office
) -> Office:
    server.empty()
    vanishing = [number for number in range(1, size + 1) if number % 10 == 3]
    fill(server, (row(n, Sent(number=n), words=VANISHING if n in set(vanishing) else "") for n in range(1, size + 1)))
    office = prepared(Office(server, folder / "space"))
    office.sync()
    gone, edited = vanishing[: min(90, size // 20)], vanishing[min(90, size // 20) :]
    bulk = "bulk/"
    assert server.ask("DELETE", bulk, {"payload": {"submission_ids": gone}}) == 200
    data = {"interview/words": "said anew"}
    assert server.ask("PATCH", bulk, {"payload": {"submission_ids": edited, "data": data}}) == 200
    for place, status in enumerate(STATUSES):
        ids = [n for n in range(1, size + 1) if n % 20 == place + 10]
        body = {"payload": {"submission_ids": ids, "validation_status.uid": status}}
        assert server.ask("PATCH", "validation_statuses/", body) == 200
    first = server.standin.world.next_id() + 1
    fill(server, (row(n, Sent(number=n)) for n in range(first, first + size // 20)))
    return office


def test_a_first_sync_killed_anywhere_is_made_good_by_the_next(server: Server, tmp_path: Path) -> None:
    """Killed five times within its first sync, the store is whole each time and exact after the next run."""
    _first_sync(server, tmp_path, 2500, 5)


def test_a_later_sync_killed_anywhere_is_made_good_by_the_next(server: Server, tmp_path: Path) -> None:
    """Killed five times among edits, deletions and the removal of bytes, the same holds."""
    _later_sync(server, tmp_path, 2500, 5)


@pytest.mark.soak
def test_a_first_sync_of_5000_killed_a_hundred_times(server: Server, tmp_path: Path) -> None:
    """Killed a hundred times in a first sync of 5,000 submissions, each next run ends exact."""
    _first_sync(server, tmp_path, 5000, 100)


@pytest.mark.soak
def test_a_later_sync_of_5000_killed_a_hundred_times(server: Server, tmp_path: Path) -> None:
    """Killed a hundred times in a sync of changes to 5,000 submissions, each next run ends exact."""
    _later_sync(server, tmp_path, 5000, 100)
