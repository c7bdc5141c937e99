"""Reading submissions: pages by keyset on `_id`, which loses and repeats nothing whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kobo_sync.kobo.errors import NotKobo
from kobo_sync.kobo.session import KoboSession

_TOO_LARGE = 2**63  # an id that no database has
MOST = 1000  # the server gives no more a page, and clamps a larger limit without a word
IDS_A_REQUEST = 200  # longer lists make an address that servers refuse (414)

_UNASKED = (
    "The server answers with submissions that were not asked for; nothing was stored of them. Run the command again; "
    "if it stays, tell the people who run the server."
)

Raw = dict[str, Any]  # one submission as KoboToolbox gives it


@dataclass(frozen=True, slots=True)
class Page:
    """One page of submissions in the order of their ids; `left` counts those that match, this page included."""

    rows: list[Raw]
    left: int

    @property
    def last_id(self) -> int:
        """The highest id of the page."""
        last: int = self.rows[-1]["_id"]
        return last


def new_pages(session: KoboSession, asset: str, after: int, *, size: int = MOST) -> Iterator[Page]:
    """Yield the submissions with an `_id` above `after`, a page at a time, until a page comes back empty.

    A short page is not taken for the last one: only an empty page ends it. Raises KoboError.
    """
    while True:
        page = _page(session, asset, {"query": {"_id": {"$gt": after}}, "sort": {"_id": 1}, "limit": size})
        if not page.rows:
            return
        if page.rows[0]["_id"] <= after:
            raise NotKobo(_UNASKED)
        yield page
        after = page.last_id


def by_ids(session: KoboSession, asset: str, ids: Sequence[int]) -> Iterator[Page]:
    """Yield the submissions with these ids that still exist: one page for each `IDS_A_REQUEST` ids, in their order.

    Raises KoboError.
    """
    for start in range(0, len(ids), IDS_A_REQUEST):
        some = list(ids[start : start + IDS_A_REQUEST])
        page = _page(session, asset, {"query": {"_id": {"$in": some}}, "sort": {"_id": 1}, "limit": MOST})
        if not {row["_id"] for row in page.rows} <= set(some):
            raise NotKobo(_UNASKED)
        yield page


def _page(session: KoboSession, asset: str, params: dict[str, Any]) -> Page:
    answer = session.get(f"/api/v2/assets/{asset}/data/", params)
    match answer:
        case {"results": list(rows), "count": int(left)} if all(_is_submission(row) for row in rows):
            ids = [row["_id"] for row in rows]
        case _:
            raise NotKobo("The server answered something that is no page of submissions; nothing was stored.")
    if ids != sorted(set(ids)):
        raise NotKobo("The server answered a page out of order; nothing was stored of it. Run the command again.")
    return Page(rows, left)


def _is_submission(row: object) -> bool:
    # The number is what everything hangs on here, and JSON's true would pass for a 1.
    return isinstance(row, dict) and type(row.get("_id")) is int and 0 < row["_id"] < _TOO_LARGE
