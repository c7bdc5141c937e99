"""Syncing and scoring a whole workspace: the rooms put together, under one lock."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from kobo_sync.errors import ConfigError, KoboSyncError, RefusedForSafety
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.instrument.schema import MONTH
from kobo_sync.kobo.account import server_time
from kobo_sync.kobo.errors import OF_ONE_FORM, ServerBusy
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import MOST
from kobo_sync.logs import event
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.store.rights import RETIRING, WITHDRAWING, under_way
from kobo_sync.store.scores import removed_pairs
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import RunCounts, Store
from kobo_sync.sync.figures import mend_figures, owe_figures
from kobo_sync.sync.hold import hold
from kobo_sync.sync.lock import lock
from kobo_sync.sync.retention import due_sentence, finish_retention
from kobo_sync.sync.rounds import today
from kobo_sync.sync.run import Outcome, sync_form
from kobo_sync.sync.scores import Spread, rescore, rounds_of
from kobo_sync.sync.tidy import tidy
from kobo_sync.sync.versions import Versions
from kobo_sync.sync.watch import Stopped
from kobo_sync.sync.withdrawn import WithdrawalOpen, finish_withdrawals, still_open
from kobo_sync.workspace import CONFIG, Workspace, read_services, read_token

log = logging.getLogger(__name__)

PROCESSES, SPARK = ENGINES = "processes", "spark"  # that share the services to be scored

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a sync of the workspace did."""

    outcomes: tuple[Outcome, ...]
    quarantined: int
    scored: int


def open_session(
    workspace: Workspace,
    *,
    sleep: Callable[[float], None] = time.sleep,
    before: Callable[[], None] = lambda: None,
) -> KoboSession:
    """Open a session with the workspace's server; `sleep` and `before` as it knows them.

    Raises ConfigError when server or token are not set.
    """
    server = workspace.need_server()
    return KoboSession(server, read_token(os.environ), sleep=sleep, before=before)


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
    say_too_old: bool = True,
) -> Result:
    """Sync the named forms (all that are deployed, if none is named), score what that touched, and purge what is gone.

    `force`, `retry`, `sweep` and `page_size` as for `sync_form`; `say_too_old`: whether to log what is too old to be
    kept. Raises ConfigError, FormError, KoboError, StoreError, LockHeld; whatever is raised, kept pages stay kept. What
    concerns one form alone (RefusedForSafety, it is not to be seen, a withdrawal that the server does not carry out) is
    raised once the other forms are done.
    """
    wanted = wanted_forms(workspace, forms)
    framework = framework_of(workspace)  # a broken one stops the run before it begins
    versions = versions_of(workspace)
    session = session or open_session(workspace)
    try:
        with lock(workspace, wanted) as held, Store(workspace.store) as store:
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
            failed: list[KoboSyncError] = []
            scored, stopped = 0, False
            try:
                with _noted(store, wanted):
                    now = server_time(session)
                for form in filter(held.covers, unfinished(store)):  # all of them, whichever forms are wanted
                    try:
                        with _noted(store, [form]):
                            finish_deletions(session, store, form, store.asset_of(form))
                    except (WithdrawalOpen, *OF_ONE_FORM, ServerBusy) as error:
                        failed.append(error)  # ids alone stay; what the server has is followed all the same
                for form, asset in wanted.items():
                    began = time.monotonic()
                    try:
                        outcome = one(form, asset, versions[form], seal=seal, now=now)
                        outcomes.append(outcome)
                        hold(session, store, form, asset, now=now, wanted=workspace.mark_on_hold)
                    except (RefusedForSafety, WithdrawalOpen, *OF_ONE_FORM) as error:
                        failed.append(error)  # the other forms are none the worse for it
                        continue
                    _log(store, outcome, time.monotonic() - began)
            except Stopped:
                stopped = True
                raise
            finally:
                # Also what came in before something broke off; who wants to stop need not wait for it.
                with held.alone():
                    scored = tidy(workspace, store, lambda: 0 if stopped else score_now(workspace, store, framework))
            if say_too_old:
                _say_what_is_too_old(workspace, store)
            for other in failed[1:]:
                log.warning("%s", other)
            if failed:
                raise failed[0]
            return Result(tuple(outcomes), len(store.quarantined()), scored)
    finally:
        session.close()


def _say_what_is_too_old(workspace: Workspace, store: Store) -> None:
    sentence = due_sentence(store, workspace.raw_retention_months, today())
    if sentence:
        log.warning("%s", sentence)


@contextmanager
def _noted(store: Store, forms: Iterable[str]) -> Iterator[None]:
    """Remember, of a run that breaks off before a form is read, that it did: `status` tells it."""
    started = time.time()
    try:
        yield
    except KoboSyncError as error:
        for form in forms:
            store.save_run(form, started, time.time(), type(error).__name__, RunCounts())
        raise


def _log(store: Store, outcome: Outcome, seconds: float) -> None:
    waiting = store.quarantine_size(outcome.form)
    event(
        log,
        f"{outcome.form}: done in {seconds:.0f} s, {outcome.counts.read} new, {waiting} in quarantine",
        form=outcome.form,
        outcome="done",
        seconds=seconds,
        counts=asdict(outcome.counts) | {"waiting": waiting},
    )


def score_workspace(
    workspace: Workspace, *, everything: bool, progress: Progress, workers: int = 1, engine: str = PROCESSES
) -> int:
    """Score what changed, or everything, by so many processes of this machine or of Spark; returns how many.

    Raises ConfigError, FormError, StoreError and LockHeld.
    """
    with lock(workspace), Store(workspace.store) as store:
        spread = _spread(workers, engine)
        return score_now(workspace, store, everything=everything, progress=progress, spread=spread)


def _spread(workers: int, engine: str) -> Spread | None:
    if engine == SPARK:
        from kobo_sync.sync.score_spark import spread as by_spark

        return partial(by_spark, workers=workers)
    if workers > 1:
        from kobo_sync.sync.score_workers import spread

        return partial(spread, workers=workers)
    return None


def score_now(
    workspace: Workspace,
    store: Store,
    framework: Framework | None = None,
    *,
    everything: bool = False,
    progress: Progress = lambda _done, _total: None,
    spread: Spread | None = None,
) -> int:
    """Score what changed, or everything, in a store that is open under the lock; returns how many service-rounds.

    `framework` where it was read already. Raises ConfigError, FormError and StoreError.
    """
    framework, versions = framework or framework_of(workspace), versions_of(workspace)
    rounds = rounds_of(store, framework)
    removed = {(service, rounds.of(month)) for service, month in removed_pairs(store)}
    owe_figures(store, {(service, round_) for service, round_ in removed if round_ in rounds.closed})
    count = rescore(
        store,
        framework,
        versions,
        everything=everything,
        progress=progress,
        kept=partial(kept_framework, workspace.rounds),
        not_approved=workspace.not_approved_counts,
        spread=spread,
    )
    mend_figures(workspace, store, framework, versions)
    return count


def unfinished(store: Store) -> list[str]:
    """Return the forms of which an earlier run was about to delete something."""
    return sorted({*under_way(store, WITHDRAWING), *under_way(store, RETIRING)})


def finish_deletions(session: KoboSession, store: Store, form: str, asset: str) -> None:
    """Finish, before anything of a form is read, what an earlier run was about to delete. Raises KoboError."""
    try:
        finished = finish_withdrawals(session, store, form, asset)
    except (*OF_ONE_FORM, ServerBusy) as error:
        raise still_open(form, error) from error
    if finished.deleted:
        log.info(
            "%s: finished a withdrawal that an earlier run began: %d submissions are deleted there and here now",
            form,
            finished.deleted,
        )
    finish_retention(session, store, form, asset)


def framework_of(workspace: Workspace) -> Framework:
    """Read the workspace's framework. Raises FormError."""
    return read_framework(workspace.xlsform / "framework.yaml")


def versions_of(workspace: Workspace) -> Mapping[str, Versions]:
    """Return the kept versions of each form of the workspace.

    Raises ConfigError when services.csv or the first round is wrong, FormError when the framework is.
    """
    services = read_services(workspace.services_file).keys() if workspace.services_file.exists() else None
    first = first_month_of(workspace)
    return {form: Versions(workspace.versions, form, services, first) for form in workspace.forms}


def first_month_of(workspace: Workspace) -> str:
    """Return the first month of the first round, "" where none is set.

    Raises ConfigError when there is no round of that name, FormError when the framework cannot be read.
    """
    name = workspace.first_round
    if not name:
        return ""
    length = framework_of(workspace).round_months
    months = months_of(name, length)
    try:
        fits = round_of(months[0], length) == name and re.fullmatch(MONTH, months[0])
    except ValueError:
        fits = None
    if not fits:
        raise ConfigError(
            f"{workspace.root / CONFIG}: first_round: {name} is no round of {length} months, as the framework has "
            f"them; one of them is {round_of('2026-01', length)}."
        )
    return months[0]


def wanted_forms(workspace: Workspace, forms: tuple[str, ...]) -> dict[str, str]:
    """Return the asset of each named form, or of each that is deployed. Raises ConfigError when there is none."""
    unknown = [form for form in forms if form not in workspace.forms]
    if unknown:
        raise ConfigError(
            f"There is no form {unknown[0]!r} in kobo-sync.toml. It has: {', '.join(workspace.forms) or 'none yet'}."
        )
    wanted = {form: asset for form, asset in workspace.forms.items() if asset and (not forms or form in forms)}
    if not wanted:
        raise ConfigError("No form of this workspace is on the server yet. Deploy first: kobo-sync deploy")
    return wanted
