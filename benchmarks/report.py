"""What a report costs: 1,000 services in six languages, built, built again, and built after one service changed.

    python -m benchmarks.report [--services N] [--women N] [--processes N]

First a tenth of `--services` and then all of them, each in one process and then in `--processes`, each time in a
program of its own, so that its peak of memory is its own. Services are made up, scored with few resamples (how wide an
interval is makes no difference to a page) and read through the wall; timed is all from scores to a folder in place.
What several processes write must be the same to the byte. Then the same again; then with one service scored anew.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.service_rounds import ROUND, service_rounds
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.report.folder import MANIFEST
from kobo_sync.report.model import Fieldwork, Places, ReportData, ServiceInfo
from kobo_sync.report.site import write_site
from kobo_sync.resources import data_dir
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.service import score_service

SERVICES, WOMEN, PROCESSES = 1_000, 30, 2
RESAMPLES = 20
A_PLACE = 10  # services in each
_MEGA = 1e6


@dataclass(frozen=True)
class Built:
    """One report: how many services, processes and files; seconds to build it, again, and after one service changed.

    `rewritten` of those after the change; `megabytes` on disk; `peak` of memory in MB, `others` of the largest other
    process; `digest` of all bytes.
    """

    services: int
    processes: int
    files: int
    megabytes: float
    seconds: float
    again: float
    changed: float
    rewritten: int
    peak: float
    others: float
    digest: str


def framework() -> Framework:
    """Return the project's own framework, with fewer resamples."""
    used = read_framework(data_dir("xlsform") / "framework.yaml")
    return replace(used, method=replace(used.method, resamples=RESAMPLES))


def scores(used: Framework, services: int, women: int) -> list[ServiceScore]:
    """Return made-up scores, and at the end another one of the first service."""
    made = [
        score_service(one.service, ROUND, used, one.sheets, flag_sheets=one.flag_sheets, reviews=one.reviews)
        for one in service_rounds(used, services + 1, women)
    ]
    return [*made[:-1], replace(made[-1], service=made[0].service)]


def data(used: Framework, found: Sequence[ServiceScore]) -> ReportData:
    """Return a round of these scores."""
    places = {f"P{number:04d}": f"District {number}" for number in range(-(-len(found) // A_PLACE))}
    return ReportData(
        framework=used,
        round=ROUND,
        scores=tuple(found),
        services={
            score.service: ServiceInfo(
                score.service,
                f"Service {number}",
                f"District {number // A_PLACE}",
                "clinic",
                f"P{number // A_PLACE:04d}",
            )
            for number, score in enumerate(found)
        },
        fieldwork=Fieldwork(sum(score.n for score in found), 7, 6),
        made_on=dt.date(2026, 7, 12),
        tool_version=used.version,
        program_version="0",
        demo=False,
        places=Places(labels=places),
    )


def measure(found: Sequence[ServiceScore], processes: int) -> Built:
    """Build a report of all scores but the last, again, and with the last in place of the first."""
    used = framework()
    before, after = data(used, found[:-1]), data(used, [found[-1], *found[1:-1]])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        first, digest = _timed(before, out, processes), _digest(out)
        times = _times(out)
        again = _timed(before, out, processes)
        assert _times(out) == times
        changed = _timed(after, out, processes)
        rewritten = sum(times.get(name) != when for name, when in _times(out).items())
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    peak, others = _peaks()
    return Built(
        len(found) - 1, processes, len(times), size / _MEGA, first, again, changed, rewritten, peak, others, digest
    )


def _timed(made: ReportData, out: Path, processes: int) -> float:
    began = time.perf_counter()
    write_site(made, out, processes=processes)
    return time.perf_counter() - began


def _times(out: Path) -> dict[str, int]:
    """Return when each file was written, but for the list of all files, which is always new."""
    return {
        path.relative_to(out).as_posix(): path.stat().st_mtime_ns
        for path in out.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def _digest(out: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _peaks() -> tuple[float, float]:
    """Return the most memory that this process, and any that it started, ever held, in MB (Linux and macOS)."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    own, others = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own * unit / _MEGA, others * unit / _MEGA


def measure_apart(path: Path, processes: int) -> Built:
    """Do so in a program of its own."""
    command = [sys.executable, "-m", "benchmarks.report", f"--apart={path}", f"--processes={processes}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this program
    return Built(**json.loads(done.stdout))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=SERVICES, help="how many services")
    parser.add_argument("--women", type=int, default=WOMEN, help="how many interviews of each")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="how many processes make pages")
    parser.add_argument("--apart", type=Path, help="build from these scores only, and print the figures as JSON")
    asked = parser.parse_args(arguments)
    if asked.apart:
        found = pickle.loads(asked.apart.read_bytes())  # noqa: S301 -- written by the process that started this one
        print(json.dumps(asdict(measure(found, asked.processes))))
        return
    used, runs = framework(), []
    with tempfile.TemporaryDirectory() as folder:
        for count in (max(2, asked.services // 10), asked.services):
            path = Path(folder) / "scores"
            path.write_bytes(pickle.dumps(scores(used, count, asked.women)))
            runs += [measure_apart(path, processes) for processes in (1, asked.processes)]
            assert runs[-1].digest == runs[-2].digest, "the number of processes changes bytes"
    print(f"The team's report in {len(used.languages)} languages, on {os.cpu_count()} cores:\n")
    print("| services | files | MB | processes | seconds | pages a second | peak memory, MB | of another process, MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        print(
            f"| {run.services:,} | {run.files:,} | {run.megabytes:.0f} | {run.processes} | {run.seconds:.1f} "
            f"| {run.files / run.seconds:.0f} | {run.peak:.0f} | {run.others if run.processes > 1 else 0:.0f} |"
        )
    print("\nBuilt again, in the same runs:\n")
    print(
        "| services | processes | nothing changed, seconds | times the first | one service changed | files rewritten |"
    )
    print("|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        print(
            f"| {run.services:,} | {run.processes} | {run.again:.1f} | {run.again / run.seconds:.2f} "
            f"| {run.changed:.1f} | {run.rewritten} of {run.files:,} |"
        )


if __name__ == "__main__":
    main()
