"""What a run keeps: submissions are judged and stored a page at a time, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kobo_sync.kobo.errors import KoboError
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import MOST, NARROW, Raw, by_ids
from kobo_sync.store.replica import Known, Restated, known, restate
from kobo_sync.store.rights import mark_removed, withdrawn_among
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, RETIRED, Row, RunCounts, Store
from kobo_sync.sync.judge import judge
from kobo_sync.sync.links import as_linked
from kobo_sync.sync.record import status_of, status_time, system_fields
from kobo_sync.sync.rehearsed import is_marked
from kobo_sync.sync.versions import Versions
from kobo_sync.sync.withdrawn import COPIES, TESTS, turn_away


@dataclass(slots=True)
class Keeper:
    """One run of one form: where it reads from, where it keeps, and what it did so far.

    `page_size`: submissions a request, and so many of them here are looked at one by one; fewer in tests. `trouble`:
    what the server would not do, though the run goes on.
    """

    session: KoboSession
    store: Store
    form: str
    asset: str
    versions: Versions
    seal: Seal
    page_size: int = MOST
    trouble: list[KoboError] = field(default_factory=list)
    _states: Counter[str] = field(default_factory=Counter)
    _changes: Counter[str] = field(default_factory=Counter)

    def keep(self, raws: Iterable[Raw], last_id: int | None, *, notes: dict[str, str] | None = None) -> None:
        """Judge a page of whole submissions and keep it in one transaction, with the watermark (None: leave that)."""
        rows = self._without_withdrawn([judge(raw, self.versions, self.seal) for raw in raws])
        rows = as_linked(self.store, self.seal, self.versions, rows)
        before = known(self.store, self.form, [row.id for row in rows])
        rows = [row for row in rows if row.id not in before or before[row.id].state != RETIRED]
        no_longer = [
            row.id for row in rows if row.state == REFUSED and row.id in before and before[row.id].state != REFUSED
        ]
        if no_longer:  # her consent was taken back by an edit: as good as a deletion, even for a closed round
            with self.store.write() as connection:
                mark_removed(connection, self.form, no_longer)
        self.store.save_page(self.form, self.asset, rows, last_id, notes=notes, seal=self.seal)
        for row in rows:
            self._count(row, before.get(row.id))

    def _without_withdrawn(self, rows: list[Row]) -> list[Row]:
        """Delete on the server what comes again of women who withdrew, and tests, before the page is kept.

        Killed in between, the next run meets them again.
        """
        again = withdrawn_among(self.store, self.seal, {row.id: row.root_uuid for row in rows})
        tests = frozenset(row.id for row in rows if is_marked(row.root_uuid))
        for ids, what in ((again - tests, COPIES), (tests, TESTS)):
            if not ids:
                continue
            failure = turn_away(self.session, self.store, self.form, self.asset, ids, what=what)
            if failure is not None:
                self.trouble.append(failure)
        return [row for row in rows if row.id not in again | tests]

    def _count(self, row: Row, before: Known | None) -> None:
        if before is None:
            self._states[row.state] += 1
            return
        if before.uuid != row.uuid:
            self._changes["edited"] += 1
        if before.state == QUARANTINED != row.state:
            self._changes["released"] += 1

    def compare(self, page: Sequence[Raw], here: dict[int, Known]) -> None:
        """Bring submissions of a narrow page up to date: `here` is what is known of them.

        What is not known or was edited is read whole; of the rest, a status that changed is taken over.
        """
        read: list[int] = []
        restated: list[Restated] = []
        for raw in page:
            id_, now = raw["_id"], Restated(raw["_id"], status_of(raw), status_time(raw))
            before = here.get(id_)
            if before is not None and before.state == RETIRED:
                now = Restated(id_, "", now.status_at)
            elif before is None or before.uuid != self.seal.name(system_fields(raw)["_uuid"]):
                read.append(id_)
                continue
            if (before.status, before.status_at) != (now.status, now.status_at):
                restated.append(now)
        restate(self.store, self.form, restated)
        self._changes["restated"] += sum(here[one.id].state != RETIRED for one in restated)
        self.read_again(read)

    def ask(self, ids: Sequence[int]) -> dict[int, Raw]:
        """Return, narrowly, those of these submissions that the server still has, by number."""
        pages = by_ids(self.session, self.asset, ids, fields=NARROW)
        return {row["_id"]: row for page in pages for row in page.rows}

    def read_again(self, ids: Sequence[int]) -> None:
        """Read these submissions whole and keep them as they are now; what is gone meanwhile is left as it was."""
        for found in by_ids(self.session, self.asset, ids):
            self.keep(found.rows, None)

    def deleted(self, number: int) -> None:
        """Count submissions that were deleted here."""
        self._changes["deleted"] += number

    def counts(self) -> RunCounts:
        """Return what the run did so far."""
        return RunCounts(
            read=self._states.total(),
            accepted=self._states[ACCEPTED],
            refused=self._states[REFUSED],
            quarantined=self._states[QUARANTINED],
            **self._changes,
        )
