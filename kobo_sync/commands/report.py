"""`kobo-sync report`: the team's pages, and public releases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kobo_sync.workspace import Workspace


@click.command()
@click.option(
    "--round", "round_", metavar="ROUND", default="", help="The round, such as 2026-H2; the last one if left out."
)
@click.option(
    "--audience",
    type=click.Choice(["team", "public"]),
    default="team",
    show_default=True,
    help="For whom: pages for your team, or a public release of a closed round, frozen.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it; report/, or public/ROUND for a release, if left out.",
)
@click.option(
    "--language",
    "languages",
    metavar="CODE",
    multiple=True,
    help="Make the team's pages in this language only, such as id; once for each; those of kobo-sync.toml if left out.",
)
@click.option(
    "--preview",
    "service",
    metavar="SERVICE",
    default="",
    help="Write into preview/ what this service gets to see before its closed round is published.",
)
@click.option(
    "--charts",
    is_flag=True,
    help="Put charts for slides into charts/ of the folder too: each as PNG, as SVG, and in words as text.",
)
@click.option(
    "--pdf",
    is_flag=True,
    help="Write the scorecards as PDF files too: cards/ and cards.pdf in each language's folder.",
)
@click.pass_obj
def report(
    root: Path,
    *,
    round_: str,
    audience: str,
    out: Path | None,
    languages: tuple[str, ...],
    service: str,
    charts: bool,
    pdf: bool,
) -> None:
    """Write the team's scorecards as pages that open without internet, or a public release."""
    from kobo_sync.workspace import open_workspace

    space, extras = open_workspace(root), Extras(charts=charts, pdf=pdf)
    if service:
        _preview(space, round_, service, out, extras)
    elif audience == "public":
        _release(space, round_, out, extras)
    else:
        _team(space, round_, out, languages, extras)


@dataclass(frozen=True)
class Extras:
    """What lies beside the pages."""

    charts: bool
    pdf: bool


def _preview(space: Workspace, round_: str, service: str, out: Path | None, extras: Extras) -> None:
    from kobo_sync.report.public import preview

    if out:
        raise click.UsageError("A preview always lies in preview/ of the workspace, so --out cannot be given.")
    if extras.charts:
        raise click.UsageError("A preview is one service's to agree on, so --charts cannot be given.")
    if extras.pdf:
        raise click.UsageError("A preview has no PDF files: its pages print from the browser.")
    page = preview(space, round_, service)
    click.echo(f"Wrote what {service} gets to see first, under the rules of a public release: {page}")
    click.echo("Nothing is published yet. Give the service ten working days, and write its reply into replies.csv.")


def _release(space: Workspace, round_: str, out: Path | None, extras: Extras) -> None:
    from kobo_sync.report.charts.files import FOLDER as CHARTS
    from kobo_sync.report.public import publish

    made = publish(space, round_, out, charts=extras.charts, pdf=extras.pdf)
    for line in made.lines():
        click.echo(line)
    if extras.pdf:
        click.echo(_FILES)
    if extras.charts:
        click.echo(f"Charts for slides, made of the release alone: {made.folder / CHARTS}")


def _team(space: Workspace, round_: str, out: Path | None, languages: tuple[str, ...], extras: Extras) -> None:
    from kobo_sync.report.charts.files import FOLDER as CHARTS
    from kobo_sync.report.folder import made_as
    from kobo_sync.report.gather import write_report

    had = made_as(out or space.report)
    index = write_report(space, round_, out, languages, charts=extras.charts, pdf=extras.pdf)
    click.echo(f"Wrote the report. Open it in a browser: {index}")
    if extras.pdf:
        click.echo(_FILES)
    elif had.pdf:
        click.echo("The PDF files that lay there were of the report before and are gone. Make new ones with --pdf.")
    if extras.charts:
        click.echo(f"Charts for slides are in: {index.parent / CHARTS}. After a withdrawal they are made again there;")
        click.echo("those that you copied into slides are not, so take them from there anew before you show them.")
    elif had.charts:
        click.echo("The charts that lay there were of the report before and are gone. Make new ones with --charts.")
    click.echo("It is for your team. Do not publish it or pass it on: for that there is --audience public.")


_FILES = "The scorecards are PDF files too: cards/ in each language's folder, and all in one in cards.pdf."
