"""A locale in one round: gaps from the forms about the area, whether it is severely lacking, and its score (2, 3.10).

A gap never becomes a service's score of nought. It is *confirmed* with two independent teams, or five women consulted,
and nothing that contradicts it; else *reported*.

Our conventions:

1. A form without a team's code is no second team. Two forms may have asked the same women, so the women consulted are
   those of the largest form that reports the gap, and not their sum; a band stands for the least number in it.
2. A rated service of the area contradicts a gap where y of the gap's indicator reaches `contradicted_from`. Any rated
   service contradicts that there is no harm reduction for women: at least ten women used it or tried to.
3. A service is told of as "severely lacking" for an area by 3.10, open flags included.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.method import GapRules
from kobo_sync.scoring.bands import reaches
from kobo_sync.scoring.model import Interval, Sampling, ServiceScore
from kobo_sync.scoring.naming import LACKING, tier_of
from kobo_sync.scoring.uncertainty import Floats, percentile_interval, seed_of

CONFIRMED, REPORTED, NONE, NO_DATA = "confirmed", "reported", "none", "no_data"


@dataclass(frozen=True, slots=True)
class AreaAnswers:
    """One form about an area: choice names, "" where there is no answer.

    `team` the neutral team code; `reporters` the band of women consulted; `any_hr` whether there is any harm reduction
    for women; `gaps` the answer by the code of a gap item.
    """

    team: str
    reporters: str
    any_hr: str
    gaps: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap item of a locale-round: `code` of the item, "" for any harm reduction at all.

    `state` "confirmed", "reported" (also where something contradicts it), "none" (some service within reach) or
    "no_data", which never looks like "fine"; `contradicted` whether a form or a rated service says otherwise.
    """

    code: str
    state: str
    contradicted: bool


@dataclass(frozen=True, slots=True)
class AreaScore:
    """The score of a locale-round (3.11.7): the mean of S of its rated services, uncapped, each counted once.

    `value` None with `why_not` "few_rated" where there are too few; `services` how many are rated.
    """

    value: float | None
    why_not: str
    services: int
    interval: Interval | None
    sampling: Sampling | None


@dataclass(frozen=True, slots=True)
class Area:
    """A locale in one round: its gaps, why it is severely lacking ("any_hr", "gaps", "services"; or not), its score."""

    locale: str
    round: str
    any_hr: Gap
    gaps: tuple[Gap, ...]
    lacking: tuple[str, ...]
    score: AreaScore


def area_of(
    locale: str,
    round_: str,
    forms: Sequence[AreaAnswers],
    scores: Sequence[ServiceScore],
    framework: Framework,
    *,
    resampled: Mapping[str, Floats] | None = None,
    not_lawful: Collection[str] = (),
) -> Area:
    """Return what is known of a locale in one round (3.10).

    `scores` of the services of the locale in that round; `resampled` their S in each resample by service code, as
    `service.resample` makes them (without them the score has no interval); `not_lawful` the codes of gap items that are
    not lawful in the country: they count towards nothing. Raises ValueError when the framework has no gaps.
    """
    rules = framework.method.gaps
    if rules is None:
        raise ValueError("the framework has no gaps")
    rated = sorted((score for score in scores if score.rated), key=lambda score: score.service)
    unlawful = set(not_lawful) & set(rules.lawful_only)
    gaps = tuple(_gap(item.code, item.indicator, forms, rated, rules) for item in rules.items)
    any_hr = _state(
        "", [(form, form.any_hr) for form in forms], rules.any_gap, rules.any_contradicts, rules, beside=bool(rated)
    )
    counting = {item.code for item in rules.items if item.lacking and item.code not in unlawful}
    confirmed = [gap for gap in gaps if gap.state == CONFIRMED and gap.code in counting]
    reasons = {
        "any_hr": any_hr.state == CONFIRMED,
        "gaps": len(confirmed) >= rules.lacking_from,
        "services": _all_lacking(rated, framework),
    }
    lacking = tuple(name for name, holds in reasons.items() if holds)
    return Area(locale, round_, any_hr, gaps, lacking, _score(locale, round_, rated, framework, resampled or {}))


def _gap(
    code: str, indicator: str, forms: Sequence[AreaAnswers], rated: Sequence[ServiceScore], rules: GapRules
) -> Gap:
    ys = [item.y for score in rated for item in score.items if item.code == indicator and item.y is not None]
    has_it = any(reaches(y, rules.contradicted_from) for y in ys)
    said = [(form, form.gaps.get(code, "")) for form in forms]
    return _state(code, said, rules.gap, rules.contradicts, rules, beside=has_it)


def _state(
    code: str,
    said: Sequence[tuple[AreaAnswers, str]],
    gap: Collection[str],
    contradicts: Collection[str],
    rules: GapRules,
    *,
    beside: bool,
) -> Gap:
    """Return the state of one gap; `beside` whether a rated service contradicts it."""
    telling = [form for form, answer in said if answer in gap]
    contradicted = beside or any(answer in contradicts for _, answer in said)
    if not telling:
        return Gap(code, NONE if contradicted else NO_DATA, contradicted)
    teams = len({form.team for form in telling} - {""}) or 1
    women = max(rules.reporters.get(form.reporters, 0) for form in telling)
    enough = teams >= rules.teams or women >= rules.women
    return Gap(code, CONFIRMED if enough and not contradicted else REPORTED, contradicted)


def _all_lacking(rated: Sequence[ServiceScore], framework: Framework) -> bool:
    tiers = framework.method.tiers
    if tiers is None or len(rated) < tiers.locale_all_lacking:
        return False
    return all(tier_of(score, None, framework).tier == LACKING for score in rated)


def _score(
    locale: str, round_: str, rated: Sequence[ServiceScore], framework: Framework, resampled: Mapping[str, Floats]
) -> AreaScore:
    """3.11.7. The interval draws services, then for each of them one of its own resamples of women.

    Exactly: with `default_rng(seed_of(locale, round))`, m rated services in the order of their codes and B resamples,
    `pick = integers(0, m, size=(B, m))` and then `draw = integers(0, B, size=(B, m))`; each resample is the mean over j
    of S of service pick[b, j] in its resample draw[b, j]. (Our convention.)
    """
    tiers, method = framework.method.tiers, framework.method
    values = [score.value for score in rated if score.value is not None]
    if tiers is None or len(values) < tiers.locale_rated:
        return AreaScore(None, "few_rated", len(values), None, None)
    value = sum(values) / len(values)
    if not method.resamples or any(not len(resampled.get(score.service, ())) for score in rated):
        return AreaScore(value, "", len(values), None, None)
    series = np.vstack([resampled[score.service] for score in rated])
    seed, count = seed_of(locale, round_), series.shape[1]
    rng = np.random.default_rng(seed)
    pick = rng.integers(0, len(rated), size=(count, len(rated)))
    draw = rng.integers(0, count, size=(count, len(rated)))
    interval = percentile_interval(np.asarray(series[pick, draw].mean(axis=1)), method.confidence)
    return AreaScore(value, "", len(values), interval, Sampling(seed, count, np.__version__))
