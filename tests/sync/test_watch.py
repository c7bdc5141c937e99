"""The watch with a clock of its own: pauses that vary, runs that never overlap, errors that do not end it, and stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError, KoboSyncError, LockHeld, RefusedForSafety
from kobo_sync.kobo.errors import BadToken, ServerBusy, Unreachable
from kobo_sync.kobo.session import KoboSession, Secret
from kobo_sync.sync.watch import JITTER, Stop, Stopped, stopping, watch

EVERY = 900.0


class Time:
    """A clock that only sleeping and working move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def _watch(work: Callable[[int, Time, Stop], None], draw: Callable[[float, float], float]) -> tuple[list[float], Time]:
    """Watch with `work(number of the run, clock, stop)`; return when each run began."""
    time, starts = Time(), list[float]()
    stop = Stop(time.sleep)

    def run() -> None:
        starts.append(time.now)
        work(len(starts), time, stop)

    assert watch(run, EVERY, stop, clock=time, draw=draw) == len(starts) - 1
    return starts, time


def _work(until: int, seconds: float = 10, fault: Callable[[], KoboSyncError] | None = None) -> Callable[..., None]:
    def work(number: int, time: Time, stop: Stop) -> None:
        time.now += seconds
        if number == until:
            stop.ask()
            stop.check()
        if fault:
            raise fault()

    return work


def test_runs_begin_every_so_often() -> None:
    """Without jitter, runs begin exactly `every` apart, however long each takes within that."""
    starts, _ = _watch(_work(4, seconds=100), lambda a, b: (a + b) / 2)
    assert starts == [0, 900, 1800, 2700]


@given(st.floats(0, 1), st.floats(0, 3000))
def test_pauses_vary_by_a_tenth_and_runs_never_overlap(part: float, seconds: float) -> None:
    """From start to start it is `every` give or take a tenth; a run that takes longer is followed by a rest."""
    starts, _ = _watch(_work(4, seconds=seconds), lambda a, b: a + (b - a) * part)
    for before, after in pairwise(starts):
        assert after - before >= seconds + EVERY * JITTER * 0.99
        assert after - before >= EVERY * (1 - JITTER) * 0.99
        assert after - before <= max(EVERY * (1 + JITTER), seconds + EVERY * JITTER) * 1.01


@pytest.mark.parametrize("kind", [Unreachable, ServerBusy, BadToken, LockHeld])
def test_a_server_that_is_down_does_not_end_the_watch(
    kind: type[KoboSyncError], caplog: pytest.LogCaptureFixture
) -> None:
    """What the next run can find mended is logged, by its kind, and the next run comes at its time."""
    with caplog.at_level("INFO", logger="kobo_sync"):
        starts, _ = _watch(_work(3, fault=lambda: kind("It is so.")), lambda a, b: (a + b) / 2)
    assert starts == [0, 900, 1800]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["It is so."] * 2


@pytest.mark.parametrize("kind", [ConfigError, RefusedForSafety, KoboSyncError])
def test_what_a_person_has_to_mend_ends_the_watch(kind: type[KoboSyncError]) -> None:
    """A wrong setting, a refusal for safety or a store that fails is not tried for ever."""
    with pytest.raises(kind):
        _watch(_work(3, fault=lambda: kind("It is so.")), lambda a, b: (a + b) / 2)


def test_a_fault_of_the_program_ends_the_watch() -> None:
    """What nobody foresaw is not swallowed."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _watch(fail, lambda a, b: (a + b) / 2)


def test_a_stop_ends_a_pause_at_once() -> None:
    """Asked to stop while it rests, the watch ends within a second, without another run."""
    time, runs = Time(), list[float]()

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if time.now > 300:
            stop.ask()

    stop = Stop(sleep)
    assert watch(lambda: runs.append(time.now), EVERY, stop, clock=time, draw=lambda a, b: (a + b) / 2) == 1
    assert runs == [0]
    assert time.now < 302


def test_a_stop_ends_a_run_before_its_next_request() -> None:
    """A session that is told to look sends nothing once a stop was asked for, and does not rest either."""
    stop = Stop(lambda _: None)
    session = KoboSession("http://127.0.0.1:9", Secret("x"), sleep=stop.sleep, before=stop.check)
    stop.ask()
    with pytest.raises(Stopped):
        session.get("/me/")
    with pytest.raises(Stopped):
        session.send("DELETE", "/me/")
    with pytest.raises(Stopped):
        session.pause(100)
    session.close()


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_signals_ask_for_a_stop_and_are_put_back(kind: signal.Signals) -> None:
    """A first signal asks, a second one does what it always did; afterwards everything is as it was."""
    before = signal.getsignal(kind)
    second: list[int] = []
    signal.signal(kind, lambda number, _: second.append(number))
    try:
        stop = Stop()
        with stopping(stop):
            os.kill(os.getpid(), kind)
            stop.rest(0.01)
            assert stop.asked
            assert second == []
            os.kill(os.getpid(), kind)
            Stop().rest(0.01)
            assert second == [kind]
        assert signal.getsignal(kind) is not before
    finally:
        signal.signal(kind, before)
