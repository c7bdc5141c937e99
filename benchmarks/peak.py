"""The most memory that a process held."""

from __future__ import annotations

import sys

MEGA = 1e6


def peak() -> float:
    """Return the most memory that this process ever held, in MB (Linux and macOS)."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEGA if sys.platform == "darwin" else most * 1024 / MEGA
