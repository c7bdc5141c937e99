"""Public releases, frozen and remembered, and the queries that the wall needs: what counts in a closed round."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import insert, select

from kobo_sync.scoring.release_model import Remembered, read_release
from kobo_sync.store import tables
from kobo_sync.store.scores import NOT_APPROVED
from kobo_sync.store.store import ACCEPTED, Store

_submission = tables.submission.c


@dataclass(frozen=True, slots=True)
class Counted:
    """One submission that counts in a round."""

    form: str
    version: str
    service: str
    root_uuid: str
    uuid: str
    document: dict[str, Any]


def releases(store: Store) -> tuple[Remembered, ...]:
    """Return all releases that were ever made, by round and number."""
    table = tables.release
    with store.read() as connection:
        found = connection.execute(select(table).order_by(table.c.round, table.c.number)).all()
    return tuple(Remembered(read_release(row.content), orjson.loads(row.bases)) for row in found)


def save_release(store: Store, made: Remembered, made_at: float) -> None:
    """Keep a release for ever; `made_at` in seconds since 1970.

    Raises StoreError when there is one of that round and number already.
    """
    with store.write(submissions=False) as connection:
        connection.execute(
            insert(tables.release).values(
                round=made.release.round,
                number=made.release.number,
                made_at=made_at,
                content=made.release.data,
                bases=orjson.dumps(made.bases, option=orjson.OPT_SORT_KEYS).decode(),
            )
        )


def closed_details(store: Store, round_: str) -> dict[str, Any] | None:
    """Return what was kept of a closed round (versions, `months`, `retired` and so on), None while it is open."""
    table = tables.closed_round
    with store.read() as connection:
        text = connection.scalar(select(table.c.details).where(table.c.name == round_))
    return None if text is None else {**orjson.loads(text)}


def counted(
    store: Store, forms: Collection[str], months: Sequence[str], *, not_approved: bool = False
) -> Iterator[Counted]:
    """Yield the submissions of these forms and months that count, by form and id, one at a time.

    They are those that `scores.documents` gives the scores: accepted, not marked "not approved" (unless
    `not_approved`), and not too late.
    """
    with store.read() as connection:
        found = connection.execute(
            select(
                _submission.form,
                _submission.version,
                _submission.service,
                _submission.root_uuid,
                _submission.uuid,
                _submission.document,
            )
            .where(
                _submission.form.in_(forms),
                _submission.month.in_(months),
                _submission.state == ACCEPTED,
                _submission.late == 0,
                *([] if not_approved else [_submission.status != NOT_APPROVED]),
            )
            .order_by(_submission.form, _submission.id)
        )
        for row in found:
            yield Counted(row.form, row.version, row.service, row.root_uuid, row.uuid, orjson.loads(row.document))
