"""Queries that scoring and reports need: the documents of a service, the scores, counts of a round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, or_, select

from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.serial import from_plain
from kobo_sync.store import tables
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Store

NOT_APPROVED = "validation_status_not_approved"

_submission = tables.submission.c


@dataclass(frozen=True, slots=True)
class Stored:
    """One accepted document and what is needed to score it."""

    form: str
    version: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoundCounts:
    """Submissions of a round over all services: with consent, without, and in quarantine."""

    accepted: int
    refused: int
    quarantined: int


def documents(store: Store, service: str, months: Sequence[str]) -> list[Stored]:
    """Return the accepted documents about a service in these months, in the order of form and id.

    What somebody marked as "not approved" in KoboToolbox stays out.
    """
    with store.read() as connection:
        found = connection.execute(
            select(_submission.form, _submission.version, _submission.document)
            .where(
                _submission.service == service,
                _submission.month.in_(months),
                _submission.state == ACCEPTED,
                _submission.status != NOT_APPROVED,
            )
            .order_by(_submission.form, _submission.id)
        ).all()
    return [Stored(row.form, row.version, orjson.loads(row.document)) for row in found]


def service_months(store: Store) -> list[tuple[str, str]]:
    """Return every (service, month) of which there is an accepted submission, in order."""
    with store.read() as connection:
        found = connection.execute(
            select(_submission.service, _submission.month)
            .where(_submission.state == ACCEPTED, _submission.service != "", _submission.month != "")
            .distinct()
            .order_by(_submission.service, _submission.month)
        ).all()
    return [(row.service, row.month) for row in found]


def stale_pairs(store: Store) -> list[tuple[str, str]]:
    """Return the (service, month) pairs whose answers changed since they were scored, in order."""
    with store.read() as connection:
        found = connection.execute(
            select(tables.stale.c.service, tables.stale.c.month).order_by(tables.stale.c.service, tables.stale.c.month)
        ).all()
    return [(row.service, row.month) for row in found]


def save_score(store: Store, service: str, round_: str, score: ServiceScore | None, months: Sequence[str] = ()) -> None:
    """Keep a score in place of the former one (None removes it); these months of the service are stale no more."""
    with store.write() as connection:
        connection.execute(
            delete(tables.stale).where(tables.stale.c.service == service, tables.stale.c.month.in_(months))
        )
        connection.execute(
            delete(tables.score).where(tables.score.c.service == service, tables.score.c.round == round_)
        )
        if score is not None:
            connection.execute(
                insert(tables.score).values(
                    service=service,
                    round=round_,
                    framework_version=score.framework_version,
                    result=orjson.dumps(score).decode(),
                )
            )


def forget_scores(store: Store, keep: Iterable[tuple[str, str]]) -> None:
    """Remove the scores of every (service, round) that is not among `keep`."""
    wanted = set(keep)
    with store.read() as connection:
        found = connection.execute(select(tables.score.c.service, tables.score.c.round)).all()
    for row in found:
        if (row.service, row.round) not in wanted:
            save_score(store, row.service, row.round, None)


def scores(store: Store, round_: str) -> tuple[ServiceScore, ...]:
    """Return the scores of a round, by service code."""
    with store.read() as connection:
        found = connection.scalars(
            select(tables.score.c.result).where(tables.score.c.round == round_).order_by(tables.score.c.service)
        ).all()
    return tuple(from_plain(ServiceScore, orjson.loads(text)) for text in found)


def rounds(store: Store) -> tuple[str, ...]:
    """Return the rounds that have scores, oldest first."""
    with store.read() as connection:
        return tuple(connection.scalars(select(tables.score.c.round).distinct().order_by(tables.score.c.round)))


def round_counts(store: Store, months: Sequence[str]) -> RoundCounts:
    """Count the submissions of these months; what is in quarantine for lack of a month counts too."""
    month = or_(_submission.month.in_(months), (_submission.state == QUARANTINED) & (_submission.month == ""))
    with store.read() as connection:
        found = connection.execute(
            select(_submission.state, func.count()).where(month).group_by(_submission.state)
        ).all()
    counts = {row[0]: row[1] for row in found}
    return RoundCounts(counts.get(ACCEPTED, 0), counts.get(REFUSED, 0), counts.get(QUARANTINED, 0))
