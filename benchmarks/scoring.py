"""What scoring costs: 1,000,000 interviews in 10,000 services, intervals by 2,000 resamples each.

    python -m benchmarks.scoring [--services N] [--women N] [--rivals N] [--no-store]

First a tenth of `--services` and then all of them, each in a process of its own on one core, so that its peak of memory
is its own. Answers are made as they are needed and scores go to a file, as they would go to a store: nothing is kept.
Then the same bootstrap by scipy with a plain statistic for `--rivals` services; its intervals of S must be the same.
Last a store that holds all these interviews, in which one service is touched and scored anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson

from benchmarks.service_rounds import MONTH, ROUND, ServiceRound, documents, service_rounds
from benchmarks.took import MEGA, peak
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.resources import data_dir
from kobo_sync.scoring.model import CLIENTS, AnswerSheet, ServiceScore
from kobo_sync.scoring.service import score_service
from kobo_sync.scoring.uncertainty import seed_of
from kobo_sync.store import tables
from kobo_sync.store.scores import METHOD, method_of
from kobo_sync.store.store import ACCEPTED, Store
from kobo_sync.sync.scores import rescore
from kobo_sync.sync.versions import Versions

SERVICES, WOMEN, RIVALS = 10_000, 100, 3
FORM, VERSION = "client_interview", "vBenchmark"
TOUCHED = 5


@dataclass(frozen=True)
class Scored:
    """One run: services and women each; seconds of the processor for scoring alone; peak of memory in MB."""

    services: int
    women: int
    seconds: float
    making: float
    megabytes: float


def framework() -> Framework:
    """Return the project's own framework."""
    return read_framework(data_dir("xlsform") / "framework.yaml")


def score(one: ServiceRound, used: Framework) -> ServiceScore:
    """Score one service as a sync would."""
    return score_service(one.service, ROUND, used, one.sheets, flag_sheets=one.flag_sheets, reviews=one.reviews)


def measure(services: int, women: int) -> Scored:
    """Score so many services, one after the other."""
    used, scoring, began = framework(), 0.0, time.process_time()
    with tempfile.TemporaryFile() as file:
        for one in service_rounds(used, services, women):
            before = time.process_time()
            file.write(orjson.dumps(score(one, used)))
            scoring += time.process_time() - before
    return Scored(services, women, scoring, time.process_time() - began - scoring, peak())


def measure_apart(services: int, women: int) -> Scored:
    """Do the same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scoring", "--apart", f"--services={services}", f"--women={women}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this program
    return Scored(**json.loads(done.stdout))


def rival(one: ServiceRound, made: ServiceScore, used: Framework) -> float:
    """Return the seconds of scipy's percentile bootstrap of S alone; its interval must be ours."""
    from scipy.stats import bootstrap

    sheets = {sheet.source: sheet for sheet in one.sheets}
    women = sheets[CLIENTS]
    order = np.argsort(women.ids) if women.ids is not None else np.arange(len(women.x))
    statistic = _Plain(used, made, sheets, women.x[order])
    before = time.process_time()
    found = bootstrap(
        (np.arange(len(order)),),
        statistic,
        n_resamples=used.method.resamples,
        vectorized=False,
        method="percentile",
        confidence_level=used.method.confidence,
        rng=np.random.default_rng(seed_of(one.service, ROUND)),
    )
    seconds = time.process_time() - before
    assert made.interval is not None
    ours = (made.interval.low, made.interval.high)
    assert np.allclose(ours, found.confidence_interval, rtol=0, atol=1e-9), (ours, found.confidence_interval)
    return seconds


class _Plain:
    """S of the women drawn, as one writes it down: item by item, domain by domain."""

    def __init__(self, used: Framework, made: ServiceScore, sheets: dict[str, AnswerSheet], women: np.ndarray) -> None:
        self.used, self.made, self.women = used, made, women
        self.column = {one.code: place for place, one in enumerate(used.indicators)}
        self.others = {source: sheet.x for source, sheet in sheets.items() if source != CLIENTS}

    def __call__(self, drawn: np.ndarray) -> float:
        women, values = self.women[drawn], []
        for domain in self.made.domains:
            if domain.valid:
                ys = [(self.used.item_weight(code), self._item(code, women)) for code in domain.items]
                there = [(weight, y) for weight, y in ys if y is not None]
                if there:
                    values.append(sum(w * y for w, y in there) / sum(w for w, _ in there))
        return float(np.mean(values))

    def _item(self, code: str, women: np.ndarray) -> float | None:
        place = self.column[code]
        total = weights = 0.0
        heard = False
        for source, weight in self.used.kinds[self.used.by_code[code].kind].items():
            answers = women if source == CLIENTS else self.others[source]
            values = answers[:, place][~np.isnan(answers[:, place])]
            if len(values):
                total, weights = total + weight * values.mean(), weights + weight
                heard = heard or source != "P"
        return total / weights if heard else None


@dataclass(frozen=True)
class Touched:
    """A store of so many interviews in so many services: seconds to score one touched service, first and then."""

    interviews: int
    megabytes: float
    first: float
    then: float


def measure_touched(folder: Path, services: int, women: int) -> Touched:
    """Fill a store, touch some services one after the other, and time how long each takes to be scored anew."""
    versions = Versions(folder / "versions", FORM)
    versions.keep(VERSION, (data_dir("xlsform") / f"{FORM}.xlsx").read_bytes())
    validator = versions.validator(VERSION)
    assert validator is not None
    used, path = framework(), folder / "store.sqlite"
    with Store(path) as store:
        _fill(store, documents(validator.form), services, women)
        store.leave_note(METHOD, method_of(used.fingerprint, not_approved=False))
        seconds = []
        for number in range(TOUCHED):
            service = f"S{number * services // TOUCHED:05d}"
            with store.write() as connection:
                connection.execute(tables.stale.insert().values(service=service, month=MONTH))
            before = time.perf_counter()
            # The first time as a run of its own does it: the version of the form has to be read from its workbook.
            kept = {FORM: versions if number else Versions(folder / "versions", FORM)}
            assert rescore(store, used, kept) == 1
            seconds.append(time.perf_counter() - before)
        return Touched(services * women, path.stat().st_size / MEGA, seconds[0], float(np.median(seconds[1:])))


def _fill(store: Store, texts: Sequence[str], services: int, women: int) -> None:
    """Put into the store what syncs would have left there."""
    columns = [column.name for column in tables.submission.columns]
    statement = f"INSERT INTO submission ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 -- names of columns
    fixed = {"form": FORM, "version": VERSION, "status": "", "status_at": 0, "state": ACCEPTED, "month": MONTH}
    with store.bare() as connection:
        connection.execute("BEGIN IMMEDIATE")
        rows = (
            {
                **fixed,
                "id": number,
                "uuid": f"{number:032x}",
                "root_uuid": f"{number:032x}",
                "service": f"S{number % services:05d}",  # as they come in: spread over the file
                "code": "",
                "late": 0,
                "document": texts[number * 7 % len(texts)],
            }
            for number in range(services * women)
        )
        connection.executemany(statement, ([row[name] for name in columns] for row in rows))
        connection.execute("COMMIT")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=SERVICES, help="how many services")
    parser.add_argument("--women", type=int, default=WOMEN, help="how many interviews of each")
    parser.add_argument("--rivals", type=int, default=RIVALS, help="how many of them scipy does too")
    parser.add_argument("--no-store", action="store_true", help="leave out the touched service")
    parser.add_argument("--apart", action="store_true", help="score only, and print the figures as JSON")
    asked = parser.parse_args(arguments)
    if asked.apart:
        print(json.dumps(asdict(measure(asked.services, asked.women))))
        return
    runs = [measure_apart(count, asked.women) for count in (max(1, asked.services // 10), asked.services)]
    print("Scored, with intervals of S and of every domain:\n")
    print("| services | interviews | seconds | ms a service | peak memory, MB | memory, times the first |")
    print("|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        print(
            f"| {run.services:,} | {run.services * run.women:,} | {run.seconds:.1f} "
            f"| {run.seconds / run.services * 1e3:.1f} | {run.megabytes:.0f} "
            f"| {run.megabytes / runs[0].megabytes:.2f} |"
        )
    _print_rivals(asked.rivals, asked.women)
    if not asked.no_store:
        with tempfile.TemporaryDirectory() as folder:
            touched = measure_touched(Path(folder), asked.services, asked.women)
        print("\nOne touched service scored anew through the store:\n")
        print("| interviews in the store | its size, MB | first in a run, seconds | every other, seconds |")
        print("|---:|---:|---:|---:|")
        print(f"| {touched.interviews:,} | {touched.megabytes:,.0f} | {touched.first:.2f} | {touched.then:.3f} |")


def _print_rivals(count: int, women: int) -> None:
    used = framework()
    for one in service_rounds(used, 1, women):
        score(one, used)  # what is done once is nobody's cost
    ours = theirs = 0.0
    for one in service_rounds(used, count, women):
        before = time.process_time()
        made = score(one, used)
        ours += time.process_time() - before
        theirs += rival(one, made, used)
    if count:
        print(f"\nThe same intervals of S, to 1e-9 ({count} services):\n")
        print("| who | what | ms a service | times |")
        print("|---|---|---:|---:|")
        print(f"| kobo_sync | everything about a service | {ours / count * 1e3:.1f} | 1 |")
        print(
            f"| scipy.stats.bootstrap, plain statistic | S alone | {theirs / count * 1e3:,.0f} | {theirs / ours:,.0f} |"
        )


if __name__ == "__main__":
    main()
