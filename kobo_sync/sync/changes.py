"""What changed among the submissions that are known: edits, validation statuses set or cleared, late lower numbers.

KoboToolbox tells no time of change. But an edited submission names its former self for ever, a status has the time when
it was set, and a submission the time when it came; one list of all these, narrow, is held against what is known here. A
status that was cleared leaves nothing behind, except that one fewer is counted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from kobo_sync.kobo.submissions import count, listing
from kobo_sync.store.replica import Known, count_between, count_upto, known, known_between, middle_between
from kobo_sync.sync.keep import Keeper
from kobo_sync.sync.ranges import differing

MARGIN = 600  # seconds: how much later than its own time a change may become visible, and clocks may disagree

_STATED = {"_validation_status.timestamp": {"$gt": 0}}


def look(keeper: Keeper, since: int, upto: int) -> None:
    """Take over what was edited, given a status or came in late, among the submissions with a number up to `upto`.

    `since`: when the last look began, by the server's clock, in seconds since 1970. Edits are found however old they
    are: whatever was ever edited is listed, and its uuid, which every edit changes, held against the known one. A
    lower number can become visible after a higher one: what came in since is held against what is known, too, so that
    one that was missed and one that is gone cannot hide each other in a count. Raises KoboError.
    """
    query = _maybe_changed(max(since - MARGIN, 0))
    for page in listing(keeper.session, keeper.asset, 0, upto, query=query, size=keeper.page_size):
        keeper.compare(page.rows, known(keeper.store, keeper.form, [row["_id"] for row in page.rows]))


def _maybe_changed(since: int) -> dict[str, Any]:
    day = datetime.fromtimestamp(since, UTC)
    return {
        "$or": [
            {"meta/deprecatedID": {"$exists": True}},
            {"_validation_status.timestamp": {"$gt": since}},
            {"_submission_time": {"$gte": f"{day:%Y-%m-%dT%H:%M:%S}"}},
        ]
    }


def look_for_cleared(keeper: Keeper, upto: int, without: Collection[int]) -> None:
    """Take over that statuses were cleared, found by counting those that have one; `without` what is gone, as is known.

    One question when nothing was cleared. Raises KoboError.
    """
    store, form = keeper.store, keeper.form

    def there(after: int, high: int) -> int:
        return count(keeper.session, keeper.asset, after, high, query=_STATED)

    def here(after: int, high: int) -> int:
        if (after, high) == (0, upto) and not without:
            return count_upto(store, form, upto, with_status=True)
        return count_between(store, form, after, high, with_status=True, without=without)

    def middle(after: int, high: int) -> int:
        return middle_between(store, form, after, high, with_status=True)

    for after, high in differing(0, upto, there, here, middle, small=keeper.page_size):
        _hold_statuses(keeper, after, high, without)


def _hold_statuses(keeper: Keeper, after: int, upto: int, without: Collection[int]) -> None:
    """Hold those with a status in a range against the server's; what its list lacks is asked for by number."""
    store, form = keeper.store, keeper.form
    for page in listing(keeper.session, keeper.asset, after, upto, query=_STATED, size=keeper.page_size):
        high = page.last_id if page.left > len(page.rows) else upto
        there = {row["_id"] for row in page.rows}
        keeper.compare(page.rows, known(store, form, sorted(there)))
        for here in known_between(store, form, after, high, with_status=True):
            _ask(keeper, {id_: one for id_, one in here.items() if id_ not in there and id_ not in without})
        after = high


def _ask(keeper: Keeper, here: dict[int, Known]) -> None:
    keeper.compare(list(keeper.ask(sorted(here)).values()), here)
