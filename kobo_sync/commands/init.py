"""`kobo-sync init`: a new workspace, and the API token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.commands.asking import Given, somebody_there

if TYPE_CHECKING:
    from kobo_sync.setup import Choices


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--server", metavar="URL", default="", help="The KoboToolbox server; a link from the browser will do.")
@click.option(
    "--language",
    "languages",
    metavar="CODE",
    multiple=True,
    help="Make the team's pages in this language, such as id; once for each. The country's or all if left out.",
)
@click.option("--country", metavar="NAME", default="", help="The country, as KE or Kenya: it suggests languages.")
@click.option(
    "--not-lawful",
    metavar="CODE",
    multiple=True,
    help="A gap of the framework that the country's law forbids to close, by its code there; once for each.",
)
@click.option(
    "--first-round", metavar="ROUND", default="", help="The first round, as 2026-H1; the current if left out."
)
@click.option(
    "--check-token", "check", is_flag=True, help="Say whose API token it is and what it may do; change nothing."
)
@click.option(
    "--keep-token", "keep", is_flag=True, help="Ask for the API token and keep it in this computer's keyring."
)
@click.pass_obj
def init(
    root: Path,
    folder: Path | None,
    *,
    server: str,
    languages: tuple[str, ...],
    country: str,
    not_lawful: tuple[str, ...],
    first_round: str,
    check: bool,
    keep: bool,
) -> int:
    """Make a new workspace in FOLDER, ready to edit. At a prompt it asks for what the options leave open.

    Nothing that is in FOLDER already is changed.
    """
    from kobo_sync.commands import token

    if check and keep:
        raise click.UsageError("--keep-token asks, --check-token shows: one at a time.")
    if check or keep:
        return (token.check_token if check else token.keep_token)(folder or root, server)
    if folder is None:
        raise click.UsageError("Say in which folder the workspace shall be made, such as: kobo-sync init my-network")
    from kobo_sync.instrument.codebook import write_codebook
    from kobo_sync.setup import make_workspace

    ask = somebody_there()
    address, decided = _decided(folder, Given(server, country, languages, not_lawful, first_round), ask=ask)
    make_workspace(folder, address, decided)
    write_codebook(folder / "xlsform", folder)
    _tell(folder, address, decided)
    if ask:
        token.offer_token(folder)
    _next(folder)
    return 0


def _decided(folder: Path, given: Given, *, ask: bool) -> tuple[str, Choices]:
    """Ask what there is to ask, unless there is a workspace already. Raises UserError."""
    import datetime as dt

    from kobo_sync.commands.asking import decide
    from kobo_sync.instrument.framework import read_framework
    from kobo_sync.resources import data_dir
    from kobo_sync.setup import refuse_existing

    refuse_existing(folder)
    mine = folder / "xlsform" / "framework.yaml"  # of an init that broke off, or brought along
    framework = read_framework(mine if mine.is_file() else data_dir("xlsform") / "framework.yaml")
    return decide(given, framework, dt.datetime.now().astimezone().date(), ask=ask)


def _tell(folder: Path, server: str, decided: Choices) -> None:
    from kobo_sync.setup import README
    from kobo_sync.workspace import CONFIG

    click.echo("")
    click.echo(f"Made the workspace {folder}, for {server}")
    click.echo(
        f"  languages of your team's pages: {', '.join(decided.languages) or 'all'}; first round: {decided.first_round}"
    )
    click.echo(f"  All of this can be changed in {folder / CONFIG}; {README} beside it has all steps.")
    if os.name == "nt":
        click.echo("  Keep it inside your own user folder, on an encrypted disk, and not in OneDrive.")


def _next(folder: Path) -> None:
    from kobo_sync.setup import typed

    click.echo("Next:")
    click.echo(f"  1. Replace the examples in {folder / 'locales.csv'} (districts), services.csv and referrals.csv.")
    click.echo(f"  2. See what your API token may do: kobo-sync init {typed(folder)} --check-token")
    click.echo(f"  3. kobo-sync --workspace {typed(folder)} check")
    click.echo(f"  4. kobo-sync --workspace {typed(folder)} deploy")
