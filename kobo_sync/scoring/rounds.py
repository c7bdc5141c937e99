"""Rounds (3.9): half-years unless the framework says otherwise."""

from __future__ import annotations

_NAMES = {1: "M", 3: "Q", 4: "T", 6: "H"}


def round_of(month: str, months: int = 6) -> str:
    """Return the round of a month "YYYY-MM": "2026-H2" for half-years, "2026-Q3" for quarters, "2026" for years.

    `months` is the length of a round and divides twelve. Raises ValueError otherwise.
    """
    if months < 1 or 12 % months:
        raise ValueError(f"a round of {months} months does not divide a year")
    year, number = month.split("-")
    if months == 12:  # noqa: PLR2004 -- the months of a year
        return year
    part = (int(number) - 1) // months + 1
    return f"{year}-{_NAMES.get(months, 'R')}{part:02d}" if months == 1 else f"{year}-{_NAMES.get(months, 'R')}{part}"


def months_of(name: str, months: int = 6) -> tuple[str, ...]:
    """Return the months "YYYY-MM" of a round, in order; the inverse of `round_of`."""
    year, _, part = name.partition("-")
    first = (int(part[1:]) - 1) * months + 1 if part else 1
    return tuple(f"{year}-{number:02d}" for number in range(first, first + months))
