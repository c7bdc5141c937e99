"""What several commands share."""

from __future__ import annotations

from pathlib import Path

import click


def _names(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Return the workspace's forms for a shell that completes a name; the folder alone is looked at."""
    folder = Path(context.find_root().params.get("workspace") or ".") / "xlsform"
    names = sorted(path.stem for path in folder.glob("*.xlsx") if not path.name.startswith(("~$", ".")))
    return [name for name in names if name.startswith(typed)]


def scores_computed(number: int) -> str:
    """Say how many scores were computed."""
    return "1 service score was computed." if number == 1 else f"{number} service scores were computed."


FORMS = click.argument("forms", nargs=-1, metavar="[FORM]…", shell_complete=_names)
