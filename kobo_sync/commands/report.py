"""`kobo-sync report`: the team's pages."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--round", "round_", metavar="ROUND", default="", help="The round, such as 2026-H2; the last one if left out."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where to write it; report/ if left out.")
@click.pass_obj
def report(root: Path, round_: str, out: Path | None) -> None:
    """Write the team's scorecards as pages that open without internet."""
    from kobo_sync.report.gather import write_report
    from kobo_sync.workspace import open_workspace

    index = write_report(open_workspace(root), round_, out)
    click.echo(f"Wrote the report. Open it in a browser: {index}")
    click.echo("It is for your team. Do not publish it or pass it on: public releases come with a later version.")
