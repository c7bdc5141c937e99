"""Scoring what a run touched, and everything on demand: documents from the store in, scores back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.flags import REPORTED, FlagSheet, find_flags
from kobo_sync.scoring.items import lay_out
from kobo_sync.scoring.model import AnswerSheet, ServiceScore
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.scoring.service import score_service
from kobo_sync.store.closing import Closed, closed_rounds
from kobo_sync.store.reviews import forget_reviews, reviews
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

Pair = tuple[str, str]  # a service's code and a round
Frameworks = Callable[[str], Framework | None]  # the framework that a closed round was scored with, if it was kept
Spread = Callable[["Scorer", Sequence[Pair]], Iterator[tuple[Pair, ServiceScore | None]]]


def rescore(
    store: Store,
    framework: Framework,
    versions: Mapping[str, Versions],
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    kept: Frameworks = lambda _round: None,
    not_approved: bool = False,
    spread: Spread | None = None,
) -> int:
    """Compute and keep the scores of what changed since the last time.

    Of `everything` also when the framework changed, or whether submissions that were marked "not approved" count.

    A closed round stays as it is, whatever changes, but for one thing: where an interview that counted is gone, the
    service's score is made from what remains, by the framework that the round was closed with (`kept`). Once answers
    of the round were deleted because their time was over, not even then. Returns how many service-rounds were scored.
    `spread`: what shares the services among processes or machines; without it, this process scores them all. Raises
    FormError when a kept version cannot be read, ConfigError when one is gone, StoreError.
    """
    method = method_of(framework.fingerprint, not_approved=not_approved)
    everything = everything or store.note(METHOD) != method
    changed, removed = stale_pairs(store), removed_pairs(store)
    rounds = rounds_of(store, framework)
    pairs = service_months(store) + changed if everything else changed
    touched = sorted({(service, rounds.of(month)) for service, month in pairs})
    again = {(service, rounds.of(month)) for service, month in removed}
    frozen = [pair for pair in touched if rounds.stays(pair[1], gone=pair in again)]
    todo = [pair for pair in touched if pair not in set(frozen)]
    if everything:
        forget_scores(store, todo, rounds.closed)
    for service, round_ in frozen:
        settle(store, service, rounds.months(round_))
    scorer = Scorer(store, framework, versions, rounds, kept, not_approved=not_approved)
    for done, (pair, score) in enumerate(_scored(scorer, todo, again, spread), 1):
        save_score(store, *pair, score, rounds.months(pair[1]), gone=pair in again)
        progress(done, len(todo))
    if everything:
        store.leave_note(METHOD, method)
    return len(todo)


def _scored(
    scorer: Scorer, todo: Sequence[Pair], again: Collection[Pair], spread: Spread | None
) -> Iterator[tuple[Pair, ServiceScore | None]]:
    """Yield each pair with its score; where decisions go with an answer, this process makes it."""
    yield from ((pair, scorer.score(*pair, forget=True)) for pair in todo if pair in again)
    rest = [pair for pair in todo if pair not in again]
    yield from spread(scorer, rest) if spread else ((pair, scorer.score(*pair)) for pair in rest)


@dataclass(frozen=True)
class Scorer:
    """Makes scores from what the store holds: the same wherever it runs."""

    store: Store
    framework: Framework
    versions: Mapping[str, Versions]
    rounds: Rounds
    kept: Frameworks
    not_approved: bool = False

    @cached_property
    def _kept(self) -> Frameworks:
        return cache(self.kept)  # reading one takes longer than scoring a service with it

    def score(self, service: str, round_: str, *, forget: bool = False) -> ServiceScore | None:
        """Score one service in one round, None where nobody said anything that counts.

        `forget`: an answer is gone, and decisions about flags that rested on it go first. Raises as `rescore`.
        """
        used = (self._kept(round_) if round_ in self.rounds.closed else None) or self.framework
        found = documents(self.store, service, self.rounds.months(round_), not_approved=self.not_approved)
        sheets, flags = lay_out(used, by_source(found, self.versions))
        if forget:
            _forget_reasons(self.store, service, round_, used, flags)
        if not sheets:
            return None
        decided = reviews(self.store, service, round_)
        return score_service(service, round_, used, sheets, flag_sheets=flags, reviews=decided)


def _forget_reasons(store: Store, service: str, round_: str, framework: Framework, flags: list[FlagSheet]) -> None:
    """Remove, since an answer is gone, the decisions about flags that are no more, and the reasons of the others."""
    keep = {flag.indicator for flag in find_flags(framework, flags) if flag.state != REPORTED}
    with store.write(submissions=False) as connection:
        forget_reviews(connection, round_, service, keep)


@dataclass(frozen=True)
class Rounds:
    """Which month belongs to which round: to the closed one that it was closed with, else as the framework says."""

    closed: Mapping[str, Closed]
    length: int

    @cached_property
    def _by_month(self) -> dict[str, str]:
        return {month: closed.name for closed in self.closed.values() for month in closed.months}

    def of(self, month: str) -> str:
        """Return the round that a month belongs to."""
        return self._by_month.get(month) or round_of(month, self.length)

    def months(self, round_: str) -> tuple[str, ...]:
        """Return the months of a round, those left out that belong to a closed one of another length."""
        if round_ in self.closed:
            return self.closed[round_].months
        return tuple(month for month in months_of(round_, self.length) if month not in self._by_month)

    def stays(self, round_: str, *, gone: bool) -> bool:
        """Whether a round's scores stay as they are; `gone`: an interview that counted in one of them is gone."""
        return round_ in self.closed and (self.closed[round_].retired or not gone)


def rounds_of(store: Store, framework: Framework) -> Rounds:
    """Return which month belongs to which round."""
    with store.read() as connection:
        return Rounds(closed_rounds(connection), framework.round_months)


def by_source(
    found: Iterable[Stored], versions: Mapping[str, Versions], sources: Collection[str] = SCORED
) -> dict[str, list[tuple[Form, dict[str, Any], int]]]:
    """Sort documents by whose word they are: each with the form version that it was filled in with, and its number.

    Raises ConfigError when the workbook of a version is gone, FormError when it cannot be read.
    """
    answers: dict[str, list[tuple[Form, dict[str, Any], int]]] = {}
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
        if validator.form.source in sources:
            answers.setdefault(validator.form.source, []).append((validator.form, stored.document, stored.id))
    return answers


def answer_sheets(found: Iterable[Stored], framework: Framework, versions: Mapping[str, Versions]) -> list[AnswerSheet]:
    """Lay out documents as the scoring takes them, one sheet a source. Raises as `by_source`."""
    return lay_out(framework, by_source(found, versions))[0]
