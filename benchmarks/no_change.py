"""What a sync costs when nothing changed, and when a few of many submissions are gone: requests, not time.

    python -m benchmarks.no_change [SIZE …]

For each size, once without and once with 5 % edited submissions, a store is filled to match a synthetic server; then
one sync is counted. Reading everything anew, which is what a client without this does, takes a request a page of 1,000.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.synthetic import EDITED, LARGEST_PAGE, NOW, STATUS, Synthetic, root_of, status_time, uuid_of
from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.resources import data_dir
from kobo_sync.store import tables
from kobo_sync.store.store import REFUSED, Store
from kobo_sync.sync.all_forms import sync_workspace
from kobo_sync.workspace import Workspace, open_workspace

SIZES = (1_000, 100_000, 1_000_000)
DELETIONS = (1, 10, 80)  # all in a day: of more than a hundred, or a tenth, a sync asks first
FORM, ASSET = "benchmark", "aBenchmark00000000000"
_AGO = 15 * 60  # seconds since the last run, as of a scheduled job


@dataclass(frozen=True)
class Measured:
    """One sync: submissions there, ever edited, deleted since the last one; requests, seconds and those of the CPU."""

    size: int
    edited: int
    deleted: int
    requests: int
    seconds: float
    cpu: float

    @property
    def allowed(self) -> int:
        """How many requests a sync of an unchanged form may take."""
        return 6 + math.ceil(self.edited / LARGEST_PAGE)

    @property
    def anew(self) -> int:
        """How many requests reading everything takes."""
        return math.ceil(self.size / LARGEST_PAGE)

    @property
    def for_each(self) -> float:
        """Requests beyond those of an unchanged form, for each deletion and each halving that finds it."""
        return (self.requests - self.allowed) / (self.deleted * math.log2(self.size)) if self.deleted else 0.0


def measure(folder: Path, size: int, *, edited: bool, deletions: Sequence[int] = DELETIONS) -> Iterator[Measured]:
    """Count a sync in which nothing changed, then one after each of these numbers of deletions, spread evenly.

    Before, one more goes unmeasured in this process: what is counted after a change, and what a process reads once, is
    not part of it.
    """
    with Synthetic(size, edited=edited) as server:
        space = _workspace(folder, server)
        with Store(space.store) as store:
            _fill(store, server)
        sync_workspace(space, progress=lambda _done, _total: None, session=_session(server))
        for deleted in (0, *deletions):
            place = 0.25 + 0.5 * DELETIONS.index(deleted) / len(DELETIONS) if deleted else 0
            newly = {int((number + place) * size / deleted) + 1 for number in range(deleted)} - set(server.gone)
            server.gone = tuple(sorted({*server.gone, *newly}))
            server.requests, began, cpu = 0, time.perf_counter(), time.process_time()
            sync_workspace(space, progress=lambda _done, _total: None, session=_session(server))
            ever = size // EDITED if edited else 0
            cpu = time.process_time() - cpu
            yield Measured(size, ever, len(newly), server.requests, time.perf_counter() - began, cpu)


def _session(server: Synthetic) -> KoboSession:
    return KoboSession(server.url, Secret("benchmark"), patience=Patience(attempts=1))


def _workspace(folder: Path, server: Synthetic) -> Workspace:
    (folder / "xlsform").mkdir(parents=True)
    (folder / "xlsform" / "framework.yaml").write_bytes((data_dir("xlsform") / "framework.yaml").read_bytes())
    config = f'[server]\nurl = "{server.url}"\n\n[forms.{FORM}]\nasset = "{ASSET}"\n'
    (folder / "kobo-sync.toml").write_text(config, encoding="utf-8")
    return open_workspace(folder)


def _fill(store: Store, server: Synthetic) -> None:
    """Put into the store what a sync would have left there, by one insert."""
    columns = [column.name for column in tables.submission.columns]
    marks = ", ".join("?" for _ in columns)
    statement = f"INSERT INTO submission ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- names of columns
    with store.bare() as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, ([row[name] for name in columns] for row in _rows(server)))
        connection.execute("COMMIT")
    looked = int(NOW.timestamp()) - _AGO
    with store.write() as connection:
        values = {"form": FORM, "asset": ASSET, "last_id": server.size, "looked_at": looked, "swept_at": looked}
        connection.execute(tables.watermark.insert().values(values))


def _rows(server: Synthetic) -> Iterator[dict[str, Any]]:
    for number in range(1, server.size + 1):
        at = status_time(number)
        yield {
            "form": FORM,
            "id": number,
            "uuid": uuid_of(number, edited=server.is_edited(number)),
            "root_uuid": root_of(number),
            "version": "vBenchmark",
            "status": STATUS if at else "",
            "status_at": at,
            "state": REFUSED,
            "month": "2026-01",
            "service": "",
            "code": "",
            "late": 0,
            "document": "{}",
        }


def main(sizes: Sequence[int]) -> None:
    """Measure, and print two tables."""
    found: list[Measured] = []
    for size in sizes:
        for edited in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                found += measure(Path(folder), size, edited=edited)
    print("Nothing changed since the last sync:\n")
    print("| submissions | ever edited | requests | allowed | reading everything | times fewer | seconds |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for one in found:
        if not one.deleted:
            print(
                f"| {one.size:,} | {one.edited:,} | {one.requests} | {one.allowed} | {one.anew:,} "
                f"| {one.anew / one.requests:,.1f} | {one.seconds:.2f} |"
            )
    print("\nSome submissions were deleted on the server, spread evenly over the ids:\n")
    print("| submissions | ever edited | deleted | requests | reading everything | times fewer | k | seconds |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in found:
        if one.deleted:
            print(
                f"| {one.size:,} | {one.edited:,} | {one.deleted} | {one.requests} | {one.anew:,} "
                f"| {one.anew / one.requests:,.1f} | {one.for_each:.2f} | {one.seconds:.2f} |"
            )
    print("\nk: requests beyond those of an unchanged form, divided by deletions times log2 of the submissions.")


if __name__ == "__main__":
    main([int(text.replace(",", "")) for text in sys.argv[1:]] or SIZES)
