"""Exports after a deletion: made again without it, or removed where nothing may be shown any more.

The store remembers the folders; how each export was made stands in the list in its folder. What was made for the public
stays: a release is frozen.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from kobo_sync.errors import ConfigError
from kobo_sync.export.files import Made, listed, remove_export, write_export
from kobo_sync.store.scores import rounds
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace, kept_place

_NOTE = "exports"


def remember_export(workspace: Workspace, store: Store, out: Path) -> None:
    """Remember that exports lie in the folder `out`."""
    known = {*_known(store), kept_place(workspace, out)}
    store.leave_note(_NOTE, orjson.dumps(sorted(known)).decode())


def refresh_exports(workspace: Workspace, store: Store) -> list[ConfigError]:
    """Make the team's exports again that exist; returns what went wrong, after all the others are done.

    A folder without exports is forgotten. The usual folder is looked into also when the store was made anew.
    """
    left, failures = [], []
    for name in sorted({*_known(store), kept_place(workspace, workspace.root / "export")}):
        out = workspace.root / name  # a whole path stays what it is
        for made in listed(out):
            try:
                _again(workspace, store, out, made)
            except ConfigError as error:
                failures.append(error)
        if listed(out):
            left.append(name)
    store.leave_note(_NOTE, orjson.dumps(left).decode())
    return failures


def _again(workspace: Workspace, store: Store, out: Path, made: Made) -> None:
    from kobo_sync.export.run import PUBLIC, tables_of
    from kobo_sync.export.writers import files_of

    if made.audience == PUBLIC:
        return
    if made.round and made.round not in rounds(store):
        remove_export(out, made)
        return
    again, tables = tables_of(workspace, store, made)
    write_export(out, again, files_of(again.prefix, tables, again.format))


def _known(store: Store) -> list[str]:
    return list(orjson.loads(store.note(_NOTE) or "[]"))
