"""`kobo-sync retention`: answers whose time is over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.progress import bar

if TYPE_CHECKING:
    from kobo_sync.store.store import Store


@click.command()
@click.option("--yes", is_flag=True, help="Delete what is shown; without it nothing is changed.")
@click.pass_obj
def retention(root: Path, *, yes: bool) -> int:
    """Show which answers are too old to be kept, and with --yes delete them in KoboToolbox and here.

    They go `raw_retention_months` after their round was closed. The scores of closed rounds stay.
    """
    from kobo_sync.store.store import Store
    from kobo_sync.sync.retention import due, next_due
    from kobo_sync.sync.rounds import today
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    months = workspace.raw_retention_months
    with Store(workspace.store) as store:
        found, coming = due(store, months, today()), next_due(store, months, today())
        owed = _show_left(store)
    for one in found:
        forms = ", ".join(f"{form} {len(ids)}" for form, ids in one.ids.items())
        click.echo(f"Round {one.round}, due since {one.due_on}: {one.total} submissions ({forms}).")
    if not found:
        click.echo("No answers are too old to be kept." + (f" Next: {coming[0]}, on {coming[1]}." if coming else ""))
    if not yes:
        if found:
            click.echo("Nothing was deleted. Scores and reports would stay. To delete them: kobo-sync retention --yes")
        return 0
    return _carry_out(root) if found or owed else 0


def _carry_out(root: Path) -> int:
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import open_session, sync_workspace
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.retention import carry_out
    from kobo_sync.sync.rounds import today
    from kobo_sync.sync.tidy import tidy
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    session = open_session(workspace)
    with bar("Reading") as progress:  # so that what was deleted by somebody is not taken for too old
        sync_workspace(workspace, progress=progress, session=session, say_too_old=False)
    try:
        with lock(workspace), Store(workspace.store) as store:
            try:
                done = carry_out(session, store, workspace.raw_retention_months, today())
            finally:
                tidy(workspace, store, lambda: 0)
            if done.kept_there:
                _show_left(store)
    finally:
        session.close()
    click.echo(f"{done.deleted} submissions were deleted in KoboToolbox and here. The scores of closed rounds stay.")
    if not done.kept_there:
        click.echo("The server's own backups keep them until they are overwritten.")
        return 0
    click.echo(
        f"{done.kept_there} were emptied here: only their numbers are kept. KoboToolbox does not let this account "
        "delete them there. Ask the owner of the form to delete them, or to give this account the permission “Delete "
        "submissions” and run this again.",
        err=True,
    )
    return 3


def _show_left(store: Store) -> bool:
    """Say what the server keeps though it should be gone; returns whether there is anything."""
    from kobo_sync.sync.retention import left_there

    left = left_there(store)
    _numbers("Withdrawn, and still on the server, which does not let this account delete them", left.withdrawn)
    _numbers("Too old, and still on the server, which does not let this account delete them", left.old)
    return bool(left.withdrawn or left.old)


def _numbers(what: str, ids: Mapping[str, tuple[int, ...]]) -> None:
    if not ids:
        return
    click.echo(f"{what}. Its owner can, in Data → Table, by the column _id:")
    for form, some in ids.items():
        click.echo(f"  {form}: {', '.join(map(str, some))}")
