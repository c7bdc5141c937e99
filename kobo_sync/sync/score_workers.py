"""Several processes score: each reads its services' answers from the store itself, and gives the scores back.

The same code scores as in one process, and chance comes from the service and the round alone, so that the figures are
the same to the last digit. One process writes. What a process cannot do, the one that writes does once more, so that it
says itself what is wrong.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from kobo_sync.errors import KoboSyncError, UserError
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.store.engines import Where
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import Frameworks, Pair, Rounds, Scorer
from kobo_sync.sync.versions import Versions

_AT_ONCE = 8  # service-rounds that a process is handed, so that handing over costs little and memory stays small
_AHEAD = 4  # such parcels for each process that may be on their way

_scorer: Scorer | None = None  # of this process

Parcel = Sequence[Pair]
Scored = tuple[Pair, ServiceScore | None]


@dataclass(frozen=True)
class Plan:
    """All that a process needs to make a scorer of its own."""

    place: Where
    framework: Framework
    versions: Mapping[str, Versions]
    rounds: Rounds
    kept: Frameworks
    not_approved: bool


def spread(scorer: Scorer, pairs: Parcel, workers: int) -> Iterator[Scored]:
    """Yield each pair with its score, in their order. Raises UserError when a process is killed, and as Scorer does."""
    parcels = [pairs[start : start + _AT_ONCE] for start in range(0, len(pairs), _AT_ONCE)]
    if not parcels:
        return
    # Started anew and not copied (fork): a copy would share the connection to the store, and a Java that may run.
    context = multiprocessing.get_context("spawn")
    number = min(workers, len(parcels))
    with ProcessPoolExecutor(number, mp_context=context, initializer=begin, initargs=(plan_of(scorer),)) as pool:
        coming: deque[tuple[Parcel, Future[list[ServiceScore | None] | None]]] = deque()
        try:
            for parcel in parcels:
                coming.append((parcel, pool.submit(score, parcel)))
                if len(coming) == number * _AHEAD:
                    yield from _taken(scorer, *coming.popleft())
            while coming:
                yield from _taken(scorer, *coming.popleft())
        except BrokenProcessPool:
            raise UserError(
                "One of the processes that score was ended from outside; most often the memory is too small for so "
                "many. What was scored is kept. Run the same command again with fewer --workers."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _taken(scorer: Scorer, parcel: Parcel, coming: Future[list[ServiceScore | None] | None]) -> Iterator[Scored]:
    scores = coming.result()
    yield from zip(parcel, (scorer.score(*pair) for pair in parcel) if scores is None else scores, strict=True)


def plan_of(scorer: Scorer) -> Plan:
    """Return what another process needs; it can be pickled."""
    # What was compiled of a form's version stays here; each process reads it when it first needs it.
    versions = {
        name: Versions(one.folder, one.form, None if one.services is None else frozenset(one.services), one.first_month)
        for name, one in scorer.versions.items()
    }
    return Plan(scorer.store.place, scorer.framework, versions, scorer.rounds, scorer.kept, scorer.not_approved)


def begin(plan: Plan) -> None:
    """Make this process one that scores."""
    global _scorer  # noqa: PLW0603 -- what a process of the pool works with for its whole life
    store = Store(plan.place)
    _scorer = Scorer(store, plan.framework, plan.versions, plan.rounds, plan.kept, not_approved=plan.not_approved)


def score(parcel: Parcel) -> list[ServiceScore | None] | None:
    """Score some; None where something is wrong: errors of this program do not travel between processes."""
    assert _scorer is not None  # noqa: S101 -- begin was called
    try:
        return [_scorer.score(*pair) for pair in parcel]
    except KoboSyncError:
        return None
