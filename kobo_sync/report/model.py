"""What a report is made of: plain frozen values. What may be shown of them is decided in scoring.disclosure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import ServiceScore


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service as `services.csv` tells of it to the outside: code, public label, place and kind."""

    code: str
    label: str
    locale: str
    type: str


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """Counts of a round's submissions over all services.

    `interviews` in the scores, `refused` women who said no or could not take part, `quarantined` set aside because
    something does not fit, `waiting` not looked at yet, None where that is not counted.
    """

    interviews: int
    refused: int
    quarantined: int
    waiting: int | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    """One round. `scores` of that round, at most one a service; `services` by code, also those without a score."""

    framework: Framework
    round: str
    scores: tuple[ServiceScore, ...]
    services: Mapping[str, ServiceInfo]
    fieldwork: Fieldwork
    made_on: dt.date
    tool_version: str
    program_version: str
    demo: bool
