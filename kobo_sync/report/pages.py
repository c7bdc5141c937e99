"""What each page shows, as plain values for the templates. Reads scores through scoring.disclosure only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from kobo_sync.report.model import ReportData, ServiceInfo
from kobo_sync.report.names import page_names
from kobo_sync.scoring.disclosure import TeamService, TeamTotal, team_count, team_total, team_view, withheld


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service, what may be shown of it, and its page's file name inside `services/`."""

    info: ServiceInfo
    team: TeamService
    page: str


@dataclass(frozen=True, slots=True)
class LocaleGroup:
    """The services of one place, in alphabetical order; `locale` is "" where none is given."""

    locale: str
    rows: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True)
class FieldworkView:
    """Counts as they may be told: None stands for one to four. `counts_waiting` says whether there is a third count."""

    women: TeamTotal
    refused: int | None
    quarantined: int | None
    waiting: int | None
    counts_waiting: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: services by place, and the fieldwork."""

    groups: tuple[LocaleGroup, ...]
    fieldwork: FieldworkView

    @property
    def rows(self) -> tuple[ServiceRow, ...]:
        """All services in the order of the page."""
        return tuple(row for group in self.groups for row in group.rows)


def overview(data: ReportData) -> Overview:
    """Return the first page's values: every service of the list or with a score, alphabetical within its place.

    A service that nobody was asked about looks like one with too few women: which of the two is not told.
    Raises ValueError when a score is of another round, or a service has two.
    """
    teams: dict[str, TeamService] = {}
    for score in data.scores:
        if score.round != data.round or score.service in teams:
            raise ValueError(f"not one score a service of the round {data.round}")
        teams[score.service] = team_view(score, data.framework)
    codes = {*teams, *data.services}
    pages = page_names(codes)
    rows = [
        ServiceRow(
            info=data.services.get(code) or ServiceInfo(code, code, "", ""),
            team=teams.get(code) or withheld(code, data.round, data.framework),
            page=pages[code],
        )
        for code in sorted(codes)
    ]
    rows.sort(key=lambda row: (row.info.locale == "", alphabetical(row.info.locale), alphabetical(row.info.label)))
    groups = tuple(
        LocaleGroup(locale, tuple(members)) for locale, members in groupby(rows, key=lambda row: row.info.locale)
    )
    return Overview(groups, _fieldwork(data, (row.team for row in rows)))


def alphabetical(text: str) -> tuple[str, str]:
    """Sort key for people: capitals and accents do not matter, unless nothing else tells two names apart."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return plain.casefold(), text


def _fieldwork(data: ReportData, teams: Iterable[TeamService]) -> FieldworkView:
    counts, framework = data.fieldwork, data.framework
    return FieldworkView(
        women=team_total(counts.interviews, teams, framework),
        refused=team_count(counts.refused, framework),
        quarantined=team_count(counts.quarantined, framework),
        waiting=team_count(counts.waiting or 0, framework),
        counts_waiting=counts.waiting is not None,
    )
