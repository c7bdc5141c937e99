"""A second copy of the tombstones of withdrawals, beside the key: lines are only ever added.

A store can be damaged, lost, or put back from a backup of last month; then KoboToolbox may still hold a copy of what a
woman withdrew, or a phone may send one. What stands here is told to whatever store is opened with the key. It holds
keyed hashes and months: no number, no code, no answer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from kobo_sync.errors import ConfigError
from kobo_sync.store import tables
from kobo_sync.store.engines import upsert
from kobo_sync.store.rights import WITHDRAWING, Stone, begin
from kobo_sync.store.store import Store

if TYPE_CHECKING:
    from kobo_sync.store.seal import Seal

_LINE = re.compile(r"([0-9a-f]{64}) (\d{4}-\d{2})?", re.ASCII)


def keep(key_file: Path, stones: Iterable[Stone]) -> None:
    """Add tombstones of withdrawals. Raises ConfigError when the file cannot be written."""
    path, lines = _path(key_file), [f"{hash_} {month}" for hash_, month in stones]
    if not lines:
        return
    try:
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("\n".join(["", *lines, ""]))  # a line that a kill cut off stays a line of its own
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}). The withdrawal is noted in the store alone: were the store "
            "lost, a copy would not be recognised. See that there is room on the disk and that you may write there."
        ) from error


def tell(key_file: Path, store: Store, seal: Seal) -> None:
    """Tell a store the withdrawals that it does not know; what it holds of them is to be deleted by the next run.

    Raises ConfigError when the file cannot be read, and StoreError.
    """
    path = _path(key_file)
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). By it a store that was made anew knows what was withdrawn. See "
            "that the file belongs to the account that runs this program."
        ) from error
    stones = {found[1]: found[2] or "" for line in text.splitlines() if (found := _LINE.fullmatch(line))}
    with store.read() as connection:
        missing = set(stones) - set(connection.scalars(select(tables.tombstone.c.hash)))
    if missing:
        values = [{"hash": hash_, "month": stones[hash_]} for hash_ in sorted(missing)]
        with store.write(submissions=False) as connection:
            connection.execute(upsert(connection, tables.tombstone).on_conflict_do_nothing(), values)
            row = tables.submission.c
            for one in connection.execute(select(row.form, row.id, row.root_uuid).where(row.root_uuid != "")).all():
                if seal.withdrawn(one.root_uuid) in missing:
                    begin(connection, WITHDRAWING, one.form, [one.id])


def _path(key_file: Path) -> Path:
    return key_file.with_name(".kobo-sync.withdrawn")
