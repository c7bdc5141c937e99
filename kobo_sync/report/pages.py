"""What each page shows, as plain values for the templates.

Scores are read through the wall only: `scoring.disclosure`, `scoring.team` and `scoring.team_places`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from kobo_sync.followup import Action, Reply
from kobo_sync.report.model import ReportData, ServiceInfo
from kobo_sync.report.names import page_names
from kobo_sync.scoring.areas import NO_DATA
from kobo_sync.scoring.disclosure import TeamService, TeamTotal, team_count, team_total, team_view, withheld
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.naming import GOOD, LACKING
from kobo_sync.scoring.sensitivity import sensitivity
from kobo_sync.scoring.team import NOTHING, TeamDetail, team_detail
from kobo_sync.scoring.team_headlines import Headlines, team_headlines
from kobo_sync.scoring.team_places import TeamArea, TeamChanges, team_area, team_changes
from kobo_sync.scoring.team_shares import team_shares


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service, what may be shown of it, and its page's file name inside `services/`.

    `change` against the round before, or None; `only` whether the list names no other service in its place; `shares` of
    women who gave the best answer, by question.
    """

    info: ServiceInfo
    team: TeamService
    page: str
    detail: TeamDetail = NOTHING
    change: TeamChanges | None = None
    actions: tuple[Action, ...] = ()
    replies: tuple[Reply, ...] = ()
    only: bool = False
    headlines: Headlines = field(default_factory=Headlines)
    shares: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of the list, or that a form tells of, and its page's file name inside `places/`.

    `area` None where nothing is known; `barriers` labels by language.
    """

    code: str
    label: str
    page: str
    area: TeamArea | None
    rows: tuple[ServiceRow, ...]
    barriers: tuple[Mapping[str, str], ...]
    actions: tuple[Action, ...]
    replies: tuple[Reply, ...]

    @property
    def has_data(self) -> bool:
        """Whether anything is known of its gaps."""
        area = self.area
        return area is not None and any(state != NO_DATA for state in (area.any_hr, *area.gaps.values()))


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
    late: int | None = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the data are: services by evidence grade, questions that many women did not want to answer.

    `by_weights` and `by_mean`: how many of the `banded` services another way of weighing would put into another band;
    only services that are shown whole are counted.
    """

    grades: Mapping[str, int]
    unsafe: tuple[str, ...]
    banded: int
    by_weights: int | None
    by_mean: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the pages of a round are made of."""

    groups: tuple[LocaleGroup, ...]
    fieldwork: FieldworkView
    places: tuple[PlaceRow, ...]
    quality: Quality
    before: str

    @property
    def rows(self) -> tuple[ServiceRow, ...]:
        """All services in the order of the page."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def lacking(self) -> tuple[ServiceRow, ...]:
        """The services that are severely lacking, in alphabetical order."""
        return self._of(LACKING)

    @property
    def good(self) -> tuple[ServiceRow, ...]:
        """The examples of good practice, in alphabetical order."""
        return self._of(GOOD)

    @property
    def good_in(self) -> tuple[ServiceRow, ...]:
        """The services that are an example in some domains and not as a whole, in alphabetical order."""
        return self._sorted(row for row in self.rows if row.detail.good_in and row.detail.tier != GOOD)

    @property
    def places_lacking(self) -> tuple[PlaceRow, ...]:
        """The places that are severely lacking, in alphabetical order."""
        return tuple(place for place in self.places if place.area and place.area.lacking)

    def _of(self, tier: str) -> tuple[ServiceRow, ...]:
        return self._sorted(row for row in self.rows if row.detail.tier == tier)

    @staticmethod
    def _sorted(rows: Iterable[ServiceRow]) -> tuple[ServiceRow, ...]:
        return tuple(sorted(rows, key=lambda row: alphabetical(row.info.label)))


def overview(data: ReportData) -> Overview:
    """Return what the pages are made of: every service of the list or with a score, alphabetical within its place.

    A service that nobody was asked about looks like one with too few women: which of the two is not told.
    Raises ValueError when a score is of another round, or a service has two.
    """
    scores: dict[str, ServiceScore] = {}
    for score in data.scores:
        if score.round != data.round or score.service in scores:
            raise ValueError(f"not one score a service of the round {data.round}")
        scores[score.service] = score
    codes = {*scores, *data.services}
    pages = page_names(codes)
    listed = Counter(info.place for info in data.services.values() if info.place)
    rows = [_row(data, code, scores.get(code), pages[code], listed) for code in sorted(codes)]
    rows.sort(key=lambda row: (row.info.locale == "", alphabetical(row.info.locale), alphabetical(row.info.label)))
    groups = tuple(
        LocaleGroup(locale, tuple(members)) for locale, members in groupby(rows, key=lambda row: row.info.locale)
    )
    return Overview(
        groups=groups,
        fieldwork=_fieldwork(data, (row.team for row in rows)),
        places=_places(data, rows, scores),
        quality=_quality(data, rows, scores),
        before=data.earlier.round if data.earlier else "",
    )


def alphabetical(text: str) -> tuple[str, str]:
    """Sort key for people: capitals and accents do not matter, unless nothing else tells two names apart."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return plain.casefold(), text


def _row(data: ReportData, code: str, score: ServiceScore | None, page: str, listed: Mapping[str, int]) -> ServiceRow:
    info = data.services.get(code) or ServiceInfo(code, code, "", "")
    framework = data.framework
    practice = next((one for one in data.practice if (one.service, one.round) == (code, data.round)), None)
    team = team_view(score, framework) if score else withheld(code, data.round, framework)
    shares = team_shares(score, framework) if score else {}
    return ServiceRow(
        info=info,
        team=team,
        page=page,
        detail=team_detail(score, practice, framework) if score else NOTHING,
        change=_change(data, code, score),
        actions=tuple(one for one in data.actions if one.service == code),
        replies=tuple(one for one in data.replies if one.service == code),
        only=listed.get(info.place) == 1,
        headlines=team_headlines(shares, score, framework) if score else Headlines(),
        shares=shares,
    )


def _change(data: ReportData, code: str, score: ServiceScore | None) -> TeamChanges | None:
    earlier = data.earlier
    if earlier is None or score is None or code not in earlier.changes or code not in earlier.scores:
        return None
    return team_changes(earlier.changes[code], (earlier.scores[code], earlier.framework), (score, data.framework))


def _places(data: ReportData, rows: Iterable[ServiceRow], scores: Mapping[str, ServiceScore]) -> tuple[PlaceRow, ...]:
    known, by_place = data.places, dict[str, list[ServiceRow]]()
    for row in rows:
        if row.info.place:
            by_place.setdefault(row.info.place, []).append(row)
    codes = {*known.labels, *known.areas, *by_place}
    pages = page_names(codes)
    made = [
        PlaceRow(
            code=code,
            label=known.labels.get(code, code),
            page=pages[code],
            area=_area(data, code, [scores[r.info.code] for r in by_place.get(code, ()) if r.info.code in scores]),
            rows=tuple(by_place.get(code, ())),
            barriers=tuple(known.barrier_labels.get(name, {"en": name}) for name in known.barriers.get(code, ())),
            actions=tuple(one for one in data.actions if one.locale == code),
            replies=tuple(one for one in data.replies if one.locale == code),
        )
        for code in codes
    ]
    return tuple(sorted(made, key=lambda place: alphabetical(place.label)))


def _area(data: ReportData, code: str, here: list[ServiceScore]) -> TeamArea | None:
    area = data.places.areas.get(code)
    return team_area(area, here, data.framework, data.places.unlawful) if area else None


def _quality(data: ReportData, rows: Iterable[ServiceRow], scores: Mapping[str, ServiceScore]) -> Quality:
    shown = [row for row in rows if row.team.n is not None]
    whole = [scores[row.info.code] for row in shown if row.detail.complete]
    compared = sensitivity(whole, data.framework)
    unsafe = {code for row in shown for code in scores[row.info.code].unsafe}
    return Quality(
        grades=Counter(row.detail.grade for row in shown if row.detail.grade),
        unsafe=tuple(one.code for one in data.framework.indicators if one.code in unsafe),
        banded=len(compared.services),
        by_weights=compared.by_weights,
        by_mean=compared.by_mean,
    )


def _fieldwork(data: ReportData, teams: Iterable[TeamService]) -> FieldworkView:
    counts, framework = data.fieldwork, data.framework
    return FieldworkView(
        women=team_total(counts.interviews, teams, framework),
        refused=team_count(counts.refused, framework),
        quarantined=team_count(counts.quarantined, framework),
        waiting=team_count(counts.waiting or 0, framework),
        counts_waiting=counts.waiting is not None,
        late=team_count(counts.late, framework),
    )
