"""`kobo-sync rounds`: which rounds there are, and closing one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kobo_sync.sync.rounds import RoundState


@click.group()
def rounds() -> None:
    """List the rounds of interviews, and close one: from then on its scores stay as they are."""


@rounds.command("list")
@click.pass_obj
def rounds_list(root: Path) -> None:
    """List the rounds: open or closed, how many interviews, how many came too late, until when answers are kept."""
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of
    from kobo_sync.sync.rounds import round_states, today
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    with Store(workspace.store) as store:
        found = round_states(store, framework_of(workspace), workspace.raw_retention_months, today())
    for state in found:
        click.echo(_line(state))
    if not found:
        click.echo("There are no answers yet. Read them first: kobo-sync sync")


@rounds.command("close")
@click.argument("name", metavar="ROUND")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--force", is_flag=True, help="Close it although it is not over.")
@click.pass_obj
def rounds_close(root: Path, name: str, *, yes: bool, force: bool) -> None:
    """Close ROUND, such as 2026-H1: freeze its scores for good.

    Sync first: what comes in afterwards is kept, and counts in no score of this round.
    """
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.rounds import close_round, due_on, may_close, now, today
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    framework = framework_of(workspace)
    with lock(workspace), Store(workspace.store) as store:
        state = may_close(store, framework, name, today(), force=force, not_approved=workspace.not_approved_counts)
        counts = state.counts
        click.echo(
            f"Round {name}: {counts.accepted} interviews and other forms, {state.services} services with scores."
        )
        if counts.quarantined:
            click.echo(
                f"{counts.quarantined} in quarantine stay out of this round for good, even if they are mended later. "
                "See: kobo-sync quarantine list"
            )
        click.echo("What phones have not sent yet, and what was not synced yet, stays out for good as well.")
        if not yes:
            click.confirm("Close it? This cannot be undone.", abort=True)
        close_round(workspace, store, framework, state, now())
        until = due_on(today(), workspace.raw_retention_months)
    click.echo(f"Closed. The scores of {name} are frozen. A withdrawal still takes a woman's answers out of them.")
    click.echo(f"Its answers are kept until {until}; then run: kobo-sync retention")


def _line(state: RoundState) -> str:
    counts = state.counts
    parts = [f"{counts.accepted} accepted", f"{counts.refused} without consent", f"{counts.quarantined} in quarantine"]
    if counts.late:
        parts.append(f"{counts.late} too late for it")
    if state.closed_on is None:
        ends = "over, may be closed" if state.over else f"open until the end of {state.months[-1]}"
    elif state.retired:
        ends = f"closed on {state.closed_on}, answers deleted as their time was over"
    else:
        ends = f"closed on {state.closed_on}, answers kept until {state.due_on}"
    return f"{state.name}: {ends}; {', '.join(parts)}; {state.services} services with scores."
