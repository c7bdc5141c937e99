"""`kobo-sync check`: reads what was asked about, lets the rules look at it, and says what they found."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("forms", nargs=-1, metavar="[FORM]…")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people; json, one document, for scripts and CI.",
)
@click.pass_obj
def check(root: Path, forms: tuple[str, ...], *, format_: str) -> int:
    """Look through forms, translations, framework and lists for mistakes, before anybody meets them on a phone.

    Without FORM all forms are checked. Ends with exit code 2 when there are errors, with 0 when there are warnings
    alone. docs/checks.md explains every code.
    """
    from datetime import datetime

    from kobo_sync.instrument.checks.instrument import read_instrument
    from kobo_sync.instrument.checks.run import check as look
    from kobo_sync.instrument.checks.show import as_json, as_text, counts
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root, need_config=False)
    today = datetime.now().astimezone().date()
    instrument = read_instrument(workspace.root, workspace.xlsform, forms, today)
    findings = look(instrument)
    names = sorted(instrument.chosen)
    if format_ == "json":
        click.echo(as_json(findings, names))
    else:
        for line in as_text(findings, len(names)):
            click.echo(line)
    return 2 if counts(findings)[0] else 0
