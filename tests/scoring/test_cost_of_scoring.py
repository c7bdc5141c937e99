"""What scoring costs does not grow with what is there: memory with the services, one service with the interviews."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.scoring import framework, measure_apart, measure_touched, rival, score
from benchmarks.service_rounds import service_rounds


def test_memory_does_not_grow_with_the_number_of_services() -> None:
    """Ten times as many services take no more memory than a tenth of them."""
    few, many = measure_apart(10, 30), measure_apart(100, 30)
    assert many.megabytes < few.megabytes * 1.1


def test_one_touched_service_is_scored_without_the_others(tmp_path: Path) -> None:
    """Of many services in a store one that was touched is scored anew in well under a second."""
    assert measure_touched(tmp_path, 100, 50).then < 1


def test_the_rival_of_the_benchmark_computes_the_same() -> None:
    """What the benchmark compares itself with gives the same interval of S."""
    used = framework()
    used = replace(used, method=replace(used.method, resamples=200))
    for one in service_rounds(used, 2, 9):
        made = score(one, used)
        assert made.valid
        assert rival(one, made, used) > 0


def test_the_command_keeps_numpy_from_threads_that_wait() -> None:
    """The command sets the number of numpy's threads before numpy is there, unless its user did."""
    code = (
        "import os, sys; from kobo_sync.__main__ import main; sys.argv = ['kobo-sync', '--version']\n"
        "try:\n    main()\nexcept SystemExit:\n    print(os.environ['OPENBLAS_NUM_THREADS'])\n"
    )
    for given, expected in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")):
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=_environment(given)
        )
        assert done.stdout.split()[-1] == expected


def _environment(given: dict[str, str]) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}, **given}
