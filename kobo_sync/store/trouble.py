"""What the store could not do, as a sentence: a full disk means something else than a damaged file, or a server."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from kobo_sync.store.engines import PASSWORD, Where, named

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
_OTHER = "Run the same command again. If it stays, leave the store as it is and ask whoever looks after the program."
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


# PostgreSQL's own codes (its manual, appendix A), by the class that their first two characters name.
_SERVER = {
    "28": (
        f"It does not let this account in. Set its password as {PASSWORD} or in the file .pgpass, and look at the name "
        "in the address, under store in kobo-sync.toml."
    ),
    "3D": "There is no such database. Let whoever looks after the server make it, or mend store in kobo-sync.toml.",
    "42": (
        "Its tables cannot be made, read or written by this account. Let whoever looks after the server give it the "
        "right to make tables in that database."
    ),
    "53": "The server is short of disk, memory or connections. Let whoever looks after it make room, then run again.",
    "55": "Another run or a backup keeps it busy. Wait until that is through, then run the same command again.",
    "57": "The server was stopped or is starting. Run the same command again when it is up.",
    "08": "The connection broke. Run the same command again.",
    "XX": "The server says that its own files are damaged: ask whoever looks after it at once.",
}
_UNREACHABLE = (
    "The database server cannot be reached. See that it runs, that this computer has a network, and that the address "
    "under store in kobo-sync.toml is right, then run the same command again."
)


def in_words(where: Where, error: Exception) -> str:
    """Say what is wrong with the store and what to do; never the driver's own text, which shows answers."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(where, Path):
        return _of_a_server(where, cause)
    known = isinstance(cause, sqlite3.Error)
    code = (getattr(cause, "sqlite_errorcode", 0) or 0) & 0xFF  # the rest says it more closely than anybody needs
    told = str(cause) if known else type(cause).__name__
    if code in _DAMAGED:
        return (
            f"The store {where} is damaged ({told}). Nothing was changed. Keep the file, and put back a backup of it "
            "first: kobo-sync sync then reads what came since. Only if there is no backup, move it away and run "
            f"kobo-sync sync: the interviews are read anew, but {LOST}. Before that, ask whoever looks after the "
            "program: much can often be saved from a damaged file."
        )
    return f"The store {where} cannot be used ({told}). Nothing half-done was kept. {_SAYS.get(code, _OTHER)}"


def _of_a_server(where: Where, cause: BaseException | None) -> str:
    """Say it of a database; `cause` is the driver's error, of which only the code and the kind are told."""
    code = getattr(cause, "sqlstate", None) or ""
    told = f"{type(cause).__name__}{f', code {code}' if code else ''}"
    unreachable = not code and type(cause).__name__ == "OperationalError"
    remedy = _UNREACHABLE if unreachable else _SERVER.get(code[:2], _OTHER)
    return f"The store {named(where)} cannot be used ({told}). Nothing half-done was kept. {remedy}"
