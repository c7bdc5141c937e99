"""`kobo-sync export`: tables for Excel, Power BI and statistics."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--audience",
    type=click.Choice(["team", "public"]),
    default="team",
    show_default=True,
    help="For whom: what your team may see, or the figures of a frozen release.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "xlsx", "parquet"]),
    default="csv",
    show_default=True,
    help="CSV that Excel opens, one Excel workbook, or Parquet.",
)
@click.option("--labels", metavar="LANG", default="", help="Labels in this language, such as id; names if left out.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write into; export/ in the workspace if left out.",
)
@click.option("--round", "round_", metavar="ROUND", default="", help="The round; the last one if left out.")
@click.option("--restricted", is_flag=True, help="More of single women's answers, harms too. Read what it says first.")
@click.option("--force", is_flag=True, help="With --restricted: yes, that is what is wanted.")
@click.pass_obj
def export(
    root: Path,
    *,
    audience: str,
    format_: str,
    labels: str,
    out: Path | None,
    round_: str,
    restricted: bool,
    force: bool,
) -> None:
    """Write tables: scores, domains and questions; for your team also answers one by one, where that is safe.

    Files keep their names and are replaced whole, so that links from Excel and Power BI go on working.
    """
    from kobo_sync.export.files import Made
    from kobo_sync.export.run import MEANING, export
    from kobo_sync.workspace import open_workspace

    if restricted and force and audience == "team":
        click.echo(MEANING, err=True)
    wanted = Made("", audience, format_, round_, labels, restricted)
    for line in export(open_workspace(root), wanted, out, force=force).lines():
        click.echo(line)
