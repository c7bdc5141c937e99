"""What the way from a server's pages to scores and pages costs, against what else one would use, as one table.

    python -m benchmarks.pipeline [SIZE] [--sizes N …] [--out FILE]     (make bench)

`SIZE` client interviews (100,000) are read from a server on this machine, judged and stored: by this program; by
pykobo, jsonschema and pandas; and, as the limit, by what reads, parses and keeps the raw bytes and no more. Then this
program alone at other sizes, the scores, the team's report, and syncs in which nothing changed. Each line is a process
of its own: its time on the processor from its start (what else runs here disturbs that least), on the clock once it
began, and its peak of memory. What it takes to start is measured apart, with a single submission. The server is another
process, whose time is nobody's; what it serves was made before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.took import Took  # little is imported here: a child's peak of memory begins with its parent's size

SIZE, SIZES, WOMEN = 100_000, (10_000, 100_000, 1_000_000), 100
UNCHANGED = (1_000, 100_000, 1_000_000)
OUT = Path("build") / "bench.md"
RIVAL, ROW, PAGE = (
    "pykobo, jsonschema, to_sql",
    "floor: raw bytes, a row a submission",
    "floor: raw bytes, a row a page",
)
OURS = "kobo-sync: pull, record, validate, store"
WAYS = {OURS: "pipeline", RIVAL: "pykobo", ROW: "floor-by-row", PAGE: "floor"}
COLUMNS = (
    "what",
    "submissions",
    "CPU, s",
    "of that the start, s",
    "beyond it, µs a submission",
    "clock, s",
    "peak memory, MB",
    "CPU, times ours",
    "memory, times ours",
)
_MICRO = 1e6


@dataclass(frozen=True)
class Line:
    """One line of the table; `start`: seconds that the same way takes with a single submission, None where untried."""

    what: str
    size: int
    took: Took
    start: float | None = None

    def text(self, against: Took | None) -> str:
        """Return it as Markdown; `against`: what its figures are to be a multiple of."""
        took = self.took
        each = "|" if self.start is None else f"{self.start:,.2f} | {(took.cpu - self.start) / self.size * _MICRO:,.0f}"
        times = f"{took.cpu / against.cpu:.2f} | {took.megabytes / against.megabytes:.2f}" if against else "|"
        return (
            f"| {self.what} | {self.size:,} | {took.cpu:,.2f} | {each} | {took.wall:,.2f} | {took.megabytes:,.0f} "
            f"| {times} |"
        )


@contextmanager
def served(canned: Path, size: int) -> Iterator[str]:
    """Serve so many submissions, of a hundred women a service, in a process of its own; yields its address."""
    command = [sys.executable, "-m", "benchmarks.canned", str(canned), str(size), str(max(1, size // WOMEN))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 -- this package
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def apart(way: str, *arguments: object) -> Took:
    """Go one way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.pipeline_ways", way, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this package
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def _from_server(canned: Path, size: int, way: str, folder: str | None = None) -> Took:
    """Go one way from a server of so many submissions into a folder, one that is thrown away if none is given."""
    with served(canned, size) as url, tempfile.TemporaryDirectory() as thrown_away:
        return apart(way, url, folder or thrown_away)


def measure(canned: Path, size: int, sizes: Sequence[int], unchanged: Sequence[int]) -> Iterator[Line]:
    """Yield the lines, each as soon as it is known."""
    starts = {way: _from_server(canned, 1, way).cpu for way in WAYS.values()}
    with tempfile.TemporaryDirectory() as kept:
        for what, way in WAYS.items():
            took = _from_server(canned, size, way, kept if way == "pipeline" else None)
            yield Line(what, size, took, starts[way])
        services = max(1, size // WOMEN)
        yield Line(f"kobo-sync: score {services:,} services", size, apart("score", kept))
        yield Line(f"kobo-sync: report on {services:,} services", size, apart("report", kept))
    for other in sizes:
        if other != size:
            yield Line(OURS, other, _from_server(canned, other, "pipeline"), starts["pipeline"])
    for there in unchanged:
        with tempfile.TemporaryDirectory() as folder:
            took = apart("no-change", there, folder)
            yield Line(f"kobo-sync: nothing changed ({took.rows} requests)", there, took)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write it to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, nargs="?", default=SIZE, help="how many interviews all ways are given")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        help="how many this program is given, too; 10,000, 100,000, 1,000,000 up to SIZE times 10 if left out",
    )
    parser.add_argument("--unchanged", type=int, nargs="*", help="of how many nothing changes; as above")
    parser.add_argument("--out", type=Path, default=OUT, help="where the table is written, too")
    asked = parser.parse_args(arguments)
    canned = asked.out.parent / "canned.json"
    canned.parent.mkdir(parents=True, exist_ok=True)
    if not canned.exists():
        subprocess.run([sys.executable, "-m", "benchmarks.canned", str(canned)], check=True)  # noqa: S603 -- this package
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) - 1)}",
    ]
    print("\n".join(lines), flush=True)
    ours: Took | None = None
    most = asked.size * 10
    sizes, unchanged = (
        [one for one in usual if one <= most] if given is None else given
        for given, usual in ((asked.sizes, SIZES), (asked.unchanged, UNCHANGED))
    )
    for line in measure(canned, asked.size, sizes, unchanged):
        ours = ours or line.took
        lines.append(line.text(ours if line.what in WAYS and line.size == asked.size else None))
        print(lines[-1], flush=True)
    asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
