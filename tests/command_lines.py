"""The commands that there are, and whether a command line is one; nothing is run."""

from __future__ import annotations

import click

from kobo_sync.cli import cli


def commands(
    command: click.Command, path: tuple[str, ...] = (), *, groups: bool = False
) -> list[tuple[str, click.Command]]:
    """Return (path, command) of all commands below one; `groups`: also those that hold others, "" first."""
    if not isinstance(command, click.Group):
        return [(" ".join(path), command)]
    below = [one for name, sub in command.commands.items() for one in commands(sub, (*path, name), groups=groups)]
    return [(" ".join(path), command), *below] if groups else below


def parses(arguments: list[str]) -> None:
    """Let click read a command line, without the program's name, and run nothing. Raises click's UsageError."""
    if arguments == ["--version"]:  # click ends there
        return
    with cli.make_context("kobo-sync", list(arguments)) as context:
        name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        while isinstance(command, click.Group):
            with command.make_context(name, rest, parent=context, resilient_parsing=False) as inner:
                name, command, rest = command.resolve_command(inner, [*inner._protected_args, *inner.args])
        assert command is not None
        if "--help" not in rest:
            command.make_context(name, rest, parent=context)
