"""The coordinator's own practice.csv (3.10): which services women confirm as good, and which agree to be named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kobo_sync.csv_files import CODE, read_table
from kobo_sync.errors import ConfigError
from kobo_sync.scoring.naming import Practice

_CONFIRMED, _AGREES = "confirmed_by_women", "agrees_named"
_NEEDED = ("service", "round", _CONFIRMED, _AGREES)
YES_OR_NO = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
    "": False,
}


def read_practice(path: Path) -> tuple[Practice, ...]:
    """Read practice.csv in its order; none where there is no such file. It is private and stays on this machine.

    Raises ConfigError naming the row, as Excel counts them, when a column, a service or a round is missing, an answer
    is neither yes nor no, or a service stands twice for one round.
    """
    if not path.exists():
        return ()
    rows: dict[tuple[str, str], Practice] = {}
    for number, row in read_table(path, _NEEDED, _NEEDED, "the list of services that may be named as good practice"):
        key = row["service"], row["round"]
        if not CODE.fullmatch(row["service"]) or not CODE.fullmatch(row["round"]):
            raise ConfigError(f"{path}: row {number}: write the code of a service and a round, like 2026-H2.")
        if key in rows:
            raise ConfigError(f"{path}: row {number}: {key[0]} stands twice for {key[1]}. Delete one of the rows.")
        rows[key] = Practice(
            *key, confirmed_by_women=_yes(row, _CONFIRMED, path, number), agrees_named=_yes(row, _AGREES, path, number)
        )
    return tuple(rows.values())


def _yes(row: Mapping[str, str], column: str, path: Path, number: int) -> bool:
    try:
        return YES_OR_NO[row[column].strip().lower()]
    except KeyError as error:
        raise ConfigError(f"{path}: row {number}: write yes or no into the column {column}.") from error
