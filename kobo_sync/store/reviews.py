"""What the safety focal point decided about red flags (3.6): one row a decision, read back as the scoring takes it.

Her reason is a person's words: read in the inbox alone, and gone with the answers that it was about.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, func, insert, select, update

from kobo_sync.scoring.flags import RESOLVED, REVIEWED, Review
from kobo_sync.store import tables
from kobo_sync.store.engines import upsert
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.rights import REPORTS_DUE
from kobo_sync.store.store import Store, mark_stale

_decision = tables.flag_review.c


def reviews(store: Store, service: str, round_: str, *, late: bool = False) -> dict[str, Review]:
    """Return what was decided about a service's flags in a round, by indicator; the last decision holds.

    `late`: with what was decided after the round was closed. It enters no score, and is seen in the inbox.
    """
    with store.read() as connection:
        found = connection.execute(
            select(tables.flag_review)
            .where(_decision.service == service, _decision.round == round_, _decision.late <= int(late))
            .order_by(_decision.indicator, _decision.number)
        ).all()
    told: dict[str, Review] = {}
    for row in found:
        before = told.get(row.indicator)
        if row.state == REVIEWED:  # a flag that became worse and was looked at anew is no longer resolved
            told[row.indicator] = Review(row.indicator, row.decided_on, "", row.reason, row.what)
        elif before is not None:
            told[row.indicator] = Review(row.indicator, before.reviewed_on, row.decided_on, row.reason, before.what)
    return told


def decide(store: Store, service: str, round_: str, review: Review, *, months: tuple[str, ...]) -> None:
    """Keep a decision: a resolution where `review.resolved_on` says when, else a review.

    `months` of the round, whose scores and pages are to be made anew, in the same transaction; none where the round is
    closed: then the decision is late, and moves nothing.
    """
    with store.write(submissions=False) as connection:
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
                late=0 if months else 1,
            )
        )
        if months:
            mark_stale(connection, {(service, months[-1])})
            connection.execute(
                upsert(connection, tables.meta).values(key=REPORTS_DUE, value="1").on_conflict_do_nothing()
            )


def forget_reviews(connection: Connection, round_: str, service: str | None = None, keep: Collection[str] = ()) -> None:
    """Remove what was decided about a service's flags in a round, or about those of all services, since answers went.

    Of the indicators in `keep`, whose flags are still there, the decisions stay, and the reasons go: they may be about
    her who withdrew.
    """
    here = [_decision.round == round_, *([] if service is None else [_decision.service == service])]
    gone = connection.execute(delete(tables.flag_review).where(*here, _decision.indicator.not_in(sorted(keep))))
    emptied = connection.execute(
        update(tables.flag_review).where(*here, _decision.reason != "").values(reason="")  # what is kept, that is
    )
    if gone.rowcount or emptied.rowcount:
        owe_purge(connection)
