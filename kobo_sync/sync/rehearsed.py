"""The mark of a test submission: how every sync, of any workspace, knows one, and turns it away.

The mark is the beginning of the submission's own id (instanceID), which a phone makes and nobody types. It travels with
the submission and stays through edits (as the root uuid), so nothing has to be remembered here: whenever a rehearsal is
killed, and whichever workspace reads on, a test submission is deleted on the server and never kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from kobo_sync.errors import KoboSyncError
from kobo_sync.kobo.deletions import delete_submissions, still_there
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import listing

# "test", twice, as near as hexadecimal digits come to it, and once more after the 4 that such ids have there. That the
# id of a real interview, which is random, begins so happens once in 10^18.
MARK = "7e577e57-7e57-4e57-"
_ALL = 2**62  # an id above all others


def marked_identity() -> str:
    """Return a new id for a test submission, as a phone writes it: "uuid:7e577e57-7e57-4e57-…"."""
    return f"uuid:{MARK}{str(uuid.uuid4())[len(MARK) :]}"


def is_marked(root_uuid: str) -> bool:
    """Whether a submission with this root uuid is a test."""
    return root_uuid.lower().startswith(MARK)


def marked_on_server(session: KoboSession, asset: str) -> list[int]:
    """Return the numbers of the test submissions that the server has of this form, in order. Raises KoboError."""
    query = {
        "$or": [{"meta/rootUuid": {"$regex": f"^uuid:{MARK}"}}, {"_uuid": {"$regex": f"^{MARK}"}}],
    }
    return [row["_id"] for page in listing(session, asset, 0, _ALL, query=query) for row in page.rows]


def delete_marked(session: KoboSession, asset: str, ids: Collection[int] = ()) -> int:
    """Delete on the server its test submissions, those `ids` among them; returns how many it had.

    That they are gone is what the server's own count says afterwards. Raises KoboError; then some may still be there.
    """
    found = sorted({*ids, *marked_on_server(session, asset)})
    if not found:
        return 0
    delete_submissions(session, asset, found)
    if still_there(session, asset, found) or marked_on_server(session, asset):
        raise MarkedLeft(
            "Test submissions came in while they were being deleted. Run the same command again: it deletes them."
        )
    return len(found)


class MarkedLeft(KoboSyncError):
    """Test submissions may still be on the server; the next sync deletes them."""

    exit_code = 3
