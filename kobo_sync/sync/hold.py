"""Write-back: what waits in quarantine is marked "on hold" in KoboToolbox, where people look. Only when asked for.

Never over a person: only a submission that has no status at all is marked, and a mark is taken back, once quarantine
lets go, only while it is still exactly ours: same status, same account, same moment. Somebody who clears our mark has
decided; it is not set again. The server knows no "only if unchanged", so the status is read just before each write.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kobo_sync.kobo.assets import who_am_i
from kobo_sync.kobo.errors import NotAllowed, NotFound, Refused
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import IDS_A_REQUEST, NARROW, Raw, by_ids
from kobo_sync.store.holds import Hold, drop_holds, holds, keep_holds, over, unmarked
from kobo_sync.store.replica import Restated, restate
from kobo_sync.store.store import Store
from kobo_sync.sync.record import status_of, status_time

log = logging.getLogger(__name__)

ON_HOLD = "validation_status_on_hold"  # a word that the server does not know would clear the status, and answer 200


def hold(session: KoboSession, store: Store, form: str, asset: str, *, now: int, wanted: bool) -> int:
    """Mark what newly waits (if `wanted`), take back what waits no more; returns how many statuses were written.

    `now`: the server's time when the run began, in seconds since 1970. Nothing is asked of the server when there is
    nothing to do. Raises KoboError and StoreError; where the account may not do it, a warning is logged.
    """
    waiting = unmarked(store, form) if wanted else []
    unsure = [one.id for one in holds(store, form) if not one.set_at]
    done = over(store, form)
    if not (waiting or unsure or done):
        return 0
    marks = _Marks(session, store, form, asset, now, who_am_i(session))
    try:
        marks.learn(unsure)
        written = marks.take_back([one for one in holds(store, form) if one.id in set(done)])
        for start in range(0, len(waiting), IDS_A_REQUEST):
            written += marks.set(waiting[start : start + IDS_A_REQUEST])
    except NotAllowed:
        log.warning(
            "%s: this account may not set validation statuses on the server, so nothing is marked “on hold” there. Ask "
            "the owner of the form for the permission “Validate submissions”, or set mark_on_hold = false.",
            form,
        )
        return 0
    return written


@dataclass(frozen=True, slots=True)
class _Marks:
    """Our marks on one form; `who` is the account that sets them."""

    session: KoboSession
    store: Store
    form: str
    asset: str
    now: int
    who: str

    def set(self, ids: Sequence[int]) -> int:
        """Mark those that have no status at all; returns how many."""
        free = [raw["_id"] for raw in self._read(ids) if not raw.get("_validation_status")]
        if not free:
            return 0
        # Remembered before it is written: killed in between, it is known to be ours all the same.
        keep_holds(self.store, self.form, [Hold(id_, self.now, 0) for id_ in free])
        try:
            self._write(free)
        except NotAllowed:
            drop_holds(self.store, self.form, free)
            raise
        return self.learn(free)

    def _write(self, ids: Sequence[int]) -> None:
        """Mark them all; where one that was deleted this moment refuses the lot, one by one."""
        body = {"payload": {"submission_ids": list(ids), "validation_status.uid": ON_HOLD}}
        try:
            self.session.send("PATCH", f"{self._data}/validation_statuses/", body=body)
        except Refused:
            for id_ in ids:
                with suppress(NotFound):
                    self.session.send("PATCH", self._status(id_), body={"validation_status.uid": ON_HOLD})

    def learn(self, ids: Sequence[int]) -> int:
        """Learn when the server set our marks; what is not ours is forgotten. Returns how many are."""
        if not ids:
            return 0
        asked = {one.id: one.asked_at for one in holds(self.store, self.form)}
        read = list(self._read(ids))
        ours = [
            Hold(raw["_id"], asked[raw["_id"]], status_time(raw))
            for raw in read
            if self._is_ours(raw) and status_time(raw) >= asked[raw["_id"]]
        ]
        keep_holds(self.store, self.form, ours)
        drop_holds(self.store, self.form, sorted(set(ids) - {one.id for one in ours}))
        restate(self.store, self.form, [Restated(raw["_id"], status_of(raw), status_time(raw)) for raw in read])
        return len(ours)

    def take_back(self, done: Sequence[Hold]) -> int:
        """Take back the marks of what waits no more, where they are still ours; returns how many."""
        ours = {one.id: one.set_at for one in done}
        written = 0
        for raw in self._read(sorted(ours)):
            id_ = raw["_id"]
            if self._is_ours(raw) and status_time(raw) == ours[id_]:
                with suppress(NotFound):
                    self.session.send("DELETE", self._status(id_))
                restate(self.store, self.form, [Restated(id_, "", 0)])
                written += 1
            drop_holds(self.store, self.form, [id_])
        drop_holds(self.store, self.form, sorted(ours))  # those that are gone on the server, too
        return written

    def _is_ours(self, raw: Raw) -> bool:
        status = raw.get("_validation_status")
        return status_of(raw) == ON_HOLD and isinstance(status, dict) and status.get("by_whom") == self.who

    def _read(self, ids: Sequence[int]) -> Iterable[Raw]:
        for page in by_ids(self.session, self.asset, ids, fields=NARROW):
            yield from page.rows

    @property
    def _data(self) -> str:
        return f"/api/v2/assets/{self.asset}/data"

    def _status(self, id_: int) -> str:
        return f"{self._data}/{id_}/validation_status/"
