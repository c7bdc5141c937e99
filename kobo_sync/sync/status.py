"""How the replica is: last success, what is kept, what waits for a person; and whether that is too long ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from sqlalchemy import func, select

from kobo_sync.store import tables
from kobo_sync.store.links import names_waiting
from kobo_sync.store.purge import purge_due
from kobo_sync.store.rights import REPORTS_DUE, TIDY_ERROR, WITHDRAWING, retired_ids, under_way
from kobo_sync.store.scores import stale_pairs
from kobo_sync.store.store import QUARANTINED, RETIRED, Store
from kobo_sync.store.texts import text_counts
from kobo_sync.store.words import AWAITING_REDACTION
from kobo_sync.sync.watch import Stopped

DONE = "done"
_LOOK_BACK = 20  # successful runs from which the usual pause is known
_FEW = 3  # fewer of them tell nothing
_DAY = 86400.0
_LEAST = 600.0  # seconds; two runs in a row by hand do not make the next one late

_run = tables.run.c


@dataclass(frozen=True, slots=True)
class FormStatus:
    """One form. Times in seconds since 1970, None for never; `lag` is seconds since the last success.

    `states` counts submissions by state, without what is retired; `error` is the kind of the last run's error, "" when
    it went well.
    """

    form: str
    last_success: float | None
    lag: float | None
    late: bool
    error: str
    states: dict[str, int]
    texts_waiting: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still to be done, and by whom nobody knows unless it is told.

    `withdrawals` and `old`: submissions that the server still has though they were withdrawn, or their time is over;
    `bytes_left`: of what is gone, on the disk; `reports`: pages that hold figures of what is gone; `scores`: older than
    their answers for longer than a run takes; `error`: the kind of error that the last scoring ended with, "" for none.
    """

    withdrawals: int = 0
    old: int = 0
    bytes_left: bool = False
    reports: bool = False
    scores: bool = False
    error: str = ""

    def __bool__(self) -> bool:
        return self != Owed()


@dataclass(frozen=True, slots=True)
class Status:
    """The whole workspace. `allowed` is the lag from which on a form is late, in seconds.

    `texts_waiting` counts all texts that nobody has decided about, `services_named` those of them that are the name of
    a service which is not on the list.
    """

    forms: tuple[FormStatus, ...]
    allowed: float
    stale: bool
    quarantined: int
    texts_waiting: int
    retention_due: int
    owed: Owed = Owed()
    services_named: int = 0


def status(
    store: Store, forms: Sequence[str], now: float, *, stale_after: float | None = None, retention_due: int = 0
) -> Status:
    """Return how these deployed forms are at the time `now`, in seconds since 1970.

    A form that was never read whole is late. Without `stale_after` (seconds), late is twice the usual pause between two
    successes; a day while that is not known.
    """
    texts = text_counts(store)
    allowed = stale_after if stale_after is not None else _usual(store)
    found = [_form(store, form, now, allowed, texts.get(form, {}).get(AWAITING_REDACTION, 0)) for form in forms]
    return Status(
        tuple(found),
        allowed,
        any(form.late for form in found),
        sum(form.states.get(QUARANTINED, 0) for form in found),
        sum(form.texts_waiting for form in found),
        retention_due,
        _owed(store, now),
        len(names_waiting(store)),
    )


def _owed(store: Store, now: float) -> Owed:
    withdrawn = under_way(store, WITHDRAWING)
    old = sum(len(set(ids) - {*withdrawn.get(form, ())}) for form, ids in retired_ids(store).items())
    with store.read() as connection:
        last = connection.scalar(select(func.max(_run.finished))) or 0.0
    return Owed(
        withdrawals=sum(len(ids) for ids in withdrawn.values()),
        old=old,
        bytes_left=purge_due(store),
        reports=bool(store.note(REPORTS_DUE)),
        scores=bool(stale_pairs(store)) and now - last > _LEAST,
        error=store.note(TIDY_ERROR),
    )


def _form(store: Store, form: str, now: float, allowed: float, texts_waiting: int) -> FormStatus:
    with store.read() as connection:
        success = connection.scalar(select(func.max(_run.finished)).where(_run.form == form, _run.outcome == DONE))
        last = connection.scalar(select(_run.outcome).where(_run.form == form).order_by(_run.number.desc()).limit(1))
    lag = None if success is None else max(0.0, now - success)
    return FormStatus(
        form,
        success,
        lag,
        lag is None or lag > allowed,
        "" if last in {None, DONE, Stopped.__name__} else str(last),
        {state: number for state, number in sorted(store.states(form).items()) if state != RETIRED},
        texts_waiting,
    )


def _usual(store: Store) -> float:
    """Return twice the usual pause between two successes of the same form, in seconds."""
    with store.read() as connection:
        found = connection.execute(
            select(_run.form, _run.finished)
            .where(_run.outcome == DONE, _run.finished.is_not(None))
            .order_by(_run.number.desc())
            .limit(_LOOK_BACK * 4)
        ).all()
    times: dict[str, list[float]] = {}
    for form, finished in found:
        times.setdefault(form, []).append(finished)
    pauses = [
        later - earlier for one in times.values() for later, earlier in pairwise(one[:_LOOK_BACK]) if later > earlier
    ]
    return max(_LEAST, 2 * median(pauses)) if len(pauses) >= _FEW else _DAY
