"""What stands under each command's help: command lines to copy. A test reads every one as the program would."""

from __future__ import annotations

import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "": ("init my-network", "demo", "sync --help"),
    "init": (
        "init my-network",
        "init my-network --server https://eu.kobotoolbox.org --country Kenya",
        "init my-network --check-token",
    ),
    "check": ("check", "check client_interview"),
    "build": ("build", "build --check"),
    "paper": ("paper --language id", "paper client_interview --out pages"),
    "deploy": ("deploy --dry-run", "deploy client_interview", "deploy client_interview --take server"),
    "sentences": ("sentences ar",),
    "rehearse": ("rehearse", "rehearse client_interview --yes"),
    "sync": ("sync", "--workspace my-network sync client_interview"),
    "watch": ("watch --every 15m",),
    "status": ("status", "status --stale-after 2h"),
    "quarantine": ("quarantine list", "quarantine show 1279"),
    "quarantine list": ("quarantine list",),
    "quarantine show": ("quarantine show 1279",),
    "quarantine retry": ("quarantine retry", "quarantine retry 1279 1280"),
    "texts": ("texts list", "texts review 1279"),
    "texts list": ("texts list",),
    "texts show": ("texts show 1279",),
    "texts review": ("texts review 1279", "texts review 1279 --editor"),
    "texts discard": ("texts discard 1279",),
    "services": ("services proposed", "services match 1279 1302 --to S02"),
    "services proposed": ("services proposed",),
    "services accept": (
        'services accept 1279 --code S09 --label "Blue Door" --locale north --type "drop-in centre"',
        'services accept 1279 --code S09 --label "Blue Door" --locale north --deploy',
    ),
    "services match": ("services match 1279 1302 --to S02",),
    "services dismiss": ("services dismiss 1279",),
    "flags": ("flags list", "flags review S01 FLAG"),
    "flags list": ("flags list", "flags list --round 2026-H2 --service S01"),
    "flags review": ("flags review S01 FLAG",),
    "flags resolve": ("flags resolve S01 FLAG",),
    "forget": ("forget",),
    "score": ("score", "score --all --workers 4", "score --explain S01 --round 2026-H2"),
    "report": (
        "report",
        "report --pdf --charts",
        "report --preview S01 --round 2026-H2",
        "report --audience public --round 2026-H2",
    ),
    "export": ("export --format xlsx --labels id", "export --audience public --round 2026-H2"),
    "rounds": ("rounds list", "rounds close 2026-H2"),
    "rounds list": ("rounds list",),
    "rounds close": ("rounds close 2026-H2",),
    "retention": ("retention", "retention --yes"),
    "completion": ("completion powershell", "completion bash"),
    "demo": ("demo", "demo --out show --interviews 100"),
}


def with_examples(command: click.Command, path: tuple[str, ...] = ()) -> None:
    """Put the examples under the help of a command and of those in it."""
    lines = EXAMPLES.get(" ".join(path), ())
    if lines and not command.epilog:
        shown = "\n".join(f"  kobo-sync {line}" for line in lines)
        # \b: click leaves the lines as they are.
        command.epilog = f"\b\nExample{'s' if len(lines) > 1 else ''}:\n{shown}"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            with_examples(inner, (*path, name))
