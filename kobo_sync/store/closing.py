"""Rounds that were closed: what is frozen with them, and what came too late for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from kobo_sync.store import tables

_submission = tables.submission.c


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


def lateness(connection: Connection, form: str, months: Mapping[int, str]) -> dict[int, int]:
    """Say of submissions that are about to be kept (`months` by id) which come too late for their round: 1, else 0.

    One that was here already stays what it was, as long as its month does not move into another round.
    """
    closed = closed_months(connection)
    if not closed:
        return dict.fromkeys(months, 0)
    before: dict[int, tuple[str, int]] = {}
    ids = list(months)
    for start in range(0, len(ids), 500):
        wanted = select(_submission.id, _submission.month, _submission.late).where(
            _submission.form == form, _submission.id.in_(ids[start : start + 500])
        )
        before |= {row.id: (row.month, row.late) for row in connection.execute(wanted)}

    def late(id_: int, month: str) -> int:
        if month not in closed:
            return 0
        known, was_late = before.get(id_, ("", 1))
        return was_late if closed.get(known) == closed[month] else 1

    return {id_: late(id_, month) for id_, month in months.items()}


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
