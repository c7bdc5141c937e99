"""`kobo-sync build` and `paper`: what is made from the forms; `check` stands with its rules."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync.commands.shared import FORMS


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 2 when something would change.")
@click.pass_obj
def build(root: Path, *, check: bool) -> int:
    """Make the JSON Schemas and the codebook anew from the forms and the framework in xlsform/."""
    from kobo_sync.instrument.build import build as make
    from kobo_sync.instrument.codebook import write_codebook
    from kobo_sync.workspace import CONFIG_SCHEMA, open_workspace

    workspace = open_workspace(root, need_config=False)
    made = make(workspace.xlsform, workspace.schemas, {"config": CONFIG_SCHEMA}, check=check)
    for name, rule in made.unchecked:
        click.echo(
            f"Note: {name}, row {rule.question.row}: {rule.kind.replace('_', ' ')} of {rule.question.name} is checked "
            "by the phone alone."
        )
    for name in made.changed:
        click.echo(f"{'Would change' if check else 'Wrote'} schemas/{name}")
    for name in made.stale:
        click.echo(f"{'Would remove' if check else 'Removed'} schemas/{name}: no form makes it")
    book = write_codebook(workspace.xlsform, workspace.xlsform.parent, check=check)
    for path in book.changed:
        click.echo(f"{'Would change' if check else 'Wrote'} {path}")
    for path in book.stale:
        click.echo(f"{'Would remove' if check else 'Removed'} {path}: there is no such form")
    if check and (made.changed or made.stale or book.changed or book.stale):
        click.echo("Schemas or codebook are not those of the forms. Run: kobo-sync build", err=True)
        return 2
    click.echo(f"{len(made.files)} schemas and {len(book.pages)} pages of the codebook are up to date.")
    return 0


@click.command()
@FORMS
@click.option(
    "--language",
    "languages",
    metavar="CODE",
    multiple=True,
    help="Only this language, such as id; once for each; those of kobo-sync.toml if left out.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write the pages; questionnaires/ in the workspace if left out.",
)
@click.pass_obj
def paper(root: Path, forms: tuple[str, ...], languages: tuple[str, ...], out: Path | None) -> None:
    """Write the questionnaires as pages to print, for when no phone can be used.

    Filled-in paper is dangerous: each page says how to keep and how to destroy it.
    """
    from kobo_sync.instrument.paper import write_paper
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root, need_config=False)
    for path in write_paper(
        workspace.xlsform, out or workspace.root / "questionnaires", forms, languages or workspace.languages
    ):
        click.echo(f"Wrote {path}")
    click.echo("Open a page in a browser and print it. Filled-in paper is dangerous: destroy it once it is typed in.")


@click.command()
@click.argument("language", metavar="LANGUAGE")
@click.pass_obj
def sentences(root: Path, language: str) -> None:
    """Write all sentences of the pages into xlsform/texts/LANGUAGE.po, to be translated there in a text editor.

    For a language of your own that the framework names; what is translated there already stays. Pages say in English
    what is left empty.
    """
    from kobo_sync.report.own_words import write_catalogue
    from kobo_sync.workspace import open_workspace

    path, number, done = write_catalogue(open_workspace(root, need_config=False).xlsform, language)
    click.echo(f"Wrote {path}: {number} sentences, {done} of them translated. Then: kobo-sync report")
