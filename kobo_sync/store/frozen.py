"""What a closed round keeps beside its scores: changes of services, and what is known of places (3.9, 3.10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, delete, insert, select

from kobo_sync.scoring.serial import from_plain
from kobo_sync.store import tables
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.store import Store, parts

CHANGE, AREA, BASIS = "change", "area", "basis"
T = TypeVar("T")

_frozen = tables.frozen.c


def freeze(connection: Connection, round_: str, kind: str, results: Mapping[str, Any]) -> None:
    """Keep the results of a round, frozen values by the code of service or place."""
    rows = [
        {"round": round_, "kind": kind, "code": code, "result": orjson.dumps(result).decode()}
        for code, result in sorted(results.items())
    ]
    if rows:
        connection.execute(insert(tables.frozen), rows)


def frozen(store: Store, round_: str, kind: str, made: type[T]) -> dict[str, T]:
    """Return what was kept of a round, by the code of service or place."""
    with store.read() as connection:
        found = connection.execute(
            select(_frozen.code, _frozen.result)
            .where(_frozen.round == round_, _frozen.kind == kind)
            .order_by(_frozen.code)
        ).all()
    return {row.code: from_plain(made, orjson.loads(row.result)) for row in found}


def unfreeze(connection: Connection, round_: str, kind: str, codes: Collection[str]) -> None:
    """Remove what was kept of these services or places: it rests on answers that are gone. Its bytes are owed."""
    for some in parts(sorted(codes)):
        gone = connection.execute(
            delete(tables.frozen).where(_frozen.round == round_, _frozen.kind == kind, _frozen.code.in_(some))
        )
        if gone.rowcount:
            owe_purge(connection)
