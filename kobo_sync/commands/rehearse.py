"""`kobo-sync rehearse`: the whole way, with made-up interviews that leave nothing behind."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.commands.shared import FORMS
from kobo_sync.progress import bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kobo_sync.sync.rehearse import Rehearsed

_SAFE = (
    "They enter no score, export or report, and are deleted at the end. Their ids begin with 7e577e57: should this be "
    "broken off, the next kobo-sync sync deletes them. Does the project pass submissions on to other programs (REST "
    "services)? Those get them as well."
)


@click.command()
@FORMS
@click.option(
    "--interviews",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="How many made-up interviews a form; one more says no at consent.",
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.pass_obj
def rehearse(root: Path, forms: tuple[str, ...], *, interviews: int, yes: bool) -> int:
    """Send test submissions through the deployed forms, show that they arrive and score, and delete them again.

    Filled in by the engine inside KoboCollect (extra `engine`). Nothing is sent where it could not be deleted.
    """
    from kobo_sync.errors import KoboSyncError
    from kobo_sync.sync.all_forms import open_session
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.rehearse import open_phone, plan
    from kobo_sync.sync.rehearse import rehearse as run
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    with lock(workspace), closing(open_phone(workspace)) as phone, closing(open_session(workspace)) as session:
        planned = plan(workspace, session, forms)
        click.echo(f"On {session.url}, sent to {phone.url}, about {interviews} made-up interviews a form:")
        for one in planned:
            click.echo(f"  {one.form.name} ({one.asset.uid}): fill in, send, read back, judge, score, delete")
        click.echo(_SAFE)
        if not yes:
            click.confirm("Do this?", abort=True)
        done: list[Rehearsed] = []
        with bar("Rehearsing") as progress:
            for result in run(workspace, session, phone, planned, interviews):
                done.append(result)
                progress(len(done), len(planned))
    _show(done)
    failed = [one.trouble for one in done if isinstance(one.trouble, KoboSyncError)]
    if failed:
        return max(error.exit_code for error in failed)
    if not all(one.fine for one in done):
        click.echo("Not everything went as it should, see above. Mend that before the first interview.", err=True)
        return 1
    click.echo("Everything arrived, was judged and scored, and is deleted again. The phones can be given out.")
    return 0


def _show(done: Sequence[Rehearsed]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("form", "sent", "arrived", "accepted", "said no", "indicators scored", "deleted")
    for one in done:
        scored = f"{len(one.scored)} of {one.asked}" if one.asked else "no scores in this form"
        counts = (one.sent, one.arrived, one.accepted, one.refused)
        table.add_row(one.form, *map(str, counts), scored, str(one.deleted))
    Console(width=None if Console().is_terminal else 110).print(table)
    for one in done:
        if one.scored:
            click.echo(f"{one.form} scores: {', '.join(one.scored)}")
        if one.scored and len(one.scored) < one.asked:
            click.echo("  The others belong to modules that a round can leave out, or the answer was “don't know”.")
        for problem in one.problems:
            click.echo(f"{one.form}: not accepted: {problem}", err=True)
        if one.trouble:
            click.echo(f"{one.form}: {one.trouble}", err=True)
        elif one.sent > one.arrived:
            click.echo(
                f"{one.form}: {one.sent - one.arrived} of {one.sent} did not arrive in time. Is the server slow, "
                "or does another workspace sync the same project? Run the rehearsal again.",
                err=True,
            )
