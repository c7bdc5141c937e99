"""`kobo-sync texts`: people's own words, for a trained woman to read, redact or discard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.errors import LockHeld, UserError

if TYPE_CHECKING:
    from kobo_sync.store.store import Store
    from kobo_sync.store.texts import Text
    from kobo_sync.sync.screen import Names
    from kobo_sync.workspace import Workspace

_WARNING = (
    "What follows are a person's own words. They can tell who she is. Nobody else should see this screen; write them "
    "down nowhere, and clear the screen afterwards."
)
_ID = click.argument("id_", metavar="ID", type=click.IntRange(min=1))


@click.group()
def texts() -> None:
    """People's own words: read them, write what may be quoted, discard the rest. For a woman who is trained for it."""


@texts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.pass_obj
def texts_list(root: Path, *, as_json: bool) -> None:
    """List what waits: how many texts, and what the screen found in them; never the words."""
    import json

    from kobo_sync.store.store import Store
    from kobo_sync.store.texts import text_counts, waiting_texts
    from kobo_sync.sync.names import known_names
    from kobo_sync.sync.screen import screen
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    names = known_names(workspace)
    with Store(workspace.store) as store:
        counts = text_counts(store)
        found = [(text, screen(text.words, names)) for text in waiting_texts(store)]
    if as_json:
        waiting = [
            {"form": text.form, "id": text.id, "question": text.question, "role": text.role, "flags": list(flags)}
            for text, flags in found
        ]
        click.echo(json.dumps({"counts": counts, "waiting": waiting}, ensure_ascii=False, indent=2))
        return
    for form in dict.fromkeys(text.form for text, _ in found):
        here = [(text, flags) for text, flags in found if text.form == form]
        click.echo(f"{form}: {_texts(len(here))} waiting in {len({text.id for text, _ in here})} submissions")
        for id_ in dict.fromkeys(text.id for text, _ in here):
            flags = Counter(flag for text, marks in here if text.id == id_ for flag in marks)
            number = sum(text.id == id_ for text, _ in here)
            click.echo(f"  {id_}: {_texts(number)}{_in_words(flags)}")
    done = Counter({state: n for by_state in counts.values() for state, n in by_state.items()})
    click.echo(
        f"{_texts(len(found))} waiting, {done['reviewed']} reviewed, {done['discarded']} discarded."
        + (" Next: kobo-sync texts review ID" if found else "")
    )


@texts.command("show")
@_ID
@click.pass_obj
def texts_show(root: Path, id_: int) -> None:
    """Show the words of submission ID, and what the screen found in them.

    They can tell who she is: nobody else should see your screen.
    """
    from kobo_sync.store.store import Store
    from kobo_sync.store.texts import texts_of
    from kobo_sync.sync.names import known_names
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    names = known_names(workspace)
    with Store(workspace.store) as store:
        found = texts_of(store, id_)
    if not found:
        raise _nothing(id_)
    click.echo(_WARNING, err=True)
    for text in found:
        _show(text, names)


@texts.command("review")
@_ID
@click.option(
    "--editor",
    is_flag=True,
    help="Write the wording in your editor (EDITOR) in place of a prompt. It starts empty; editors may keep copies.",
)
@click.option("--force", is_flag=True, help="Keep a wording although the screen still flags it.")
@click.pass_obj
def texts_review(root: Path, id_: int, *, editor: bool, force: bool) -> int:
    """Write, for each text of submission ID, the wording that may be quoted; the words that were said are then removed.

    Leave out names, places, dates, numbers, and whatever only she could have said. Nothing is kept of a text that you
    leave empty: it goes on waiting. Where none waits, the wordings that were written can be written anew.
    """
    from kobo_sync.store.store import Store
    from kobo_sync.store.texts import settle
    from kobo_sync.sync.names import known_names
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    names = known_names(workspace)
    refused = done = 0
    with Store(workspace.store) as store:
        found, again = _open(store, id_)
        click.echo(_WARNING, err=True)
        if again:
            click.echo("What was said is gone. What follows are the wordings that may be quoted.", err=True)
        try:
            for text in found:
                _show(text, names)
                if text.names_service:
                    click.echo(
                        "  This is what a service is called: never a quote. Add it to your list, or match or "
                        "dismiss it: kobo-sync services proposed"
                    )
                    continue
                wording = _ask(editor=editor)
                if not wording:
                    click.echo(f"  Nothing written: this {'wording stays' if again else 'text goes on waiting'}.")
                elif _may_stay(wording, names, force=force):
                    settle(store, text, wording)
                    done += 1
                else:
                    refused += 1
        finally:  # whoever stops in the middle has reviewed what came before
            if done:
                _remove(workspace, store)
    click.echo(f"{_texts(done)} of submission {id_} reviewed.")
    return 2 if refused else 0


@texts.command("discard")
@_ID
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.pass_obj
def texts_discard(root: Path, id_: int, *, yes: bool) -> None:
    """Remove the waiting texts of submission ID for good, unread if you like. Her other answers stay.

    Where none waits, the wordings that were written for them are taken back: they are quoted no more.
    """
    from kobo_sync.store.store import Store
    from kobo_sync.store.texts import settle, settled_texts
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    with Store(workspace.store) as store:
        found, again = _open(store, id_)
        what = f"{'the wording of ' if again else ''}{_texts(len(found))} of submission {id_}"
        if not yes:
            click.confirm(f"Remove {what} from this computer for good?", abort=True)
        for text in found:
            settle(store, text, None)
        _remove(workspace, store)
        kept = len(settled_texts(store, id_))
    click.echo(f"{what[0].upper()}{what[1:]} discarded. KoboToolbox still holds what was said.")
    if kept:
        click.echo(f"The wording of {_texts(kept)} may still be quoted. To take it back, run the same command again.")
    if again:
        click.echo("Where it was quoted already, in a page or on paper, it has to be taken out by hand.")


def _open(store: Store, id_: int) -> tuple[tuple[Text, ...], bool]:
    """Return what waits of a submission, or where nothing does, what was reviewed, and whether it is that."""
    from kobo_sync.store.texts import settled_texts, waiting_texts

    waiting = waiting_texts(store, id_)
    found = waiting or settled_texts(store, id_)
    if not found:
        raise _nothing(id_)
    return found, not waiting


def _show(text: Text, names: Names) -> None:
    from kobo_sync.store.words import AWAITING_REDACTION
    from kobo_sync.sync.screen import screen

    flags = screen(text.words, names) if text.state == AWAITING_REDACTION else ()
    click.echo(f"{text.form}, submission {text.id}, {text.question} ({text.state}){_in_words(Counter(flags))}")
    for line in text.words.splitlines():
        click.echo(f"  | {''.join(c if c.isprintable() else ' ' for c in line)}")


def _ask(*, editor: bool) -> str:
    if editor:
        return (click.edit("", extension=".txt") or "").strip()
    return str(click.prompt("  The wording that may be quoted (empty: later)", default="", show_default=False)).strip()


def _may_stay(wording: str, names: Names, *, force: bool) -> bool:
    from kobo_sync.sync.screen import screen

    flags = screen(wording, names)
    if flags and not force:
        click.echo(
            f"  Not kept: your wording still holds {' and '.join(flags)}. Leave it out; if the screen is wrong, run "
            "the command again with --force."
        )
    return force or not flags


def _remove(workspace: Workspace, store: Store) -> None:
    """Remove what was said from the disk; a run that is at work does it at its end."""
    from kobo_sync.store.purge import purge
    from kobo_sync.sync.lock import lock

    try:
        with lock(workspace):
            purge(store)
    except LockHeld:
        click.echo("A run is at work: at its end it removes what was said from the disk.", err=True)


def _nothing(id_: int) -> UserError:
    return UserError(f"There is no such text of submission {id_}. What waits: kobo-sync texts list")


def _texts(number: int) -> str:
    return f"{number} text" if number == 1 else f"{number} texts"


def _in_words(flags: Counter[str]) -> str:
    if not flags:
        return ""
    return " — look for " + "; ".join(f"{flag} ({n} times)" if n > 1 else flag for flag, n in flags.items())
