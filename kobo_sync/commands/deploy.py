"""`kobo-sync deploy`: the forms on the server."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync.commands.shared import FORMS


@click.command()
@FORMS
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.pass_obj
def deploy(root: Path, forms: tuple[str, ...], *, yes: bool, dry_run: bool) -> int:
    """Check the forms, show what would change on the server, then create, update and deploy them.

    What `kobo-sync check` calls an error stops it: of a form from elsewhere, what would endanger people.
    """
    from kobo_sync.kobo.deploying import Deployer
    from kobo_sync.sync.lock import lock
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    with lock(workspace), Deployer(workspace, forms) as deployer:
        plans = deployer.plans()
        click.echo(f"On {deployer.server}, as {deployer.account}:")
        for plan in plans:
            click.echo(f"  {plan.in_words()}")
        if deployer.drafts:
            click.echo(
                f"Draft translations, not yet reviewed by women who use drugs: {', '.join(deployer.drafts)}. Pilot "
                "them with women who speak them before a round; write who reviewed them into xlsform/framework.yaml."
            )
        todo = [plan for plan in plans if plan.action != "nothing"]
        if not todo or dry_run:
            click.echo("Nothing was changed." if dry_run else "Everything is deployed already.")
            return 0
        if not yes:
            click.confirm("Do this?", abort=True)
        for plan in todo:
            asset = deployer.carry_out(plan)
            click.echo(
                f"{plan.wanted.form}: deployed. Phones get it under “{asset.name}” when they refresh their list."
            )
    return 0
