"""`kobo-sync quarantine`: what the forms do not allow."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def quarantine() -> None:
    """Submissions that the forms do not allow, and what to do about them."""


@quarantine.command("list")
@click.pass_obj
def quarantine_list(root: Path) -> None:
    """List what is in quarantine: form, number, field, what is wrong and the remedy."""
    from kobo_sync.store.store import Store
    from kobo_sync.workspace import open_workspace

    with Store(open_workspace(root).store) as store:
        found = store.quarantined()
    for form, id_, problems in found:
        click.echo(f"{form}, submission {id_}:")
        for problem in problems:
            click.echo(f"  - {problem.what}")
        for remedy in dict.fromkeys(problem.remedy for problem in problems):
            click.echo(f"    → {remedy}")
    click.echo(f"{len(found)} in quarantine." if found else "Nothing is in quarantine.")
