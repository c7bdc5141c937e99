"""Rounds that were closed: what is frozen with them, and what came too late for them."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select, update

from kobo_sync.store import tables

_submission = tables.submission.c


class Place(NamedTuple):
    """Where a submission counts: the service's code, the month, and 1 if it came after its round was closed."""

    service: str
    month: str
    late: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed round. `closed_at` in seconds since 1970; `months` "YYYY-MM", in order.

    `details`: framework, fingerprint, numpy, program (versions), months, counts, and `retired` once its answers began
    to be deleted because their time was over: from then on its scores cannot be made again.
    """

    name: str
    closed_at: float
    details: Mapping[str, Any]

    @property
    def months(self) -> tuple[str, ...]:
        """The months of the round."""
        return tuple(self.details["months"])

    @property
    def retired(self) -> bool:
        """Whether answers of this round were deleted because their time was over."""
        return bool(self.details.get("retired"))

    def count(self, what: str) -> int:
        """Return one of the counts that were kept: accepted, refused, quarantined, services."""
        return int(self.details["counts"].get(what, 0))


def closed_rounds(connection: Connection) -> dict[str, Closed]:
    """Return the closed rounds by name, oldest first."""
    table = tables.closed_round
    found = [Closed(row.name, row.closed_at, orjson.loads(row.details)) for row in connection.execute(select(table))]
    return {one.name: one for one in sorted(found, key=lambda one: (one.details.get("months", ()), one.name))}


def closed_months(connection: Connection) -> dict[str, str]:
    """Return the closed round of each month that belongs to one."""
    return {month: closed.name for closed in closed_rounds(connection).values() for month in closed.months}


def places(
    connection: Connection, form: str, rows: Mapping[int, Place], *, refused: Collection[int], marks: Mapping[str, int]
) -> tuple[dict[int, Place], frozenset[int]]:
    """Say of submissions that are about to be kept (`rows`, by id, as they say themselves) where they count.

    One that counted when its round was closed never moves: whatever an edit makes of its service and month, it counts
    where it counted then, or not at all, so that a withdrawal finds the score that it is in. What comes for a closed
    round, or moves into it, is late. `refused` are those without consent: they count nowhere and keep no service.

    The second are those that are back: the very submission (`marks`, keyed hashes of form, id and root) was deleted on
    the server after it had counted in a closed round, and a restored server has it again. It is not late.
    """
    closed = closed_months(connection)
    if not closed:
        return dict(rows), frozenset()
    before: dict[int, Place] = {}
    ids = list(rows)
    for start in range(0, len(ids), 500):
        wanted = select(_submission.id, _submission.service, _submission.month, _submission.late).where(
            _submission.form == form, _submission.id.in_(ids[start : start + 500])
        )
        before |= {row.id: Place(row.service, row.month, row.late) for row in connection.execute(wanted)}
    back = {} if before.keys() == rows.keys() else _back(connection, marks)

    def place(id_: int, now: Place) -> Place:
        known = before.get(id_)
        if id_ in refused:
            return Place("", now.month, int(now.month in closed))
        if known is not None and counted(known, closed):
            return known._replace(service=known.service or now.service)
        if known is None and id_ in back:
            return Place(now.service, back[id_], 0)
        return Place(now.service, now.month, int(now.month in closed))

    found = {id_: place(id_, now) for id_, now in rows.items()}
    return found, frozenset(back.keys() - before.keys() - set(refused))


def counted(place: Place, closed: Container[str]) -> bool:
    """Whether a submission counted when its round was closed; `closed` the months of closed rounds."""
    return place.month in closed and not place.late


def _back(connection: Connection, marks: Mapping[str, int]) -> dict[int, str]:
    """Return the month in which those counted of which the store remembers that they did and are gone."""
    stone = tables.tombstone.c
    hashes = list(marks)
    found: dict[int, str] = {}
    for start in range(0, len(hashes), 500):
        wanted = select(stone.hash, stone.month).where(stone.hash.in_(hashes[start : start + 500]))
        found |= {marks[row.hash]: row.month for row in connection.execute(wanted)}
    return found


def save_closed(connection: Connection, closed: Closed, accepted: str) -> None:
    """Close a round; whatever of it is not in the state `accepted` by now has missed it, though it may still be mended.

    Raises sqlalchemy's IntegrityError when it is closed already.
    """
    connection.execute(
        insert(tables.closed_round).values(
            name=closed.name, closed_at=closed.closed_at, details=orjson.dumps(dict(closed.details)).decode()
        )
    )
    connection.execute(
        update(tables.submission)
        .where(_submission.month.in_(closed.months), _submission.state != accepted)
        .values(late=1)
    )


def change_details(connection: Connection, name: str, more: Mapping[str, Any]) -> None:
    """Add to the details of a closed round, or replace some."""
    table = tables.closed_round
    known = orjson.loads(connection.scalar(select(table.c.details).where(table.c.name == name)) or "{}")
    text = orjson.dumps({**known, **more}).decode()
    connection.execute(update(table).where(table.c.name == name).values(details=text))
