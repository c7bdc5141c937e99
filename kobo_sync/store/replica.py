"""Queries of the replica: how far it has come, what it knows of a range of submissions, and how one leaves it.

All counts and ranges go by the primary key, and no function names more ids than a page has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update

from kobo_sync.store import tables
from kobo_sync.store.closing import closed_months
from kobo_sync.store.engines import upsert
from kobo_sync.store.notes import counted_note, leave_note
from kobo_sync.store.rights import erase
from kobo_sync.store.scores import NOT_APPROVED
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, RETIRED, Store, holds_any, mark_stale, parts

_row = tables.submission.c
_mark = tables.watermark.c


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the replica of a form has come; see the table. Times by the server's clock, in seconds since 1970."""

    last_id: int
    looked_at: int
    swept_at: int


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whether a known submission changed on the server, and whether it holds anything (`state`)."""

    id: int
    uuid: str
    status: str
    status_at: int
    state: str


@dataclass(frozen=True, slots=True)
class Restated:
    """The validation status that a known submission has now; `status_at` 0 for none."""

    id: int
    status: str
    status_at: int


def begin(store: Store, form: str, asset: str, now: int) -> Watermark:
    """Return how far the replica of this form has come; before the very first page, note when the reading began.

    What changes from then on is found by the looks that follow, whatever happens to the first reading.
    """
    with store.write(submissions=False) as connection:
        start = {"form": form, "asset": asset, "last_id": 0, "looked_at": now, "swept_at": now}
        connection.execute(upsert(connection, tables.watermark).values(start).on_conflict_do_nothing())
        found = connection.execute(
            select(_mark.last_id, _mark.looked_at, _mark.swept_at).where(_mark.form == form)
        ).one()
    return Watermark(found.last_id, found.looked_at, found.swept_at)


def start_over(store: Store, form: str) -> None:
    """Forget how far the replica of a form came that holds nothing any more: it may begin with another asset."""
    with store.write() as connection:
        connection.execute(delete(tables.watermark).where(_mark.form == form))


def looked(store: Store, form: str, now: int, *, swept_at: int | None = None) -> None:
    """Remember that a look for changes which began at `now` went through, and a full sweep if there was one."""
    values = {"looked_at": now} | ({} if swept_at is None else {"swept_at": swept_at})
    with store.write(submissions=False) as connection:
        connection.execute(update(tables.watermark).where(_mark.form == form).values(values))


def known(store: Store, form: str, ids: Sequence[int]) -> dict[int, Known]:
    """Return what is known of these submissions, by id."""
    with store.read() as connection:
        if not holds_any(connection, form, ids):
            return {}
        return {
            found.id: found
            for some in parts(ids)
            for found in _known(connection, (_row.form == form, _row.id.in_(some)))
        }


def known_between(
    store: Store, form: str, after: int, upto: int, *, with_status: bool = False, size: int = 1000
) -> Iterator[dict[int, Known]]:
    """Yield what is known of the submissions with `after` < id <= `upto` (of those with a status), `size` at a time."""
    while True:
        with store.read() as connection:
            where = _between(form, after, upto, with_status=with_status)
            found = {one.id: one for one in _known(connection, where, most=size)}
        if not found:
            return
        yield found
        after = max(found)


def _known(connection: Connection, where: Sequence[ColumnElement[bool]], most: int | None = None) -> list[Known]:
    columns = (_row.id, _row.uuid, _row.status, _row.status_at, _row.state)
    statement = select(*columns).where(*where).order_by(_row.id).limit(most)
    return [Known(*found) for found in connection.execute(statement)]


def _between(form: str, after: int, upto: int, *, with_status: bool) -> list[ColumnElement[bool]]:
    where = [_row.form == form, _row.id > after, _row.id <= upto]
    return [*where, _row.status_at > 0] if with_status else where


def count_between(
    store: Store, form: str, after: int, upto: int, *, with_status: bool = False, without: Collection[int] = ()
) -> int:
    """Count the submissions with `after` < id <= `upto` (those with a status), `without` a few."""
    where = _between(form, after, upto, with_status=with_status)
    if without:
        where.append(_row.id.not_in(sorted(without)))
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(tables.submission).where(*where)) or 0


def count_upto(store: Store, form: str, upto: int, *, with_status: bool = False) -> int:
    """Count the submissions with an id up to this (those with a status), once as long as nothing changes."""
    what = f"{'with a status, ' if with_status else ''}up to {upto}"
    return counted(store, form, what, *_between(form, 0, upto, with_status=with_status))


def middle_between(store: Store, form: str, after: int, upto: int, *, with_status: bool = False) -> int:
    """Return the id below or at which half of the submissions with `after` < id <= `upto` are; at least one must be."""
    where = _between(form, after, upto, with_status=with_status)
    half = (count_between(store, form, after, upto, with_status=with_status) - 1) // 2
    with store.read() as connection:
        return int(connection.scalars(select(_row.id).where(*where).order_by(_row.id).limit(1).offset(half)).one())


def counted(store: Store, form: str, what: str, *where: ColumnElement[bool]) -> int:
    """Return how many of a form's submissions there are of which all this holds; `what` names the question.

    They are counted once: the number is kept until the next transaction that could make it another one, so that where
    nothing changes, a million costs no more than a thousand. Counting and keeping are one transaction, since another
    process may write in between.
    """
    known = store.note(key := counted_note(form, what))
    if known:
        return int(known)
    with store.write(submissions=False) as connection:
        here = select(func.count()).select_from(tables.submission).where(_row.form == form, *where)
        number = connection.scalar(here) or 0
        leave_note(connection, key, str(number))
    return number


def held(store: Store, form: str) -> int:
    """Count the submissions of which more than the number is kept, once as long as nothing changes."""
    return counted(store, form, "held", _row.state != RETIRED)


def waiting(store: Store, form: str, state: str, after: int, most: int) -> list[int]:
    """Return the ids above `after` of at most `most` submissions in a state, in order."""
    number = _row.id + 0  # found by the state, of which few wait, and not by going through all numbers in order
    with store.read() as connection:
        where = (_row.form == form, _row.state == state, number > after)
        return list(connection.scalars(select(_row.id).where(*where).order_by(number).limit(most)))


def restate(store: Store, form: str, changes: Sequence[Restated]) -> None:
    """Give known submissions their present status; services whose scores depend on it are marked as changed."""
    if not changes:
        return
    now = {change.id: change.status for change in changes}
    with store.write(submissions=form) as connection:
        for some in parts(sorted(now)):
            where = (_row.form == form, _row.id.in_(some), _row.state == ACCEPTED)
            before = connection.execute(select(_row.id, _row.service, _row.month, _row.status).where(*where))
            mark_stale(
                connection,
                {(was.service, was.month) for was in before if NOT_APPROVED in {was.status, now[was.id]}},
            )
        statement = (
            update(tables.submission)
            .where(_row.form == form, _row.id == bindparam("this"))
            .values(status=bindparam("now"), status_at=bindparam("at"))
        )
        connection.execute(statement, [{"this": c.id, "now": c.status, "at": c.status_at} for c in changes])


def delete_gone(
    store: Store, form: str, ids: Sequence[int], seal: Seal, *, notes: Mapping[str, str] | None = None
) -> None:
    """Remove submissions that are gone on the server; keyed tombstones with month and code stay. One transaction.

    Of one that counted in a closed round a second tombstone says that it did: a restored server may have it again.
    `notes` are left with it.
    """
    with store.write(submissions=form) as connection:
        closed = closed_months(connection)
        for some in parts(ids):
            found = connection.execute(
                select(_row.id, _row.root_uuid, _row.month, _row.late, _row.code).where(
                    _row.form == form, _row.id.in_(some), _row.root_uuid != ""
                )
            ).all()
            stones = [{"hash": seal.deleted(row.root_uuid), "month": row.month, "code": row.code} for row in found]
            stones += [
                {"hash": seal.counted(form, row.id, row.root_uuid), "month": row.month, "code": ""}
                for row in found
                if row.month in closed and not row.late
            ]
            if stones:
                new = upsert(connection, tables.tombstone)
                same = {"code": new.excluded.code}  # a copy that came and went again may have a code that was mended
                connection.execute(new.on_conflict_do_update(index_elements=["hash"], set_=same), stones)
        erase(connection, form, ids)
        for key, value in (notes or {}).items():
            leave_note(connection, key, value)
