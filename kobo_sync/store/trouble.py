"""What SQLite could not do, as a sentence: what it means and what to do differ from a full disk to a damaged file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

LOST = (
    "what cannot be read anew from KoboToolbox is lost: which rounds were closed and their frozen scores, what was "
    "published, the wordings that were written for people's own words, the decisions about red flags, and which "
    "interviews were deleted (which were withdrawn is known still, from the file .kobo-sync.withdrawn, if it is there)"
)
"""What goes with a store. Each remedy that ends in a new one says it."""

_FULL = "The disk is full, or a limit is reached. Make room on it, then run the same command again."
_BUSY = (
    "Another program keeps the file busy: another run, a backup, or a program that shows databases. Close it, or wait "
    "until it is through, then run the same command again."
)
_READ_ONLY = (
    "It may not be written to. See that the file and its folder belong to the account that runs this program and are "
    "not set to read-only, then run the same command again."
)
_DISK = (
    "The disk did not read or write as it should: it is full, was taken out, or is failing. Make room, plug it in, or "
    "copy the workspace to another disk, then run the same command again."
)
_OTHER = "Run the same command again. If it stays, keep the file as it is and ask whoever looks after the program."
_SAYS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _DISK,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def in_words(path: Path, error: DBAPIError | sqlite3.Error) -> str:
    """Say what is wrong with the store and what to do; never the driver's own text, which shows answers."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    known = isinstance(cause, sqlite3.Error)
    code = (getattr(cause, "sqlite_errorcode", 0) or 0) & 0xFF  # the rest says it more closely than anybody needs
    told = str(cause) if known else type(cause).__name__
    if code in _DAMAGED:
        return (
            f"The store {path} is damaged ({told}). Nothing was changed. Keep the file, and put back a backup of it "
            "first: kobo-sync sync then reads what came since. Only if there is no backup, move it away and run "
            f"kobo-sync sync: the interviews are read anew, but {LOST}. Before that, ask whoever looks after the "
            "program: much can often be saved from a damaged file."
        )
    return f"The store {path} cannot be used ({told}). Nothing half-done was kept. {_SAYS.get(code, _OTHER)}"
