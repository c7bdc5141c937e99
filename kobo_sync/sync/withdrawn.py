"""A woman withdrew, and a phone sends her interview again: it is deleted on the server, too."""

from __future__ import annotations

from collections.abc import Sequence

from kobo_sync.kobo.errors import NotAllowed, NotFound
from kobo_sync.kobo.session import KoboSession


def delete_again(session: KoboSession, asset: str, ids: Sequence[int]) -> list[int]:
    """Delete these submissions on the server; return those that this account may not delete. Raises KoboError."""
    kept: list[int] = []
    for id_ in ids:
        try:
            session.send("DELETE", f"/api/v2/assets/{asset}/data/{id_}/")
        except NotFound:  # somebody else was faster
            continue
        except NotAllowed:
            kept.append(id_)
    return kept
