"""The scores held against a second computation, plain and slow, written from the method's description alone."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from compare import Slow, differences, slow_score
from random_services import RandomService, random_service
from slow_intervals import grade_of
from slow_rules import gaps_of, read_rules, says_of, unsafe_of

from kobo_sync.instrument.framework import Framework, read_framework

FRAMEWORK = Path(__file__).resolve().parents[3] / "xlsform" / "framework.yaml"
MANY = 160  # services here; 1,000 in the long run
FEW_RESAMPLES = 10  # enough for grades; the intervals' own tests take all


@cache
def _rules() -> dict[str, Any]:
    return read_rules(FRAMEWORK)


@cache
def _framework() -> Framework:
    return read_framework(FRAMEWORK)


@cache
def _scored(seed: int) -> tuple[RandomService, Slow]:
    one = random_service(_rules(), seed)
    return one, slow_score(_rules(), one, FEW_RESAMPLES)


def _all_differences(seeds: range) -> list[str]:
    found = []
    for seed in seeds:
        one, slow = _scored(seed)
        found += differences(_rules(), _framework(), one, slow, FEW_RESAMPLES)
    return found


def _differences_of_intervals(seeds: range) -> list[str]:
    found = []
    for seed in seeds:
        # From one woman to many; the others of a service's properties are as random as ever.
        one = random_service(_rules(), seed, women=(1, 5, 10, 30, 45)[seed % 5])
        resamples = _framework().method.resamples
        found += differences(_rules(), _framework(), one, slow_score(_rules(), one, resamples), resamples)
    return found


def test_random_services_have_the_same_figures_both_ways() -> None:
    """Items, domains, S, validity, caps, bands, gates, flags, gaps and grades agree with the slow rules to 1e-9."""
    assert _all_differences(range(MANY)) == []


@pytest.mark.soak
def test_a_thousand_random_services_have_the_same_figures_both_ways() -> None:
    """All figures of 1,000 random services agree with the slow rules to 1e-9."""
    assert _all_differences(range(1000)) == []


def test_intervals_are_the_same_both_ways() -> None:
    """Intervals of S and of every domain by 2,000 resamples agree with a plain loop over resamples to 1e-9."""
    assert _differences_of_intervals(range(5_000, 5_005)) == []


@pytest.mark.soak
def test_intervals_of_twenty_services_are_the_same_both_ways() -> None:
    """Intervals of 20 random services by 2,000 resamples agree with a plain loop over resamples to 1e-9."""
    assert _differences_of_intervals(range(5_000, 5_020)) == []


def test_the_random_services_exercise_every_rule() -> None:
    """Agreement means something: among the random services each outcome of each rule turns up."""
    seen: Counter[tuple[object, ...]] = Counter()
    for seed in range(MANY):
        _note(seen, *_scored(seed))
    wanted: set[tuple[object, ...]] = {
        *(("band", number) for number in range(1, 6)),
        *(("grade", code) for code in "ABCD"),
        *(("grade of S", code) for code in "ABC"),
        *(("domain fails", one) for one in ("core", "offered", "two", "averaged")),
        *(("S fails", one) for one in ("domains", "required", "one_of", "clients")),
        *(("flag", state) for state in ("reported", "substantiated", "reviewed", "resolved")),
        *(("gate", outcome) for outcome in ("met", "not_met", "no_data")),
        *(("says", reason) for reason in ("", "dk", "pns")),
        *(("observers", count) for count in range(4)),
        *(("providers", count) for count in range(3)),
        *((what,) for what in ("no women", "imposed", "dropped", "S capped by R1", "domain capped", "gap", "unsafe")),
        *(
            (what,)
            for what in ("rule alone", "police blamed", "staff blamed for police", "unequal weights", "na for all")
        ),
        *((what,) for what in ("one woman, confirmed", "became R1", "one-item domain", "observed alone")),
    }
    assert {one for one in wanted if not seen[one]} == set()


def _note(seen: Counter[tuple[object, ...]], one: RandomService, slow: Slow) -> None:
    rules = _rules()
    seen.update({("observers", len(one.rows["O"])), ("providers", len(one.rows["P"]))})
    seen[("no women",)] += not one.rows["C"]
    seen[("unequal weights",)] += len(set(one.weights.values())) > 1
    for domain in slow.domains.values():
        seen.update(("domain fails", failed) for failed in domain.failed)
        if domain.valid:
            seen[("grade", grade_of(rules, domain.women, slow.by_domain[domain.code]))] += 1
            seen[("one-item domain",)] += len(domain.averaged) == 1
    seen.update(("S fails", failed) for failed in slow.overall.failed)
    if slow.overall.value is not None and slow.capped is not None:
        seen[("grade of S", grade_of(rules, slow.overall.women, slow.interval))] += 1
        seen[("S capped by R1",)] += slow.capped == rules["flags"]["caps"]["R1"]["overall"]
        seen[("domain capped",)] += slow.capped < slow.overall.value
    if slow.band:
        seen[("band", slow.band.number)] += 1
        seen[("imposed",)] += slow.band.imposed
        seen[("dropped",)] += slow.band.number < slow.band.by_score and not slow.band.imposed
        seen.update(("gate", outcome) for _, _, outcome in slow.band.gates)
    for code, flag in slow.flags.items():
        seen[("flag", flag.state)] += 1
        seen[("rule alone",)] += not flag.clients
        seen[("one woman, confirmed",)] += flag.clients == 1 and not flag.in_policy and flag.state != "reported"
        rule = next(indicator["flag"] for indicator in rules["indicators"] if indicator["code"] == code)
        seen[("became R1",)] += flag.level != rule["level"]
        if rule["attributed_to"] == "police":
            seen[("staff blamed for police",) if flag.by_service else ("police blamed",)] += 1
    seen[("gap",)] += bool(gaps_of(rules, one.rows))
    seen.update(("says", reason) for _, reason in says_of(rules, one.rows).values())
    seen[("unsafe",)] += bool(unsafe_of(rules, slow.items))
    seen[("na for all",)] += any(item.na_for_all for item in slow.items.values())
    seen[("observed alone",)] += any(item.y is not None and not item.values.get("C") for item in slow.items.values())
