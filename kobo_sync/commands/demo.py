"""`kobo-sync demo`: the whole job with made-up interviews."""

from __future__ import annotations

from pathlib import Path

import click

from kobo_sync.progress import bar


@click.command()
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

    tell(out, say=click.echo, bar=bar, wanted=interviews)
