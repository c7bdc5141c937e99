"""`kobo-sync sync` and `score`: one run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kobo_sync.commands.shared import FORMS, scores_computed
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
    click.echo(f"{scores_computed(result.scored)} Next: kobo-sync report")
    return 0


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every service and round, not only what changed since.")
@click.option(
    "--explain", "service", metavar="SERVICE", default="", help="Show the way from answers to band of this service."
)
@click.option("--round", "round_", metavar="ROUND", default="", help="With --explain: the round, such as 2026-H1.")
@click.option("--language", metavar="CODE", default="en", show_default=True, help="With --explain: of the labels.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="How many processes share the services; as many as the computer has processors.",
)
@click.option(
    "--engine",
    type=click.Choice(["processes", "spark"]),
    default="processes",
    show_default=True,
    help="What shares them: processes here, or Apache Spark, on several machines too (docs/scaling.md).",
)
@click.pass_obj
def score(root: Path, *, everything: bool, service: str, round_: str, language: str, workers: int, engine: str) -> None:
    """Compute the scores anew from what the store holds; sync does it by itself."""
    if service:
        if everything:
            raise click.UsageError("--all computes, --explain shows: one at a time.")
        _explain(root, service, round_, language)
        return
    if round_:
        raise click.UsageError("--round goes with --explain: scores of all rounds are computed that changed.")
    from kobo_sync.sync.all_forms import score_workspace
    from kobo_sync.workspace import open_workspace

    with bar("Scoring") as progress:
        space = open_workspace(root)
        count = score_workspace(space, everything=everything, progress=progress, workers=workers, engine=engine)
    click.echo(f"{scores_computed(count)} Next: kobo-sync report")


def _explain(root: Path, service: str, round_: str, language: str) -> None:
    """Print how one service's figures come about, as far as the team may see it."""
    from rich.console import Console
    from rich.table import Table

    from kobo_sync.errors import UserError
    from kobo_sync.instrument.kept_framework import kept_framework
    from kobo_sync.scoring.explain import explain
    from kobo_sync.store.scores import are_scores_due, method_of, rounds, score_of
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import framework_of
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    framework = framework_of(workspace)
    with Store(workspace.store) as store:
        if are_scores_due(store, method_of(framework.fingerprint, not_approved=workspace.not_approved_counts)):
            raise UserError(
                "Answers or the framework changed since the scores were made. First: kobo-sync score (or wait "
                "for a sync that is under way)"
            )
        there = rounds(store)
        if round_ and round_ not in there:
            raise UserError(f"There are no scores of a round {round_[:20]!r}. There are: {', '.join(there) or 'none'}.")
        names = [round_] if round_ else list(reversed(there))
        found = next((one for name in names if (one := score_of(store, service, name)) is not None), None)
    if found is None:
        raise UserError(
            f"There is no score of the service {service[:40]!r}{f' in the round {round_}' if round_ else ''}. Its code "
            "stands in services.csv; a score comes with the first interview that was synced: kobo-sync sync"
        )
    told = explain(found, kept_framework(workspace.rounds, found.round) or framework, language)
    click.echo(f"{told.service}, round {told.round}. Scores and thresholds are this project's own conventions.")
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    for table in told.tables:
        grid = Table("", "", "Rule", title=table.title, title_justify="left", show_edge=False)
        for row in table.rows:
            grid.add_row(row.label, row.figure, row.rule)
        console.print(grid)
