"""Opening a store: its tables are made, or brought from an earlier version's shape to this one's, or refused."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from kobo_sync.store import tables
from kobo_sync.store.notes import forget_counts

_STEPS = Path(__file__).parent / "migrations"
_FIRST = "0001"  # the revision of a store from before there were steps


class MadeByAnother(Exception):
    """The store was made by a version of this program that this one does not know."""


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables, or change them step by step, in the caller's transaction. Raises MadeByAnother."""
    there = inspect(connection)
    if not there.has_table(tables.meta.name):
        tables.metadata.create_all(connection)  # what the steps come to, in one (a test holds them to it)
        connection.execute(tables.meta.insert().values(key="schema", value=tables.MARK))
        _set(connection, tables.REVISION)
        return
    if connection.scalar(text("SELECT value FROM meta WHERE key = 'schema'")) != tables.MARK:
        raise MadeByAnother
    if not there.has_table(tables.REVISION_TABLE):
        _set(connection, _FIRST)
    before = _revision(connection)
    if before != tables.REVISION:
        forget_counts(connection)  # a step may change submissions, which whoever opens a store promises not to
        upgrade(connection.execution_options(submissions=True), before)


def upgrade(connection: Connection, before: str = "", upto: str = "head") -> None:
    """Run Alembic's steps from a revision ("" for an empty database) on. Raises MadeByAnother."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        if before:
            ScriptDirectory.from_config(config).get_revision(before)
        command.upgrade(config, upto)
    except CommandError:
        raise MadeByAnother from None


def _revision(connection: Connection) -> str:
    return connection.scalar(text(f"SELECT version_num FROM {tables.REVISION_TABLE}")) or ""  # noqa: S608 -- a name of ours


def _set(connection: Connection, revision: str) -> None:
    """Write which revision the tables are, as Alembic does."""
    from sqlalchemy import MetaData

    table = tables.revision_table(MetaData())
    table.create(connection, checkfirst=True)
    connection.execute(table.delete())
    connection.execute(table.insert().values(version_num=revision))
