"""Scoring what a run touched, and everything on demand: documents from the store in, scores back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.items import answer_sheet
from kobo_sync.scoring.model import AnswerSheet
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.scoring.service import score_service
from kobo_sync.store.closing import Closed, closed_rounds
from kobo_sync.store.scores import (
    METHOD,
    Stored,
    documents,
    forget_scores,
    method_of,
    removed_pairs,
    save_score,
    service_months,
    settle,
    stale_pairs,
)
from kobo_sync.store.store import Store
from kobo_sync.sync.versions import Versions

SCORED = ("C", "P", "O")

Frameworks = Callable[[str], Framework | None]  # the framework that a closed round was scored with, if it was kept


def rescore(
    store: Store,
    framework: Framework,
    versions: Mapping[str, Versions],
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    kept: Frameworks = lambda _round: None,
    not_approved: bool = False,
) -> int:
    """Compute and keep the scores of what changed since the last time.

    Of `everything` also when the framework changed, or whether submissions that were marked "not approved" count.

    A closed round stays as it is, whatever changes, but for one thing: where an interview that counted is gone, the
    service's score is made from what remains, by the framework that the round was closed with (`kept`). Once answers
    of the round were deleted because their time was over, not even then. Returns how many service-rounds were scored.
    Raises FormError when a kept version cannot be read, ConfigError when one is gone, StoreError.
    """
    method = method_of(framework.fingerprint, not_approved=not_approved)
    everything = everything or store.note(METHOD) != method
    changed, removed = stale_pairs(store), removed_pairs(store)
    with store.read() as connection:
        rounds = _Rounds(closed_rounds(connection), framework.round_months)
    pairs = service_months(store) + changed if everything else changed
    touched = sorted({(service, rounds.of(month)) for service, month in pairs})
    again = {(service, rounds.of(month)) for service, month in removed}
    frozen = [pair for pair in touched if rounds.stays(pair[1], gone=pair in again)]
    todo = [pair for pair in touched if pair not in set(frozen)]
    if everything:
        forget_scores(store, todo, rounds.closed)
    for service, round_ in frozen:
        settle(store, service, rounds.months(round_))
    for done, (service, round_) in enumerate(todo, 1):
        span = rounds.months(round_)
        used = (kept(round_) if round_ in rounds.closed else None) or framework
        sheets = _sheets(documents(store, service, span, not_approved=not_approved), used, versions)
        score = score_service(service, round_, used, sheets) if sheets else None
        save_score(store, service, round_, score, span, gone=(service, round_) in again)
        progress(done, len(todo))
    if everything:
        store.leave_note(METHOD, method)
    return len(todo)


@dataclass(frozen=True)
class _Rounds:
    """Which month belongs to which round: to the closed one that it was closed with, else as the framework says."""

    closed: Mapping[str, Closed]
    length: int

    @cached_property
    def _by_month(self) -> dict[str, str]:
        return {month: closed.name for closed in self.closed.values() for month in closed.months}

    def of(self, month: str) -> str:
        return self._by_month.get(month) or round_of(month, self.length)

    def months(self, round_: str) -> tuple[str, ...]:
        if round_ in self.closed:
            return self.closed[round_].months
        return tuple(month for month in months_of(round_, self.length) if month not in self._by_month)

    def stays(self, round_: str, *, gone: bool) -> bool:
        """Whether a round's scores stay as they are; `gone`: an interview that counted in one of them is gone."""
        return round_ in self.closed and (self.closed[round_].retired or not gone)


def _sheets(found: list[Stored], framework: Framework, versions: Mapping[str, Versions]) -> list[AnswerSheet]:
    codes = [indicator.code for indicator in framework.indicators]
    by_source: dict[str, list[tuple[Form, dict[str, object]]]] = {}
    for stored in found:
        kept = versions.get(stored.form)
        if kept is None:  # the form was taken out of the workspace: its answers stay, and count no more
            continue
        validator = kept.validator(stored.version)
        if validator is None:
            raise ConfigError(
                f"{kept.path(stored.version)} is gone. Accepted answers were filled in with that version and cannot be "
                "scored without it. Put the workbook back (from a backup, or from the form's page in KoboToolbox)."
            )
        if validator.form.source in SCORED:
            by_source.setdefault(validator.form.source, []).append((validator.form, stored.document))
    return [answer_sheet(source, codes, answers) for source, answers in by_source.items()]
