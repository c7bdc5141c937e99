"""The watch: one run after another, for ever, until somebody says stop.

Runs never overlap: the next one begins after the former ended. Pauses vary a little, so that many workspaces do not ask
one server at the same second.
"""

from __future__ import annotations

import logging
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from kobo_sync.errors import KoboSyncError, LockHeld
from kobo_sync.kobo.errors import KoboError
from kobo_sync.logs import event

log = logging.getLogger(__name__)

JITTER = 0.1  # of the pause, either way
_LEAST = 0.1  # of the pause: what is rested at least after a run that took longer than the pause
_SLICE = 0.5  # seconds; a pause is slept in slices, since on Windows a signal does not wake a sleeper


class Stopped(KoboSyncError):
    """Somebody asked the watch to stop; what was kept is whole."""


class Stop:
    """Whether somebody asked to stop, and sleeping that ends when somebody does."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.asked = False
        self._sleep = sleep

    def ask(self) -> None:
        """Ask to stop, from a signal's handler or anywhere else."""
        self.asked = True

    def check(self) -> None:
        """Raise Stopped when somebody asked; called before each request, so that a run ends within a page."""
        if self.asked:
            raise Stopped("Stopped. Whatever was kept is whole.")

    def sleep(self, seconds: float) -> None:
        """Sleep; ends early, and raises Stopped, when somebody asks to stop."""
        self.rest(seconds)
        self.check()

    def rest(self, seconds: float) -> None:
        """Sleep; ends early when somebody asks to stop."""
        left = seconds
        while left > 0 and not self.asked:
            part = min(left, _SLICE)
            self._sleep(part)
            left -= part


class Draw(Protocol):
    """What draws a number between two: `random.uniform`."""

    def __call__(self, a: float, b: float, /) -> float:
        """Draw."""


def watch(
    run: Callable[[], object],
    every: float,
    stop: Stop,
    *,
    clock: Callable[[], float] = time.monotonic,
    draw: Draw = random.uniform,
) -> int:
    """Run again and again, `every` so many seconds from start to start, until stopped; returns the number of runs.

    A run that the server or the way to it broke off (exit 3), or that found another run at work (exit 4), is logged,
    and the next one tries again. Raises every other error: a person has to look.
    """
    runs = 0
    while not stop.asked:
        started = clock()
        try:
            run()
        except Stopped:
            break
        except (KoboError, LockHeld) as error:
            event(log, str(error), level=logging.ERROR, outcome=type(error).__name__, seconds=clock() - started)
        runs += 1
        pause = max(every * draw(1 - JITTER, 1 + JITTER) - (clock() - started), every * _LEAST)
        if not stop.asked:
            log.info("Next run in %.0f s.", pause)
            stop.rest(pause)
    log.info("Stopped after %d runs. Whatever was kept is whole.", runs)
    return runs


@contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """Let SIGTERM, Ctrl-C and on Windows Ctrl-Break ask for a stop; a second one ends the program at once."""
    kinds = [signal.SIGTERM, signal.SIGINT, *filter(None, [getattr(signal, "SIGBREAK", None)])]
    before = {kind: signal.getsignal(kind) for kind in kinds}

    def ask(kind: int, _frame: FrameType | None) -> None:
        signal.signal(kind, before[signal.Signals(kind)])
        stop.ask()

    for kind in kinds:
        signal.signal(kind, ask)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
