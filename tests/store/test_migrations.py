"""A store grows with the program: the steps come to the tables of this version, and what is kept stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from elsewhere import served
from sqlalchemy import Connection, inspect, text

from kobo_sync.store import migrate, tables
from kobo_sync.store.engines import open_engine
from kobo_sync.store.store import REFUSED, Row, Store, StoreError

pytestmark = pytest.mark.file_store  # both are tried here, whatever the other tests' stores lie in
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("weather", sa.Text(), nullable=False, server_default="fair"))
        table.alter_column("code", new_column_name="sealed_code")
"""
VERSIONED = {"version_table": tables.REVISION_TABLE}
FORM, ASSET = "small", "aSmall"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """Return the places of two empty stores: a file each, or a database each."""
    if request.param == "sqlite":
        yield tmp_path / "one.sqlite", tmp_path / "other.sqlite"
        return
    with served() as databases:
        databases.run("CREATE DATABASE one")
        databases.run("CREATE DATABASE other")
        yield databases.address("one"), databases.address("other")


def shape(connection: Connection) -> dict[str, Any]:
    """Return all that a database tells of its tables."""
    there = inspect(connection)
    return {
        name: (
            [{key: str(value) for key, value in column.items()} for column in there.get_columns(name)],
            there.get_pk_constraint(name)["constrained_columns"],
            sorted((index["name"], index["column_names"], index["unique"]) for index in there.get_indexes(name)),
        )
        for name in sorted(there.get_table_names())
    }


def test_the_steps_come_to_the_tables_of_this_version(empty: tuple[Any, Any]) -> None:
    """From an empty database, all steps one after the other make what a new store is made of, to the last column."""
    with Store(empty[0]) as new, new.read() as connection:
        wanted = shape(connection)
    stepped = Store(empty[1])
    with stepped.write(submissions=False) as connection:
        migrate.upgrade(connection)
        found = shape(connection)
        context = MigrationContext.configure(connection, opts=VERSIONED)
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == tables.REVISION
    stepped._engine.dispose()
    assert found == wanted
    with Store(empty[1]) as opened, opened.read() as connection:
        assert shape(connection) == wanted


def test_the_newest_step_is_the_one_that_the_program_knows() -> None:
    """A step without the revision in tables.py, or the other way round, is noticed here."""
    script = ScriptDirectory(str(migrate._STEPS))
    assert script.get_heads() == [tables.REVISION]


def _kept() -> Row:
    return Row(id=1, uuid="u", root_uuid="r", version="v", status="", state=REFUSED, month="2026-03", document={})


def test_a_store_from_before_there_were_steps_is_taken_over(empty: tuple[Any, Any]) -> None:
    """What was made with the same tables, before a revision was written, is opened with all that is in it."""
    engine = open_engine(empty[0])
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        tables.metadata.create_all(connection)
        connection.execute(text("INSERT INTO meta VALUES ('schema', '2')"))
    engine.dispose()
    with Store(empty[0]) as store:
        store.save_page(FORM, ASSET, [_kept()], 1)
    with Store(empty[0]) as store, store.read() as connection:
        assert MigrationContext.configure(connection, opts=VERSIONED).get_current_revision() == tables.REVISION
        assert store.ids(FORM) == [1]


@pytest.mark.parametrize(
    "change",
    ["UPDATE schema_revision SET version_num = '9999'", "UPDATE meta SET value = '1' WHERE key = 'schema'"],
    ids=["newer", "older than any"],
)
def test_a_store_of_another_version_is_refused_and_left_as_it_is(empty: tuple[Any, Any], change: str) -> None:
    """A newer version's store, or one that nobody knows, is not touched; the sentence says what to do."""
    with Store(empty[0]) as store:
        store.save_page(FORM, ASSET, [_kept()], 1)
        with store.write() as connection:
            connection.execute(text(change))
            before = shape(connection)
    with pytest.raises(StoreError, match="made by another version of this program"), Store(empty[0]):
        pass
    plain = Store(empty[0])
    with plain.read() as connection:
        assert shape(connection) == before
        assert connection.scalar(text("SELECT count(*) FROM submission")) == 1
    plain._engine.dispose()


def test_a_store_of_an_earlier_version_is_brought_up_to_date(
    empty: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version with one step more changes the tables when it opens the store, and keeps all that is in them."""
    with Store(empty[0]) as store:
        store.save_page(FORM, ASSET, [_kept()], 1)
    shutil.copytree(migrate._STEPS, tmp_path / "steps")
    (tmp_path / "steps" / "versions" / "second.py").write_text(NEXT, encoding="utf-8")
    monkeypatch.setattr(migrate, "_STEPS", tmp_path / "steps")
    monkeypatch.setattr(tables, "REVISION", "0002")
    for _ in range(2):
        with Store(empty[0]) as store, store.read() as connection:
            assert MigrationContext.configure(connection, opts=VERSIONED).get_current_revision() == "0002"
            found = connection.execute(text("SELECT id, root_uuid, sealed_code, weather FROM submission")).all()
            assert found == [(1, "r", "", "fair")]
            assert len(inspect(connection).get_indexes("submission")) == len(tables.submission.indexes)


def test_a_step_that_fails_leaves_the_store_as_it_was(
    empty: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps are one transaction: where one breaks off, the earlier version still opens the store."""
    with Store(empty[0]) as store:
        store.save_page(FORM, ASSET, [_kept()], 1)
        with store.read() as connection:
            before = shape(connection)
    shutil.copytree(migrate._STEPS, tmp_path / "steps")
    (tmp_path / "steps" / "versions" / "second.py").write_text(f"{NEXT}    raise OSError\n", encoding="utf-8")
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "_STEPS", tmp_path / "steps")
        newer.setattr(tables, "REVISION", "0002")
        with pytest.raises(OSError, match=r"^$"), Store(empty[0]):
            pass
    with Store(empty[0]) as store, store.read() as connection:
        assert shape(connection) == before
        assert store.ids(FORM) == [1]
