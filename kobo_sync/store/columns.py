"""Rows as the tables hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from kobo_sync.store.store import Problem, Row


def as_columns(form: str, row: Row, late: int) -> tuple[Any, ...]:
    """Return the columns of a submission, in the order of the table."""
    id_, uuid, root, version, status, state, month, service, document, _, _, at, code = row
    text = None if document is None else orjson.dumps(document).decode()
    return form, id_, uuid, root, version, status, at, state, month, service, code, late, text


def problem_columns(form: str, id_: int, number: int, problem: Problem) -> tuple[Any, ...]:
    """Return the columns of a reason for quarantine, in the order of the table."""
    return form, id_, number, problem.field, problem.rule, problem.what, problem.remedy


def insert_all(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, each with every column in the order of the table; nothing is worked out anew for each of them."""
    if rows:
        sign = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        names = [column.name for column in table.columns]
        signs = ", ".join([sign] * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({signs})", list(rows))  # noqa: S608 -- names of ours
