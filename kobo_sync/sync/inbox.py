"""The safety focal point's private inbox of red flags (3.6): what women report, and what was decided about it.

A *reported* flag is seen here and nowhere else. Read from the answers each time; nothing of it is kept but decisions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from kobo_sync.errors import UserError
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.scoring.flags import REPORTED, RESOLVED, REVIEWED, Flag, Review, find_flags
from kobo_sync.scoring.items import lay_out_flags
from kobo_sync.store.reviews import decide, reviews
from kobo_sync.store.scores import all_months, documents, service_months
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import by_source, rounds_of
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Entry:
    """One flag of one service in one round; `frozen` where the round is closed: no decision moves its scores.

    `late` where it comes from what arrived after the closing alone: it enters no score, yet somebody may be in danger.
    """

    service: str
    round: str
    flag: Flag
    frozen: bool
    late: bool = False


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

    `round_` and `service` narrow it down. Answers are read a service at a time. Raises ConfigError and FormError as
    scoring does.
    """
    rounds = rounds_of(store, framework)
    kept = cache(lambda name: kept_framework(workspace.rounds, name))  # reading one takes longer than a service
    wanted = {
        (rounds.of(month), one, late)
        for late in (False, True)
        for one, month in service_months(store, service, late=late)
    }
    for name, one, late in sorted(wanted):
        if round_ and name != round_:
            continue
        closed = name in rounds.closed
        used = (kept(name) if closed else None) or framework
        months = rounds.months(name)
        found = documents(store, one, months, not_approved=workspace.not_approved_counts, late=late)
        sheets = lay_out_flags(used, by_source(found, versions))
        decided = {} if late else reviews(store, one, name, late=True)
        for flag in find_flags(used, sheets, decided):
            yield Entry(one, name, flag, frozen=closed, late=late)


def need_known(
    store: Store, framework: Framework, services: Collection[str], *, round_: str = "", service: str = ""
) -> None:
    """Raise UserError where there is no such round or service: a slip of the pen must not look like "no flag"."""
    if service and service not in services and not service_months(store, service):
        raise UserError(
            f"There is no service {service[:40]!r}, neither in services.csv nor among the answers. Its code stands in "
            "services.csv."
        )
    if round_:
        rounds = rounds_of(store, framework)
        there = sorted({*rounds.closed, *(rounds.of(month) for month in all_months(store))})
        if round_ not in there:
            raise UserError(
                f"There are no answers of a round {round_[:20]!r}. There are: {', '.join(there) or 'none'}."
            )


def find_entry(entries: Iterable[Entry], service: str, indicator: str) -> Entry:
    """Return the one flag that is meant. Raises UserError when there is none, or it stands in several rounds."""
    there = [entry for entry in entries if entry.flag.indicator == indicator]
    found = [entry for entry in there if not entry.late]
    if there and not found:
        raise UserError(
            f"That flag came after the round {there[0].round} was closed. It changes nothing there, so there is "
            "nothing to decide. Make sure that nobody is in danger."
        )
    if not found:
        raise UserError(
            f"There is no flag {indicator[:40]!r} of the service {service[:40]!r}. See what there is: kobo-sync flags "
            "list"
        )
    if len(found) > 1:
        names = ", ".join(entry.round for entry in found)
        raise UserError(f"That flag stands in several rounds ({names}). Say which one with --round.")
    return found[0]


def may_review(entry: Entry) -> None:
    """Raise UserError, saying why, where a flag cannot be reviewed."""
    if entry.flag.state == REPORTED:
        raise UserError(
            "One woman reports this, and nobody else yet. It changes nothing and is seen here only, so there is "
            "nothing to review. Make sure that she is safe; wait for what others say."
        )
    if entry.flag.state == REVIEWED:
        raise UserError(f"This flag was reviewed already. Once it is mended: kobo-sync flags resolve {_named(entry)}")
    if entry.flag.state == RESOLVED:
        raise UserError("This flag was reviewed and is resolved. Should it get worse, it waits for your review anew.")
    if entry.frozen:
        raise UserError(
            f"The round {entry.round} is closed: its scores are frozen, and nothing of this service is published for "
            "it. Review flags before a round is closed."
        )


def may_resolve(entry: Entry) -> None:
    """Raise UserError, saying why, where a flag cannot be resolved."""
    if entry.flag.state == REPORTED:
        raise UserError(
            "One woman reports this, and nobody else yet. It changes nothing, so there is nothing to resolve."
        )
    if entry.flag.state == RESOLVED:
        raise UserError("This flag is resolved already.")
    if entry.flag.state != REVIEWED:
        raise UserError(f"This flag was not reviewed yet. First: kobo-sync flags review {_named(entry)}")


def _named(entry: Entry) -> str:
    """Return how a command names a flag."""
    return f"{entry.service} {entry.flag.indicator} --round {entry.round}"


def review(store: Store, framework: Framework, entry: Entry, reason: str, today: dt.date) -> None:
    """Keep that a substantiated flag was looked at: from now on it is open. Raises UserError where it cannot be."""
    may_review(entry)
    made = Review(entry.flag.indicator, reviewed_on=today.isoformat(), reason=reason, what=entry.flag.what)
    decide(store, entry.service, entry.round, made, months=_months(store, framework, entry))


def resolve(store: Store, framework: Framework, entry: Entry, reason: str, today: dt.date) -> None:
    """Keep that an open flag is resolved: it caps and gates no more. Raises UserError where it was not reviewed.

    In a closed round it is kept for the inbox alone: the scores there stay as they are.
    """
    may_resolve(entry)
    before = entry.flag.review or Review(entry.flag.indicator)
    made = replace(before, resolved_on=today.isoformat(), reason=reason)
    decide(store, entry.service, entry.round, made, months=_months(store, framework, entry))


def _months(store: Store, framework: Framework, entry: Entry) -> tuple[str, ...]:
    return () if entry.frozen else rounds_of(store, framework).months(entry.round)
