"""`kobo-sync completion`: the shell completes commands, options and forms' names."""

from __future__ import annotations

import sys

import click

_PROGRAM, _VARIABLE = "kobo-sync", "_KOBO_SYNC_COMPLETE"  # the variable's name is click's, made from the program's
_INSTALL = {
    "bash": "add this line to ~/.bashrc (bash 4.4 or newer; macOS brings an older one):",
    "zsh": "add this line to ~/.zshrc, below the one with compinit:",
    "fish": "type this once:",
    "powershell": "add this line to the file that $PROFILE names (notepad $PROFILE):",
}
_LINE = {
    "bash": 'eval "$(kobo-sync completion bash)"',
    "zsh": 'eval "$(kobo-sync completion zsh)"',
    "fish": "kobo-sync completion fish > ~/.config/fish/completions/kobo-sync.fish",
    "powershell": "kobo-sync completion powershell | Out-String | Invoke-Expression",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_INSTALL)))
def completion(shell: str) -> None:
    """Print what makes SHELL complete commands and options with the tab key.

    Typed in a window, it says where the line goes that switches it on; then open a new window.
    """
    from click.shell_completion import get_completion_class

    from kobo_sync.errors import UserError

    found = get_completion_class(shell)
    if found is None:
        raise UserError(
            f"The installed click is too old for {shell}. Get a newer one, then try again: pip install --upgrade click"
        )
    command = click.get_current_context().find_root().command
    script = found(command, {}, _PROGRAM, _VARIABLE).source()
    if sys.stdout.isatty():
        click.echo(f"To switch completion on, {_INSTALL[shell]}\n\n  {_LINE[shell]}\n\nThen open a new window.")
    else:
        click.echo(script)
