"""`kobo-sync init`: a new workspace."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--server", metavar="URL", default="", help="The KoboToolbox server, as seen in the browser.")
def init(folder: Path, server: str) -> None:
    """Make a new workspace in FOLDER, ready to edit.

    Example: kobo-sync init my-network --server https://kf.kobotoolbox.org
    """
    from kobo_sync.instrument.codebook import write_codebook
    from kobo_sync.setup import make_workspace

    make_workspace(folder, server)
    write_codebook(folder / "xlsform", folder)
    click.echo(f"Made the workspace {folder}. Next:")
    click.echo(f"  1. Fill in {folder / 'locales.csv'} (districts), services.csv and referrals.csv beside it.")
    click.echo("  2. Set KOBO_API_TOKEN to the token from KoboToolbox, Account settings → Security.")
    click.echo(f"  3. kobo-sync --workspace {folder} deploy")
