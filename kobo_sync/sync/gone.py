"""What is gone on the server goes here: found by counts, confirmed by number, deleted unless it is too much at once.

An account that lost a permission, a server half restored, or one wrong answer looks like a deletion. So more than a
tenth of the form (more than five), or more than a hundred, in a day, or the whole of a form with more than one, is
deleted only after a person has looked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import orjson

from kobo_sync.errors import RefusedForSafety
from kobo_sync.kobo.submissions import IDS_A_REQUEST, count, listing
from kobo_sync.store.replica import (
    Known,
    count_between,
    count_upto,
    delete_gone,
    held,
    known,
    known_between,
    middle_between,
)
from kobo_sync.store.store import RETIRED
from kobo_sync.sync.keep import Keeper
from kobo_sync.sync.ranges import differing

_DAY = 86400  # seconds
_FEW, _SHARE, _MANY = 5, 10, 100  # so many go without a question, or one in so many, but never more than so many


class Gone:
    """Collects what is gone on the server, and deletes it here once the whole of it is known to be plausible.

    `now` by the server's clock, in seconds since 1970: what was deleted in the day before counts with it. With `force`
    a person has looked: each part is deleted as it is found, and the day begins anew.
    """

    def __init__(self, keeper: Keeper, now: int, *, force: bool) -> None:
        self._keeper, self._now, self._force = keeper, now, force
        self._suspects: dict[int, Known] = {}
        self._ids: set[int] = set()
        self._held = held(keeper.store, keeper.form)
        self._day: list[list[int]] = [
            one for one in orjson.loads(keeper.store.note(self._note) or "[]") if abs(now - one[0]) < _DAY and not force
        ]
        top = max([self._held, *(one[2] for one in self._day)])
        self._most = max(0, min(_MANY, max(_FEW, top // _SHARE)) - sum(one[1] for one in self._day))
        if self._held > 1:
            self._most = min(self._most, self._held - 1)

    @property
    def _note(self) -> str:
        return f"gone:{self._keeper.form}"  # of the last day's deletions: when, how many, of how many

    @property
    def ids(self) -> Collection[int]:
        """What was confirmed and is still to be deleted here: a hundred at most."""
        return self._ids

    @property
    def pending(self) -> bool:
        """Whether anything was found that is not settled yet."""
        return bool(self._suspects or self._ids)

    def expect(self, number: int) -> None:
        """Say how many fewer the server has, before they are looked for. Raises RefusedForSafety when too many."""
        if not self._force and number > self._most:
            raise self._refused(f"{number} of {self._held} submissions")

    def suspect(self, missing: Iterable[Known]) -> None:
        """Note submissions that a list of the server's did not have; they are asked for by number when they are many.

        Raises RefusedForSafety, and KoboError.
        """
        self._suspects |= {one.id: one for one in missing if one.id not in self._ids}
        if len(self._suspects) >= IDS_A_REQUEST:
            self.confirm()

    def confirm(self) -> None:
        """Ask the server for what is suspected: what it has is brought up to date, what it has not is gone.

        No list's length says so, but the server's own count of these very numbers. Raises RefusedForSafety, KoboError.
        """
        suspects, self._suspects = self._suspects, {}
        there = self._keeper.ask(sorted(suspects))
        self._keeper.compare(list(there.values()), suspects)
        gone = [one for id_, one in suspects.items() if id_ not in there]
        self._delete([one.id for one in gone if one.state == RETIRED], count=False)
        self._collect([one.id for one in gone if one.state != RETIRED])

    def _collect(self, ids: list[int]) -> None:
        if self._force:
            self._delete(ids)
            return
        self._ids |= set(ids)
        if len(self._ids) > self._most:
            raise self._refused(f"more than {self._most} of {self._held} submissions")

    def delete(self) -> None:
        """Delete here what was collected, in one transaction."""
        self._delete(sorted(self._ids))
        self._ids = set()

    def _delete(self, ids: list[int], *, count: bool = True) -> None:
        if ids:
            if count and not self._force:
                self._day.append([self._now, len(ids), self._held])
            note = {self._note: orjson.dumps(self._day).decode()}
            delete_gone(self._keeper.store, self._keeper.form, ids, self._keeper.seal, notes=note)
            self._keeper.deleted(len(ids) if count else 0)

    def _refused(self, what: str) -> RefusedForSafety:
        form = self._keeper.form
        return RefusedForSafety(
            f"{form}: on the server {what} are gone that this workspace has{self._before()}. So many in a day may be a "
            "mistake, so nothing was deleted here. Look at the form in KoboToolbox (Data → Table): does it show fewer "
            "than before, and may this account see all of them? If they were deleted on purpose, run: kobo-sync sync "
            f"--force {form}"
        )

    def _before(self) -> str:
        earlier = sum(one[1] for one in self._day)
        return f", after {earlier} in the day before" if earlier else ""


def find_gone(keeper: Keeper, upto: int, gone: Gone) -> None:
    """Find by counts what is gone, or was missed, among the submissions up to `upto`: d of them in about d·log N steps.

    Raises RefusedForSafety when it is too much, and KoboError.
    """
    store, form = keeper.store, keeper.form

    def there(after: int, high: int) -> int:
        number = count(keeper.session, keeper.asset, after, high)
        if (after, high) == (0, upto):
            gone.expect(held(store, form) - number)
        return number

    def here(after: int, high: int) -> int:
        if (after, high) == (0, upto):
            return count_upto(store, form, upto)
        return count_between(store, form, after, high)

    def middle(after: int, high: int) -> int:
        return middle_between(store, form, after, high)

    for after, high in differing(0, upto, there, here, middle, small=keeper.page_size):
        for _ in walk(keeper, after, high, gone):
            pass
    gone.confirm()


def walk(keeper: Keeper, after: int, upto: int, gone: Gone) -> Iterator[int]:
    """Hold every submission in a range against the server's, a page at a time; yield up to where, after each page.

    Raises RefusedForSafety and KoboError.
    """
    store, form = keeper.store, keeper.form
    for page in listing(keeper.session, keeper.asset, after, upto, size=keeper.page_size):
        high = page.last_id if page.left > len(page.rows) else upto
        there = {row["_id"] for row in page.rows}
        keeper.compare(page.rows, known(store, form, sorted(there)))
        for here in known_between(store, form, after, high):
            gone.suspect([one for one in here.values() if one.id not in there])
        yield high
        after = high
