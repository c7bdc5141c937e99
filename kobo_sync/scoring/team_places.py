"""What the team may see of a place, and of a change between two rounds (3.8, 3.9, 3.10).

Our conventions:

1. A gap that a rated service could contradict by a question which one to four women answered there is told as if that
   question had not been asked: "reported" instead of "confirmed", "no data" instead of "some service".
2. A place's score and "all its services are severely lacking" are told only where each rated service there is shown
   whole: one that is not could be worked out from the others.
3. A barrier is told where two teams or five women stand behind it, as in public.
4. A change is told in the figures of both rounds that the team has seen already, each with its own interval, and in
   one word. What stands behind
   the word rests on the questions that both rounds have, and its figures could give one of them away. There is no word
   where a domain's interval is not told in one of the rounds, for the whole where one is not shown whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.areas import CONFIRMED, NO_DATA, NONE, REPORTED, Area, Gap
from kobo_sync.scoring.changes import Changes, FlagEvent
from kobo_sync.scoring.disclosure import team_view, whole_percent
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.team import Bounds, is_complete, outward, team_detail, told_overall


@dataclass(frozen=True, slots=True)
class TeamArea:
    """A place in one round: state of any harm reduction and of each gap by code, why it is severely lacking, score.

    `lacking` as in `areas.Area`; `percent` the mean of its rated services, None where it is not told; `rated` of how
    many, 0 where it is not told.
    """

    any_hr: str
    gaps: Mapping[str, str]
    lacking: tuple[str, ...]
    percent: int | None
    interval: Bounds | None
    rated: int


@dataclass(frozen=True, slots=True)
class TeamChange:
    """One difference between two rounds: both figures as each round's page shows them, and the word for it.

    The bounds are those of each round's own figure, as its page shows them too; none is of the difference.
    """

    code: str
    before: int
    after: int
    verdict: str
    before_bounds: Bounds | None = None
    after_bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class TeamChanges:
    """What changed of a service: the whole, its domains, and the open flags that came or went, as words."""

    overall: TeamChange | None
    domains: tuple[TeamChange, ...]
    events: tuple[FlagEvent, ...]


def team_area(area: Area, here: Sequence[ServiceScore], framework: Framework, unlawful: Collection[str]) -> TeamArea:
    """Return what the team may see of a place (rules 1 and 2); `here` are the scores of its services in that round.

    `unlawful` the codes of gaps that are not lawful to close in the country. Raises ValueError without gap rules.
    """
    rules = framework.method.gaps
    if rules is None:
        raise ValueError("the framework has no gaps")
    rated = [score for score in here if score.rated]
    indicator = {item.code: item.indicator for item in rules.items}
    gaps = {gap.code: _state(gap, indicator.get(gap.code, ""), rated, framework) for gap in area.gaps}
    counting = {i.code for i in rules.items if i.lacking} - (set(unlawful) & set(rules.lawful_only))
    confirmed = sum(state == CONFIRMED for code, state in gaps.items() if code in counting)
    whole = all(is_complete(score, team_view(score, framework)) for score in rated)
    tiers_told = whole and all(team_detail(score, None, framework).tier for score in rated)
    holds = {"any_hr": True, "gaps": confirmed >= rules.lacking_from, "services": tiers_told}
    score = area.score if whole else None
    spread = all(told_overall(score, team_view(score, framework), framework) for score in rated)
    return TeamArea(
        any_hr=area.any_hr.state,
        gaps=gaps,
        lacking=tuple(why for why in area.lacking if holds.get(why)),
        percent=whole_percent(score.value) if score and score.value is not None else None,
        interval=outward(score.interval) if score and score.interval and spread else None,
        rated=score.services if score and score.value is not None else 0,
    )


def team_changes(
    changes: Changes, before: tuple[ServiceScore, Framework], after: tuple[ServiceScore, Framework]
) -> TeamChanges | None:
    """Return what the team may see of a service's change (rule 4), each score with its round's framework.

    None where one of the rounds shows nothing of the service.
    """
    sides = (before, after)
    views = [team_view(score, framework) for score, framework in sides]
    if any(view.n is None for view in views):
        return None
    details = [team_detail(score, None, framework) for score, framework in sides]
    figures = [{domain.code: domain.percent for domain in view.shown} for view in views]
    domains = tuple(
        TeamChange(one.code, was, now, one.verdict, *(detail.intervals.get(one.code) for detail in details))
        for one in changes.domains
        if all(one.code in detail.intervals for detail in details)
        and (was := figures[0].get(one.code)) is not None
        and (now := figures[1].get(one.code)) is not None
    )
    overall = None
    then, now = views[0].percent, views[1].percent
    if changes.overall and all(d.complete for d in details) and then is not None and now is not None:
        overall = TeamChange("", then, now, changes.overall.verdict, *(detail.interval for detail in details))
    told = all(score.n >= framework.method.flags_published_from for score, framework in sides)
    return TeamChanges(overall, domains, changes.events if told else ())


def _state(gap: Gap, indicator: str, rated: Sequence[ServiceScore], framework: Framework) -> str:
    """Rule 1."""
    few = any(
        item.code == indicator and 0 < item.n < framework.suppress_below for score in rated for item in score.items
    )
    return {CONFIRMED: REPORTED, NONE: NO_DATA}.get(gap.state, gap.state) if few else gap.state
