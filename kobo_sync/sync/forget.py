"""A woman withdraws: her interview is found by her code and deleted, on the server and here.

The code itself is held in memory alone: never written, logged, or sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from kobo_sync.errors import KoboSyncError, LockHeld
from kobo_sync.kobo.deletions import still_there
from kobo_sync.kobo.errors import KoboError
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store.purge import purge_due
from kobo_sync.store.rights import (
    REPORTS_DUE,
    WITHDRAWING,
    Match,
    Stone,
    find_by_code,
    mark_withdrawn,
    under_way,
    withdraw_deleted,
)
from kobo_sync.store.scores import stale_pairs
from kobo_sync.store.seal import open_seal
from kobo_sync.store.second_copy import keep
from kobo_sync.store.store import Store, StoreError
from kobo_sync.sync.all_forms import Progress, open_session, score_now, sync_workspace
from kobo_sync.sync.lock import lock
from kobo_sync.sync.retention import left_there
from kobo_sync.sync.tidy import tidy
from kobo_sync.sync.withdrawn import finish_withdrawals
from kobo_sync.workspace import Workspace

SCORES, PAGES, BYTES = "scores", "pages", "bytes"
"""What a deletion owes: scores without it, the team's pages made again, its bytes off the disk."""

_PATIENCE = 30  # seconds that another run may hold the lock: a woman stands there and waits


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a withdrawal: submissions gone everywhere; ids by form that the server will not delete.

    `failure`: why the server could not be asked, or not be told apart; the next sync goes on. `here`: whether her
    answers are gone here. `trouble`: what hindered anything here, with what is `owed` because of it: SCORES, PAGES,
    BYTES. Noted is all of it: the next sync goes on.
    """

    deleted: int
    left: dict[str, tuple[int, ...]]
    failure: KoboError | None
    here: bool = True
    trouble: KoboSyncError | None = None
    owed: tuple[str, ...] = ()


def bring_up_to_date(workspace: Workspace, progress: Progress) -> KoboSyncError | None:
    """Read what the server has, so that an interview that is still on its way is found; return what hindered it.

    A withdrawal goes on with what is here, whatever is wrong elsewhere. Raises ConfigError when server or token are not
    set, and LockHeld when another run is at work for long.
    """
    for left in range(_PATIENCE, -1, -1):
        session = open_session(workspace)
        try:
            sync_workspace(workspace, progress=progress, session=session)
        except LockHeld:
            if not left:
                raise
            session.pause(1)
        except KoboSyncError as error:
            return error
        else:
            break
    return None


def find(workspace: Workspace, code: str, before: Sequence[Match] = ()) -> tuple[Match, ...]:
    """Return the submissions with this withdrawal code, `before` as for `find_by_code`.

    Raises ConfigError when the key is gone, and StoreError.
    """
    with Store(workspace.store) as store:
        return find_by_code(store, open_seal(workspace.key_file, store).code(code), before)


def turn_away_later(workspace: Workspace, code: str, months: Collection[str] | None = None) -> int:
    """Withdraw what was deleted on the server before she asked; returns how many submissions with her code that were.

    `months`: those of these months alone. Nothing is left of them to be deleted, but what a phone sends again from now
    on is turned away. Raises ConfigError when the key is gone, and StoreError.
    """
    with Store(workspace.store) as store:
        seal = open_seal(workspace.key_file, store)
        stones = withdraw_deleted(store, seal, seal.code(code), months)
        keep(workspace.key_file, stones)
    return len(stones)


def too_old(workspace: Workspace) -> dict[str, tuple[int, ...]]:
    """Return, by form, submissions that the server still has and of which nothing but the id is kept here."""
    with Store(workspace.store) as store:
        return dict(left_there(store).old)


def interviews(matches: Sequence[Match]) -> tuple[tuple[Match, ...], ...]:
    """Put those together that are copies of one interview."""
    found: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        found.setdefault((match.form, match.root_uuid or str(match.id)), []).append(match)
    return tuple(tuple(some) for some in found.values())


def forget(workspace: Workspace, matches: Sequence[Match], *, session: KoboSession | None = None) -> Forgotten:
    """Delete these submissions: tombstones first, then the server, then here; then scores, pages and bytes.

    Once it is noted that she withdrew, whatever goes wrong is told and not raised, and the next sync goes on; so it
    does after a kill, anywhere. Raises, with nothing done, LockHeld when another run is at work for long, ConfigError
    and StoreError.
    """
    session = session or open_session(workspace)
    try:
        with _patient_lock(workspace, session), Store(workspace.store) as store:
            stones = mark_withdrawn(store, open_seal(workspace.key_file, store), matches)
            done = Forgotten(0, {}, None, trouble=_kept(workspace, stones))
            try:
                for form in sorted({match.form for match in matches}):
                    done = _one_form(session, store, form, done)
            finally:
                trouble = _tidied(workspace, store)
            return replace(done, trouble=done.trouble or trouble, owed=_owed(store))
    finally:
        session.close()


def _one_form(session: KoboSession, store: Store, form: str, done: Forgotten) -> Forgotten:
    """Delete on the server and here what was withdrawn of a form; returns what was done with this added."""
    asset, ids = "", tuple[int, ...]()
    try:
        asset, ids = store.asset_of(form), under_way(store, WITHDRAWING).get(form, ())
        finished = finish_withdrawals(session, store, form, asset)
    except KoboError as error:
        return replace(done, failure=error)
    except StoreError as error:  # a full disk, another program: did the server delete it by then?
        done = replace(done, here=False, trouble=error)
        try:
            there = still_there(session, asset, ids) if ids else frozenset()
        except KoboError as unknown:
            return replace(done, failure=unknown)
        return replace(done, left=done.left | {form: tuple(sorted(there))}) if there else done
    left = done.left | {form: finished.left} if finished.left else done.left
    return replace(done, deleted=done.deleted + finished.deleted, left=left)


def _kept(workspace: Workspace, stones: Sequence[Stone]) -> KoboSyncError | None:
    """Keep the second copy of the tombstones; return what hindered it."""
    try:
        keep(workspace.key_file, stones)
    except KoboSyncError as error:
        return error
    return None


def _tidied(workspace: Workspace, store: Store) -> KoboSyncError | None:
    """Do what a deletion owes; return what hindered it."""
    try:
        tidy(workspace, store, lambda: score_now(workspace, store))
    except KoboSyncError as error:
        return error
    except OSError as error:
        return KoboSyncError(f"A file could not be read or written ({error.strerror or type(error).__name__}).")
    return None


def _owed(store: Store) -> tuple[str, ...]:
    """Return what is still owed; all of it where the store cannot even be read."""
    try:
        due = {SCORES: bool(stale_pairs(store)), PAGES: bool(store.note(REPORTS_DUE)), BYTES: purge_due(store)}
    except StoreError:
        return SCORES, PAGES, BYTES
    return tuple(what for what, owed in due.items() if owed)


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
