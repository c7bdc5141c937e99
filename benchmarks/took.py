"""What a process took."""

from __future__ import annotations

import sys
from dataclasses import dataclass

MEGA = 1e6


@dataclass(frozen=True)
class Took:
    """Seconds of the processor and of the clock, peak of memory in MB; how many came, and how many were fine."""

    cpu: float
    wall: float
    megabytes: float
    rows: int
    fine: int


def peak() -> float:
    """Return the most memory that this process ever held, in MB (Linux and macOS)."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEGA if sys.platform == "darwin" else most * 1024 / MEGA
