"""Where a store lies: a file of SQLite, or a database of PostgreSQL that several machines share; what differs is here.

Both promise the same: a transaction that writes is the only one that does; one that reads sees a single state; what
must outlast a power cut does. On PostgreSQL the first is an advisory lock that a transaction holds to its end, so that
no two can ever wait for each other.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError

from kobo_sync.errors import ConfigError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.dialects import postgresql

Where = Path | str
"""A file, or the address of a database: postgresql+psycopg://user@host/database."""

DRIVER = "postgresql+psycopg"
PASSWORD = "KOBO_SYNC_STORE_PASSWORD"  # noqa: S105 -- the name of the setting, not its value
WRITES = "writes"  # the lock that a transaction which writes holds
PATIENCE = 30_000  # milliseconds that a transaction waits for another
_POOL = 4  # connections that one process keeps; a run uses two at a time


class Durability:
    """What of a transaction is on the disk when it ends: all of it, or only as much as keeps the store whole.

    The latter where the next run would read it anew. Tests turn both off: they cut no power.
    """

    lasting = "FULL"
    repeatable = "NORMAL"


def open_engine(place: Where) -> Engine:
    """Return an engine for a store. Raises ConfigError when it is no address or psycopg is missing, and OSError."""
    return _sqlite(place) if isinstance(place, Path) else _postgresql(place)


def named(place: Where) -> str:
    """Say where a store lies, without user or password."""
    if isinstance(place, Path):
        return str(place)
    url = make_url(place)
    return f"{url.database} on {url.host or 'this machine'}"


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that may say what to do where the row is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # takes 0.05 s to import

    return postgresql.insert(table)


def number(name: str) -> str:
    """Return, as SQL, the number of PostgreSQL's advisory lock of that name; each schema has its own."""
    return f"hashtextextended(current_schema() || ' kobo_sync {name}', 0)"


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made here so that it is never there, even for a moment, with other rights than its owner's.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    # Connections stay open as long as the store does: when the last one is closed, SQLite empties and deletes its log.
    engine = create_engine(f"sqlite:///{path}", pool_size=_POOL, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the transaction begins where we say so
        # temp_store: what does not fit into memory, and the whole file at a VACUUM, would be written to the computer's
        # folder for temporary files, and stay there as bytes.
        for pragma in ("journal_mode=WAL", "secure_delete=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout={PATIENCE}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        # A note of a withdrawal must outlast a power cut that comes after the server has deleted. A connection is used
        # again, so that each transaction says it.
        safe = Durability.lasting if options.get("lasting", True) else Durability.repeatable
        connection.exec_driver_sql(f"PRAGMA synchronous={safe}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write", False) else "BEGIN")

    return engine


def _postgresql(address: str) -> Engine:
    url = address_of(address)
    try:
        engine = create_engine(
            url, pool_size=_POOL, pool_pre_ping=True, hide_parameters=True, isolation_level="READ COMMITTED"
        )
    except ModuleNotFoundError:
        raise ConfigError(
            'The store is a PostgreSQL database, and what speaks to one is not installed. Type: pip install "'
            'a-gender-monitor[postgres]"'
        ) from None

    @event.listens_for(engine, "connect")
    def _connect(connection: psycopg.Connection, _: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {PATIENCE}")
        connection.autocommit = False

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("write", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return
        if not options.get("lasting", True) or Durability.lasting == "OFF":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number(WRITES)})")

    return engine


def address_of(address: str) -> URL:
    """Return the address of a database with its password, if one is set, from the environment.

    Raises ConfigError when it is no address of this program's kind, or holds a password.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        url = None
    if url is None or url.drivername != DRIVER or not url.database:
        raise ConfigError(
            f'store: a database is written as "{DRIVER}://user@host/database". A file is written as "store.sqlite".'
        )
    if url.password is not None:
        raise ConfigError(
            f"store: the address of the database holds a password. Take it out, and set it as {PASSWORD}, or keep it "
            "in the file .pgpass of the account that runs this program."
        )
    password = os.environ.get(PASSWORD)
    return url.set(password=password) if password else url
