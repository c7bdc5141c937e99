"""Rows as the tables hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

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
