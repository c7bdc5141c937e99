"""What several commands share."""

from __future__ import annotations

import click

FORMS = click.argument("forms", nargs=-1, metavar="[FORM]…")


def examples(*lines: str) -> str:
    """Return what stands under a command's help: command lines to copy, without the program's name, a line each."""
    shown = "\n".join(f"  kobo-sync {line}" for line in lines)
    return f"\b\nExample{'s' if len(lines) > 1 else ''}:\n{shown}"  # \b: click leaves the lines as they are
