"""What the team may see of a service beside its figures: the second half of the wall (3.8), on top of `disclosure`.

Our conventions:

1. Where a valid domain is hidden, capped figure, interval and band of the whole are not told: they rest on that domain
   too, and could give it away. Nor is the tier, unless an open red flag that is told as a word makes it.
2. A domain's interval is not told where one to four women answered one of its questions: with the seed known, it would
   narrow their answers down. Nor is then the interval of the whole, nor that of its place: they rest on it, and the
   intervals of the other domains stand beside them.
3. Red flags are words without counts, reviewed ones only, from `flags_published_from` women on. That a substantiated
   flag waits for its review is not told: that is the safety focal point's alone.
4. A says/does gap is told only of a question that has its figure on the page anyway.
5. "The service says" tells of questions that only the service is asked: of any other, that it stands there would tell
   that no woman answered it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.disclosure import TeamItem, TeamService, team_view, whole_percent
from kobo_sync.scoring.model import OBSERVERS, PROVIDERS, BandResult, Interval, ServiceFlag, ServiceScore
from kobo_sync.scoring.naming import LACKING, Practice, Tier, tier_of

NAMED = 3  # strengths and asks on one page
_ASK_BELOW, _STRONG_FROM = 70, 70


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval in whole percent, rounded outward."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class TeamGap:
    """What the service says and what women say of one question, in whole percent."""

    code: str
    says: int
    women: int
    n: int


@dataclass(frozen=True, slots=True)
class TeamSays:
    """What only the service is asked: its answer in whole percent, or None with the reason "dk" or "pns"."""

    code: str
    percent: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class TeamDetail:
    """Everything else that the team may see of one service in one round.

    `complete` whether all that the overall figure rests on is shown; `capped` where open flags lower it; `band` without
    the figures that its gates looked at; `tier` "" where it is not told; `intervals` and `capped_domains` by domain.
    """

    complete: bool
    interval: Bounds | None
    capped: int | None
    grade: str
    band: BandResult | None
    tier: str
    because: tuple[str, ...]
    missing: tuple[str, ...]
    good_in: tuple[str, ...]
    intervals: Mapping[str, Bounds]
    capped_domains: Mapping[str, int]
    strengths: tuple[TeamItem, ...]
    asks: tuple[TeamItem, ...]
    gaps: tuple[TeamGap, ...]
    says: tuple[TeamSays, ...]
    flags: tuple[ServiceFlag, ...]
    observed: bool
    provider: bool


NOTHING = TeamDetail(
    complete=False, interval=None, capped=None, grade="", band=None, tier="", because=(), missing=(), good_in=(),
    intervals={}, capped_domains={}, strengths=(), asks=(), gaps=(), says=(), flags=(), observed=False, provider=False,
)  # fmt: skip


def is_complete(score: ServiceScore, team: TeamService) -> bool:
    """Whether everything that S and the band rest on is shown (rule 1)."""
    shown = {domain.code for domain in team.shown}
    return team.percent is not None and all(domain.code in shown for domain in score.domains if domain.valid)


def told_intervals(score: ServiceScore, framework: Framework) -> dict[str, Interval]:
    """Return the intervals of domains that may be told, by code (rule 2)."""
    few = {item.code for item in score.items if 0 < item.n < framework.suppress_below}
    return {
        domain.code: domain.interval
        for domain in score.domains
        if domain.interval is not None and not few & set(domain.items)
    }


def told_overall(score: ServiceScore, team: TeamService, framework: Framework) -> Interval | None:
    """Return the interval of the whole where it may be told (rules 1 and 2)."""
    few = {item.code for item in score.items if 0 < item.n < framework.suppress_below}
    rests_on = {code for domain in score.domains if domain.valid for code in domain.items}
    return score.interval if is_complete(score, team) and not few & rests_on else None


def outward(interval: Interval) -> Bounds:
    """Return an interval in whole percent, the bounds outward."""
    return Bounds(int(round(interval.low * 100, 6)), -int(-round(interval.high * 100, 6) // 1))


def team_detail(score: ServiceScore, practice: Practice | None, framework: Framework) -> TeamDetail:
    """Return what the team may see of a service beside `team_view` (rules 1 to 5); nothing from too few women."""
    team = team_view(score, framework)
    if team.n is None:
        return NOTHING
    complete, overall = is_complete(score, team), told_overall(score, team, framework)
    shown = {domain.code for domain in team.shown}
    intervals = {c: outward(one) for c, one in told_intervals(score, framework).items() if c in shown}
    told = _flags(score, framework)
    tier = _tier(score, practice, framework, flags=told, complete=complete)
    items = [item for domain in team.domains for item in domain.items if item.percent is not None and item.n]
    sources = dict(score.sources)
    return TeamDetail(
        complete=complete,
        interval=outward(overall) if overall else None,
        capped=_lowered(score.capped, score.value) if complete else None,
        grade=score.grade,
        band=_band(score.band) if complete else None,
        tier=tier.tier if tier else "",
        because=tier.because if tier else (),
        missing=tuple(why for why in tier.missing if told or why != "open_r1") if tier and complete else (),
        good_in=tuple(code for code in tier.good_in if code in intervals) if tier else (),
        intervals=intervals,
        capped_domains={
            domain.code: lowered
            for domain in score.domains
            if complete and (lowered := _lowered(domain.capped, domain.value)) is not None
        },
        strengths=_first(items, framework, best=True),
        asks=_first(items, framework, best=False),
        gaps=_gaps(score, items),
        says=_says(score, framework),
        flags=told,
        observed=bool(sources.get(OBSERVERS)),
        provider=bool(sources.get(PROVIDERS)),
    )


def _flags(score: ServiceScore, framework: Framework) -> tuple[ServiceFlag, ...]:
    """Rule 3."""
    return score.flags if score.n >= framework.method.flags_published_from else ()


def _tier(
    score: ServiceScore,
    practice: Practice | None,
    framework: Framework,
    *,
    flags: Sequence[ServiceFlag],
    complete: bool,
) -> Tier | None:
    """Rules 1 and 3: None where the tier is not told."""
    if framework.method.tiers is None:
        return None
    made = tier_of(score, practice, framework)
    because = tuple(why for why in made.because if (flags if why == "open_r1" else complete))
    if made.tier == LACKING and because:
        return replace(made, because=because)
    return made if complete and made.tier != LACKING else replace(made, tier="", because=())


def _lowered(capped: float | None, value: float | None) -> int | None:
    return whole_percent(capped) if capped is not None and value is not None and capped < value else None


def _band(band: BandResult | None) -> BandResult | None:
    return band and replace(band, gates=tuple(replace(gate, value=None) for gate in band.gates))


def _first(items: Sequence[TeamItem], framework: Framework, *, best: bool) -> tuple[TeamItem, ...]:
    """Return the questions that stand out, core ones first where two are alike, all with their figures."""
    chosen = [
        i for i in items if i.percent is not None and (i.percent >= _STRONG_FROM if best else i.percent < _ASK_BELOW)
    ]
    chosen.sort(key=lambda i: ((-1 if best else 1) * (i.percent or 0), not framework.by_code[i.code].core))
    return tuple(chosen[:NAMED])


def _gaps(score: ServiceScore, items: Sequence[TeamItem]) -> tuple[TeamGap, ...]:
    """Rule 4."""
    shown = {item.code for item in items}
    return tuple(
        TeamGap(gap.code, whole_percent(gap.provider), whole_percent(gap.women), gap.n)
        for gap in score.gaps
        if gap.code in shown
    )


def _says(score: ServiceScore, framework: Framework) -> tuple[TeamSays, ...]:
    """Rule 5."""
    return tuple(
        TeamSays(one.code, None if one.value is None else whole_percent(one.value), one.reason)
        for one in score.says
        if set(framework.by_code[one.code].sources) == {PROVIDERS}
    )
