"""The server's clock, by which it stamps submissions and validation statuses."""

from __future__ import annotations

from datetime import UTC, datetime

from kobo_sync.kobo.errors import NotFound, NotKobo
from kobo_sync.kobo.session import KoboSession


def server_time(session: KoboSession) -> int:
    """Return what time it is on the server, in seconds since 1970. Raises KoboError.

    This computer's own clock may be wrong, and what is compared with the answer was stamped over there.
    """
    try:
        answer = session.get("/me/")
    except NotFound as error:
        raise _no_kobo(session) from error
    told = answer.get("server_time") if isinstance(answer, dict) else None
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _no_kobo(session)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _no_kobo(session: KoboSession) -> NotKobo:
    return NotKobo(
        f"{session.url} does not tell its time, as KoboToolbox does; nothing was read. Put the address that you see in "
        "the browser after logging in to KoboToolbox into kobo-sync.toml as server.url."
    )
