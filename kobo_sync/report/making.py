"""Makes the files of a report: only those whose making could give something new, on all cores where there are many.

A `Site` says what files there are, in small jobs, and makes those of one job from plain values that it holds. Nothing
is kept: each file is written as it is made, so the memory that a report takes does not grow with its pages.

Other processes only make; this one alone writes. What a process that outlived its parent still made would be lost, and
could not come into the folder of a later run.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import orjson

from kobo_sync.report.folder import Draft

log = logging.getLogger(__name__)

Content = str | bytes
Progress = Callable[[int, int], None]

_WORTH = 300  # cost from which other processes pay: each takes about a second to start (measured)
_CHUNK = 40  # cost that a process gets at once
_MOST = 4  # processes; more would wait for the one that writes
_AHEAD = 3  # chunks that are under way for each process: what they made waits in memory
_SOURCES = {".py", ".j2", ".css", ".po"}
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class Job:
    """Files (relative paths) that are made together. `what` is known to the site that it is of.

    `key` stands for all that they are made of; with "" they are always made. `cost` is 1 for one page of a service.
    """

    names: tuple[str, ...]
    what: tuple[Any, ...]
    key: str = ""
    cost: int = 1


class Site(Protocol):
    """A part of a report that can be handed to another process."""

    def jobs(self) -> Iterator[Job]:
        """Yield what there is to make."""

    def make(self, job: Job) -> Sequence[Content]:
        """Return the content of the files of a job, in the order of its names."""


def build(
    sites: Sequence[Site], draft: Draft, *, processes: int | None = None, progress: Progress | None = None
) -> None:
    """Make all files of the sites into a folder, those that would be the same as before only taken over.

    `processes`: how many at most, 1 for none beside this one, None for as many as there are cores (4 at most). The
    bytes do not depend on it. `progress` is told how many files are done, of how many. Raises ConfigError when the
    folder cannot be written.
    """
    told = progress or (lambda _done, _total: None)
    jobs = [(number, job) for number, site in enumerate(sites) for job in site.jobs()]
    done, total = 0, sum(len(job.names) for _, job in jobs)
    left: list[_Entry] = []
    for entry in jobs:
        if draft.keep(entry[1].names, entry[1].key):
            done += len(entry[1].names)
            told(done, total)
        else:
            left.append(entry)
    with closing(_made(sites, left, min(processes or os.cpu_count() or 1, _MOST))) as made:
        for job, contents_ in made:
            for name, content in zip(job.names, contents_, strict=True):
                draft.put(name, content, job.key)
            done += len(job.names)
            told(done, total)


def contents(*sites: Site) -> dict[str, Any]:
    """Return all files of the sites by name."""
    return {
        name: content
        for site in sites
        for job in site.jobs()
        for name, content in zip(job.names, site.make(job), strict=True)
    }


def key_of(*parts: object) -> str:
    """Return what stands for these values: plain ones, dataclasses, and what they are made of.

    Raises TypeError for a value of which it cannot be said whether it is the same as another.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else orjson.dumps(part, default=_plain, option=_OPTIONS)
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


@functools.cache
def program_key() -> str:
    """Return what stands for the program that makes the files: its own code, templates and sentences, its libraries."""
    here = Path(__file__).parent
    files = sorted(path for path in (*here.rglob("*"), here.parent / "css.py") if path.suffix in _SOURCES)
    libraries = [version(name) for name in ("babel", "jinja2", "markupsafe")]
    return key_of(*(part for path in files for part in (path.name, path.read_bytes())), libraries)


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    if hasattr(value, "items"):  # a mapping that is not a dict
        return dict(value.items())
    raise TypeError(f"{type(value).__name__} cannot be told apart from another")


_Entry = tuple[int, Job]  # which site, and what of it
_Made = tuple[Job, Sequence[Content]]


def _made(sites: Sequence[Site], entries: Sequence[_Entry], processes: int) -> Generator[_Made]:
    # What takes long comes first, so that no process is left with it alone at the end.
    left = dict.fromkeys(sorted(entries, key=lambda entry: -entry[1].cost))
    if processes > 1 and sum(job.cost for _, job in left) >= _WORTH:
        try:
            for entry, made in _in_processes(sites, list(left), processes):
                del left[entry]
                yield entry[1], made
        except (BrokenProcessPool, OSError, NotImplementedError, ImportError, pickle.PicklingError) as error:
            # No processes on this system, or one was killed: what is left is made here.
            log.debug("the other processes were of no use (%s)", type(error).__name__)
    for number, job in left:
        yield job, sites[number].make(job)


def _in_processes(
    sites: Sequence[Site], entries: Sequence[_Entry], processes: int
) -> Iterator[tuple[_Entry, Sequence[Content]]]:
    chunks = _chunks(entries)
    # Never forked: a Java or another thread may be running in this process.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, spawn, _start, (pickle.dumps(tuple(sites)),))
    try:
        running = deque[tuple[list[_Entry], Future[list[Sequence[Content]]]]]()
        for chunk in islice(chunks, _AHEAD * processes):
            running.append((chunk, pool.submit(_make, chunk)))
        while running:
            chunk, future = running.popleft()
            yield from zip(chunk, future.result(), strict=True)
            running.extend((chunk, pool.submit(_make, chunk)) for chunk in islice(chunks, 1))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _chunks(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    chunk: list[_Entry] = []
    for entry in entries:
        chunk.append(entry)
        if sum(job.cost for _, job in chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# In another process

_HERE: list[Site] = []


def _start(sites: bytes) -> None:
    """Get ready: take the sites, leave Ctrl-C to the parent, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _HERE[:] = pickle.loads(sites)  # noqa: S301 -- from the parent, through a pipe


def _end_with_parent() -> None:
    above = multiprocessing.parent_process()
    if above is not None:
        above.join()
        os._exit(1)


def _make(entries: list[_Entry]) -> list[Sequence[Content]]:
    return [_HERE[number].make(job) for number, job in entries]
