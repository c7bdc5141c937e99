"""The coordinator's own lists of what was asked and promised (actions.csv) and what services replied (replies.csv).

Both are optional, and are shown to the team with the service or place that a row names. They are words that somebody
wrote to be read: a name of a woman has no place in them. In public stands only what its column `publish` says yes to,
and `report.public_words` looks through that once more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kobo_sync.csv_files import read_table
from kobo_sync.errors import ConfigError
from kobo_sync.practice import YES_OR_NO

ACTIONS, REPLIES = "actions.csv", "replies.csv"
_ACTION = ("service", "locale", "ask", "duty_bearer", "promise", "date", "done")
_REPLY = ("service", "locale", "date", "reply")
_PUBLISH = "publish"  # a column that may be missing: then nothing is


@dataclass(frozen=True, slots=True)
class Action:
    """One ask: `service` or `locale` its code, the other "" ; who has to act, what was promised, by which day.

    `publish` whether it may stand in public, `row` where it stands in its file, as Excel counts.
    """

    service: str
    locale: str
    ask: str
    duty_bearer: str
    promise: str
    date: dt.date | None
    done: bool
    publish: bool = False
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service, or whoever answers for a place, replied, and when; `publish` and `row` as in `Action`."""

    service: str
    locale: str
    date: dt.date | None
    text: str
    publish: bool = False
    row: int = field(default=0, compare=False)


def read_actions(path: Path, services: Collection[str], locales: Collection[str]) -> tuple[Action, ...]:
    """Read actions.csv in its order; none where there is no such file.

    Raises ConfigError naming the row, as Excel counts them, when a column is missing, a row names no service and no
    place, or both, or one that is not in its list, has no ask, a date that is none, or a `done` or `publish` that is
    neither yes nor no.
    """
    if not path.exists():
        return ()
    found = []
    for number, row in read_table(path, _ACTION, (*_ACTION, _PUBLISH), "the list of what was asked of whom"):
        _about(row, path, number, services, locales)
        if not row["ask"]:
            raise ConfigError(f"{path}: row {number}: write into the column ask what should change.")
        date, done = _date(row["date"], path, number), _yes(row, "done", path, number)
        words = (row["ask"], row["duty_bearer"], row["promise"])
        public = _yes(row, _PUBLISH, path, number)
        found.append(Action(row["service"], row["locale"], *words, date, done, public, number))
    return tuple(found)


def read_replies(path: Path, services: Collection[str], locales: Collection[str]) -> tuple[Reply, ...]:
    """Read replies.csv in its order; none where there is no such file. Raises ConfigError as `read_actions` does."""
    if not path.exists():
        return ()
    found = []
    for number, row in read_table(path, _REPLY, (*_REPLY, _PUBLISH), "the list of what services replied"):
        _about(row, path, number, services, locales)
        if not row["reply"]:
            raise ConfigError(f"{path}: row {number}: write into the column reply what was replied.")
        date, public = _date(row["date"], path, number), _yes(row, _PUBLISH, path, number)
        found.append(Reply(row["service"], row["locale"], date, row["reply"], public, number))
    return tuple(found)


def _about(
    row: Mapping[str, str], path: Path, number: int, services: Collection[str], locales: Collection[str]
) -> None:
    if bool(row["service"]) == bool(row["locale"]):
        raise ConfigError(
            f"{path}: row {number}: write the code of a service, or the code of a place, and leave the other empty."
        )
    for column, known, file in (("service", services, "services.csv"), ("locale", locales, "locales.csv")):
        if row[column] and row[column] not in known:
            raise ConfigError(
                f"{path}: row {number}: {row[column]} is not in {file}. Correct the code, or add it there."
            )


def _yes(row: Mapping[str, str], column: str, path: Path, number: int) -> bool:
    found = YES_OR_NO.get(row[column].lower())
    if found is None:
        raise ConfigError(f"{path}: row {number}: write yes or no into the column {column}.")
    return found


def _date(text: str, path: Path, number: int) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{path}: row {number}: write the date as year-month-day, like 2026-09-30.") from None
