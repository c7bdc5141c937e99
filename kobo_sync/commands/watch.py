"""`kobo-sync watch`: one sync after another, until stopped."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync.commands.shared import FORMS


@click.command()
@FORMS
@click.option(
    "--every",
    default="15m",
    show_default=True,
    metavar="TIME",
    help="From the start of one run to the start of the next, such as 15m or 1h; it varies by a tenth.",
)
@click.pass_obj
def watch(root: Path, forms: tuple[str, ...], every: str) -> int:
    """Sync again and again, until it is stopped (Ctrl-C, SIGTERM); then end within a page, with exit code 0.

    A server that is down, or another run at work, is logged and tried again; whatever a person has to mend ends it.
    """
    from kobo_sync.config import duration
    from kobo_sync.sync.all_forms import open_session, sync_workspace
    from kobo_sync.sync.watch import Stop, stopping
    from kobo_sync.sync.watch import watch as keep_watch
    from kobo_sync.workspace import open_workspace

    pause = duration(every, "--every")
    open_workspace(root)  # a mistake in it is told at once
    stop = Stop()

    def run() -> None:
        # Read anew for each run: lists, versions and settings may have been mended meanwhile.
        workspace = open_workspace(root)
        session = open_session(workspace, sleep=stop.sleep, before=stop.check)
        sync_workspace(workspace, forms, progress=lambda _done, _total: None, session=session)

    with stopping(stop):
        runs = keep_watch(run, pause, stop)
    click.echo(f"Stopped after {runs} runs. Whatever was kept is whole.")
    return 0
