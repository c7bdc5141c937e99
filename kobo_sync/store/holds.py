"""Which submissions this program marked "on hold" on the server, so that it takes back nothing but its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, exists, select

from kobo_sync.store import tables
from kobo_sync.store.engines import upsert
from kobo_sync.store.store import QUARANTINED, Store, parts

_hold = tables.hold.c
_row = tables.submission.c


@dataclass(frozen=True, slots=True)
class Hold:
    """One mark; see the table. `set_at` is 0 while the server has not said when it set the status."""

    id: int
    asked_at: int
    set_at: int


def holds(store: Store, form: str) -> tuple[Hold, ...]:
    """Return the marks of a form, by submission."""
    with store.read() as connection:
        found = connection.execute(
            select(_hold.id, _hold.asked_at, _hold.set_at).where(_hold.form == form).order_by(_hold.id)
        ).all()
    return tuple(Hold(*row) for row in found)


def unmarked(store: Store, form: str) -> list[int]:
    """Return what is in quarantine, has no status, and was never marked."""
    marked = exists().where(_hold.form == _row.form, _hold.id == _row.id)
    with store.read() as connection:
        return list(
            connection.scalars(
                select(_row.id)
                .where(_row.form == form, _row.state == QUARANTINED, _row.status == "", ~marked)
                .order_by(_row.id)
            )
        )


def over(store: Store, form: str) -> list[int]:
    """Return the marked submissions that are in quarantine no more, or gone."""
    same = and_(_row.form == _hold.form, _row.id == _hold.id, _row.state == QUARANTINED)
    with store.read() as connection:
        return list(
            connection.scalars(select(_hold.id).where(_hold.form == form, ~exists().where(same)).order_by(_hold.id))
        )


def keep_holds(store: Store, form: str, marks: Sequence[Hold]) -> None:
    """Remember marks, in place of what was remembered of the same submissions."""
    if not marks:
        return
    with store.write(submissions=False) as connection:
        statement = upsert(connection, tables.hold)
        taken = {"asked_at": statement.excluded.asked_at, "set_at": statement.excluded.set_at}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["form", "id"], set_=taken),
            [{"form": form, "id": one.id, "asked_at": one.asked_at, "set_at": one.set_at} for one in marks],
        )


def drop_holds(store: Store, form: str, ids: Sequence[int]) -> None:
    """Forget the marks of these submissions."""
    with store.write(submissions=False) as connection:
        for some in parts(ids):
            connection.execute(delete(tables.hold).where(_hold.form == form, _hold.id.in_(some)))
