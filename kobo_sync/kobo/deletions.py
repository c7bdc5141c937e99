"""Deleting submissions on the server: by their numbers, never by a query; believed once the server has none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kobo_sync.kobo.errors import KoboError, NotKobo, Refused, ServerBusy, Unreachable
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import IDS_A_REQUEST, MOST

_TRIES = 3
_PAUSE = 2.0  # seconds between two tries


def still_there(session: KoboSession, asset: str, ids: Sequence[int]) -> frozenset[int]:
    """Return those of these submissions that the server still has. Raises KoboError."""
    return frozenset(id_ for some in _in_parts(ids) for id_ in _listed(session, asset, some))


def delete_submissions(session: KoboSession, asset: str, ids: Sequence[int]) -> None:
    """Delete these submissions; what is gone already is done.

    Each time it looks first what is there, so that an answer that was lost on the way does no harm. Raises NotAllowed
    when the account may not delete, NotFound when it does not see the form, and KoboError; some may be deleted by then.
    """
    for some in _in_parts(ids):
        _delete(session, asset, some)


def _delete(session: KoboSession, asset: str, ids: list[int]) -> None:
    path = f"/api/v2/assets/{asset}/data/bulk/"
    unsure: KoboError = NotKobo(
        "The server said that it deleted submissions, but it still has them. Run the same command again; if it stays, "
        "tell the people who run the server."
    )
    for number in range(_TRIES + 1):
        there = _listed(session, asset, ids)
        if not there:
            return
        if number == _TRIES:
            break
        if number:
            session.pause(_PAUSE)
        try:
            # Never a `query` nor `confirm`: an empty one means all submissions of the form.
            session.send("DELETE", path, body={"payload": {"submission_ids": there}})
        except (ServerBusy, Unreachable) as error:
            unsure = error
        except Refused as error:  # one of them went meanwhile: all or nothing
            unsure = error
            if error.status != 400:  # noqa: PLR2004 -- HTTP's "bad request"
                break
    raise unsure


def _listed(session: KoboSession, asset: str, ids: list[int]) -> list[int]:
    answer = session.get(
        f"/api/v2/assets/{asset}/data/",
        {"query": {"_id": {"$in": ids}}, "fields": ["_id"], "sort": {"_id": 1}, "limit": MOST},
    )
    match answer:
        case {"results": list(rows), "count": int(count)} if all(isinstance(row, dict) for row in rows):
            found = [row.get("_id") for row in rows]
            if count == len(found) and set(found) <= set(ids):
                return [int(id_) for id_ in found]
    raise NotKobo("The server answered something that is no list of submissions, so nothing is concluded from it.")


def _in_parts(ids: Sequence[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), IDS_A_REQUEST):
        yield ordered[start : start + IDS_A_REQUEST]
