"""`kobo-sync rounds`: which rounds there are, and closing one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.errors import RefusedForSafety, UserError

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
@click.option("--force", is_flag=True, help="Close it although it is not over, or red flags wait.")
@click.pass_obj
def rounds_close(root: Path, name: str, *, yes: bool, force: bool) -> None:
    """Close ROUND, such as 2026-H1: freeze its scores for good.

    Sync first: what comes in afterwards is kept, and counts in no score of this round.
    """
    from kobo_sync.store.scores import waiting_services
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of, versions_of
    from kobo_sync.sync.figures import Answers, figures_of
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.rounds import close_round, due_on, may_close, now, today
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    framework = framework_of(workspace)

    def look(store: Store) -> tuple[RoundState, int]:
        approved = workspace.not_approved_counts
        state = may_close(store, framework, name, today(), force=force, not_approved=approved)
        return state, waiting_services(store, name)

    with lock(workspace), Store(workspace.store) as store:
        before = look(store)
    _say_what_stays_out(*before)
    if before[1] and not force:
        raise RefusedForSafety(
            f"Red flags in {before[1]} service{'s' if before[1] > 1 else ''} wait for the safety focal point. "
            "Once the round is closed, nothing is ever published of these services for this round. Review them first: "
            "kobo-sync flags list. Or say --force to close the round as it is."
        )
    if not yes:
        click.confirm("Close it? This cannot be undone.", abort=True)
    # Asked without the lock, so that a woman who withdraws meanwhile need not wait.
    with lock(workspace), Store(workspace.store) as store:
        if look(store) != before:
            raise UserError("Answers changed meanwhile, so nothing was closed. Look again: kobo-sync rounds list")
        figures = figures_of(Answers(workspace, store, framework, versions_of(workspace)), name, before[0].months)
        close_round(workspace, store, framework, before[0], now(), figures=figures)
    until = due_on(today(), workspace.raw_retention_months)
    click.echo(f"Closed. The scores of {name} are frozen. A withdrawal still takes a woman's answers out of them.")
    click.echo(f"Its answers are kept until {until}; then run: kobo-sync retention")


def _say_what_stays_out(state: RoundState, waiting: int) -> None:
    counts = state.counts
    click.echo(
        f"Round {state.name}: {counts.accepted} interviews and other forms, {state.services} services with scores."
    )
    if counts.quarantined:
        click.echo(
            f"{counts.quarantined} in quarantine stay out of this round for good, even if they are mended later. "
            "See: kobo-sync quarantine list"
        )
    click.echo("What phones have not sent yet, and what was not synced yet, stays out for good as well.")
    if waiting:
        click.echo(
            f"Of {waiting} service{'s' if waiting > 1 else ''} nothing will be published, since red flags were not "
            "reviewed."
        )


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
