"""Who was hardly reached: the words of a release, and of nothing else (3.8).

The team sees them from the release too, on its pages of that round and of later ones until the next release. Made of
the answers as they come in, a word that changes from one day to the next would tell who the woman in between is; and
made a second time beside the release, a withdrawal would stand out against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kobo_sync.scoring.release_model import FEW, Release

Texts = Mapping[str, str]  # by language code


@dataclass(frozen=True, slots=True)
class Labels:
    """What forms call things: choices by name, questions by name."""

    choices: Mapping[str, Texts] = field(default_factory=dict)
    questions: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReachedTable:
    """One question about who women are: of which choices few or none were asked, in these places taken together."""

    areas: tuple[str, ...]
    question: Texts
    few: tuple[Texts, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Who was hardly reached in a released round."""

    round: str
    tables: tuple[ReachedTable, ...]

    def of(self, area: str) -> tuple[ReachedTable, ...]:
        """Return what is told of a place, also together with others, where few or none were asked of something."""
        return tuple(table for table in self.tables if area in table.areas and table.few)

    def told(self, area: str) -> bool:
        """Whether anything may be told of a place at all."""
        return any(area in table.areas for table in self.tables)


def reached_in(release: Release, labels: Labels) -> Reached:
    """Return who was hardly reached in the round of a release."""
    tables = tuple(
        ReachedTable(
            tuple(table["areas"]),
            labels.questions.get(table["variable"], {"en": table["variable"]}),
            tuple(labels.choices.get(name, {"en": name}) for name, cell in table["cells"].items() if cell == FEW),
        )
        for table in release.content["identity"]
    )
    return Reached(release.round, tables)


def last_release(releases: Iterable[Release], round_: str) -> Release | None:
    """Return the last release of this round, or else of the last released round before it; None where there is none."""
    found = [one for one in releases if one.round <= round_]
    return max(found, key=lambda one: (one.round, one.number), default=None)
