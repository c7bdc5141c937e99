"""Locks of a store in a database: runs on different forms go side by side, whatever concerns all of them goes alone.

A run holds, for as long as its connection lives, the lock of each of its forms, and a share in that of the whole store;
what concerns all forms (scores, closing a round, a withdrawal) holds the latter alone. The server ends them with the
connection, however that ends. A run lets go of its share before it asks for the whole, and waits for nothing while it
holds what another waits for: no two runs can wait for each other.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import URL

from kobo_sync.errors import LockHeld
from kobo_sync.store.engines import address_of, named, number
from kobo_sync.store.trouble import in_words

if TYPE_CHECKING:
    import psycopg

_WHOLE = "whole"
_TRIES, _PAUSE = 5, 0.1  # seconds
_NAME = 63  # bytes of a session's name that PostgreSQL keeps


class StoreLock:
    """The locks that one run holds. Make it by `hold`."""

    def __init__(self, address: str, connection: psycopg.Connection) -> None:
        self._address, self._connection = address, connection
        self._shares = False

    def take(self, forms: Collection[str]) -> None:
        """Take the locks of these forms, or of the whole store where none is named. Raises LockHeld."""
        if not forms:
            self._try("pg_try_advisory_lock", _WHOLE)
            return
        self._try("pg_try_advisory_lock_shared", _WHOLE)
        self._shares = True
        for form in sorted(forms):
            self._try("pg_try_advisory_lock", f"form {form}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the whole store, once the runs on other forms are through; raises StoreError where that broke."""
        if not self._shares:
            yield
            return
        with _told(self._address):
            self._run("pg_advisory_unlock_shared", _WHOLE)
            self._run("pg_advisory_lock", _WHOLE)
        try:
            yield
        finally:
            with _told(self._address):
                self._run("pg_advisory_unlock", _WHOLE)

    def _try(self, function: str, name: str) -> None:
        for _ in range(_TRIES):  # what a killed process held is free as soon as the server sees that it is gone
            if self._run(function, name):
                return
            time.sleep(_PAUSE)
        raise LockHeld(
            f"{self._holder(name)} in the store {named(self._address)}. Nothing was done. Try again when it is through."
        )

    def _run(self, function: str, name: str) -> bool:
        found = self._connection.execute(f"SELECT {function}({number(name)})".encode()).fetchone()
        return bool(found and found[0])

    def _holder(self, name: str) -> str:
        """Say who holds a lock, or is before us in waiting for it."""
        wanted = f"{number(name)}"
        query = (
            "SELECT a.application_name, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS') FROM pg_locks l"  # noqa: S608 -- names of forms have letters, digits, - and _ only
            f" JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND pid <> pg_backend_pid()"
            f" AND ((l.classid::bigint << 32) | l.objid::bigint) = {wanted} LIMIT 1"
        )
        found = self._connection.execute(query.encode()).fetchone()
        return f"Another run is at work ({found[0]}, since {found[1]})" if found else "Another run is at work"


@contextmanager
def hold(address: str, forms: Collection[str], who: str) -> Iterator[StoreLock]:
    """Hold the locks of these forms, or of the whole store where none is named; `who` is told to others.

    Raises LockHeld at once when another run has one of them, ConfigError and StoreError.
    """
    import psycopg

    url = address_of(address)
    with _told(address):
        connection = psycopg.connect(_plain(url), autocommit=True, application_name=_cut(who))
    try:
        held = StoreLock(address, connection)
        with _told(address):
            held.take(forms)
        yield held
    finally:
        with suppress(psycopg.Error), connection:  # its end alone would be seen by the server a little later
            connection.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def _told(address: str) -> Iterator[None]:
    import psycopg

    from kobo_sync.store.store import StoreError

    try:
        yield
    except psycopg.Error as error:
        raise StoreError(in_words(address, error)) from None


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _cut(text: str) -> str:
    return text.encode()[:_NAME].decode(errors="ignore")
