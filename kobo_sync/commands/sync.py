"""`kobo-sync sync` and `score`: one run."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync.commands.shared import FORMS
from kobo_sync.progress import bar


@click.command()
@FORMS
@click.option(
    "--force", is_flag=True, help="Delete here whatever is gone on the server, however much it is. Look there first."
)
@click.pass_obj
def sync(root: Path, forms: tuple[str, ...], *, force: bool) -> int:
    """Bring the workspace to what the server has now, and score the services that it concerns.

    New, edited and deleted submissions and their validation statuses are all followed.
    """
    from kobo_sync.sync.all_forms import sync_workspace
    from kobo_sync.workspace import open_workspace

    with bar("Reading") as progress:
        result = sync_workspace(open_workspace(root), forms, progress=progress, force=force)
    for outcome in result.outcomes:
        counts = outcome.counts
        changes = (
            (counts.edited, "edited"),
            (counts.restated, "with another validation status"),
            (counts.deleted, "deleted"),
            (counts.released, "released from quarantine"),
        )
        click.echo(
            f"{outcome.form}: {counts.read} new ({counts.accepted} accepted, {counts.refused} without consent, "
            f"{counts.quarantined} quarantined){''.join(f', {number} {what}' for number, what in changes if number)}."
        )
    if result.quarantined:
        click.echo(
            f"{result.quarantined} in quarantine: kept out of the scores until they are mended. See: kobo-sync "
            "quarantine list"
        )
    click.echo(f"{result.scored} service scores were computed. Next: kobo-sync report")
    return 0


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every service and round, not only what changed since.")
@click.pass_obj
def score(root: Path, *, everything: bool) -> None:
    """Compute the scores anew from what the store holds; sync does it by itself."""
    from kobo_sync.sync.all_forms import score_workspace
    from kobo_sync.workspace import open_workspace

    with bar("Scoring") as progress:
        count = score_workspace(open_workspace(root), everything=everything, progress=progress)
    click.echo(f"{count} service scores were computed. Next: kobo-sync report")
