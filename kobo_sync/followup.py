"""The coordinator's own lists of what was asked and promised (actions.csv) and what services replied (replies.csv).

Both are optional, and are shown with the service or place that a row names. They are words that somebody wrote to be
read: a name of a woman has no place in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.csv_files import read_table
from kobo_sync.errors import ConfigError
from kobo_sync.practice import YES_OR_NO

ACTIONS, REPLIES = "actions.csv", "replies.csv"
_ACTION = ("service", "locale", "ask", "duty_bearer", "promise", "date", "done")
_REPLY = ("service", "locale", "date", "reply")


@dataclass(frozen=True, slots=True)
class Action:
    """One ask: `service` or `locale` its code, the other "" ; who has to act, what was promised, by which day."""

    service: str
    locale: str
    ask: str
    duty_bearer: str
    promise: str
    date: dt.date | None
    done: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service, or whoever answers for a place, replied, and when."""

    service: str
    locale: str
    date: dt.date | None
    text: str


def read_actions(path: Path, services: Collection[str], locales: Collection[str]) -> tuple[Action, ...]:
    """Read actions.csv in its order; none where there is no such file.

    Raises ConfigError naming the row, as Excel counts them, when a column is missing, a row names no service and no
    place, or both, or one that is not in its list, has no ask, a date that is none, or a `done` that is not yes or no.
    """
    if not path.exists():
        return ()
    found = []
    for number, row in read_table(path, _ACTION, _ACTION, "the list of what was asked of whom"):
        _about(row, path, number, services, locales)
        if not row["ask"]:
            raise ConfigError(f"{path}: row {number}: write into the column ask what should change.")
        done = YES_OR_NO.get(row["done"].lower())
        if done is None:
            raise ConfigError(f"{path}: row {number}: write yes or no into the column done.")
        date = _date(row["date"], path, number)
        found.append(Action(row["service"], row["locale"], row["ask"], row["duty_bearer"], row["promise"], date, done))
    return tuple(found)


def read_replies(path: Path, services: Collection[str], locales: Collection[str]) -> tuple[Reply, ...]:
    """Read replies.csv in its order; none where there is no such file. Raises ConfigError as `read_actions` does."""
    if not path.exists():
        return ()
    found = []
    for number, row in read_table(path, _REPLY, _REPLY, "the list of what services replied"):
        _about(row, path, number, services, locales)
        if not row["reply"]:
            raise ConfigError(f"{path}: row {number}: write into the column reply what was replied.")
        found.append(Reply(row["service"], row["locale"], _date(row["date"], path, number), row["reply"]))
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


def _date(text: str, path: Path, number: int) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{path}: row {number}: write the date as year-month-day, like 2026-09-30.") from None
