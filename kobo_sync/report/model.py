"""What a report is made of: plain frozen values. What may be shown of them is decided in scoring.disclosure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from kobo_sync.followup import Action, Reply
from kobo_sync.instrument.framework import Framework
from kobo_sync.places import Locale
from kobo_sync.report.reached import Reached
from kobo_sync.scoring.areas import Area
from kobo_sync.scoring.changes import Changes
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.naming import Practice


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service as `services.csv` tells of it to the outside: code, public label, place and kind.

    `locale` is the place's label, `place` its code ("" where none is given).
    """

    code: str
    label: str
    locale: str
    type: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """Counts of a round's submissions over all services.

    `interviews` in the scores, `refused` women who said no or could not take part, `quarantined` set aside because
    something does not fit, `waiting` not looked at yet, None where that is not counted, `late` came after its closing.
    """

    interviews: int
    refused: int
    quarantined: int
    waiting: int | None = None
    late: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """The round that changes are against: its scores by service, the framework they were made by, the changes."""

    round: str
    scores: Mapping[str, ServiceScore]
    framework: Framework
    changes: Mapping[str, Changes]


@dataclass(frozen=True, slots=True)
class Places:
    """What forms about places say: labels of all places, areas and barriers (choice names) by the place's code.

    `barrier_labels` by choice and language; `unlawful` the gaps that are not lawful to close in the country; `where`
    the lines of the list of places, by code: where the map draws them.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    barriers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    barrier_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unlawful: tuple[str, ...] = ()
    where: Mapping[str, Locale] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportData:
    """One round. `scores` of that round, at most one a service; `services` by code, also those without a score.

    `reached`: who was hardly reached, from the last release up to that round, None where there is none.
    """

    framework: Framework
    round: str
    scores: tuple[ServiceScore, ...]
    services: Mapping[str, ServiceInfo]
    fieldwork: Fieldwork
    made_on: dt.date
    tool_version: str
    program_version: str
    demo: bool
    closed: bool = False
    practice: tuple[Practice, ...] = ()
    earlier: Earlier | None = None
    places: Places = field(default_factory=Places)
    actions: tuple[Action, ...] = ()
    replies: tuple[Reply, ...] = ()
    reached: Reached | None = None
