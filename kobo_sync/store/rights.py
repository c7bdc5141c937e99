"""Deletion is a right: finding a woman's interview, remembering that she withdrew, removing all that is kept of it.

Each function that takes a connection is part of its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Connection, delete, or_, select, update

from kobo_sync.store import tables
from kobo_sync.store.closing import closed_months
from kobo_sync.store.engines import upsert
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.store import ACCEPTED, RETIRED, Store, mark_stale, parts

if TYPE_CHECKING:
    from kobo_sync.store.seal import Seal

Stone = tuple[str, str]
"""What is left of a submission that is gone: a keyed hash, and its month, "" where not known."""

WITHDRAWING, RETIRING = "withdrawing", "retiring"
"""Notes of what is under way: a JSON object of ids by form. Written before the server is asked, gone when all is done.

WITHDRAWING: withdrawn, and not known to be gone on the server. RETIRING: about to be deleted there as too old.
"""
REPORTS_DUE = "reports due"
TIDY_ERROR = "tidy error"  # the note of what the last scoring and tidying ended with

_submission = tables.submission.c
_BESIDE = (tables.problem, tables.free_text, tables.hold)  # what is kept of a submission elsewhere


@dataclass(frozen=True, slots=True)
class Match:
    """A submission whose withdrawal code was given; month "YYYY-MM" and service's code are "" where not known."""

    form: str
    id: int
    root_uuid: str
    month: str
    service: str


def find_by_code(store: Store, code: str, before: Collection[Match] = ()) -> tuple[Match, ...]:
    """Return the submissions with this keyed hash of a code, quarantined ones too, in the order of form and id.

    `before`: what was found with it a moment ago; it is found as long as it is here, whatever an edit made of its code.
    """
    columns = (_submission.form, _submission.id, _submission.root_uuid, _submission.month, _submission.service)
    wanted = select(*columns).where(
        or_(
            (_submission.code == code) & (_submission.code != ""),
            *((_submission.form == one.form) & (_submission.id == one.id) for one in before),
        ),
        _submission.state != RETIRED,
    )
    with store.read() as connection:
        found = connection.execute(wanted.order_by(_submission.form, _submission.id)).all()
    return tuple(Match(row.form, row.id, row.root_uuid, row.month, row.service) for row in found)


def withdraw_deleted(store: Store, seal: Seal, code: str, months: Collection[str] | None = None) -> tuple[Stone, ...]:
    """Make withdrawals of those deletions on the server that had this keyed hash of a code; returns their tombstones.

    `months`: of these alone. From then on, copies that a phone sends again are turned away.
    """
    stone = tables.tombstone.c
    wanted = [stone.code == code, stone.code != ""]
    if months is not None:
        wanted.append(stone.month.in_(months))
    with store.write() as connection:
        found = connection.execute(select(stone.hash, stone.month).where(*wanted)).all()
        for row in found:
            values = {"hash": seal.withdrawn_late(row.hash), "month": row.month}
            connection.execute(upsert(connection, tables.tombstone).values(values).on_conflict_do_nothing())
            connection.execute(delete(tables.tombstone).where(stone.hash == row.hash))
    return tuple((seal.withdrawn_late(row.hash), row.month) for row in found)


def mark_withdrawn(store: Store, seal: Seal, matches: Sequence[Match]) -> tuple[Stone, ...]:
    """Remember, before anything is deleted, that these were withdrawn: tombstones, which it returns, and what is to go.

    Every local submission that goes back to the same first copy goes with them. One transaction: killed after it, the
    next run deletes what it names; killed before it, nothing happened.
    """
    stones = {seal.withdrawn(match.root_uuid): match.month for match in matches if match.root_uuid}
    with store.write() as connection:
        under_way = _ids(connection, WITHDRAWING)
        for match in matches:
            same = {match.id}
            if match.root_uuid:  # without one, a copy could not be told from another
                hash_ = seal.withdrawn(match.root_uuid)
                values = {"hash": hash_, "month": match.month}
                connection.execute(upsert(connection, tables.tombstone).values(values).on_conflict_do_nothing())
                copies = select(_submission.id).where(
                    _submission.form == match.form, _submission.root_uuid == match.root_uuid
                )
                same.update(connection.scalars(copies))
            under_way[match.form] = tuple(sorted({*under_way.get(match.form, ()), *same}))
        _keep_ids(connection, WITHDRAWING, under_way)
    return tuple(stones.items())


def withdrawn_among(store: Store, seal: Seal, roots: Mapping[int, str]) -> frozenset[int]:
    """Return those ids whose submission (its root uuid by id) was withdrawn: copies that may not be stored."""
    with store.read() as connection:
        if connection.execute(select(tables.tombstone.c.hash).limit(1)).first() is None:
            return frozenset()
        hashes = {id_: seal.withdrawn(root) for id_, root in roots.items() if root}
        known: set[str] = set()
        for some in parts(sorted(set(hashes.values()))):
            stone = tables.tombstone.c.hash
            known.update(connection.scalars(select(stone).where(stone.in_(some))))
    return frozenset(id_ for id_, hash_ in hashes.items() if hash_ in known)


def under_way(store: Store, what: str) -> dict[str, tuple[int, ...]]:
    """Return the ids by form that a note names: WITHDRAWING or RETIRING."""
    with store.read() as connection:
        return _ids(connection, what)


def begin(connection: Connection, what: str, form: str, ids: Iterable[int]) -> None:
    """Add ids to a note."""
    known = _ids(connection, what)
    known[form] = tuple(sorted({*known.get(form, ()), *ids}))
    _keep_ids(connection, what, known)


def end(connection: Connection, what: str, form: str, ids: Iterable[int]) -> None:
    """Take ids out of a note."""
    known = _ids(connection, what)
    known[form] = tuple(sorted({*known.get(form, ())} - {*ids}))
    _keep_ids(connection, what, known)


def owe_reports(connection: Connection) -> None:
    """Remember, in the transaction that deletes answers, that the team's pages and exports are to be made again."""
    connection.execute(upsert(connection, tables.meta).values(key=REPORTS_DUE, value="1").on_conflict_do_nothing())


def mark_removed(connection: Connection, form: str, ids: Collection[int]) -> None:
    """Say, before submissions are dropped from a form, that the scores they counted in must be made without them.

    Even those of a closed round. Their bytes, and the team's pages, are owed from here on.
    """
    owe_purge(connection)
    owe_reports(connection)
    closed = closed_months(connection)
    pairs = set()
    for some in _in_parts(ids):
        here = select(_submission.service, _submission.month, _submission.state).where(
            _submission.form == form, _submission.id.in_(some), _submission.late == 0
        )
        # In a closed round's score is also what went into quarantine since: it was accepted when the round was closed.
        pairs |= {
            (row.service, row.month) for row in connection.execute(here) if row.state == ACCEPTED or row.month in closed
        }
    mark_stale(connection, pairs, removed=True)


def erase(connection: Connection, form: str, ids: Collection[int], *, right: bool = True) -> None:
    """Remove all that is kept of these submissions.

    `right`: a woman or the server wants them gone, so that scores are made without them. Otherwise their time is over,
    and what they were counted in stays.
    """
    if _with_content(connection, form, ids):
        if right:
            mark_removed(connection, form, ids)
        owe_purge(connection)
    roots = _linked_roots(connection, form, ids)
    for some in _in_parts(ids):
        for table in (tables.submission, *_BESIDE):
            connection.execute(delete(table).where(table.c.form == form, table.c.id.in_(some)))
    _unlink(connection, form, roots)


def retire(connection: Connection, form: str, ids: Collection[int], *, right: bool) -> None:
    """Empty what is kept of these submissions; of those that are here, the ids alone stay, since the server has them.

    When a status was set stays too: the server counts it. `right` as in `erase`.
    """
    content = _with_content(connection, form, ids)
    if not content:
        return
    if right:
        mark_removed(connection, form, content)
    owe_purge(connection)
    roots = _linked_roots(connection, form, content)
    for some in _in_parts(content):
        here = _submission.form == form, _submission.id.in_(some)
        connection.execute(update(tables.submission).where(*here).values(**_EMPTY))
        for table in _BESIDE:
            connection.execute(delete(table).where(table.c.form == form, table.c.id.in_(some)))
    _unlink(connection, form, roots)


def keep_id_only(connection: Connection, form: str, ids: Collection[int]) -> None:
    """Remember ids that the server has and that may not be stored, so that its counts fit."""
    values = [{"form": form, "id": id_, "status_at": 0, **_EMPTY} for id_ in ids]
    if values:
        connection.execute(upsert(connection, tables.submission).on_conflict_do_nothing(), values)


def retired_ids(store: Store) -> dict[str, tuple[int, ...]]:
    """Return, by form, the ids of which nothing else is kept: the server would not delete them."""
    wanted = select(_submission.form, _submission.id).where(_submission.state == RETIRED)
    found: dict[str, tuple[int, ...]] = {}
    with store.read() as connection:
        for row in connection.execute(wanted.order_by(_submission.form, _submission.id)):
            found[row.form] = (*found.get(row.form, ()), row.id)
    return found


def ids_of_months(store: Store, months: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Return, by form, the ids of all submissions of these months, whatever became of them."""
    wanted = select(_submission.form, _submission.id).where(
        _submission.month.in_(months), _submission.month != "", _submission.state != RETIRED
    )
    found: dict[str, list[int]] = {}
    with store.read() as connection:
        for row in connection.execute(wanted.order_by(_submission.form, _submission.id)):
            found.setdefault(row.form, []).append(row.id)
    return {form: tuple(ids) for form, ids in found.items()}


_EMPTY = {
    "uuid": "",
    "root_uuid": "",
    "version": "",
    "status": "",
    "state": RETIRED,
    "month": "",
    "service": "",
    "code": "",
    "late": 0,
    "document": None,
}


def _with_content(connection: Connection, form: str, ids: Collection[int]) -> list[int]:
    """Return those of the ids of which more than the id is kept here."""
    found: list[int] = []
    for some in _in_parts(ids):
        wanted = select(_submission.id).where(
            _submission.form == form, _submission.id.in_(some), _submission.state != RETIRED
        )
        found += connection.scalars(wanted)
    return found


def _linked_roots(connection: Connection, form: str, ids: Collection[int]) -> list[str]:
    """Return the root uuids of those of these submissions of which it was decided which service they are about."""
    found: set[str] = set()
    both = (_submission.form == tables.service_link.c.form) & (_submission.root_uuid == tables.service_link.c.root_uuid)
    for some in _in_parts(ids):
        wanted = select(_submission.root_uuid).join(tables.service_link, both)
        found.update(connection.scalars(wanted.where(_submission.form == form, _submission.id.in_(some))))
    return sorted(found)


def _unlink(connection: Connection, form: str, roots: Sequence[str]) -> None:
    """Forget which service submissions were about of which no copy is left."""
    link = tables.service_link.c
    for some in parts(roots):
        left = select(_submission.root_uuid).where(_submission.form == form, _submission.root_uuid.in_(some))
        gone = set(some) - set(connection.scalars(left))
        connection.execute(delete(tables.service_link).where(link.form == form, link.root_uuid.in_(sorted(gone))))


def _in_parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    yield from parts(sorted(ids))


def _ids(connection: Connection, key: str) -> dict[str, tuple[int, ...]]:
    text = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == key))
    return {form: tuple(ids) for form, ids in orjson.loads(text or "{}").items()}


def _keep_ids(connection: Connection, key: str, ids: Mapping[str, Collection[int]]) -> None:
    left = {form: sorted(some) for form, some in ids.items() if some}
    if not left:
        connection.execute(delete(tables.meta).where(tables.meta.c.key == key))
        return
    values = {"value": orjson.dumps(left).decode()}
    statement = upsert(connection, tables.meta).values(key=key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))
