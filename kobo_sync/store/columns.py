"""Rows as the tables hold them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Dialect, Table, insert

if TYPE_CHECKING:
    from kobo_sync.store.store import Problem, Row


def as_columns(form: str, row: Row, late: int) -> dict[str, Any]:
    """Return the columns of a submission."""
    return {
        "form": form,
        "id": row.id,
        "uuid": row.uuid,
        "root_uuid": row.root_uuid,
        "version": row.version,
        "status": row.status,
        "status_at": row.status_at,
        "state": row.state,
        "month": row.month,
        "service": row.service,
        "code": row.code,
        "late": late,
        "document": None if row.document is None else orjson.dumps(row.document).decode(),
    }


def problem_columns(form: str, id_: int, number: int, problem: Problem) -> dict[str, Any]:
    """Return the columns of a reason for quarantine."""
    return {
        "form": form,
        "id": id_,
        "number": number,
        "field": problem.field,
        "rule": problem.rule,
        "what": problem.what,
        "remedy": problem.remedy,
    }


def insert_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, each with every column, by one prepared statement; nothing is worked out anew for each of them."""
    if rows:
        statement, names = _prepared(connection.dialect, table)
        connection.exec_driver_sql(statement, list(map(itemgetter(*names), rows)) if names else list(rows))


@lru_cache(maxsize=16)
def _prepared(dialect: Dialect, table: Table) -> tuple[str, tuple[str, ...]]:
    """Return the statement, and the names of its parameters where they go by their place."""
    compiled = insert(table).compile(dialect=dialect)
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ())
