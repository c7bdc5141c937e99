"""The lock: one run at a time; whoever comes second is told who is at work, also after a crash."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kobo_sync.errors import LockHeld
from kobo_sync.sync import lock as locking
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import Workspace

NOTE = ".kobo-sync.lock.txt"
ROOT = Path(__file__).resolve().parent.parent.parent
HOLD = """
import sys, time
from pathlib import Path
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import Workspace
with lock(Workspace(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(folder: Path) -> subprocess.Popen[str]:
    """Start another process that holds the lock of the workspace."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_message_says_which_run_it_is(tmp_path: Path) -> None:
    """Process id, command without its arguments, and since when: enough to find the run."""
    space = Workspace(tmp_path)

    @click.command("sync")
    @click.argument("secret")
    def sync(secret: str) -> None:
        with lock(space):
            told = json.loads((tmp_path / NOTE).read_text(encoding="utf-8"))
            assert told["command"] == "sync"
            assert "123456" not in str(told)
            with pytest.raises(LockHeld) as caught, lock(space):
                pass
        said = str(caught.value)
        assert re.search(rf"Process {os.getpid()} is at work \(sync, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\)", said)
        assert caught.value.exit_code == 4

    assert CliRunner().invoke(sync, ["123456"], catch_exceptions=False).exit_code == 0


def test_the_lock_of_another_process_is_told(tmp_path: Path) -> None:
    """The process id in the message is that of the other process."""
    process = _holder(tmp_path)
    try:
        with pytest.raises(LockHeld, match=f"Process {process.pid} is at work"), lock(Workspace(tmp_path)):
            pass
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_crash_leaves_no_lock_and_no_false_name(tmp_path: Path) -> None:
    """After a kill the note stays and the lock does not: the next run works, and its own name stands in the note."""
    process = _holder(tmp_path)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    assert (tmp_path / NOTE).is_file()
    with lock(Workspace(tmp_path)):
        assert json.loads((tmp_path / NOTE).read_text(encoding="utf-8"))["process"] == os.getpid()
        with pytest.raises(LockHeld, match=f"Process {os.getpid()}"), lock(Workspace(tmp_path)):
            pass
    assert not (tmp_path / NOTE).exists()


@pytest.mark.parametrize("note", ["", "{}", "[1]", '{"process": "x"}', "\x00", '{"process": 1e400}', "Process 12"])
def test_a_note_that_cannot_be_read_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str) -> None:
    """Whatever stands in the note, the second run is refused in one sentence, without a false name."""
    monkeypatch.setattr(locking, "_PAUSE", 0.0)
    with lock(Workspace(tmp_path)):
        (tmp_path / NOTE).write_text(note, encoding="utf-8")
        with pytest.raises(LockHeld, match=r"^Another run is at work in "), lock(Workspace(tmp_path)):
            pass


def test_the_note_of_a_dead_process_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a new holder has not written its note yet, the old one of a dead process is not shown for it."""
    monkeypatch.setattr(locking, "_PAUSE", 0.0)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with lock(Workspace(tmp_path)):
        old = {"process": dead.pid, "command": "kobo-sync sync", "started": time.time()}
        (tmp_path / NOTE).write_text(json.dumps(old), encoding="utf-8")
        with pytest.raises(LockHeld, match=r"^Another run"), lock(Workspace(tmp_path)):
            pass


def test_the_lock_is_let_go_whatever_is_raised(tmp_path: Path) -> None:
    """A run that fails leaves neither lock nor note."""
    with pytest.raises(KeyError), lock(Workspace(tmp_path)):
        raise KeyError
    with lock(Workspace(tmp_path)):
        pass
    assert not (tmp_path / NOTE).exists()
