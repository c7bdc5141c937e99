"""`kobo-sync deploy`: the forms on the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.commands.shared import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kobo_sync.kobo.deploying import Deployer
    from kobo_sync.kobo.deployment import Plan


@click.command()
@FORMS
@click.option("--yes", is_flag=True, help="Do it without asking; breaking changes want --allow-breaking as well.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option(
    "--allow-breaking",
    is_flag=True,
    help="Do not ask again before changes that make old and new answers different things.",
)
@click.option(
    "--take",
    type=click.Choice(["local", "server"]),
    help="Where somebody changed a form in KoboToolbox: put yours over it, or write theirs beside yours to compare.",
)
@click.option("--only-team", is_flag=True, help="Take every permission from accounts that are not in [team].")
@click.pass_obj
def deploy(
    root: Path,
    forms: tuple[str, ...],
    *,
    yes: bool,
    dry_run: bool,
    allow_breaking: bool,
    take: str | None,
    only_team: bool,
) -> int:
    """Check the forms, show what would change on the server, then create, update and deploy them.

    What `kobo-sync check` calls an error stops it: of a form from elsewhere, what would endanger people. A form that
    somebody changed in KoboToolbox is left alone, unless you say --take. The accounts in [team] get what they need.
    """
    from kobo_sync.kobo.deploying import Deployer
    from kobo_sync.sync.lock import lock
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    with lock(workspace), Deployer(workspace, forms, take=take or "", only_team=only_team) as deployer:
        plans = deployer.plans()
        _show(deployer, plans)
        todo = [plan for plan in plans if plan.todo]
        if dry_run:
            click.echo("Nothing was changed.")
            return 0
        if todo:
            _ask(todo, yes=yes, allow_breaking=allow_breaking)
        return _do(deployer, plans)


def _show(deployer: Deployer, plans: Sequence[Plan]) -> None:
    from kobo_sync.kobo.telling import lines

    click.echo(f"On {deployer.server}, as {deployer.account}:")
    for plan in plans:
        click.echo(f"  {plan.in_words()}")
        for line in lines(plan):
            click.echo(f"      {line}")
    if deployer.drafts:
        click.echo(
            f"Draft translations, not yet reviewed by women who use drugs: {', '.join(deployer.drafts)}. Pilot "
            "them with women who speak them before a round; write who reviewed them into xlsform/framework.yaml."
        )


def _ask(todo: Sequence[Plan], *, yes: bool, allow_breaking: bool) -> None:
    """Ask; where answers would break, for a typed word. Raises Abort at a no, RefusedForSafety if nobody is asked."""
    from kobo_sync.errors import RefusedForSafety

    breaking = [plan.wanted.form for plan in todo if plan.breaking]
    if breaking and not allow_breaking:
        if yes:
            raise RefusedForSafety(
                f"{', '.join(breaking)}: old and new answers would be different things (marked BREAKING above), so "
                "--yes is not enough. Nothing was changed. Say --allow-breaking as well if that is what you want."
            )
        words = "Old and new answers would be different things (marked BREAKING). Type yes to do it all the same"
        if click.prompt(words, default="no", show_default=False).strip().lower() != "yes":
            raise click.Abort
    elif not yes:
        click.confirm("Do this?", abort=True)


def _do(deployer: Deployer, plans: Sequence[Plan]) -> int:
    """Carry the plans out one by one; a form that is left alone for safety does not keep the others from theirs."""
    from kobo_sync.errors import RefusedForSafety
    from kobo_sync.kobo.deployment import NOTHING, TAKE

    refused: list[RefusedForSafety] = []
    for plan in plans:
        form = plan.wanted.form
        try:
            asset = deployer.carry_out(plan)
        except RefusedForSafety as error:
            refused.append(error)
            continue
        if plan.action == TAKE:
            click.echo(
                f"{form}: the server's form is in {deployer.beside(form, asset.version)}. Put what should stay into "
                f"your own workbook, then: kobo-sync deploy {form}"
            )
        elif plan.action != NOTHING:
            click.echo(f"{form}: deployed. Phones get it under “{asset.name}” when they refresh their list.")
        if plan.access.changes:
            click.echo(f"{form}: permissions are as in [team] now.")
    if refused:
        raise RefusedForSafety(" ".join(str(error) for error in refused))
    if not any(plan.todo for plan in plans):
        click.echo("Everything is deployed already.")
    return 0
