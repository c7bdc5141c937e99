"""`kobo-sync forget`: a woman withdraws her answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.progress import bar

if TYPE_CHECKING:
    from kobo_sync.errors import KoboSyncError
    from kobo_sync.store.rights import Match
    from kobo_sync.sync.forget import Forgotten

_TRIES = 3
_NOT_FOUND = """No interview with this code was found, so nothing was deleted. What that can mean:
  - the code was mistyped: ask her to read it again, digit by digit;
  - the phone has not sent the interview yet: send everything from the phones, then run this again;
  - she did not take a code when she was asked: then only she can say which interview it is. Find it with her in
    KoboToolbox (Data → Table, by month and service), delete it there, and run: kobo-sync sync
  - it is gone already: deleted in KoboToolbox, withdrawn before, or its time to be kept was over."""
_DONE = """Done. Her answers are deleted in KoboToolbox and here, and the scores and your team's pages were made again
without them. If a phone sends them again, they are deleted again.
You can tell her: your answers are deleted, and nobody can read them in KoboToolbox or on this computer any more. What
cannot be undone: the backups of the server (and of this computer, if there are any) hold them until they are
overwritten, and pages that were printed, copied or published before today stay as they are."""


@click.command()
@click.pass_obj
def forget(root: Path) -> int:
    """Delete what a woman told, in KoboToolbox and here, when she asks for it: she is known by her code alone.

    The code is asked for, so that it stands in no history of commands. Never give it as an argument.
    """
    from kobo_sync.sync import forget as forgetting
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    click.echo("First the program reads what is new on the server, so that no interview is missed.")
    with bar("Reading") as progress:
        trouble = forgetting.bring_up_to_date(workspace, progress)
    if trouble:
        click.echo(f"Not everything could be read: {trouble}")
        click.echo("What is here already can be withdrawn all the same.")
    code = click.prompt("Her withdrawal code", type=str).strip()
    found = forgetting.interviews(forgetting.find(workspace, code))
    if not found:
        return _nothing(trouble)
    labels = _labels(workspace.services_file)
    chosen = _hers(found, labels)
    if not chosen:
        click.echo(
            "None of the interviews with this code is that one, so nothing was deleted. Ask her again.", err=True
        )
        return 2
    for one in chosen:
        click.echo(f"Found: an interview {_month(one[0].month)}{_about(one[0].service, labels)}.")
    if len(chosen) > 1:
        click.echo(
            f"These {len(chosen)} cannot be told apart. One of them is hers: to be sure, all have to be deleted."
        )
    click.confirm("Delete it for ever, in KoboToolbox and here?", abort=True)
    done = forgetting.forget(workspace, [match for one in chosen for match in one])
    return _said(done)


def _nothing(trouble: KoboSyncError | None) -> int:
    click.echo(_NOT_FOUND, err=True)
    if trouble:
        click.echo("And not everything could be read, see above. Mend that, then run this again.", err=True)
        return trouble.exit_code
    return 2


def _labels(path: Path) -> dict[str, str]:
    """Return the public labels of the services by code; none where the list is gone or broken."""
    from kobo_sync.errors import ConfigError
    from kobo_sync.services import read_services

    try:
        return {service.code: service.label for service in read_services(path).values()}
    except ConfigError:
        return {}


def _hers(found: Sequence[tuple[Match, ...]], labels: dict[str, str]) -> list[tuple[Match, ...]]:
    """Ask as much as is needed to tell several interviews apart; nothing about them is shown before."""
    left = list(found)
    if len(left) > 1:
        click.echo("More than one interview has this code.")
        left = _narrowed(
            left,
            "In which month was hers? (such as 2026-07)",
            lambda one, said: not one.month or one.month == _typed_month(said),
        )
    if len(left) > 1:
        left = _narrowed(
            left,
            "About which service? (its public name in services.csv, or a part of it)",
            lambda one, said: bool(said) and (not one.service or said.casefold() in _name(one.service, labels)),
        )
    return left


def _narrowed(
    left: list[tuple[Match, ...]], question: str, fits: Callable[[Match, str], bool]
) -> list[tuple[Match, ...]]:
    """Ask until something fits, some times. What is not known of an interview may fit."""
    for _ in range(_TRIES):
        said = " ".join(click.prompt(question, type=str).split())
        fitting = [one for one in left if fits(one[0], said)]
        if fitting:
            return fitting
        click.echo("No interview with this code fits that.")
    return []


def _typed_month(said: str) -> str:
    """Read a month as people type it: 2026-07, 2026-7, 7/2026, 2026.07."""
    numbers = re.findall(r"[0-9]+", said)
    year = next((number for number in numbers if len(number) == 4), "")  # noqa: PLR2004 -- the digits of a year
    month = next((number for number in numbers if len(number) <= 2), "")  # noqa: PLR2004 -- those of a month
    return f"{year}-{int(month):02d}" if year and month else ""


def _name(service: str, labels: dict[str, str]) -> str:
    return " ".join(f"{service} {labels.get(service, '')}".casefold().split())


def _month(month: str) -> str:
    return f"of {month}" if month else "whose month is not known (it is in quarantine)"


def _about(service: str, labels: dict[str, str]) -> str:
    return f" about “{labels.get(service, service)}”" if service else ""


def _said(done: Forgotten) -> int:
    if done.failure:
        click.echo("Here, her answers are deleted. In KoboToolbox they are not, or it is not sure:", err=True)
        click.echo(f"  {done.failure}", err=True)
        click.echo("Run kobo-sync sync as soon as that is mended: it deletes them there. Then tell her.", err=True)
    if done.left:
        click.echo(
            "Here, her answers are deleted. KoboToolbox does not let this account delete them there. Ask the owner of "
            "the form to delete there (Data → Table, column _id):",
            err=True,
        )
        for form, ids in done.left.items():
            click.echo(f"  {form}: {', '.join(map(str, ids))}", err=True)
        click.echo(
            "Or to give this account the permission “Delete submissions”; then kobo-sync sync deletes them. Until one "
            "of the two is done, her answers are still on the server: do not tell her yet that they are gone.",
            err=True,
        )
    if done.failure or done.left:
        return 3
    click.echo(_DONE)
    return 0
