"""What the safety focal point decided about red flags (3.6): one row a decision, read back as the scoring takes it."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from kobo_sync.scoring.flags import RESOLVED, REVIEWED, Review
from kobo_sync.store import tables
from kobo_sync.store.store import Store, mark_stale

_decision = tables.flag_review.c


def reviews(store: Store, service: str, round_: str) -> dict[str, Review]:
    """Return what was decided about a service's flags in a round, by indicator; the last decision holds."""
    with store.read() as connection:
        found = connection.execute(
            select(tables.flag_review)
            .where(_decision.service == service, _decision.round == round_)
            .order_by(_decision.indicator, _decision.number)
        ).all()
    told: dict[str, Review] = {}
    for row in found:
        before = told.get(row.indicator)
        if row.state == REVIEWED:  # a flag that became worse and was looked at anew is no longer resolved
            told[row.indicator] = Review(row.indicator, row.decided_on, "", row.reason, row.what)
        elif before is not None:
            told[row.indicator] = Review(
                row.indicator, before.reviewed_on, row.decided_on, row.reason or before.reason, before.what
            )
    return told


def decide(store: Store, service: str, round_: str, review: Review, *, months: tuple[str, ...]) -> None:
    """Keep a decision: a resolution where `review.resolved_on` says when, else a review.

    `months` of the round, whose scores are to be made anew; none where they are frozen.
    """
    with store.write() as connection:
        last = connection.scalar(
            select(func.max(_decision.number)).where(
                _decision.service == service, _decision.round == round_, _decision.indicator == review.indicator
            )
        )
        connection.execute(
            insert(tables.flag_review).values(
                service=service,
                round=round_,
                indicator=review.indicator,
                number=(last or 0) + 1,
                state=RESOLVED if review.resolved_on else REVIEWED,
                decided_on=review.resolved_on or review.reviewed_on,
                what=review.what,
                reason=review.reason,
            )
        )
        mark_stale(connection, {(service, month) for month in months[-1:]})
