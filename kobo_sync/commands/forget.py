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
  - it is gone already: she withdrew it before, and copies are turned away;
  - its time to be kept was over: then it is gone here. Is it gone in KoboToolbox? See: kobo-sync retention"""
_GONE_BEFORE = """Her interview is here no more, and not in KoboToolbox: it was deleted already. Copies that a phone
sends again will now be turned away: deleted on the server, and never kept here. You can tell her so. What cannot be
undone: backups hold it until they are overwritten; pages that were printed, copied or published stay as they are."""
_GONE_HERE = """Her interview is here no more: it was deleted in KoboToolbox already. Copies that a phone sends again
will now be turned away. But not everything could be read, see above: one may lie there. Mend that, then run: kobo-sync
sync. Tell her then."""
_AS_ARGUMENT = """A withdrawal code is never written behind the command; nothing was done. Do not write it there; it
stands in your shell's history now: clear it. Then run kobo-sync forget, which asks for the code."""
_OWED = {
    "scores": "scores without her answers",
    "pages": "your team's pages without them (until then, show them to nobody)",
    "bytes": "removing the last traces of them from this computer's disk",
}
_DONE = """Done. Her answers are deleted in KoboToolbox and here, and the scores and your team's pages were made again
without them. If a phone sends them again, they are deleted again.
You can tell her: your answers are deleted, and nobody can read them in KoboToolbox or on this computer any more. What
cannot be undone: the backups of the server (and of this computer, if there are any) hold them until they are
overwritten, and pages that were printed, copied or published before today stay as they are."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("misplaced", nargs=-1, metavar="", type=click.UNPROCESSED)
@click.pass_obj
def forget(root: Path, misplaced: tuple[str, ...]) -> int:
    """Delete what a woman told, in KoboToolbox and here, when she asks for it: she is known by her code alone.

    The code is asked for, so that it stands in no history of commands. Never give it as an argument.
    """
    from kobo_sync.errors import UserError
    from kobo_sync.sync import forget as forgetting
    from kobo_sync.workspace import open_workspace

    if misplaced:  # click itself would show what it is
        raise UserError(_AS_ARGUMENT)
    workspace = open_workspace(root)
    code = click.prompt("Her withdrawal code", type=str).strip()
    before = forgetting.find(workspace, code)  # an edit that is read now may take her code away
    click.echo("First the program reads what is new on the server, so that no interview is missed.")
    with bar("Reading") as progress:
        trouble = forgetting.bring_up_to_date(workspace, progress)
    if trouble:
        click.echo(f"Not everything could be read: {trouble}")
        click.echo("What is here already can be withdrawn all the same.")
    found = forgetting.interviews(forgetting.find(workspace, code, before))
    if not found and forgetting.turn_away_later(workspace, code):
        click.echo(_GONE_HERE if trouble else _GONE_BEFORE)
        return trouble.exit_code if trouble else 0
    if not found:
        return _nothing(trouble, old=bool(forgetting.too_old(workspace)))
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
    forgetting.turn_away_later(workspace, code, {one[0].month for one in chosen})
    done = forgetting.forget(workspace, [match for one in chosen for match in one])
    return _said(done)


def _nothing(trouble: KoboSyncError | None, *, old: bool) -> int:
    click.echo(_NOT_FOUND, err=True)
    if old:
        click.echo(
            "The server does hold interviews whose time is over, since this account may not delete there: hers may be "
            "one of them. Do not tell her that it is gone; ask the owner of the form to delete what kobo-sync "
            "retention names.",
            err=True,
        )
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
    """Tell what is so on the server, here, and what is still owed; each for itself, whatever went wrong."""
    if not (done.failure or done.left or done.trouble or done.owed):
        click.echo(_DONE)
        return 0
    _said_of_the_server(done)
    click.echo(
        "Here: her answers are deleted."
        if done.here
        else "Here: her answers could not be deleted yet. It is noted that she withdrew.",
        err=True,
    )
    if done.trouble:
        click.echo(f"Something hindered the rest: {done.trouble}", err=True)
    if done.owed or not done.here:
        owed = [*(() if done.here else ("deleting her answers here",)), *(_OWED[what] for what in done.owed)]
        click.echo(f"Still owed: {'; '.join(owed)}.", err=True)
    click.echo(
        "When that is mended, run: kobo-sync sync. It goes on by itself with all that is owed.",
        err=True,
    )
    if done.failure or done.left:
        return 3
    return done.trouble.exit_code if done.trouble else 1


def _said_of_the_server(done: Forgotten) -> None:
    if done.failure:
        click.echo("In KoboToolbox: her answers are not deleted, or it is not sure:", err=True)
        click.echo(f"  {done.failure}", err=True)
        click.echo("Run kobo-sync sync as soon as that is mended: it deletes them there. Then tell her.", err=True)
    if done.left:
        click.echo(
            "In KoboToolbox: her answers are not deleted. If this account may not delete there, ask the owner of the "
            "form to do it (Data → Table, column _id):",
            err=True,
        )
        for form, ids in done.left.items():
            click.echo(f"  {form}: {', '.join(map(str, ids))}", err=True)
        click.echo(
            "Or to give this account the permission “Delete submissions”; then kobo-sync sync deletes them. Until one "
            "of the two is done, her answers are still on the server: do not tell her yet that they are gone.",
            err=True,
        )
    if not (done.failure or done.left):
        click.echo("In KoboToolbox: her answers are deleted.", err=True)
