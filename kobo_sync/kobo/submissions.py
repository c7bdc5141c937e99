"""Reading submissions: pages by keyset on `_id`, which loses and repeats nothing whatever happens meanwhile.

Nothing here is concluded from how long a page is. A server says with each page how many submissions match: reading goes
on until they are all there, or, for what is new, until a page comes back empty and the server says that none match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kobo_sync.kobo.errors import NotKobo
from kobo_sync.kobo.session import KoboSession

_TOO_LARGE = 2**63  # an id that no database has
MOST = 1000  # the server gives no more a page, and clamps a larger limit without a word
IDS_A_REQUEST = 200  # longer lists make an address that servers refuse (414)
WIDE: tuple[str, ...] = ()  # all fields
NARROW = ("_id", "_uuid", "_validation_status")  # what tells whether a submission changed; 150 bytes a row

_TRIES = 3  # for an answer that contradicts itself: something was deleted while the server made it
_PAUSE = 1.0  # seconds before it is asked again

_UNASKED = (
    "The server answers with submissions that were not asked for; nothing was stored of them. Run the command again; "
    "if it stays, tell the people who run the server."
)

_CONTRADICTION = (
    "The server says that there are submissions and does not hand them out. Nothing was lost. Run the command again; "
    "if it stays, tell the people who run the server."
)

Raw = dict[str, Any]  # one submission as KoboToolbox gives it
Query = Mapping[str, Any]  # as MongoDB takes it


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

    A short page is not taken for the last one: only an empty page ends it, of which the server says that none are left.
    Raises KoboError.
    """
    while True:
        page = _settled(session, asset, {"query": {"_id": {"$gt": after}}, "sort": {"_id": 1}, "limit": size})
        if not page.rows:
            return
        if page.rows[0]["_id"] <= after:
            raise NotKobo(_UNASKED)
        yield page
        after = page.last_id


def listing(
    session: KoboSession, asset: str, after: int, upto: int, *, query: Query | None = None, size: int = MOST
) -> Iterator[Page]:
    """Yield, narrowly, the submissions with `after` < `_id` <= `upto` that match `query`, until all that match came.

    At least one page, which may be empty; the last one is known by the server's own count of what was left. So there
    are as many requests as pages, and one where nothing matches. Raises KoboError.
    """
    while True:
        wanted = {"_id": {"$gt": after, "$lte": upto}, **(query or {})}
        params = {"query": wanted, "fields": list(NARROW), "sort": {"_id": 1}, "limit": size}
        page = _settled(session, asset, params)
        if page.rows and not after < page.rows[0]["_id"] <= page.last_id <= upto:
            raise NotKobo(_UNASKED)
        yield page
        if page.left <= len(page.rows):
            return
        after = page.last_id


def count(session: KoboSession, asset: str, after: int, upto: int, *, query: Query | None = None) -> int:
    """Return how many submissions with `after` < `_id` <= `upto` match `query`. Raises KoboError."""
    wanted = {"_id": {"$gt": after, "$lte": upto}, **(query or {})}
    return _page(session, asset, {"query": wanted, "fields": ["_id"], "sort": {"_id": 1}, "limit": 1}).left


def by_ids(session: KoboSession, asset: str, ids: Sequence[int], *, fields: Sequence[str] = WIDE) -> Iterator[Page]:
    """Yield the submissions with these ids that still exist: one page for each `IDS_A_REQUEST` ids, in their order.

    Each page is whole: by the server's own count there are no more of them. Raises KoboError.
    """
    for start in range(0, len(ids), IDS_A_REQUEST):
        yield _whole(session, asset, ids[start : start + IDS_A_REQUEST], fields)


def _whole(session: KoboSession, asset: str, ids: Sequence[int], fields: Sequence[str]) -> Page:
    found: dict[int, Raw] = {}
    missing, tries = list(ids), _TRIES
    while tries:
        params: dict[str, Any] = {"query": {"_id": {"$in": missing}}, "sort": {"_id": 1}, "limit": MOST}
        page = _page(session, asset, params | ({"fields": list(fields)} if fields else {}))
        got = {row["_id"]: row for row in page.rows}
        if not got.keys() <= set(missing):
            raise NotKobo(_UNASKED)
        found |= got
        if page.left <= len(got):
            return Page([found[id_] for id_ in sorted(found)], len(found))
        missing = [id_ for id_ in missing if id_ not in got]
        if not got:
            tries -= 1
            session.pause(_PAUSE)
    raise NotKobo(_CONTRADICTION)


def _settled(session: KoboSession, asset: str, params: Mapping[str, Any]) -> Page:
    """Return a page; one that is empty although submissions match is asked for again."""
    for _ in range(_TRIES):
        page = _page(session, asset, params)
        if page.rows or page.left <= 0:
            return page
        session.pause(_PAUSE)
    raise NotKobo(_CONTRADICTION)


def _page(session: KoboSession, asset: str, params: Mapping[str, Any]) -> Page:
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
