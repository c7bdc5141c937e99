"""The safety focal point's private inbox of red flags (3.6): what women report, and what was decided about it.

A *reported* flag is seen here and nowhere else. Read from the answers each time; nothing of it is kept but decisions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kobo_sync.errors import UserError
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.scoring.flags import REPORTED, RESOLVED, REVIEWED, SUBSTANTIATED, Flag, Review, find_flags
from kobo_sync.scoring.items import lay_out
from kobo_sync.store.reviews import decide, reviews
from kobo_sync.store.scores import documents, service_months
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import by_source, rounds_of
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Entry:
    """One flag of one service in one round; `frozen` where the round is closed: no decision moves its scores."""

    service: str
    round: str
    flag: Flag
    frozen: bool


def inbox(
    workspace: Workspace,
    store: Store,
    framework: Framework,
    versions: Mapping[str, Versions],
    *,
    round_: str = "",
    service: str = "",
) -> Iterator[Entry]:
    """Yield the flags of every round whose answers are still here, by round, service and framework.

    `round_` and `service` narrow it down. Raises ConfigError and FormError as scoring does.
    """
    rounds = rounds_of(store, framework)
    pairs = {(rounds.of(month), one) for one, month in service_months(store)}
    for name, one in sorted(pairs):
        if (round_ and name != round_) or (service and one != service):
            continue
        used = (kept_framework(workspace.rounds, name) if name in rounds.closed else None) or framework
        found = documents(store, one, rounds.months(name), not_approved=workspace.not_approved_counts)
        _, sheets = lay_out(used, by_source(found, versions))
        for flag in find_flags(used, sheets, reviews(store, one, name)):
            yield Entry(one, name, flag, frozen=name in rounds.closed)


def waiting_flags(
    workspace: Workspace, store: Store, framework: Framework, versions: Mapping[str, Versions], round_: str
) -> int:
    """Return of how many services in a round a substantiated flag waits for its review."""
    entries = inbox(workspace, store, framework, versions, round_=round_)
    return len({entry.service for entry in entries if entry.flag.state == SUBSTANTIATED})


def find_entry(entries: Iterator[Entry], service: str, indicator: str) -> Entry:
    """Return the one flag that is meant. Raises UserError when there is none, or it stands in several rounds."""
    found = [entry for entry in entries if entry.flag.indicator == indicator]
    if not found:
        raise UserError(
            f"There is no flag {indicator[:40]!r} of the service {service[:40]!r}. See what there is: kobo-sync flags "
            "list"
        )
    if len(found) > 1:
        names = ", ".join(entry.round for entry in found)
        raise UserError(f"That flag stands in several rounds ({names}). Say which one with --round.")
    return found[0]


def review(store: Store, framework: Framework, entry: Entry, reason: str, today: dt.date) -> None:
    """Keep that a substantiated flag was looked at: from now on it is open. Raises UserError where it cannot be."""
    if entry.flag.state == REPORTED:
        raise UserError(
            "One woman reports this, and nobody else yet. It changes nothing and is seen here only, so there is "
            "nothing to review. Make sure that she is safe; wait for what others say."
        )
    if entry.flag.state in {REVIEWED, RESOLVED}:
        raise UserError("This flag was reviewed already. To close it: kobo-sync flags resolve")
    if entry.frozen:
        raise UserError(
            f"The round {entry.round} is closed: its scores are frozen, and nothing of this service is published for "
            "it. Review flags before a round is closed."
        )
    made = Review(entry.flag.indicator, reviewed_on=today.isoformat(), reason=reason, what=entry.flag.what)
    decide(store, entry.service, entry.round, made, months=_months(store, framework, entry))


def resolve(store: Store, framework: Framework, entry: Entry, reason: str, today: dt.date) -> None:
    """Keep that an open flag is resolved: it caps and gates no more. Raises UserError where it was not reviewed."""
    if entry.flag.state != REVIEWED or entry.flag.review is None:
        raise UserError(
            "This flag is resolved already."
            if entry.flag.state == RESOLVED
            else "This flag was not reviewed yet. First: kobo-sync flags review"
        )
    made = replace(entry.flag.review, resolved_on=today.isoformat(), reason=reason)
    decide(store, entry.service, entry.round, made, months=_months(store, framework, entry))


def _months(store: Store, framework: Framework, entry: Entry) -> tuple[str, ...]:
    return () if entry.frozen else rounds_of(store, framework).months(entry.round)
