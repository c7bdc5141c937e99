"""`kobo-sync report`: the team's pages, and public releases."""

from __future__ import annotations

from pathlib import Path

import click


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
@click.pass_obj
def report(root: Path, round_: str, audience: str, out: Path | None) -> None:
    """Write the team's scorecards as pages that open without internet, or a public release.

    Example: kobo-sync report --audience public --round 2026-H2
    """
    from kobo_sync.report.gather import write_report
    from kobo_sync.workspace import open_workspace

    if audience == "public":
        from kobo_sync.report.public import publish

        for line in publish(open_workspace(root), round_, out).lines():
            click.echo(line)
        return
    index = write_report(open_workspace(root), round_, out)
    click.echo(f"Wrote the report. Open it in a browser: {index}")
    click.echo("It is for your team. Do not publish it or pass it on: for that there is --audience public.")
