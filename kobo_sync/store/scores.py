"""Queries that scoring and reports need: the documents of a service, the scores, counts of a round."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, or_, select

from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.serial import from_plain
from kobo_sync.store import tables
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Store

METHOD = "framework"  # the note of how the scores were made
NOT_APPROVED = "validation_status_not_approved"

_submission = tables.submission.c


@dataclass(frozen=True, slots=True)
class Stored:
    """One accepted document and what is needed to score it."""

    form: str
    version: str
    document: dict[str, Any]
    id: int = 0


@dataclass(frozen=True, slots=True)
class RoundCounts:
    """Submissions of a round over all services: with consent, without, in quarantine; `late` came after its closing."""

    accepted: int
    refused: int
    quarantined: int
    late: int = 0


def documents(
    store: Store, service: str, months: Sequence[str], *, not_approved: bool = False, late: bool = False
) -> list[Stored]:
    """Return the accepted documents about a service in these months, in the order of form and id.

    What somebody marked as "not approved" in KoboToolbox stays out (unless `not_approved`), and what came after its
    round was closed; `late` returns the latter, and only that.
    """
    without = [] if not_approved else [_submission.status != NOT_APPROVED]
    with store.read() as connection:
        found = connection.execute(
            select(_submission.form, _submission.id, _submission.version, _submission.document)
            .where(
                _submission.service == service,
                _submission.month.in_(months),
                _submission.state == ACCEPTED,
                _submission.late == int(late),
                *without,
            )
            .order_by(_submission.form, _submission.id)
        ).all()
    return [Stored(row.form, row.version, orjson.loads(row.document), row.id) for row in found]


def form_documents(store: Store, form: str, months: Sequence[str], *, not_approved: bool = False) -> Iterator[Stored]:
    """Yield the accepted documents of one form in these months, whichever service they are about, in the order of id.

    What stays out is what `documents` leaves out.
    """
    without = [] if not_approved else [_submission.status != NOT_APPROVED]
    with store.read() as connection:
        found = connection.execute(
            select(_submission.id, _submission.version, _submission.document)
            .where(
                _submission.form == form,
                _submission.month.in_(months),
                _submission.state == ACCEPTED,
                _submission.late == 0,
                *without,
            )
            .order_by(_submission.id)
        )
        for row in found:
            yield Stored(form, row.version, orjson.loads(row.document), row.id)


def has_all(store: Store, form: str, ids: Sequence[int]) -> bool:
    """Whether all these submissions of a form are still here; one that waits in quarantine is not gone."""
    there = 0
    with store.read() as connection:
        for start in range(0, len(ids), 500):
            there += (
                connection.scalar(
                    select(func.count()).where(
                        _submission.form == form,
                        _submission.id.in_(ids[start : start + 500]),
                        _submission.state.in_((ACCEPTED, QUARANTINED)),
                    )
                )
                or 0
            )
    return there == len(ids)


def service_months(store: Store, service: str = "", *, late: bool = False) -> list[tuple[str, str]]:
    """Return every (service, month), or those of one service, with an accepted submission that counts, in order.

    `late`: with one that came after its round was closed, instead.
    """
    with store.read() as connection:
        found = connection.execute(
            select(_submission.service, _submission.month)
            .where(
                _submission.state == ACCEPTED,
                _submission.late == int(late),
                _submission.service == service if service else _submission.service != "",
                _submission.month != "",
            )
            .distinct()
            .order_by(_submission.service, _submission.month)
        ).all()
    return [(row.service, row.month) for row in found]


def all_months(store: Store) -> tuple[str, ...]:
    """Return the months of which there is any submission, in order."""
    with store.read() as connection:
        return tuple(
            connection.scalars(
                select(_submission.month).where(_submission.month != "").distinct().order_by(_submission.month)
            )
        )


def stale_pairs(store: Store) -> list[tuple[str, str]]:
    """Return the (service, month) pairs whose answers changed since they were scored, in order."""
    with store.read() as connection:
        found = connection.execute(
            select(tables.stale.c.service, tables.stale.c.month).order_by(tables.stale.c.service, tables.stale.c.month)
        ).all()
    return [(row.service, row.month) for row in found]


def method_of(fingerprint: str, *, not_approved: bool) -> str:
    """Name the way that scores are made: the framework's fingerprint, and whether what was not approved counts."""
    return fingerprint + (" not approved counts" if not_approved else "")


def are_scores_due(store: Store, method: str) -> bool:
    """Whether answers or the method (`method_of`) changed since the scores were made."""
    return bool(stale_pairs(store)) or store.note(METHOD) != method


def removed_pairs(store: Store) -> frozenset[tuple[str, str]]:
    """Return those (service, month) pairs of which a submission that counted is gone since they were scored."""
    with store.read() as connection:
        found = connection.execute(
            select(tables.stale.c.service, tables.stale.c.month).where(tables.stale.c.removed == 1)
        ).all()
    return frozenset((row.service, row.month) for row in found)


def settle(store: Store, service: str, months: Sequence[str]) -> None:
    """Say that these months of a service need no new score."""
    with store.write(submissions=False) as connection:
        connection.execute(
            delete(tables.stale).where(tables.stale.c.service == service, tables.stale.c.month.in_(months))
        )


def save_score(
    store: Store,
    service: str,
    round_: str,
    score: ServiceScore | None,
    months: Sequence[str] = (),
    *,
    gone: bool = False,
) -> None:
    """Keep a score in place of the former one (None removes it); these months of the service are stale no more.

    `gone`: the former one rests on answers that were deleted, so its bytes have to leave the disk too.
    """
    with store.write(submissions=False) as connection:
        if gone:
            owe_purge(connection)
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


def forget_scores(store: Store, keep: Iterable[tuple[str, str]], rounds: Container[str] = ()) -> None:
    """Remove the scores of every (service, round) that is not among `keep`, nor in one of these rounds."""
    wanted = set(keep)
    with store.read() as connection:
        found = connection.execute(select(tables.score.c.service, tables.score.c.round)).all()
    for row in found:
        if row.round not in rounds and (row.service, row.round) not in wanted:
            save_score(store, row.service, row.round, None)


def scores(store: Store, round_: str) -> tuple[ServiceScore, ...]:
    """Return the scores of a round, by service code."""
    with store.read() as connection:
        found = connection.scalars(
            select(tables.score.c.result).where(tables.score.c.round == round_).order_by(tables.score.c.service)
        ).all()
    return tuple(from_plain(ServiceScore, orjson.loads(text)) for text in found)


def score_of(store: Store, service: str, round_: str) -> ServiceScore | None:
    """Return the score of one service in one round, None where there is none."""
    with store.read() as connection:
        text = connection.scalar(
            select(tables.score.c.result).where(tables.score.c.service == service, tables.score.c.round == round_)
        )
    return None if text is None else from_plain(ServiceScore, orjson.loads(text))


def scored_services(store: Store, round_: str) -> tuple[str, ...]:
    """Return the codes of the services that have a score in a round, in order."""
    table = tables.score.c
    with store.read() as connection:
        return tuple(connection.scalars(select(table.service).where(table.round == round_).order_by(table.service)))


def waiting_services(store: Store, round_: str) -> int:
    """Return of how many services in a round a substantiated flag waits for its review, as their scores have it."""
    with store.read() as connection:
        found = connection.scalars(select(tables.score.c.result).where(tables.score.c.round == round_))
        return sum(bool(orjson.loads(text).get("waiting")) for text in found)


def rounds(store: Store) -> tuple[str, ...]:
    """Return the rounds that have scores, oldest first."""
    with store.read() as connection:
        return tuple(connection.scalars(select(tables.score.c.round).distinct().order_by(tables.score.c.round)))


def round_counts(store: Store, months: Sequence[str]) -> RoundCounts:
    """Count the submissions of these months; what is in quarantine for lack of a month counts too.

    One with consent that came after its round was closed is late, and counts nowhere else.
    """
    month = or_(_submission.month.in_(months), (_submission.state == QUARANTINED) & (_submission.month == ""))
    late = (_submission.late == 1) & (_submission.state == ACCEPTED)
    with store.read() as connection:
        found = connection.execute(
            select(_submission.state, late.label("late"), func.count()).where(month).group_by(_submission.state, late)
        ).all()
    counts = {(row[0], bool(row[1])): int(row[2]) for row in found}
    return RoundCounts(
        accepted=counts.get((ACCEPTED, False), 0),
        refused=counts.get((REFUSED, False), 0),
        quarantined=counts.get((QUARANTINED, False), 0),
        late=counts.get((ACCEPTED, True), 0),
    )
