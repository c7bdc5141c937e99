"""What changed between two rounds (3.9), by one rule: large enough, and surely not chance.

Compared are averaged items with y in both rounds and domains valid in both, uncapped, each round resampled with its own
seed. "Better" or "worse" only if the difference is at least `min_change` and its interval leaves out 0; else "unclear".
A cap that comes or goes is an event, and no trend.

Our conventions: a domain's two values are both made of the items that have y in both rounds, and the overall's of the
domains so compared; harms are compared within their domain, and never one by one (3.8). Both rounds are measured by
one framework, the later one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.method import Method
from kobo_sync.scoring.bands import mean_of, reaches
from kobo_sync.scoring.model import AnswerSheet, Interval, ServiceFlag, ServiceScore
from kobo_sync.scoring.uncertainty import (
    Floats,
    percentile_interval,
    resampled_domains,
    resampled_items,
    resampled_overall,
    seed_of,
)

BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"


@dataclass(frozen=True, slots=True)
class Round:
    """One service in one round as it is compared: its score, and the answer sheets that it was made of."""

    score: ServiceScore
    sheets: Sequence[AnswerSheet]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, later minus earlier, in [-1, 1]: `code` of domain or item ("" overall), both values, verdict.

    `interval` that of the difference, None where no woman answered in one of the rounds: then it is "unclear".
    """

    code: str
    before: float
    after: float
    difference: float
    interval: Interval | None
    verdict: str


@dataclass(frozen=True, slots=True)
class FlagEvent:
    """An open flag that came or went between two rounds: `came`, or else it went."""

    flag: ServiceFlag
    came: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed of a service between two rounds.

    `overall` None where S is not valid in both; `domains` those valid in both that have an item in common; `items` the
    averaged ones with y in both, harms left out; `events` the open flags that came or went.
    """

    service: str
    before: str
    after: str
    overall: Change | None
    domains: tuple[Change, ...]
    items: tuple[Change, ...]
    events: tuple[FlagEvent, ...]


def compare(before: Round, after: Round, framework: Framework) -> Changes:
    """Return what changed of one service between two rounds (3.9).

    Raises ValueError when the rounds are of two services, or the same.
    """
    one, two = before.score, after.score
    if one.service != two.service or one.round == two.round:
        raise ValueError("two rounds of one service are compared")
    method = framework.method
    ys = _values(one), _values(two)
    common = [i.code for i in framework.indicators if i.averaged and i.code in ys[0] and i.code in ys[1]]
    series = tuple(
        resampled_items(framework, side.sheets, seed_of(side.score.service, side.score.round), method.resamples)
        for side in (before, after)
    )
    held = _held(one, two, common, framework)
    sides = [{code: _mean(y, items, framework) for code, items in held.items()} for y in ys]
    resampled = [resampled_domains(framework, y, held) for y in series]
    domains = tuple(
        _change(code, sides[0][code], sides[1][code], _minus(resampled[1][code], resampled[0][code]), method)
        for code in held
    )
    overall = None
    if one.valid and two.valid and held:
        weights = framework.domain_weights
        means = [mean_of(values, weights) for values in sides]
        totals = [resampled_overall(weights, values) for values in resampled]
        overall = _change("", means[0], means[1], _minus(totals[1], totals[0]), method)
    column = {indicator.code: number for number, indicator in enumerate(framework.indicators)}
    items = tuple(
        _change(
            code,
            ys[0][code],
            ys[1][code],
            _minus(series[1][:, column[code]], series[0][:, column[code]]),
            method,
        )
        for code in common
        if not framework.by_code[code].harm
    )
    return Changes(one.service, one.round, two.round, overall, domains, items, flag_events(one, two))


def flag_events(before: ServiceScore, after: ServiceScore) -> tuple[FlagEvent, ...]:
    """Return the open flags that came or went (3.9): a flag that changed its level or its cause went and came."""
    old, new = before.open_flags, after.open_flags
    went = tuple(FlagEvent(flag, came=False) for flag in old if flag not in new)
    return went + tuple(FlagEvent(flag, came=True) for flag in new if flag not in old)


def _values(score: ServiceScore) -> dict[str, float]:
    return {item.code: item.y for item in score.items if item.y is not None}


def _held(
    one: ServiceScore, two: ServiceScore, common: Sequence[str], framework: Framework
) -> dict[str, tuple[str, ...]]:
    """Return the items that each comparable domain rests on in both rounds."""
    valid = {d.code for d in one.domains if d.valid} & {d.code for d in two.domains if d.valid}
    held = {
        domain.code: tuple(code for code in common if framework.by_code[code].domain == domain.code)
        for domain in framework.domains
        if domain.code in valid
    }
    return {code: items for code, items in held.items() if items}


def _mean(y: dict[str, float], items: Sequence[str], framework: Framework) -> float:
    return mean_of({code: y[code] for code in items}, {code: framework.item_weight(code) for code in items})


def _minus(after: Floats, before: Floats) -> Floats:
    """Return the differences of two series; none where a round has no resamples."""
    return after - before if len(after) and len(before) else after[:0]


def _change(code: str, before: float, after: float, series: Floats, method: Method) -> Change:
    interval, difference = percentile_interval(series, method.confidence), after - before
    verdict = UNCLEAR
    if interval is not None and reaches(abs(difference), method.min_change):
        if interval.low > 0 and difference > 0:
            verdict = BETTER
        elif interval.high < 0 and difference < 0:
            verdict = WORSE
    return Change(code, before, after, difference, interval, verdict)
