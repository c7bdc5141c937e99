"""`kobo-sync flags`: the private inbox of the safety focal point."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from kobo_sync.instrument.framework import Framework
    from kobo_sync.services import Service
    from kobo_sync.store.store import Store
    from kobo_sync.sync.inbox import Entry

_ROUND = click.option("--round", "round_", metavar="ROUND", default="", help="Only this round, such as 2026-H1.")
_LEVELS = {"R1": "hard red flag", "R2": "serious concern"}
_STATES = {
    "reported": "reported by one woman; seen here only, changes nothing",
    "substantiated": "waits for your review; until then nothing of this service is published",
    "reviewed": "open",
    "resolved": "resolved",
}
_MISSED = "was not reviewed before the round was closed: nothing of this service is published for it"
_LATE = "came after the round was closed; seen here only, changes nothing. Somebody may be in danger all the same"
_LONGEST = 500
_CONFIRMED = {"O": "an observer", "P": "the provider"}


@click.group()
def flags() -> None:
    """Red flags, for the safety focal point alone: list, review and resolve them.

    What is listed can tell who spoke. Do not print it, photograph it or pass it on.
    """


@flags.command("list")
@_ROUND
@click.option("--service", metavar="CODE", default="", help="Only this service.")
@click.pass_obj
def flags_list(root: Path, round_: str, service: str) -> None:
    """List the flags: what, how hard, who says so, what was decided, and what to do next."""
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of, versions_of
    from kobo_sync.sync.inbox import inbox, need_known
    from kobo_sync.workspace import open_workspace, read_services

    workspace = open_workspace(root)
    framework = framework_of(workspace)
    services = read_services(workspace.services_file) if workspace.services_file.exists() else {}
    with Store(workspace.store) as store:
        need_known(store, framework, services, round_=round_, service=service)
        found = list(inbox(workspace, store, framework, versions_of(workspace), round_=round_, service=service))
    if not found:
        click.echo("No flag is reported. That nothing is reported does not mean that nothing happened.")
        return
    click.echo("For the safety focal point alone: a flag can tell who spoke. Do not print it or pass it on.")
    for name, entries in groupby(found, key=lambda entry: entry.round):
        click.echo(f"\nRound {name}")
        for entry in entries:
            _show(entry, services, framework)


@flags.command("review")
@click.argument("service", metavar="SERVICE")
@click.argument("indicator", metavar="INDICATOR")
@_ROUND
@click.pass_obj
def flags_review(root: Path, service: str, indicator: str, round_: str) -> None:
    """Say that you looked at a flag: from now on it is open, and lowers what it has to lower.

    SERVICE and INDICATOR are codes, as `kobo-sync flags list` shows them.
    """
    from kobo_sync.sync.inbox import may_review, review

    _decide(
        root,
        service,
        indicator,
        round_,
        may_review,
        review,
        "Why is it right to open it? In your words, without names, and not in hers",
        "Reviewed. The flag is open: it caps scores where the service caused it, and is published as a word.",
    )


@flags.command("resolve")
@click.argument("service", metavar="SERVICE")
@click.argument("indicator", metavar="INDICATOR")
@_ROUND
@click.pass_obj
def flags_resolve(root: Path, service: str, indicator: str, round_: str) -> None:
    """Say that an open flag is resolved: what caused it was mended, or it was unfounded.

    SERVICE and INDICATOR are codes, as `kobo-sync flags list` shows them.
    """
    from kobo_sync.sync.inbox import may_resolve, resolve

    _decide(
        root,
        service,
        indicator,
        round_,
        may_resolve,
        resolve,
        "What was done about it? In your words, without names, and not in hers",
        "Resolved. The flag lowers nothing more. Should it get worse, it waits for your review anew.",
    )


def _decide(  # noqa: PLR0917 -- the parts of one command, in the order in which they are used
    root: Path,
    service: str,
    indicator: str,
    round_: str,
    may: Callable[[Entry], None],
    deed: Callable[[Store, Framework, Entry, str, dt.date], None],
    question: str,
    done: str,
) -> None:
    from kobo_sync.errors import UserError
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of, score_now, versions_of
    from kobo_sync.sync.inbox import find_entry, inbox
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.rounds import today
    from kobo_sync.sync.tidy import tidy
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    framework = framework_of(workspace)

    def find(store: Store) -> Entry:
        entries = inbox(workspace, store, framework, versions_of(workspace), round_=round_, service=service)
        return find_entry(entries, service, indicator)

    with Store(workspace.store) as store:
        entry = find(store)
        may(entry)
    # Asked without the lock: while she thinks, another woman may come to withdraw.
    reason = click.prompt(question, value_proc=_reason)
    with lock(workspace), Store(workspace.store) as store:
        if find(store) != entry:
            raise UserError(
                "This flag changed while you wrote, so nothing was decided. Look at it again: kobo-sync flags list"
            )
        deed(store, framework, entry, reason, today())
        tidy(workspace, store, lambda: score_now(workspace, store, framework))
    click.echo(done)
    if entry.frozen:
        click.echo(f"The round {entry.round} is closed, so its own figures stay as they are.")


def _reason(text: str) -> str:
    """Return a reason as it is kept. Raises click's BadParameter where it is none, or could tell on somebody."""
    from kobo_sync.sync.screen import screen

    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not words:
        raise click.BadParameter("A few words are needed, for whoever looks at this flag later.")
    if len(words) > _LONGEST:
        raise click.BadParameter(f"That is longer than {_LONGEST} letters. Say it in a sentence or two.")
    found = screen(words)
    if found:
        raise click.BadParameter(f"It holds {' and '.join(found)}. Say it without; nothing was kept.")
    return words


def _show(entry: Entry, services: Mapping[str, Service], framework: Framework) -> None:
    flag = entry.flag
    indicator = framework.by_code.get(flag.indicator)
    label = indicator.label.get("en", "") if indicator else ""
    called = services[entry.service].label if entry.service in services else ""
    click.echo(f"  {entry.service}{f' ({called})' if called else ''}: {flag.indicator}{f' — {label}' if label else ''}")
    women = "1 woman" if flag.clients == 1 else f"{flag.clients} women"
    says = [women] if flag.clients else []
    says += [_CONFIRMED.get(source, source) for source in flag.confirmed_by]
    verb = "says" if len(says) == 1 and flag.clients <= 1 else "say"
    cause = "caused by the service" if flag.by_service else "caused by the police"
    rule = ", and it is the service's own rule" if flag.in_policy else ""
    click.echo(f"    {_LEVELS[flag.level]}; {' and '.join(says)} {verb} so; {cause}{rule}")
    if flag.worst != flag.level:
        click.echo(f"    somebody speaks of more: a {_LEVELS[flag.worst]}")
    state = _MISSED if entry.frozen and flag.state == "substantiated" else _STATES[flag.state]
    click.echo(f"    {_LATE if entry.late else state}{_dates(entry)}")
    if flag.state == "substantiated" and not entry.frozen:
        click.echo(f"    → kobo-sync flags review {entry.service} {flag.indicator} --round {entry.round}")
    if flag.state == "reviewed":
        click.echo(
            f"    → once it is mended: kobo-sync flags resolve {entry.service} {flag.indicator} --round {entry.round}"
        )


def _dates(entry: Entry) -> str:
    review = entry.flag.review
    if review is None or entry.flag.state not in {"reviewed", "resolved"}:
        return ""
    dates = f", reviewed on {review.reviewed_on}"
    dates += f", resolved on {review.resolved_on}" if review.resolved_on else ""
    return f"{dates}: {review.reason}" if review.reason else dates
