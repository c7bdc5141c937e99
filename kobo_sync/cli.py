"""The commands, nothing else: each reads its arguments, calls the room that does the work, and says what happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kobo_sync import __version__
from kobo_sync.instrument.checks.command import check

FORMS = click.argument("forms", nargs=-1, metavar="[FORM]…")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--workspace",
    envvar="KOBO_SYNC_WORKSPACE",
    default=".",
    show_default="here",
    type=click.Path(path_type=Path, file_okay=False),
    help="The workspace's folder (or set KOBO_SYNC_WORKSPACE).",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is being done.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.version_option(__version__, prog_name="kobo-sync")
@click.pass_context
def cli(context: click.Context, workspace: Path, log_format: str, *, verbose: bool) -> None:
    """Monitor how gender-responsive harm reduction services are, with KoboToolbox.

    A coordinator's path: init, deploy, (interviews), sync, report. See it work first: kobo-sync demo
    """
    from kobo_sync.logs import configure

    configure(log_format, verbose=verbose)
    context.obj = workspace


@cli.command()
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


cli.add_command(check)


@cli.command()
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


@cli.command()
@FORMS
@click.option(
    "--language", "languages", metavar="CODE", multiple=True, help="Only this language, such as id; once for each."
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
    for path in write_paper(workspace.xlsform, out or workspace.root / "questionnaires", forms, languages):
        click.echo(f"Wrote {path}")
    click.echo("Open a page in a browser and print it. Filled-in paper is dangerous: destroy it once it is typed in.")


@cli.command()
@FORMS
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.pass_obj
def deploy(root: Path, forms: tuple[str, ...], *, yes: bool, dry_run: bool) -> int:
    """Show what would change on the server, then create, update and deploy the forms."""
    from kobo_sync.kobo.deploying import Deployer
    from kobo_sync.sync.all_forms import lock
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


@cli.command()
@FORMS
@click.pass_obj
def sync(root: Path, forms: tuple[str, ...]) -> int:
    """Read what is new on the server, check it, keep it, and score the services that it concerns."""
    from kobo_sync.sync.all_forms import sync_workspace
    from kobo_sync.workspace import open_workspace

    with _bar("Reading") as progress:
        result = sync_workspace(open_workspace(root), forms, progress=progress)
    for outcome in result.outcomes:
        counts = outcome.counts
        released = f", {outcome.released} released from quarantine" if outcome.released else ""
        click.echo(
            f"{outcome.form}: {counts.read} new ({counts.accepted} accepted, {counts.refused} without consent, "
            f"{counts.quarantined} quarantined){released}."
        )
    if result.quarantined:
        click.echo(
            f"{result.quarantined} in quarantine: kept out of the scores until they are mended. See: kobo-sync "
            "quarantine list"
        )
    click.echo(f"{result.scored} service scores were computed. Next: kobo-sync report")
    return 0


@cli.group()
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


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Every service and round, not only what changed since.")
@click.pass_obj
def score(root: Path, *, everything: bool) -> None:
    """Compute the scores anew from what the store holds; sync does it by itself."""
    from kobo_sync.sync.all_forms import score_workspace
    from kobo_sync.workspace import open_workspace

    with _bar("Scoring") as progress:
        count = score_workspace(open_workspace(root), everything=everything, progress=progress)
    click.echo(f"{count} service scores were computed. Next: kobo-sync report")


@cli.command()
@click.option(
    "--round", "round_", metavar="ROUND", default="", help="The round, such as 2026-H2; the last one if left out."
)
@click.option(
    "--audience",
    type=click.Choice(["team", "public"]),
    default="team",
    show_default=True,
    help="For whom: pages for your team, or a public release of a closed round, frozen.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it; report/, or public/ROUND for a release, if left out.",
)
@click.pass_obj
def report(root: Path, round_: str, audience: str, out: Path | None) -> None:
    """Write the team's scorecards as pages that open without internet, or a public release.

    Example: kobo-sync report --audience public --round 2026-H2
    """
    from kobo_sync.report.gather import write_report
    from kobo_sync.workspace import open_workspace

    if audience == "public":
        from kobo_sync.report.public import publish

        for line in publish(open_workspace(root), round_, out).lines():
            click.echo(line)
        return
    index = write_report(open_workspace(root), round_, out)
    click.echo(f"Wrote the report. Open it in a browser: {index}")
    click.echo("It is for your team. Do not publish it or pass it on: for that there is --audience public.")


@cli.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("a-gender-demo"),
    show_default=True,
    help="Where to make the demonstration's workspace and report.",
)
@click.option(
    "--interviews",
    type=click.IntRange(20, 5000),
    default=370,
    show_default=True,
    help="About how many interviews to make up.",
)
def demo(out: Path, interviews: int) -> None:
    """Show the whole job on a stand-in server on this machine, with made-up interviews."""
    from kobo_sync.demo.story import tell

    tell(out, say=click.echo, bar=_bar, wanted=interviews)


def _bar(what: str) -> Any:  # noqa: ANN401 -- a context manager that gives a Progress function
    """Give a progress bar on a terminal; elsewhere nothing, since the log has its lines."""
    from kobo_sync.progress import bar

    return bar(what)


Progress = Callable[[int, int], None]
