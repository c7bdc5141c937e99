"""Judging again, now, what somebody has mended: all that waits, or a few submissions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kobo_sync.errors import UserError
from kobo_sync.kobo.account import server_time
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of, open_session, score_now, versions_of
from kobo_sync.sync.hold import hold
from kobo_sync.sync.keep import Keeper
from kobo_sync.sync.lock import lock
from kobo_sync.sync.tidy import tidy
from kobo_sync.workspace import Workspace


def retry(
    workspace: Workspace, ids: Collection[int] = (), *, session: KoboSession | None = None
) -> Mapping[str, tuple[int, int]]:
    """Judge these submissions again (all that wait, if none is named); returns (looked at, released) by form.

    What is gone on the server is left for the next sync to find. Raises UserError when one of them is not in
    quarantine, ConfigError, FormError, KoboError, StoreError and LockHeld.
    """
    session = session or open_session(workspace)
    try:
        with lock(workspace), Store(workspace.store) as store:
            waiting = _waiting(store, ids)
            framework, versions = framework_of(workspace), versions_of(workspace)
            seal = open_seal(workspace.key_file, store)
            done: dict[str, tuple[int, int]] = {}
            try:
                now = server_time(session)
                for form, some in waiting.items():
                    asset = workspace.forms.get(form, "")
                    if not asset:  # taken out of the workspace: nobody to ask
                        continue
                    keeper = Keeper(session, store, form, asset, versions[form], seal)
                    keeper.read_again(some)
                    done[form] = (len(some), keeper.counts().released)
                    hold(session, store, form, asset, now=now, wanted=workspace.mark_on_hold)
            finally:
                tidy(workspace, store, lambda: score_now(workspace, store, framework))
            return done
    finally:
        session.close()


def _waiting(store: Store, ids: Collection[int]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for form, id_, _ in store.quarantined():
        if not ids or id_ in ids:
            found.setdefault(form, []).append(id_)
    unknown = set(ids) - {id_ for some in found.values() for id_ in some}
    if unknown:
        raise UserError(f"Submission {min(unknown)} is not in quarantine. What is: kobo-sync quarantine list")
    return found
