"""What may be published of a single service: its score as far as enough women stand behind every part of it (3.8).

`public_part` makes of a score another one that holds the publishable parts only; the overall figure, its interval, the
band, the gates and the tier are made again from them. Whatever is published of a service is read from that, so no
figure, no band and no gate rests on something that is held back, and nothing can be worked out by taking away:

1. Nothing of a service with fewer than `public_from` women, with a flag that waits for its review, or that is a small
   network: where the women interviewed are half or more of those whom it sees. Its band of women is taken at its lower
   end, and where it is not known the service counts as small. (Our convention: be careful.)
2. A domain needs `public_from` women. Each of its averaged questions that a woman answered needs `suppress_below` of
   them, else one woman's answer could be read from a domain near its end; a harm needs `public_from`; and a domain that
   rests on one harm alone *is* its figure, so it is not published.
3. Overall figure, interval and lowest domain are made of the published domains alone, valid by the rules of 3.3 asked
   of these. Where a valid domain is held back, the interval needs the resamples; without them there is no figure.
4. A question has a share only where each averaged question of its domain has `public_from` women or none, and none is a
   harm: else that of the one left out could be worked out from the domain's figure. No question has a number of women.
   What the service says more than women is not told (our convention): a manager knows his own answer, and beside a
   share "at most three quarters" would be a count.
5. A domain's figure keeps away from the ends that the shares leave it (`release_ends`), and so does all that is made
   of it: overall figure, bounds, band, tier. Where the women's means are not at hand it is not published.
6. Gates of bands see the questions of `public_from` women and the published domains. What a gate found is not told.
7. Flags are words: indicator, level, whose doing, open or resolved; only reviewed ones, nothing of how many said it.
   Where a cap holds the band down, the figure published is the uncapped one, like its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.bands import band_of, capped_domains, capped_overall, mean_of
from kobo_sync.scoring.model import CLIENTS, DomainScore, Interval, ItemScore, ServiceScore
from kobo_sync.scoring.naming import tier_of
from kobo_sync.scoring.release_ends import Ends, Room, domain_ends, item_ends, overall_ends
from kobo_sync.scoring.release_model import NOT_PUBLISHED, PUBLISHED, Listed, Plain, Scored
from kobo_sync.scoring.release_rounding import bounds, mean_range, score_percent, share, women
from kobo_sync.scoring.uncertainty import Floats, evidence_grade, percentile_interval, resampled_overall, seed_of


def enough(score: ServiceScore, framework: Framework) -> bool:
    """Whether so many women spoke that figures of the service may be published, and no flag waits for its review."""
    return score.n >= framework.public_from and not score.waiting


def small_network(score: ServiceScore, band: str, framework: Framework) -> bool:
    """Whether the women interviewed are so large a share of those whom the service sees that they could be known."""
    limits = framework.disclosure.women_bands.get(band)
    if limits is None:
        return True
    part, whole = framework.disclosure.small_network
    asked = max(score.n, dict(score.sources).get(CLIENTS, 0))
    return asked * whole >= limits[0] * part


def public_part(scored: Scored, framework: Framework) -> ServiceScore:
    """Return the publishable part of a score of which `enough` holds (rules 2 to 6)."""
    score = scored.score
    ends = published_ends(scored, framework)
    domains = tuple(_moved_in(domain, ends[domain.code], framework) for domain in score.domains if domain.code in ends)
    by_code = {item.code: item for item in score.items}
    rooms = {code: room for domain in domains for code, room in _rooms(domain, by_code, framework).items()}
    kept = tuple(
        _item(item, scored, rooms, framework) for item in score.items if not 0 < item.n < framework.public_from
    )
    part = replace(
        score,
        domains=domains,
        items=kept,
        gaps=(),
        says=(),
        unsafe=(),
        lowest="",
    )
    return _with_overall(part, scored, ends, framework)


def published_ends(scored: Scored, framework: Framework) -> dict[str, Ends]:
    """Return the domains that may be published, by code, with the ends of their figures (rules 2 and 5)."""
    items = {item.code: item for item in scored.score.items}
    found = {
        domain.code: domain_ends(
            [items[code] for code in domain.items], scored.means, framework, _rooms(domain, items, framework)
        )
        for domain in scored.score.domains
        if _may_be_shown(domain, items, framework)
    }
    return {code: ends for code, ends in found.items() if ends is not None}


def published_draws(scored: Scored, ends: Mapping[str, Ends], framework: Framework) -> Floats:
    """Return the resamples of the overall figure of these domains; empty where they are not at hand."""
    kept = scored.draws.domains if scored.draws is not None else {}
    if not ends.keys() <= kept.keys():
        return np.empty(0)
    return resampled_overall(framework.domain_weights, {code: one.draws(kept[code]) for code, one in ends.items()})


def service_block(listed: Listed, part: ServiceScore | None, scored: Scored | None, framework: Framework) -> Plain:
    """Return what is published of one service; `part` None: nothing but that it is not published, whatever the reason.

    `part` as `public_part` makes it.
    """
    block: Plain = {"code": listed.code, "label": listed.label, "area": listed.locale, "status": NOT_PUBLISHED}
    if part is None or scored is None:
        return block
    tier = tier_of(part, scored.practice, framework) if framework.method.tiers else None
    return {
        **block,
        "status": PUBLISHED,
        "women": women(part.n, framework),
        "overall": _figure(part.value, part.interval, part.grade, framework),
        "band": {"number": part.band.number, "code": part.band.code} if part.band else None,
        "tier": tier.tier if tier else None,
        "good_in": list(tier.good_in) if tier else [],
        "domains": [_domain(domain, part, framework) for domain in part.domains],
        "flags": [
            {
                "indicator": flag.indicator,
                "level": flag.level,
                "by_service": flag.by_service,
                "open": flag.is_open,
            }
            for flag in part.flags
            if part.n >= framework.method.flags_published_from
        ],
        "seed": seed_of(part.service, part.round),
    }


def _may_be_shown(domain: DomainScore, items: dict[str, ItemScore], framework: Framework) -> bool:
    """Rule 2."""
    rests_on = [items[code] for code in domain.items]
    if not domain.valid or domain.value is None or domain.n < framework.public_from:
        return False
    if len(rests_on) == 1 and framework.by_code[rests_on[0].code].harm:
        return False
    return not any(
        0 < item.n < (framework.public_from if framework.by_code[item.code].harm else framework.suppress_below)
        for item in rests_on
    )


def _moved_in(domain: DomainScore, ends: Ends, framework: Framework) -> DomainScore:
    """Rule 5."""
    if domain.value is None or domain.interval is None:
        return replace(domain, value=None, interval=None, capped=None)
    interval = ends.around(domain.value, domain.interval, framework.disclosure.score_step)
    return replace(domain, value=ends.of(domain.value), interval=interval, capped=None)


def _item(item: ItemScore, scored: Scored, rooms: Mapping[str, Room], framework: Framework) -> ItemScore:
    """Rule 5, for the gates; where the women's mean is not at hand, the gate sees nothing."""
    ends = item_ends(item, scored.means, framework, rooms)
    return replace(item, y=None if ends is None or item.y is None else ends.of(item.y))


def _with_overall(part: ServiceScore, scored: Scored, ends: Mapping[str, Ends], framework: Framework) -> ServiceScore:
    """Rules 3 and 6: overall figure, interval, grade and band of the published domains."""
    nothing = replace(part, value=None, valid=False, why_not="", capped=None, interval=None, grade="", band=None)
    values = {domain.code: domain.value for domain in part.domains if domain.value is not None}
    interval = _interval(scored, ends, framework)
    if not _valid(values, framework) or interval is None or not scored.score.valid:
        return nothing
    value = mean_of(values, framework.domain_weights)
    capped = capped_domains(values, part.flags, framework)
    held = capped_overall(mean_of(capped, framework.domain_weights), part.flags, framework)
    ys = {item.code: item.y for item in part.items}
    return replace(
        part,
        value=value,
        valid=True,
        why_not="",
        capped=held,
        interval=interval,
        grade=evidence_grade(part.n, interval, framework),
        band=band_of(held, capped, ys, part.flags, framework),
        domains=tuple(replace(domain, capped=capped[domain.code]) for domain in part.domains),
    )


def _valid(values: dict[str, float], framework: Framework) -> bool:
    """Whether the published domains make an overall figure (3.3)."""
    rule = framework.validity
    return (
        len(values) >= rule.min_valid_domains
        and set(values).issuperset(rule.required_domains)
        and (not rule.one_of or not set(values).isdisjoint(rule.one_of))
    )


def _interval(scored: Scored, ends: Mapping[str, Ends], framework: Framework) -> Interval | None:
    score = scored.score
    made = percentile_interval(published_draws(scored, ends, framework), framework.method.confidence) if ends else None
    if made is None and ends and ends.keys() == {domain.code for domain in score.domains if domain.valid}:
        around = overall_ends(ends, framework.domain_weights)
        return score.interval and Interval(around.of(score.interval.low), around.of(score.interval.high))
    return made


def _figure(value: float | None, interval: Interval | None, grade: str, framework: Framework) -> Plain | None:
    """Return a published score; None where there is no figure or no interval to stand beside it."""
    if value is None or interval is None:
        return None
    shown = score_percent(value, framework)
    low, high = bounds(shown, interval, framework)
    return {"percent": shown, "low": low, "high": high, "grade": grade}


def _domain(domain: DomainScore, part: ServiceScore, framework: Framework) -> Plain:
    """Return one published domain with the shares of its questions (rule 4); no figure of any other question."""
    items = {item.code: item for item in part.items}
    return {
        "code": domain.code,
        "figure": _figure(domain.value, domain.interval, domain.grade, framework),
        "questions": [{"indicator": code, "share": shown} for code, shown in _shares(domain, items, framework).items()],
    }


def _shares(domain: DomainScore, items: Mapping[str, ItemScore], framework: Framework) -> dict[str, int | str]:
    """Rule 4: the shares of a domain's questions, none where one of these may have none."""
    if any(
        0 < items[code].n < framework.public_from or framework.by_code[code].harm
        for code in domain.items
        if code in items
    ) or not items.keys() >= set(domain.items):
        return {}
    return {
        code: share(item.favourable, item.n, framework)
        for code in domain.items
        if (item := items[code]).n and item.favourable is not None
    }


def _rooms(domain: DomainScore, items: Mapping[str, ItemScore], framework: Framework) -> dict[str, Room]:
    """Return what the shares of a domain leave for the women's means."""
    return {
        code: mean_range(shown, items[code].n, framework.by_code[code].second, framework)
        for code, shown in _shares(domain, items, framework).items()
    }
