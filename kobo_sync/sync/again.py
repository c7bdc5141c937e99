"""Quarantine lets go by itself: what waits is judged again once what it is judged by has changed."""

from __future__ import annotations

from kobo_sync.kobo.submissions import IDS_A_REQUEST, by_ids
from kobo_sync.store.replica import waiting
from kobo_sync.store.store import QUARANTINED
from kobo_sync.sync.keep import Keeper


def judge_again(keeper: Keeper, *, retry: bool) -> None:
    """Read anew what is in quarantine, if the kept versions, services.csv or the rules changed since (or to `retry`).

    Otherwise nothing is asked: a submission that was itself mended shows as edited. Killed on the way, the next run
    goes on after the last page. What is gone is left for the counts to find. Raises FormError, KoboError, StoreError.
    """
    store, form = keeper.store, keeper.form
    done, on_the_way, now = f"judged:{form}", f"judging:{form}", keeper.versions.fingerprint()
    if store.note(done) == now and not retry:
        return
    before, _, reached = store.note(on_the_way).partition(" ")
    after = int(reached) if before == now and not retry else 0
    while ids := waiting(store, form, QUARANTINED, after, IDS_A_REQUEST):
        after = ids[-1]
        for page in by_ids(keeper.session, keeper.asset, ids):
            keeper.keep(page.rows, None, notes={on_the_way: f"{now} {after}"})
    store.leave_note(done, now)
    store.take_note(on_the_way)
