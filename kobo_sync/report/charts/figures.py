"""What a chart shows: plain values in whole percent and words of one language, the same as on the pages.

`said` of each is what the chart says in words: a line each, for whoever cannot see it or has to read it aloud.
"""

from __future__ import annotations

from dataclasses import dataclass

# States of a gap are drawn as they are called in scoring.areas; these are the marks of a list.
LACKING, GOOD, GOOD_IN = "lacking", "good", "good_in"


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above and below each chart; `foot` one line each."""

    title: str
    about: str
    foot: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its bounds in whole percent, and how both are written; `between` "" where no interval is told."""

    percent: int
    value: str
    low: int = 0
    high: int = 0
    between: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A domain: `figure` None where there is none, then `words` say why; else they may add something."""

    code: str
    label: str
    figure: Figure | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """The domains of a service. `axis` how 0, 25 … 100 % are written."""

    head: Head
    rows: tuple[Bar, ...]
    axis: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A figure in two rounds, and the word for how it changed; `verdict` as in scoring.changes."""

    code: str
    label: str
    before: Figure
    after: Figure
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class Moves:
    """How a service changed from the round `before` to the round `after`."""

    head: Head
    rows: tuple[Move, ...]
    before: str
    after: str
    axis: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A service or place that is named, its mark, and why."""

    mark: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Names:
    """One half of a sheet: what it answers, and who is named, in alphabetical order; `none` where nobody is."""

    title: str
    none: str
    rows: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Tiers:
    """What is severely lacking, and what is good practice; never a ranking."""

    head: Head
    halves: tuple[Names, Names]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What women can reach in each place: `rows` a label and a state for each of the `columns`; `key` the states."""

    head: Head
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    key: tuple[tuple[str, str], ...]
    said: tuple[str, ...]


Chart = Bars | Moves | Tiers | Grid
