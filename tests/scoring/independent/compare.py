"""Where the program's figures and those of the slow rules differ, in words; nothing where they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import fast_side
import slow_flags
import slow_intervals
import slow_rules
from random_services import RandomService

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.flags import find_flags
from kobo_sync.scoring.model import Interval, ServiceScore
from kobo_sync.scoring.service import score_service

_NEAR = 1e-9
_DOMAIN_REASONS = {"core": "few_core", "offered": "few_items", "two": "one_item", "averaged": "no_average"}
_OVERALL_REASONS = {
    "domains": "few_domains",
    "required": "required_domain",
    "one_of": "one_of",
    "clients": "few_women",
}


@dataclass
class Slow:
    """All that the slow rules make of one service."""

    items: dict[str, slow_rules.Item]
    domains: dict[str, slow_rules.Domain]
    overall: slow_rules.Overall
    flags: dict[str, slow_flags.SlowFlag]
    capped: Fraction | None
    band: slow_flags.SlowBand | None
    interval: slow_intervals.Bounds
    by_domain: dict[str, slow_intervals.Bounds] = field(default_factory=dict)


def slow_score(rules: Mapping[str, Any], one: RandomService, resamples: int) -> Slow:
    """Apply every rule in turn."""
    rows = one.by_id()
    items = slow_rules.items_of(rules, rows)
    codes = [domain["code"] for domain in rules["domains"]]
    domains = {code: slow_rules.domain_of(rules, code, items, rows["C"]) for code in codes}
    overall = slow_rules.overall_of(rules, domains, rows["C"], one.weights)
    flags = slow_flags.flags_of(rules, one.rows, one.followups, one.reviews)
    capped = slow_flags.capped_overall(rules, overall, domains, flags, one.weights)
    band = slow_flags.band_of(rules, capped, items, domains, flags)
    seed = slow_intervals.seed_of(one.service, one.round)
    interval, by_domain = slow_intervals.intervals(rules, rows, domains, one.weights, seed=seed, resamples=resamples)
    return Slow(items, domains, overall, flags, capped, band, interval, by_domain)


def differences(
    rules: Mapping[str, Any], framework: Framework, one: RandomService, slow: Slow, resamples: int
) -> list[str]:
    """Score a service the program's way and name what differs."""
    mine = fast_side.with_weights(framework, one, resamples)
    flag_sheets, reviews = fast_side.flag_sheets(one, mine), fast_side.reviews(one)
    sheets = fast_side.answer_sheets(rules, one, mine)
    fast = score_service(one.service, one.round, mine, sheets, flag_sheets=flag_sheets, reviews=reviews)
    found = [
        *_items(fast, slow),
        *_domains(rules, fast, slow),
        *_overall(rules, fast, slow),
        *_flags(fast, slow),
        *_says(rules, fast, slow, one),
    ]
    inbox = {
        flag.indicator: (flag.level, flag.by_service, flag.in_policy, flag.state, flag.clients)
        for flag in find_flags(mine, flag_sheets, reviews)
    }
    mine_inbox = {
        code: (flag.level, flag.by_service, flag.in_policy, flag.state, flag.clients)
        for code, flag in slow.flags.items()
    }
    found += _same("inbox", inbox, mine_inbox)
    return [f"{one.service}: {line}" for line in found]


def _same(what: str, fast: object, slow: object) -> Iterator[str]:
    if fast != slow:
        yield f"{what}: program {fast}, slow {slow}"


def _one_of(what: str, fast: str, slow: Sequence[str]) -> Iterator[str]:
    """Expect the program's one reason among those that hold; the method gives them no order."""
    if fast not in (slow or [""]):
        yield f"{what}: program {fast!r}, slow {slow}"


def _near(what: str, fast: float | None, slow: Fraction | float | None) -> Iterator[str]:
    if (fast is None) != (slow is None) or (fast is not None and slow is not None and abs(fast - float(slow)) > _NEAR):
        yield f"{what}: program {fast}, slow {None if slow is None else float(slow)}"


def _near_bounds(what: str, fast: Interval | None, slow: slow_intervals.Bounds) -> Iterator[str]:
    yield from _near(f"{what} lower", fast.low if fast else None, slow[0] if slow else None)
    yield from _near(f"{what} upper", fast.high if fast else None, slow[1] if slow else None)


def _items(fast: ServiceScore, slow: Slow) -> Iterator[str]:
    yield from _same("items", [item.code for item in fast.items], list(slow.items))
    for item in fast.items:
        mine, name = slow.items[item.code], f"item {item.code}"
        yield from _near(f"{name} y", item.y, mine.y)
        yield from _same(f"{name} n", item.n, mine.values.get("C", 0))
        yield from _same(f"{name} values", {s: n for s, n in item.n_by_source if n}, mine.values)
        yield from _same(f"{name} data", item.has_data, mine.has_data)
        yield from _same(f"{name} offered", item.offered, mine.offered)
        yield from _same(f"{name} na for all", item.na_for_all, mine.na_for_all)
        asked = (item.asked, item.dk, item.pns)
        yield from _same(f"{name} asked, dk, pns", asked, (mine.asked, mine.dk, mine.pns))
        share = slow_intervals.wilson(mine.favourable or 0, item.n) if mine.favourable is not None else None
        if share is not None:
            yield from _same(f"{name} favourable", item.favourable, mine.favourable)
        yield from _near_bounds(f"{name} share", item.share, share)


def _domains(rules: Mapping[str, Any], fast: ServiceScore, slow: Slow) -> Iterator[str]:
    yield from _same("domains", [domain.code for domain in fast.domains], list(slow.domains))
    for domain in fast.domains:
        mine, name = slow.domains[domain.code], f"domain {domain.code}"
        yield from _same(f"{name} valid", domain.valid, mine.valid)
        yield from _one_of(f"{name} reason", domain.why_not, [_DOMAIN_REASONS[one] for one in mine.failed])
        yield from _same(f"{name} n", domain.n, mine.women)
        # A domain that is not valid is "not enough information": no figure, no interval, no grade.
        value = mine.value if mine.valid else None
        yield from _near(f"{name} D", domain.value, value)
        capped = slow_flags.capped_domain(rules, mine, slow.flags) if mine.valid else None
        yield from _near(f"{name} capped", domain.capped, capped)
        bounds = slow.by_domain[domain.code] if mine.valid else None
        yield from _near_bounds(f"{name} interval", domain.interval, bounds)
        grade = slow_intervals.grade_of(rules, mine.women, bounds) if mine.valid else ""
        yield from _same(f"{name} grade", domain.grade, grade)
        yield from _same(f"{name} items", domain.items, mine.averaged)


def _overall(rules: Mapping[str, Any], fast: ServiceScore, slow: Slow) -> Iterator[str]:
    valid = not slow.overall.failed
    yield from _same("valid", fast.valid, valid)
    yield from _one_of("reason", fast.why_not, [_OVERALL_REASONS[one] for one in slow.overall.failed])
    yield from _same("n", fast.n, slow.overall.women)
    yield from _same("lowest domain", fast.lowest, slow.overall.lowest)
    yield from _near("S", fast.value, slow.overall.value)
    yield from _near("capped S", fast.capped, slow.capped)
    bounds = slow.interval if valid else None
    yield from _near_bounds("interval of S", fast.interval, bounds)
    grade = slow_intervals.grade_of(rules, slow.overall.women, bounds) if valid else ""
    yield from _same("grade", fast.grade, grade)
    yield from _same("rated", fast.rated, valid and grade in ("A", "B"))
    if fast.band is None or slow.band is None:
        yield from _same("band", fast.band, slow.band)
        return
    yield from _same("band", fast.band.number, slow.band.number)
    yield from _same("band by score", fast.band.by_score, slow.band.by_score)
    yield from _same("imposed", bool(fast.band.imposed), slow.band.imposed)
    gates = tuple((gate.band, gate.code or gate.kind, gate.outcome) for gate in fast.band.gates)
    yield from _same("gates", gates, slow.band.gates)


def _flags(fast: ServiceScore, slow: Slow) -> Iterator[str]:
    shown = {
        flag.indicator: (flag.level, flag.by_service, flag.in_policy, flag.state, flag.is_open) for flag in fast.flags
    }
    mine = {
        code: (flag.level, flag.by_service, flag.in_policy, flag.state, flag.is_open)
        for code, flag in slow.flags.items()
        if flag.state in ("reviewed", "resolved")
    }
    yield from _same("flags", shown, mine)
    yield from _same("waiting", fast.waiting, any(flag.state == "substantiated" for flag in slow.flags.values()))


def _says(rules: Mapping[str, Any], fast: ServiceScore, slow: Slow, one: RandomService) -> Iterator[str]:
    mine = slow_rules.gaps_of(rules, one.rows)
    yield from _same("gaps", [(gap.code, gap.n) for gap in fast.gaps], [(gap.code, gap.n) for gap in mine])
    for gap, again in zip(fast.gaps, mine, strict=False):
        yield from _near(f"gap {gap.code} provider", gap.provider, again.provider)
        yield from _near(f"gap {gap.code} women", gap.women, again.women)
        yield from _near(f"gap {gap.code}", gap.gap, again.provider - again.women)
    said = slow_rules.says_of(rules, one.rows)
    yield from _same(
        "the service says", {one.code: one.reason for one in fast.says}, {c: r for c, (_, r) in said.items()}
    )
    for line in fast.says:
        if line.code in said:
            yield from _near(f"the service says {line.code}", line.value, said[line.code][0])
    yield from _same("unsafe", list(fast.unsafe), slow_rules.unsafe_of(rules, slow.items))
