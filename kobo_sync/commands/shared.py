"""What several commands share."""

from __future__ import annotations

import click

FORMS = click.argument("forms", nargs=-1, metavar="[FORM]…")
