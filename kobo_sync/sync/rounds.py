"""Rounds: which there are, and closing one, after which its scores stay as they are."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

from kobo_sync import __version__
from kobo_sync.errors import ConfigError, RefusedForSafety, UserError
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import keep_framework
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.store.closing import Closed, closed_rounds, save_closed
from kobo_sync.store.scores import RoundCounts, all_months, are_scores_due, method_of, round_counts, scores
from kobo_sync.store.store import ACCEPTED, Store
from kobo_sync.sync.figures import Figures, write_figures
from kobo_sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RoundState:
    """One round as a coordinator sees it.

    `closed_on` None while it is open; `over` whether its last month is; `counts` of the submissions that the store
    holds; `services` with a score; `due_on` the day from which its answers are to be deleted, None while it is open;
    `retired` whether that was done.
    """

    name: str
    months: tuple[str, ...]
    over: bool
    closed_on: dt.date | None
    counts: RoundCounts
    services: int
    due_on: dt.date | None
    retired: bool


def round_states(store: Store, framework: Framework, retention: int, today: dt.date) -> tuple[RoundState, ...]:
    """Return all rounds of which there are submissions, or that were closed, oldest first.

    `retention`: the months that answers are kept after the closing.
    """
    with store.read() as connection:
        closed = closed_rounds(connection)
    by_month = {month: one.name for one in closed.values() for month in one.months}
    names = {by_month.get(month) or round_of(month, framework.round_months) for month in all_months(store)}
    found = []
    for name in sorted({*names, *closed}):
        one = closed.get(name)
        months = one.months if one else months_of(name, framework.round_months)
        closed_on = day_of(one.closed_at) if one else None
        found.append(
            RoundState(
                name=name,
                months=months,
                over=is_over(months, today),
                closed_on=closed_on,
                counts=_counts(store, months, one),
                services=len(scores(store, name)),
                due_on=due_on(closed_on, retention) if closed_on else None,
                retired=one is not None and one.retired,
            )
        )
    return tuple(found)


def _counts(store: Store, months: tuple[str, ...], closed: Closed | None) -> RoundCounts:
    """Count what the store holds; of a round whose answers are gone, what was kept of its counts."""
    if closed is None or not closed.retired:
        return round_counts(store, months)
    kept = {what: closed.count(what) for what in ("accepted", "refused", "quarantined")}
    return RoundCounts(**kept, late=round_counts(store, months).late)


def now() -> dt.datetime:
    """Return this moment, in UTC."""
    return dt.datetime.now(tz=dt.UTC)


def today() -> dt.date:
    """Return the day, in UTC, by which rounds end and answers become too old."""
    return now().date()


def is_over(months: tuple[str, ...], today: dt.date) -> bool:
    """Whether the last of these months has passed."""
    return f"{today:%Y-%m}" > months[-1]


def day_of(moment: float) -> dt.date:
    """Return the day of a moment, in UTC."""
    return dt.datetime.fromtimestamp(moment, tz=dt.UTC).date()


def due_on(closed_on: dt.date, months: int) -> dt.date:
    """Return the day so many months later; of a day that the month does not have, its last one."""
    year, month = divmod(closed_on.year * 12 + closed_on.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month + 1, min(closed_on.day, monthrange(year, month + 1)[1]))


def may_close(
    store: Store, framework: Framework, name: str, today: dt.date, *, force: bool, not_approved: bool = False
) -> RoundState:
    """Return the round that is to be closed; `not_approved` as the workspace's `not_approved_counts`.

    Raises UserError when there is no such round or it is closed, ConfigError when its scores are not those of its
    answers, RefusedForSafety when it is not over (unless `force`).
    """
    states = {state.name: state for state in round_states(store, framework, 1, today)}
    state = states.get(name)
    if state is None:
        there = ", ".join(one for one, found in states.items() if found.closed_on is None)
        raise UserError(f"There are no answers of a round {name[:20]!r}. Open are: {there or 'none'}.")
    if state.closed_on:
        raise UserError(f"The round {name} was closed on {state.closed_on}. Its scores are frozen; nothing was done.")
    if are_scores_due(store, method_of(framework.fingerprint, not_approved=not_approved)):
        raise ConfigError(
            "Answers or the framework changed since the scores were made, so nothing was closed. First: kobo-sync score"
        )
    if not state.over and not force:
        raise RefusedForSafety(
            f"The round {name} is not over: it ends with {state.months[-1]}. What comes in after it is closed counts "
            "in no score. Wait until it is over and the phones have sent everything, or say --force."
        )
    return state


def close_round(
    workspace: Workspace,
    store: Store,
    framework: Framework,
    state: RoundState,
    now: dt.datetime,
    *,
    figures: Figures | None = None,
) -> None:
    """Close a round that may be closed: from now on its scores are frozen, and what comes for it is late.

    With them freeze the `figures` that rest on the answers themselves (`kobo_sync.sync.figures`), if there are any. Its
    framework is kept first, so that a woman's interview can be taken out of the scores later. Killed on the way, the
    round is open or closed, never between. Raises ConfigError and StoreError.
    """
    import numpy as np

    keep_framework(workspace.xlsform, workspace.rounds, state.name)
    counts = state.counts
    details = {
        "framework": framework.version,
        "fingerprint": framework.fingerprint,
        "numpy": np.__version__,
        "program": __version__,
        "months": state.months,
        "counts": {
            "accepted": counts.accepted,
            "refused": counts.refused,
            "quarantined": counts.quarantined,
            "services": state.services,
        },
    }
    with store.write() as connection:
        save_closed(connection, Closed(state.name, now.timestamp(), details), ACCEPTED)
        if figures is not None:
            write_figures(connection, state.name, figures)
