"""Who was hardly reached in a place: the words that a release has for it (3.8), for public pages and the team's alike.

The team's pages tell this as the round's last release does, and else not at all: made anew with every sync, the words
would change with one woman's interview and so tell who she is. (Our convention.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kobo_sync.places import Locale
from kobo_sync.scoring.release_model import FEW, Plain

Texts = Mapping[str, str]  # by language code


@dataclass(frozen=True, slots=True)
class Labels:
    """What forms call things: choices by name, questions by name; `where` the map draws places, by their codes."""

    choices: Mapping[str, Texts] = field(default_factory=dict)
    questions: Mapping[str, Texts] = field(default_factory=dict)
    where: Mapping[str, Locale] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hardly:
    """One question about identity: those of its choices that few or none of the women ticked.

    `areas` the codes of the places that this is told of together, one or several.
    """

    question: Texts
    choices: tuple[Texts, ...]
    areas: tuple[str, ...]


def hardly_reached(tables: Sequence[Plain], area: str, labels: Labels) -> tuple[Hardly, ...]:
    """Return what the identity tables of a release tell of a place, one entry a question with such choices."""
    return tuple(
        Hardly(
            labels.questions.get(table["variable"], {"en": table["variable"]}),
            tuple(labels.choices.get(name, {"en": name}) for name in few),
            tuple(table["areas"]),
        )
        for table in tables
        if area in table["areas"] and (few := [name for name, cell in table["cells"].items() if cell == FEW])
    )


def is_told(tables: Sequence[Plain], area: str) -> bool:
    """Whether there is any table about a place, be it that all were reached."""
    return any(area in table["areas"] for table in tables)
