"""Syncing and scoring a whole workspace: the rooms put together, under one lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from kobo_sync.errors import ConfigError, LockHeld, RefusedForSafety
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.kobo.account import server_time
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import MOST
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import Store
from kobo_sync.sync.retention import finish_retention
from kobo_sync.sync.run import Outcome, sync_form
from kobo_sync.sync.scores import rescore
from kobo_sync.sync.tidy import tidy
from kobo_sync.sync.versions import Versions
from kobo_sync.sync.withdrawn import finish_withdrawals
from kobo_sync.workspace import Workspace, read_services, read_token

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a sync of the workspace did."""

    outcomes: tuple[Outcome, ...]
    quarantined: int
    scored: int


@contextmanager
def lock(workspace: Workspace) -> Iterator[None]:
    """Hold the workspace's lock. Raises LockHeld at once when another run has it."""
    from filelock import FileLock, Timeout

    path = workspace.root / ".kobo-sync.lock"
    note = workspace.root / ".kobo-sync.lock.txt"
    guard = FileLock(path, timeout=0)
    try:
        guard.acquire()
    except Timeout as error:
        holder = note.read_text(encoding="utf-8").strip() if note.is_file() else "another run"
        raise LockHeld(
            f"{holder} is at work in {workspace.root}. Nothing was done. Try again when it is through."
        ) from error
    try:
        note.write_text(f"Process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        guard.release()


def open_session(workspace: Workspace) -> KoboSession:
    """Open a session with the workspace's server. Raises ConfigError when server or token are not set."""
    server = workspace.need_server()
    return KoboSession(server, read_token(os.environ))


def sync_workspace(
    workspace: Workspace,
    forms: tuple[str, ...] = (),
    *,
    progress: Progress,
    session: KoboSession | None = None,
    force: bool = False,
    retry: bool = False,
    sweep: bool | None = None,
    page_size: int = MOST,
) -> Result:
    """Sync the named forms (all that are deployed, if none is named), score what that touched, and purge what is gone.

    `force`, `retry`, `sweep` and `page_size` as for `sync_form`. Raises ConfigError, FormError, KoboError, StoreError,
    LockHeld, and RefusedForSafety once the other forms are done; whatever is raised, kept pages stay kept.
    """
    wanted = _wanted(workspace, forms)
    framework_of(workspace)  # a broken one stops the run before it begins
    versions = versions_of(workspace)
    session = session or open_session(workspace)
    try:
        with lock(workspace), Store(workspace.store) as store:
            seal = open_seal(workspace.key_file, store)
            one = partial(
                sync_form,
                session,
                store,
                progress=progress,
                force=force,
                retry=retry,
                sweep=sweep,
                page_size=page_size,
                sweep_every=workspace.sweep_every,
            )
            outcomes: list[Outcome] = []
            refused: list[RefusedForSafety] = []
            scored = 0
            try:
                now = server_time(session)
                for form, asset in wanted.items():
                    finish_deletions(session, store, form, asset)
                    try:
                        outcomes.append(one(form, asset, versions[form], seal=seal, now=now))
                    except RefusedForSafety as error:  # the other forms are none the worse for it
                        refused.append(error)
            finally:
                # Also what came in before something broke off.
                scored = tidy(workspace, store, lambda: score_now(workspace, store))
            if refused:
                raise refused[0]
            return Result(tuple(outcomes), len(store.quarantined()), scored)
    finally:
        session.close()


def score_workspace(workspace: Workspace, *, everything: bool, progress: Progress) -> int:
    """Score what changed, or everything; returns how many service-rounds.

    Raises ConfigError, FormError, StoreError and LockHeld.
    """
    with lock(workspace), Store(workspace.store) as store:
        return score_now(workspace, store, everything=everything, progress=progress)


def score_now(
    workspace: Workspace,
    store: Store,
    *,
    everything: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Score what changed, or everything, in a store that is open under the lock; returns how many service-rounds.

    Raises ConfigError, FormError and StoreError.
    """
    return rescore(
        store,
        framework_of(workspace),
        versions_of(workspace),
        everything=everything,
        progress=progress,
        kept=lambda round_: kept_framework(workspace.rounds, round_),
    )


def finish_deletions(session: KoboSession, store: Store, form: str, asset: str) -> None:
    """Finish, before anything of a form is read, what an earlier run was about to delete. Raises KoboError."""
    finish_withdrawals(session, store, form, asset)
    finish_retention(session, store, form, asset)


def framework_of(workspace: Workspace) -> Framework:
    """Read the workspace's framework. Raises FormError."""
    return read_framework(workspace.xlsform / "framework.yaml")


def versions_of(workspace: Workspace) -> Mapping[str, Versions]:
    """Return the kept versions of each form of the workspace. Raises ConfigError when services.csv is wrong."""
    services = read_services(workspace.services_file).keys() if workspace.services_file.exists() else None
    return {form: Versions(workspace.versions, form, services) for form in workspace.forms}


def _wanted(workspace: Workspace, forms: tuple[str, ...]) -> dict[str, str]:
    unknown = [form for form in forms if form not in workspace.forms]
    if unknown:
        raise ConfigError(
            f"There is no form {unknown[0]!r} in kobo-sync.toml. It has: {', '.join(workspace.forms) or 'none yet'}."
        )
    wanted = {form: asset for form, asset in workspace.forms.items() if asset and (not forms or form in forms)}
    if not wanted:
        raise ConfigError("No form of this workspace is on the server yet. Deploy first: kobo-sync deploy")
    return wanted
