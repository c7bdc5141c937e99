"""Two runs at once: one works, the other says who does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from replica_form import Sent
from replica_rig import Office, Server, serving
from replica_rows import fill, row
from werkzeug.wrappers import Request


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server with a few submissions."""
    with serving() as running:
        fill(running, (row(n, Sent(number=n)) for n in range(1, 21)))
        yield running


def _start(office: Office) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kobo_sync", "--workspace", str(office.folder), "sync"],
        env=os.environ | {"KOBO_API_TOKEN": office.server.token},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_two_processes_one_works_and_the_other_exits_4(server: Server, tmp_path: Path) -> None:
    """While one process syncs, a second exits 4, names the first by its number, and asks the server nothing."""
    office = Office(server, tmp_path / "space")
    at_work, go_on = threading.Event(), threading.Event()
    requests = 0

    def hold(_: Request) -> None:
        nonlocal requests
        requests += 1
        at_work.set()
        assert go_on.wait(60)

    server.standin.before = hold
    with _start(office) as first:
        try:
            assert at_work.wait(60)
            with _start(office) as second:
                said = "".join(second.communicate(timeout=60))
            assert second.returncode == 4, said
            assert f"{first.pid}" in said
            assert "Nothing was done" in said
            assert requests == 1
        finally:
            go_on.set()
        said = "".join(first.communicate(timeout=60))
    assert first.returncode == 0, said
    assert not office.faults()


def test_a_killed_holder_leaves_no_lock(server: Server, tmp_path: Path) -> None:
    """The lock of a process that was killed is free: the next run works and leaves the store exact."""
    office = Office(server, tmp_path / "space")
    at_work, go_on = threading.Event(), threading.Event()

    def hold(_: Request) -> None:
        at_work.set()
        assert go_on.wait(60)

    server.standin.before = hold
    with _start(office) as first:
        assert at_work.wait(60)
        first.kill()
        first.communicate(timeout=60)
    go_on.set()
    server.standin.before = None
    office.sync()
    assert not office.faults()
