"""The command line: what holds for every command, and which commands there are (kobo_sync.commands)."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync import __version__
from kobo_sync.commands.completion import completion
from kobo_sync.commands.demo import demo
from kobo_sync.commands.deploy import deploy
from kobo_sync.commands.examples import with_examples
from kobo_sync.commands.export import export
from kobo_sync.commands.flags import flags
from kobo_sync.commands.forget import forget
from kobo_sync.commands.init import init
from kobo_sync.commands.instrument import build, paper, sentences
from kobo_sync.commands.quarantine import quarantine
from kobo_sync.commands.rehearse import rehearse
from kobo_sync.commands.report import report
from kobo_sync.commands.retention import retention
from kobo_sync.commands.rounds import rounds
from kobo_sync.commands.services import services
from kobo_sync.commands.status import status
from kobo_sync.commands.sync import score, sync
from kobo_sync.commands.texts import texts
from kobo_sync.commands.watch import watch
from kobo_sync.instrument.checks.command import check


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
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log: for people, or for programs (one object a line).",
)
@click.version_option(__version__, prog_name="kobo-sync")
@click.pass_context
def cli(context: click.Context, workspace: Path, log_format: str, *, verbose: bool) -> None:
    """Monitor how gender-responsive harm reduction services are, with KoboToolbox.

    A coordinator's path: init, deploy, (interviews), sync, report. See it work first: kobo-sync demo
    """
    from kobo_sync.logs import configure

    configure(log_format, verbose=verbose)
    context.obj = workspace


_SETTING_UP = (init, check, build, paper, sentences, deploy, rehearse)
_RUNNING = (sync, watch, status, quarantine, texts, services, flags, forget, score, report, export, rounds, retention)

for _command in (*_SETTING_UP, *_RUNNING, completion, demo):
    cli.add_command(_command)
with_examples(cli)
