"""What every deletion owes: scores without it, the team's pages made again, its bytes off the disk."""

from __future__ import annotations

from collections.abc import Callable

from kobo_sync.errors import KoboSyncError
from kobo_sync.report.refresh import refresh_reports
from kobo_sync.store.purge import purge
from kobo_sync.store.rights import TIDY_ERROR
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace


def tidy(workspace: Workspace, store: Store, score: Callable[[], int]) -> int:
    """Score what changed (`score`), make the team's pages again where that is due, remove the bytes of what is gone.

    The bytes go even when something before fails. Returns what `score` returned. Raises FormError, ConfigError and
    StoreError; what is still due then is done by the next run, and `status` tells the kind of the error until then.
    """
    outcome = "failed"
    try:
        try:
            scored = score()
            refresh_reports(workspace, store)
        finally:
            purge(store)
        outcome = ""
    except KoboSyncError as error:
        outcome = type(error).__name__
        raise
    finally:
        if outcome or store.note(TIDY_ERROR):
            store.leave_note(TIDY_ERROR, outcome)
    return scored
