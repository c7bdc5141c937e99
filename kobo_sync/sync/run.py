"""One run for one form, at the end of which the store is what the server has.

What is new is read by keyset, judged, and kept a page at a time with its watermark; what changed is found by narrow
lists and by counts (changes, gone), and now and then by a full sweep. Killed anywhere, the next run goes on after the
last page that was kept whole, and ends in the same state.

A submission may change while a run looks. What a question came too early for, the same question finds in the next run:
every one is asked again from when this run began, by the server's clock, less a margin. And this run looks only at
numbers up to the highest it has read: what is above is new to the next one.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kobo_sync.errors import ConfigError, KoboSyncError
from kobo_sync.kobo.account import server_time
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import MOST, new_pages
from kobo_sync.store.replica import begin, count_between, looked, start_over
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import RunCounts, Store
from kobo_sync.sync.again import judge_again
from kobo_sync.sync.changes import look, look_for_cleared
from kobo_sync.sync.gone import Gone, find_gone
from kobo_sync.sync.keep import Keeper
from kobo_sync.sync.sweep import DAY, is_due, over
from kobo_sync.sync.sweep import sweep as full_sweep
from kobo_sync.sync.versions import Versions

log = logging.getLogger(__name__)

_OBJECTS = 50_000  # new ones, after which Python looks
Progress = Callable[[int, int], None]  # (submissions read, submissions to read in all)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of one form did."""

    form: str
    counts: RunCounts

    @property
    def released(self) -> int:
        """How many left quarantine."""
        return self.counts.released


@dataclass(frozen=True, slots=True)
class _Wish:
    force: bool
    retry: bool
    sweep: bool | None
    sweep_every: int


def sync_form(
    session: KoboSession,
    store: Store,
    form: str,
    asset: str,
    versions: Versions,
    *,
    seal: Seal,
    progress: Progress = lambda _done, _total: None,
    page_size: int = MOST,
    now: int | None = None,
    force: bool = False,
    retry: bool = False,
    sweep: bool | None = None,
    sweep_every: int = DAY,
) -> Outcome:
    """Bring the store to what the server has.

    `now` is what time it is on the server, in seconds since 1970; asked for if left out. `force`: a person has looked,
    delete here whatever is gone on the server. `retry`: judge again what is in quarantine, though nothing changed.
    `sweep`: True for a full sweep, False for none, None for one when the last is `sweep_every` seconds ago.

    Raises ConfigError when the store's submissions came from another asset, FormError when a kept version cannot be
    read, RefusedForSafety when more is gone on the server than is plausible, KoboError and StoreError; whatever is
    raised, what was kept before is kept, and of what is gone nothing was deleted unless by `force`.
    """
    _same_asset(store, form, asset)
    keeper = Keeper(session, store, form, asset, versions, seal, page_size)
    started, outcome = time.time(), "failed"
    try:
        _run(
            keeper,
            server_time(session) if now is None else now,
            _Wish(force, retry, sweep, sweep_every),
            progress,
        )
        outcome = "done"
    except KoboSyncError as error:
        outcome = type(error).__name__
        raise
    finally:
        store.save_run(form, started, time.time(), outcome, keeper.counts())
    return Outcome(form, keeper.counts())


def _run(keeper: Keeper, now: int, wish: _Wish, progress: Progress) -> None:
    store, form = keeper.store, keeper.form
    mark = begin(store, form, keeper.asset, now)
    judge_again(keeper, retry=wish.retry)
    top, done = mark.last_id, 0
    with _rarely_tidied():
        for page in new_pages(keeper.session, keeper.asset, top, size=keeper.page_size):
            keeper.keep(page.rows, page.last_id)
            top = page.last_id
            done += len(page.rows)
            progress(done, max(done, done - len(page.rows) + page.left))
            log.info("%s: %d submissions read", form, done)
    began = None
    if top:  # without a single number that was ever read there is nothing to hold against anything
        look(keeper, min(mark.looked_at, now), top)
        gone = Gone(keeper, now, force=wish.force)
        find_gone(keeper, top, gone)
        look_for_cleared(keeper, top, gone.ids)
        due = is_due(store, form, mark, now, wish.sweep_every) if wish.sweep is None else wish.sweep
        if due:
            began = full_sweep(keeper, top, now, gone, anew=wish.sweep is True)
        gone.delete()
    looked(store, form, now, swept_at=began)
    if began is not None:
        over(store, form)
    if keeper.trouble:  # all else went through
        raise keeper.trouble[0]


@contextmanager
def _rarely_tidied() -> Iterator[None]:
    """Let Python look for rings of objects once a page or so, not fifty times: a tenth of the time of a page."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _same_asset(store: Store, form: str, asset: str) -> None:
    before = store.asset_of(form)
    if not before or before == asset:
        return
    if count_between(store, form, 0, 2**63 - 1):
        raise ConfigError(
            f"The store holds submissions of the form {form!r} from the project {before}, but kobo-sync.toml now "
            f"names {asset}. Mixing two projects would spoil both. Put the former id back, or give the new project a "
            "form name of its own."
        )
    start_over(store, form)
