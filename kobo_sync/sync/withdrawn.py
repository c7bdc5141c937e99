"""Withdrawn interviews: deleting them on the server and here, and turning away the copies that phones send again.

What was withdrawn is noted (store/rights.py) before the server is asked, so whatever breaks off, the next run goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from kobo_sync.kobo.deletions import delete_submissions
from kobo_sync.kobo.errors import OF_ONE_FORM, KoboError, NotAllowed, NotFound, ServerBusy
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store.rights import WITHDRAWING, begin, end, erase, keep_id_only, retire, under_way
from kobo_sync.store.store import Store

log = logging.getLogger(__name__)

COPIES = "copies of withdrawn submissions were sent again"
TESTS = "test submissions of a rehearsal were found"


class WithdrawalOpen(KoboError):
    """The server did not delete what a woman withdrew; the rest of the run went on."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How many withdrawn submissions of a form are gone, and the ids of those that the server will not delete."""

    deleted: int = 0
    left: tuple[int, ...] = ()


def finish_withdrawals(session: KoboSession, store: Store, form: str, asset: str) -> Finished:
    """Delete on the server, then here, what was withdrawn and is not gone yet; nothing is asked when there is none.

    Where the account may not delete, only ids stay here, and each run tries again. Raises KoboError when the server
    cannot be asked or will not do it; here the content is gone even so, and the next run goes on.
    Scores, bytes and pages are owed afterwards (sync/tidy.py).
    """
    ids = under_way(store, WITHDRAWING).get(form, ())
    if not ids:
        return Finished()
    left: Collection[int] = ids
    failure: KoboError | None = None
    try:
        left = delete_again(session, asset, ids)
    except KoboError as error:
        failure = error
    gone = set(ids) - set(left)
    with store.write() as connection:
        erase(connection, form, gone)
        retire(connection, form, left, right=True)
        end(connection, WITHDRAWING, form, gone)
    if failure is not None:
        raise failure
    if left:
        log.warning(
            "%s: the server still has %d withdrawn submissions, since this account may not delete there. See: "
            "kobo-sync retention",
            form,
            len(left),
        )
    return Finished(len(gone), tuple(sorted(left)))


def delete_again(session: KoboSession, asset: str, ids: Collection[int]) -> frozenset[int]:
    """Delete on the server submissions that may not be stored; return those that it keeps, as the account may not.

    Raises KoboError when the server cannot be asked.
    """
    try:
        delete_submissions(session, asset, sorted(ids))
    except (NotAllowed, NotFound):
        return frozenset(ids)
    return frozenset()


def turn_away(
    session: KoboSession, store: Store, form: str, asset: str, ids: Collection[int], *, what: str = COPIES
) -> KoboError | None:
    """Deal with what may not be stored (`what` says it in the log): deleted on the server, never kept here.

    That is copies of withdrawn interviews that a phone sent again, and tests that a rehearsal left. Of one that the
    server does not delete, the id stays here, so that counts fit, and each run tries again. Returns
    what is to be said at the end of the run where that is more than that the account may not.
    """
    failure: KoboError | None = None
    left: Collection[int] = ids
    try:
        left = delete_again(session, asset, ids)
    except (*OF_ONE_FORM, ServerBusy) as error:
        failure = still_open(form, error)
    if not left:
        log.info("%s: %d %s, and are deleted", form, len(ids), what)
        return None
    with store.write() as connection:
        keep_id_only(connection, form, left)
        begin(connection, WITHDRAWING, form, left)
    log.warning(
        "%s: %d %s, and %s. They are not stored here. See: kobo-sync retention",
        form,
        len(left),
        what,
        "the server did not delete them" if failure else "this account may not delete them on the server",
    )
    return failure


def still_open(form: str, failure: KoboError) -> KoboError:
    """Say which form's withdrawal the server did not carry out."""
    return WithdrawalOpen(
        f"{form}: a withdrawal is still open. Nothing of it is kept here, but the server still has it: {failure} The "
        "next kobo-sync sync tries again; or delete it in KoboToolbox (Data → Table). Its numbers: kobo-sync retention"
    )
