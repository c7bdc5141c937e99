"""The workspace's lock: one run at a time, and whoever comes second is told which one it is.

The lock itself is the operating system's and ends with the process, however that ends. The note beside it only says who
holds it; one that a killed process left is replaced by the next that gets the lock.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kobo_sync.errors import LockHeld

if TYPE_CHECKING:
    from kobo_sync.workspace import Workspace

_PAUSE = 0.2  # seconds; between taking the lock and writing the note lies far less


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: process id, command ("kobo-sync sync"), and since when, in seconds since 1970."""

    process: int
    command: str
    started: float

    def in_words(self) -> str:
        """Say it in one sentence's worth of words."""
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        return f"Process {self.process} is at work ({self.command}, since {since})"


@contextmanager
def lock(workspace: Workspace, forms: Collection[str] = ()) -> Iterator[Held]:
    """Hold the workspace's lock. Raises LockHeld at once when another run has it.

    `forms`: those that the run is about; where the store is a database, runs on others may go on beside it. Then it
    raises StoreError, too, when the database cannot be reached.
    """
    if isinstance(workspace.store, str):
        from kobo_sync.store.advisory import hold

        with hold(workspace.store, forms, f"process {os.getpid()}, {_command()}") as held:
            yield Held(frozenset(forms) if forms else None, held.alone)
        return
    with _file(workspace):
        yield Held(None, nullcontext)


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds: `forms` None for all of them; `alone` a context in which no other run is at work."""

    forms: frozenset[str] | None
    alone: Callable[[], AbstractContextManager[None]]

    def covers(self, form: str) -> bool:
        """Whether no other run is about this form."""
        return self.forms is None or form in self.forms


@contextmanager
def _file(workspace: Workspace) -> Iterator[None]:
    from filelock import FileLock, Timeout

    guard = FileLock(workspace.root / ".kobo-sync.lock", timeout=0)
    note = _note(workspace)
    try:
        guard.acquire()
    except Timeout:
        held = True
    else:
        held = False
    if held:
        found = _holder(note)
        who = found.in_words() if found else "Another run is at work"
        raise LockHeld(f"{who} in {workspace.root}. Nothing was done. Try again when it is through.")
    try:
        _write(note, Holder(os.getpid(), _command(), time.time()))
        yield
    finally:
        with suppress(OSError):  # on Windows, somebody may be reading it just now
            note.unlink(missing_ok=True)
        guard.release()


def _note(workspace: Workspace) -> Path:
    return workspace.root / ".kobo-sync.lock.txt"


def _command() -> str:
    """Return the command that runs, without its arguments."""
    import click

    context = click.get_current_context(silent=True)
    return context.command_path if context else "another program"


def _write(note: Path, holder: Holder) -> None:
    text = json.dumps({"process": holder.process, "command": holder.command, "started": holder.started})
    handle, part = tempfile.mkstemp(dir=note.parent, prefix=note.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(part).replace(note)
    except OSError:  # without a note the lock is as good
        with suppress(OSError):
            Path(part).unlink()


def _holder(note: Path) -> Holder | None:
    """Return who wrote the note; of a process that is gone, the note is an old one, and a new one is on its way."""
    found = _read(note)
    if found is None or _alive(found.process) is not True:
        time.sleep(_PAUSE)
        found = _read(note)
    return found if found and _alive(found.process) is not False else None


def _read(note: Path) -> Holder | None:
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        holder = Holder(int(told["process"]), str(told["command"]), float(told["started"]))
        holder.in_words()  # a time that no calendar has is found out here
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return holder


def _alive(process: int) -> bool | None:
    """Whether a process is there; None where that cannot be known."""
    if os.name != "posix":  # there, asking after a process by a signal would end it
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's process; no process at all has such a number
        return None
    return True
