"""The state of the replica: when each form was last read whole, whether that is too long ago, and what waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.store.store import ACCEPTED, QUARANTINED, RETIRED, Problem, Row, RunCounts, Store
from kobo_sync.store.words import Words
from kobo_sync.sync.status import status

NOW = 1_800_000_000.0
HOUR, DAY = 3600.0, 86400.0


def _runs(store: Store, form: str, *finished: float, outcome: str = "done") -> None:
    for moment in finished:
        store.save_run(form, moment - 5, moment, outcome, RunCounts())


def test_a_form_that_was_never_read_is_late(tmp_path: Path) -> None:
    """Without any success there is no lag to tell, and the form is late."""
    with Store(tmp_path / "s.sqlite") as store:
        (form,) = status(store, ["f"], NOW).forms
        assert (form.last_success, form.lag, form.late, form.error) == (None, None, True, "")
        assert status(store, ["f"], NOW).stale
        assert not status(store, [], NOW).stale


def test_the_last_success_counts_and_the_last_error_is_told(tmp_path: Path) -> None:
    """A run that failed is no success; its kind is told until the next success."""
    with Store(tmp_path / "s.sqlite") as store:
        _runs(store, "f", NOW - 2 * HOUR)
        _runs(store, "f", NOW - HOUR, outcome="Unreachable")
        (form,) = status(store, ["f"], NOW).forms
        assert (form.lag, form.error, form.late) == (2 * HOUR, "Unreachable", False)
        _runs(store, "f", NOW - 10)
        assert status(store, ["f"], NOW).forms[0].error == ""
        _runs(store, "f", NOW - 5, outcome="Stopped")
        assert status(store, ["f"], NOW).forms[0].error == ""


@given(st.integers(600, 90_000), st.integers(4, 30))
def test_late_is_twice_the_usual_pause(pause: int, runs: int) -> None:
    """With some successes the usual pause is known: within twice that it is in time, after that it is late."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, Store(Path(folder) / "s.sqlite") as store:
        _runs(store, "f", *(NOW - pause * number for number in range(runs, -1, -1)))
        _runs(store, "g", *(NOW - pause * number for number in range(runs, -1, -1)))
        assert status(store, ["f", "g"], NOW).allowed == 2 * pause
        assert not status(store, ["f", "g"], NOW + 2 * pause).stale
        assert status(store, ["f", "g"], NOW + 2 * pause + 1).stale


def test_a_day_is_allowed_while_nothing_is_usual(tmp_path: Path) -> None:
    """After one or two runs by hand, a day may pass; two in a row by hand do not make the next one late at once."""
    with Store(tmp_path / "s.sqlite") as store:
        _runs(store, "f", NOW - 30, NOW)
        assert status(store, ["f"], NOW).allowed == DAY
        _runs(store, "f", NOW + 10, NOW + 20, NOW + 30)
        assert status(store, ["f"], NOW).allowed == 600


def test_one_late_form_makes_it_stale(tmp_path: Path) -> None:
    """When one of several forms is late, all of it is; what somebody allows goes before what is usual."""
    with Store(tmp_path / "s.sqlite") as store:
        _runs(store, "f", NOW - 10)
        _runs(store, "g", NOW - 3 * HOUR)
        found = status(store, ["f", "g"], NOW, stale_after=2 * HOUR)
        assert [form.late for form in found.forms] == [False, True]
        assert found.stale
        assert not status(store, ["f", "g"], NOW, stale_after=4 * HOUR).stale


def test_counts_are_by_state_and_without_what_is_retired(tmp_path: Path) -> None:
    """What is kept is counted by form and state; what waits is added up; retired numbers are not counted."""
    rows = [
        Row(1, "a", "a", "v", "", ACCEPTED, "2026-07", "S", {"_id": 1}, (Words("w", "x"), Words("v", "y"))),
        Row(2, "b", "b", "v", "", QUARANTINED, problems=(Problem("f", "r", "w", "m"),)),
        Row(3, "", "", "", "", RETIRED),
    ]
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", rows, 3)
        _runs(store, "f", NOW)
        found = status(store, ["f", "g"], NOW, retention_due=4)
        assert [form.states for form in found.forms] == [{"accepted": 1, "quarantined": 1}, {}]
        assert (found.quarantined, found.texts_waiting, found.retention_due) == (1, 2, 4)


@pytest.mark.parametrize("clock", [NOW - 100, NOW - DAY])
def test_a_clock_that_went_back_is_no_lag(tmp_path: Path, clock: float) -> None:
    """When this computer's clock went back, the lag is none, not below none."""
    with Store(tmp_path / "s.sqlite") as store:
        _runs(store, "f", NOW)
        assert status(store, ["f"], clock).forms[0].lag == 0
