"""Answers whose time is over: so many months after their round was closed they go, on the server first, then here.

What they were counted in, the frozen scores of closed rounds, stays. What is under way is noted before the server is
asked, so that a run that breaks off is never taken for a deletion by somebody else, which would change those scores.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from kobo_sync.kobo.deletions import delete_submissions, still_there
from kobo_sync.kobo.errors import NotAllowed, NotFound
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store.closing import Closed, change_details, closed_rounds
from kobo_sync.store.reviews import forget_reviews
from kobo_sync.store.rights import (
    RETIRING,
    WITHDRAWING,
    begin,
    end,
    erase,
    ids_of_months,
    owe_reports,
    retire,
    retired_ids,
    under_way,
)
from kobo_sync.store.scores import round_counts
from kobo_sync.store.store import Store
from kobo_sync.sync.rounds import day_of, due_on

log = logging.getLogger(__name__)

_AT_ONCE = 200  # submissions between two notes of what is under way


@dataclass(frozen=True, slots=True)
class Due:
    """A closed round whose answers are to go: their ids by form, and the day from which on."""

    round: str
    due_on: dt.date
    ids: Mapping[str, tuple[int, ...]]

    @property
    def total(self) -> int:
        """How many submissions."""
        return sum(len(ids) for ids in self.ids.values())


@dataclass(frozen=True, slots=True)
class Left:
    """Ids by form of which nothing else is kept here, since the server would not delete them: withdrawn, or too old."""

    withdrawn: Mapping[str, tuple[int, ...]]
    old: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Retired:
    """What was done: submissions deleted on the server and here, and those emptied here that the server keeps."""

    deleted: int
    kept_there: int


def due(store: Store, months: int, today: dt.date) -> tuple[Due, ...]:
    """Return what is to go by now, the oldest round first; `months` that answers are kept after the closing."""
    return tuple(
        Due(closed.name, day, ids)
        for closed in _closed(store)
        if (day := due_on(day_of(closed.closed_at), months)) <= today and (ids := ids_of_months(store, closed.months))
    )


def next_due(store: Store, months: int, today: dt.date) -> tuple[str, dt.date] | None:
    """Return the next closed round whose answers will have to go, and the day; None when there is none."""
    coming = [
        (due_on(day_of(closed.closed_at), months), closed.name)
        for closed in _closed(store)
        if ids_of_months(store, closed.months)
    ]
    later = sorted(one for one in coming if one[0] > today)
    return (later[0][1], later[0][0]) if later else None


def due_sentence(store: Store, months: int, today: dt.date) -> str:
    """Say in one sentence what is to go, "" when nothing is; for the end of a run."""
    found = due(store, months, today)
    if not found:
        return ""
    total = sum(one.total for one in found)
    names = ", ".join(one.round for one in found)
    return (
        f"The time to keep answers is over for {total} submissions ({names}). See what would be deleted: kobo-sync "
        "retention"
    )


def left_there(store: Store) -> Left:
    """Return the ids of what the server keeps though it should be gone."""
    withdrawn = under_way(store, WITHDRAWING)
    old = {
        form: left
        for form, ids in retired_ids(store).items()
        if (left := tuple(id_ for id_ in ids if id_ not in set(withdrawn.get(form, ()))))
    }
    return Left(withdrawn, old)


def carry_out(session: KoboSession, store: Store, months: int, today: dt.date) -> Retired:
    """Delete what is due, on the server first, then here, some at a time; scores stay, bytes are owed.

    Where the account may not delete on the server, ids alone stay here. Raises KoboError when the server cannot be
    asked, and StoreError; what was not done by then stays due.
    """
    deleted = kept = 0
    refused: set[str] = set()
    for form, ids in left_there(store).old.items():  # it may be allowed by now
        gone, stayed = _some(session, store, form, ids, refused)
        deleted, kept = deleted + gone, kept + stayed
    for one in due(store, months, today):
        _no_new_scores(store, one.round)
        for form, ids in one.ids.items():
            for start in range(0, len(ids), _AT_ONCE):
                gone, stayed = _some(session, store, form, ids[start : start + _AT_ONCE], refused)
                deleted, kept = deleted + gone, kept + stayed
            log.info("%s: the answers of a round whose time is over were deleted", form)
    return Retired(deleted, kept)


def finish_retention(session: KoboSession, store: Store, form: str, asset: str) -> None:
    """Go on where a run broke off: what the server deleted is deleted here too, without a change of scores.

    What the server still has stays due. Nothing is asked when nothing is under way. Raises KoboError.
    """
    ids = under_way(store, RETIRING).get(form, ())
    if not ids:
        return
    try:
        gone = set(ids) - still_there(session, asset, ids)
    except (NotAllowed, NotFound):  # the form is not to be seen any more: nothing can be concluded
        gone = set()
    with store.write() as connection:
        erase(connection, form, gone, right=False)
        end(connection, RETIRING, form, ids)


def _some(session: KoboSession, store: Store, form: str, ids: tuple[int, ...], refused: set[str]) -> tuple[int, int]:
    """Delete some submissions; returns how many are gone, and how many the server keeps (`refused`: it said no)."""
    with store.write(submissions=False) as connection:
        begin(connection, RETIRING, form, ids)
    if form not in refused:
        try:
            delete_submissions(session, store.asset_of(form), ids)
        except (NotAllowed, NotFound):
            refused.add(form)
    with store.write() as connection:
        if form in refused:
            retire(connection, form, ids, right=False)
        else:
            erase(connection, form, ids, right=False)
        end(connection, RETIRING, form, ids)
    return (0, len(ids)) if form in refused else (len(ids), 0)


def _no_new_scores(store: Store, round_: str) -> None:
    """Say of a round that its scores cannot be made again from now on; its counts are kept as they are.

    What was decided about its red flags goes with the answers: it is in the scores as far as it counts.
    """
    with store.read() as connection:
        closed = closed_rounds(connection)[round_]
    if closed.retired:
        return
    counts = round_counts(store, closed.months)
    kept = {"accepted": counts.accepted, "refused": counts.refused, "quarantined": counts.quarantined}
    with store.write(submissions=False) as connection:
        owe_reports(connection)  # exports of answers one by one may not outlive the answers
        change_details(connection, round_, {"retired": True, "counts": {**closed.details["counts"], **kept}})
        forget_reviews(connection, round_)


def _closed(store: Store) -> list[Closed]:
    with store.read() as connection:
        return list(closed_rounds(connection).values())
