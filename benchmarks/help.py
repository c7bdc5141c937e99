"""How long `kobo-sync --help` takes, against the interpreter alone and against click alone.

python -m benchmarks.help [TIMES]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 0.3  # seconds
WAYS = {
    "kobo-sync --help": ["-m", "kobo_sync", "--help"],
    "kobo-sync sync --help": ["-m", "kobo_sync", "sync", "--help"],
    "python, importing click": ["-c", "import click"],
    "python alone": ["-c", "pass"],
}


def measure(arguments: list[str], times: int) -> list[float]:
    """Return the seconds of `times` runs, after one that warms the disk."""
    found = []
    for _ in range(times + 1):
        start = time.perf_counter()
        command = [sys.executable, *arguments]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own command lines
        found.append(time.perf_counter() - start)
    return found[1:]


def main(times: int) -> None:
    """Measure, and print a table."""
    print("| command | median, s | fastest, s |")
    print("|---|---:|---:|")
    for name, arguments in WAYS.items():
        found = measure(arguments, times)
        print(f"| {name} | {statistics.median(found):.3f} | {min(found):.3f} |")
    print(f"\n{times} runs each. The goal for --help: under {GOAL} s.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
