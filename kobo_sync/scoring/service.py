"""One service in one round: items → domains → overall, with validity and n (3.2-3.4, 3.11 steps 1-4).

Pure functions over plain arrays; the numbers themselves stand in the framework file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kobo_sync.instrument.framework import Framework, Indicator
from kobo_sync.scoring.model import (
    DK,
    NA,
    NOT_ASKED,
    PNS,
    VALUE,
    AnswerSheet,
    DomainScore,
    ItemScore,
    ServiceScore,
)

CLIENTS = "C"
HEARD = ("C", "O")  # a provider's answer alone never makes a score (3.2)


def score_service(service: str, round_: str, framework: Framework, sheets: Sequence[AnswerSheet]) -> ServiceScore:
    """Compute everything about one service in one round.

    `sheets`: at most one a source, columns in the framework's order. Nothing of other services enters.
    """
    by_source = {sheet.source: sheet for sheet in sheets}
    if len(by_source) != len(sheets):
        raise ValueError("two answer sheets of one source")
    items = tuple(
        _item(indicator, framework.kinds[indicator.kind], column, by_source)
        for column, indicator in enumerate(framework.indicators)
    )
    by_code = {item.code: item for item in items}
    domains = tuple(_domain(domain.code, framework, by_code, by_source) for domain in framework.domains)
    clients = _clients(framework, by_source, [i for i in framework.indicators if i.averaged])
    return _overall(service, round_, framework, domains, items, clients)


def _item(
    indicator: Indicator, weights: Mapping[str, float], column: int, sheets: Mapping[str, AnswerSheet]
) -> ItemScore:
    """Do steps 1 to 3: means by source, then y where a woman or an observer has a value."""
    means: dict[str, float] = {}
    counts: dict[str, int] = {}
    for source, sheet in sheets.items():
        values = sheet.x[:, column]
        values = values[~np.isnan(values)]
        counts[source] = len(values)
        if len(values):
            means[source] = float(values.mean())
    heard = any(counts.get(source, 0) for source in HEARD)
    weighted = {source: weight for source, weight in weights.items() if weight > 0 and source in means}
    y = None
    if heard and weighted:
        y = sum(weight * means[source] for source, weight in weighted.items()) / sum(weighted.values())
    reasons = np.concatenate(
        [sheets[source].reason[:, column] for source in HEARD if source in sheets] or [np.empty(0, np.int8)]
    )
    answered = reasons[reasons != NOT_ASKED]
    clients = sheets[CLIENTS].reason[:, column] if CLIENTS in sheets else np.empty(0, np.int8)
    return ItemScore(
        code=indicator.code,
        y=y,
        n=counts.get(CLIENTS, 0),
        n_by_source=tuple(sorted(counts.items())),
        has_data=heard if not indicator.averaged else y is not None,
        offered=bool((answered != NA).any()),
        na_for_all=bool(len(answered)) and bool((answered == NA).all()),
        asked=int((clients != NOT_ASKED).sum()),
        dk=int((clients == DK).sum()),
        pns=int((clients == PNS).sum()),
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
        weights = [framework.core_weight if i.core else framework.other_weight for i in averaged]
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
    value = None
    if not why:
        weights = framework.domain_weights
        value = sum(weights[code] * d for code, d in valid.items()) / sum(weights[code] for code in valid)
    return ServiceScore(
        service=service,
        round=round_,
        value=value,
        valid=not why,
        why_not=why,
        n=clients,
        lowest=min(valid, key=lambda code: (valid[code], code), default=""),
        domains=domains,
        items=items,
        framework_version=framework.version,
    )
