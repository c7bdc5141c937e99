"""A woman withdraws: her interview is found by her code and deleted, on the server and here.

The code itself is held in memory alone: never written, logged, or sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from kobo_sync.errors import KoboSyncError, LockHeld
from kobo_sync.kobo.errors import KoboError
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store.rights import Match, find_by_code, mark_withdrawn
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import Progress, open_session, score_now, sync_workspace
from kobo_sync.sync.lock import lock
from kobo_sync.sync.tidy import tidy
from kobo_sync.sync.withdrawn import finish_withdrawals
from kobo_sync.workspace import Workspace

_PATIENCE = 30  # seconds that another run may hold the lock: a woman stands there and waits


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a withdrawal: submissions gone everywhere; ids by form that the server will not delete.

    `failure`: why the server could not be asked; then the content is gone here, and the next sync goes on.
    """

    deleted: int
    left: dict[str, tuple[int, ...]]
    failure: KoboError | None


def bring_up_to_date(workspace: Workspace, progress: Progress) -> KoboSyncError | None:
    """Read what the server has, so that an interview that is still on its way is found; return what hindered it.

    A withdrawal goes on with what is here, whatever is wrong elsewhere. Raises ConfigError when server or token are not
    set, and LockHeld.
    """
    session = open_session(workspace)
    try:
        sync_workspace(workspace, progress=progress, session=session)
    except LockHeld:
        raise
    except KoboSyncError as error:
        return error
    return None


def find(workspace: Workspace, code: str) -> tuple[Match, ...]:
    """Return the submissions with this withdrawal code. Raises ConfigError when the key is gone, and StoreError."""
    with Store(workspace.store) as store:
        return find_by_code(store, open_seal(workspace.key_file, store).code(code))


def interviews(matches: Sequence[Match]) -> tuple[tuple[Match, ...], ...]:
    """Put those together that are copies of one interview."""
    found: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        found.setdefault((match.form, match.root_uuid or str(match.id)), []).append(match)
    return tuple(tuple(some) for some in found.values())


def forget(workspace: Workspace, matches: Sequence[Match], *, session: KoboSession | None = None) -> Forgotten:
    """Delete these submissions: tombstones first, then the server, then here; then scores, pages and bytes.

    Killed anywhere, the next sync finishes it. Raises LockHeld when another run is at work for long, ConfigError,
    FormError and StoreError.
    """
    session = session or open_session(workspace)
    try:
        with _patient_lock(workspace, session), Store(workspace.store) as store:
            mark_withdrawn(store, open_seal(workspace.key_file, store), matches)
            deleted, failure = 0, None
            left: dict[str, tuple[int, ...]] = {}
            try:
                for form in sorted({match.form for match in matches}):
                    try:
                        finished = finish_withdrawals(session, store, form, store.asset_of(form))
                    except KoboError as error:
                        failure = error
                        continue
                    deleted += finished.deleted
                    if finished.left:
                        left[form] = finished.left
            finally:
                tidy(workspace, store, lambda: score_now(workspace, store))
        return Forgotten(deleted, left, failure)
    finally:
        session.close()


@contextmanager
def _patient_lock(workspace: Workspace, session: KoboSession) -> Iterator[None]:
    """Hold the workspace's lock; wait a little for a run that has it. Raises LockHeld when that takes long."""
    with ExitStack() as held:
        for left in range(_PATIENCE, -1, -1):
            try:
                held.enter_context(lock(workspace))
                break
            except LockHeld:
                if not left:
                    raise
                session.pause(1)
        yield
