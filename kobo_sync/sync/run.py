"""One run for one form: what is new is read by keyset, judged, and kept a page at a time with its watermark.

Killed anywhere, the next run goes on after the last page that was kept whole.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kobo_sync.errors import ConfigError, KoboSyncError
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import IDS_A_REQUEST, MOST, Page, by_ids, new_pages
from kobo_sync.store.rights import withdrawn_among
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, RunCounts, Store
from kobo_sync.sync.judge import judge
from kobo_sync.sync.versions import Versions
from kobo_sync.sync.withdrawn import turn_away

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # (submissions read, submissions to read in all)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of one form did; `released` counts what left quarantine."""

    form: str
    counts: RunCounts
    released: int


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
) -> Outcome:
    """Bring the store up to what the server has that is new, and judge again what is in quarantine.

    Raises ConfigError when the store's submissions came from another asset, FormError when a kept version cannot be
    read, KoboError and StoreError; whatever is raised, the pages before it are kept.
    """
    _same_asset(store, form, asset)
    run = _Run(store, form, asset, versions, seal)
    started, outcome = time.time(), "failed"
    try:
        run.judge_again(session)
        after = store.watermark(form, asset)
        done = 0
        for page in new_pages(session, asset, after, size=page_size):
            run.keep(session, page.rows, page.last_id)
            done += len(page.rows)
            progress(done, max(done, done - len(page.rows) + page.left))
            log.info("%s: %d submissions read", form, done)
        outcome = "done"
    except KoboSyncError as error:
        outcome = type(error).__name__
        raise
    finally:
        store.save_run(form, started, time.time(), outcome, run.counts())
    return Outcome(form, run.counts(), run.released)


class _Run:
    """The state of one run: what it kept so far."""

    def __init__(self, store: Store, form: str, asset: str, versions: Versions, seal: Seal) -> None:
        self.store, self.form, self.asset, self.versions, self.seal = store, form, asset, versions, seal
        self.states: Counter[str] = Counter()
        self.released = 0

    def keep(self, session: KoboSession, raws: Iterable[dict[str, object]], last_id: int) -> None:
        rows = [judge(raw, self.versions, self.seal) for raw in raws]
        again = withdrawn_among(self.store, self.seal, {row.id: row.root_uuid for row in rows})
        if again:
            turn_away(session, self.store, self.form, self.asset, again)
            rows = [row for row in rows if row.id not in again]
        self.store.save_page(self.form, self.asset, rows, last_id)
        self.states.update(row.state for row in rows)

    def judge_again(self, session: KoboSession) -> None:
        """Read anew what is in quarantine: form, schema or submission may have been mended since."""
        waiting = [id_ for _, id_, _ in self.store.quarantined(self.form)]
        asked = [waiting[start : start + IDS_A_REQUEST] for start in range(0, len(waiting), IDS_A_REQUEST)]
        pages: Iterable[Page] = by_ids(session, self.asset, waiting)
        for ids, page in zip(asked, pages, strict=True):
            rows = [judge(raw, self.versions, self.seal) for raw in page.rows]
            self.store.save_page(self.form, self.asset, rows, None)
            log.info("%s: %d submissions in quarantine looked at again", self.form, len(ids))
            self.released += sum(row.state != QUARANTINED for row in rows)
            if page.left == len(page.rows):  # the server says itself that these are all that it has of them
                self.store.forget(self.form, set(ids) - {row.id for row in rows})

    def counts(self) -> RunCounts:
        return RunCounts(
            read=self.states.total(),
            accepted=self.states[ACCEPTED],
            refused=self.states[REFUSED],
            quarantined=self.states[QUARANTINED],
        )


def _same_asset(store: Store, form: str, asset: str) -> None:
    before = store.asset_of(form)
    if before and before != asset:
        raise ConfigError(
            f"The store holds submissions of the form {form!r} from the project {before}, but kobo-sync.toml now "
            f"names {asset}. Mixing two projects would spoil both. Put the former id back, or give the new project a "
            "form name of its own."
        )
