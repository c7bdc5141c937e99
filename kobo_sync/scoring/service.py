"""One service in one round: items → domains → overall, flags, caps, band, intervals (3.1-3.7, 3.11).

Pure functions over plain arrays; the numbers themselves stand in the framework file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kobo_sync.instrument.framework import Framework, Indicator
from kobo_sync.scoring.bands import band_of, capped_domains, capped_overall, mean_of
from kobo_sync.scoring.flags import FlagSheet, Review, any_waiting, find_flags, known_flags
from kobo_sync.scoring.model import (
    CLIENTS,
    DK,
    HEARD,
    NA,
    NOT_ASKED,
    PNS,
    VALUE,
    AnswerSheet,
    DomainScore,
    ItemScore,
    Sampling,
    ServiceScore,
)
from kobo_sync.scoring.says import says_does, service_says, unsafe_questions
from kobo_sync.scoring.uncertainty import (
    Floats,
    evidence_grade,
    in_order,
    percentile_interval,
    percentile_intervals,
    resampled_domains,
    resampled_items,
    resampled_overall,
    seed_of,
    wilson,
)


@dataclass(frozen=True, slots=True)
class Resampled:
    """The resamples of one service-round: S and each valid D, one value a resample, NaN where there is none."""

    overall: Floats
    domains: Mapping[str, Floats]


def score_service(
    service: str,
    round_: str,
    framework: Framework,
    sheets: Sequence[AnswerSheet],
    *,
    flag_sheets: Sequence[FlagSheet] = (),
    reviews: Mapping[str, Review] | None = None,
) -> ServiceScore:
    """Compute everything about one service in one round.

    `sheets`: at most one a source, columns in the framework's order. `flag_sheets` likewise; `reviews` what the safety
    focal point did about this service's flags of this round, by indicator. Nothing of other services enters.
    Raises ValueError when a source has two sheets.
    """
    sheets = [in_order(sheet) for sheet in sheets]
    by_source = {sheet.source: sheet for sheet in sheets}
    if len(by_source) != len(sheets):
        raise ValueError("two answer sheets of one source")
    tallies = {source: _tally(sheet) for source, sheet in by_source.items()}
    items = tuple(_item(indicator, framework, column, tallies) for column, indicator in enumerate(framework.indicators))
    by_code = {item.code: item for item in items}
    domains = tuple(_domain(domain.code, framework, by_code, by_source) for domain in framework.domains)
    clients = _clients(framework, by_source, [i for i in framework.indicators if i.averaged])
    score = _overall(service, round_, framework, domains, items, clients)
    score = replace(
        score,
        sources=tuple(sorted((source, _answered(sheet)) for source, sheet in by_source.items())),
        gaps=says_does(framework, by_source),
        says=service_says(framework, by_source),
        unsafe=unsafe_questions(framework, items),
    )
    flags = find_flags(framework, flag_sheets, reviews)
    score = replace(score, flags=known_flags(flags), waiting=any_waiting(flags))
    return _with_band(_with_intervals(score, framework, sheets), framework)


def resample(score: ServiceScore, framework: Framework, sheets: Sequence[AnswerSheet]) -> Resampled:
    """Return the resamples that the intervals of this score are made of (3.11.6); empty where no woman was asked.

    `sheets` as `score_service` got them. For what combines services (3.11.7) or rounds (3.9).
    """
    seed = seed_of(score.service, score.round)
    y = resampled_items(framework, sheets, seed, framework.method.resamples)
    if not len(y):
        return Resampled(np.empty(0), {})
    domains = resampled_domains(framework, y, {d.code: d.items for d in score.domains if d.value is not None})
    return Resampled(resampled_overall(framework.domain_weights, domains) if score.valid else np.empty(0), domains)


def _with_intervals(score: ServiceScore, framework: Framework, sheets: Sequence[AnswerSheet]) -> ServiceScore:
    """Add intervals and grades (3.7). A domain that no woman answered has none: nothing of it was sampled."""
    if not framework.method.resamples:
        return score
    made, confidence = resample(score, framework, sheets), framework.method.confidence
    sampled = {domain.code for domain in score.domains if domain.n}
    intervals = percentile_intervals({c: series for c, series in made.domains.items() if c in sampled}, confidence)
    domains = tuple(
        domain
        if domain.value is None
        else replace(
            domain,
            interval=intervals.get(domain.code),
            grade=evidence_grade(domain.n, intervals.get(domain.code), framework),
        )
        for domain in score.domains
    )
    interval = percentile_interval(made.overall, confidence)
    return replace(
        score,
        domains=domains,
        interval=interval,
        grade=evidence_grade(score.n, interval, framework) if score.valid else "",
        sampling=Sampling(seed_of(score.service, score.round), framework.method.resamples, np.__version__),
    )


def _with_band(score: ServiceScore, framework: Framework) -> ServiceScore:
    """Add capped figures (3.6) and the band (3.5)."""
    values = {domain.code: domain.value for domain in score.domains if domain.value is not None}
    capped = capped_domains(values, score.flags, framework)
    score = replace(score, domains=tuple(replace(domain, capped=capped.get(domain.code)) for domain in score.domains))
    if not score.valid:
        return score
    overall = capped_overall(mean_of(capped, framework.domain_weights), score.flags, framework)
    items = {item.code: item.y for item in score.items}
    return replace(score, capped=overall, band=band_of(overall, capped, items, score.flags, framework))


def _answered(sheet: AnswerSheet) -> int:
    return int((sheet.reason == VALUE).any(axis=1).sum()) if sheet.reason.size else 0


@dataclass(frozen=True, slots=True)
class _Tally:
    """What one source said, by indicator: how many have a value, their mean (0 where none), and the rest counted."""

    n: list[int]
    mean: list[float]
    best: list[int]
    asked: list[int]
    na: list[int]
    dk: list[int]
    pns: list[int]


def _tally(sheet: AnswerSheet) -> _Tally:
    has, reason = ~np.isnan(sheet.x), sheet.reason
    n = has.sum(axis=0)
    total = np.where(has, sheet.x, 0.0).sum(axis=0)
    return _Tally(
        n=n.tolist(),
        mean=(total / np.maximum(n, 1)).tolist(),
        best=(sheet.x == 1).sum(axis=0).tolist(),
        asked=(reason != NOT_ASKED).sum(axis=0).tolist(),
        na=(reason == NA).sum(axis=0).tolist(),
        dk=(reason == DK).sum(axis=0).tolist(),
        pns=(reason == PNS).sum(axis=0).tolist(),
    )


def _item(indicator: Indicator, framework: Framework, column: int, tallies: Mapping[str, _Tally]) -> ItemScore:
    """Do steps 1 to 3: means by source, then y of an averaged item where a woman or an observer has a value.

    Gates have no y, nor counts of answers: what one woman reports of a harm leaves no trace here (3.6).
    """
    counts = {source: tally.n[column] for source, tally in tallies.items()}
    heard = any(counts.get(source, 0) for source in HEARD)
    weights = framework.kinds[indicator.kind]
    weighted = {source: weight for source, weight in weights.items() if weight > 0 and counts.get(source)}
    y = None
    if heard and weighted and indicator.averaged:
        total = sum(weight * tallies[source].mean[column] for source, weight in weighted.items())
        y = total / sum(weighted.values())
    told = [tallies[source] for source in HEARD if source in tallies]
    answered, inapplicable = sum(one.asked[column] for one in told), sum(one.na[column] for one in told)
    women = tallies.get(CLIENTS)
    best = women.best[column] if women and indicator.averaged and counts[CLIENTS] else None
    return ItemScore(
        code=indicator.code,
        y=y,
        n=counts.get(CLIENTS, 0),
        n_by_source=tuple(sorted(counts.items())),
        has_data=heard if not indicator.averaged else y is not None,
        offered=answered > inapplicable,
        na_for_all=0 < answered == inapplicable,
        asked=women.asked[column] if women else 0,
        dk=women.dk[column] if women else 0,
        pns=women.pns[column] if women else 0,
        favourable=best,
        share=None if best is None else wilson(best, counts[CLIENTS], framework.method.confidence),
    )


def _domain(
    code: str, framework: Framework, items: Mapping[str, ItemScore], sheets: Mapping[str, AnswerSheet]
) -> DomainScore:
    """Step 4 and rule 3.3: the weighted mean of averaged items with y, and whether it may be called a score."""
    indicators = [i for i in framework.of_domain(code) if framework.kinds[i.kind]]
    askable = [i for i in indicators if set(i.sources) & set(HEARD) and not items[i.code].na_for_all]
    averaged = [i for i in indicators if i.averaged and items[i.code].y is not None]
    why = _why_invalid(framework, askable, averaged, items)
    value = None
    if averaged and not why:
        weights = [framework.item_weight(i.code) for i in averaged]
        ys = [y for i in averaged if (y := items[i.code].y) is not None]
        value = sum(w * y for w, y in zip(weights, ys, strict=True)) / sum(weights)
    return DomainScore(
        code=code,
        value=value,
        valid=not why,
        why_not=why,
        n=_clients(framework, sheets, [i for i in indicators if i.averaged]),
        items=tuple(i.code for i in averaged),
    )


def _why_invalid(
    framework: Framework, askable: Sequence[Indicator], averaged: Sequence[Indicator], items: Mapping[str, ItemScore]
) -> str:
    """Return "" when the domain is valid, else the first condition that fails; shares are compared as integers."""
    rule = framework.validity
    have = [i for i in askable if items[i.code].has_data]
    core = [i for i in askable if i.core]
    core_have = [i for i in core if items[i.code].has_data]
    offered = [i for i in askable if items[i.code].offered]
    if rule.core_share[1] * len(core_have) < rule.core_share[0] * len(core):
        return "few_core"
    if rule.offered_share[1] * len(have) < rule.offered_share[0] * len(offered):
        return "few_items"
    if len(averaged) < rule.min_averaged:
        return "no_average"
    if len(have) < rule.min_items:
        return "one_item"
    return ""


def _clients(framework: Framework, sheets: Mapping[str, AnswerSheet], indicators: Sequence[Indicator]) -> int:
    """Count the women with a value on any of these indicators."""
    if CLIENTS not in sheets or not indicators:
        return 0
    column = {indicator.code: number for number, indicator in enumerate(framework.indicators)}
    reason: NDArray[np.int8] = sheets[CLIENTS].reason[:, [column[i.code] for i in indicators]]
    return int((reason == VALUE).any(axis=1).sum())


def _overall(  # noqa: PLR0917 -- the parts of one value, in the order of its fields
    service: str,
    round_: str,
    framework: Framework,
    domains: tuple[DomainScore, ...],
    items: tuple[ItemScore, ...],
    clients: int,
) -> ServiceScore:
    rule = framework.validity
    valid = {domain.code: domain.value for domain in domains if domain.value is not None}
    why = ""
    if clients < rule.min_clients:
        why = "few_women"
    elif not set(rule.required_domains) <= set(valid):
        why = "required_domain"
    elif not set(rule.one_of) & set(valid):
        why = "one_of"
    elif len(valid) < rule.min_valid_domains:
        why = "few_domains"
    return ServiceScore(
        service=service,
        round=round_,
        value=None if why else mean_of(valid, framework.domain_weights),
        valid=not why,
        why_not=why,
        n=clients,
        lowest=min(valid, key=lambda code: (round(valid[code], 9), code), default=""),
        domains=domains,
        items=items,
        framework_version=framework.version,
        weights_version=framework.community.version if framework.community else "",
    )
