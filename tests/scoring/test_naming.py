"""Naming good and bad (3.10): tiers and never a league table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scoring_samples import best, domain, framework, reviewed, scored, women, worst

from kobo_sync.scoring.model import Interval, ServiceFlag, ServiceScore
from kobo_sync.scoring.naming import Practice, Tier, tier_of, tiers_of

RULES = framework()
ROW = Practice("S01", "2026-H2", confirmed_by_women=True, agrees_named=True)
GOOD = scored({"C": women(12), "O": [best("O")]}, resamples=200)


def _tier(score: ServiceScore, row: Practice | None = ROW) -> Tier:
    return tier_of(score, row, RULES)


def _flag(code: str, level: str = "R1", *, service: bool = True) -> ServiceFlag:
    return ServiceFlag(code, level, service, False, "reviewed")  # noqa: FBT003 -- not in policy


def _lower(code: str, capped: float) -> Callable[[ServiceScore], ServiceScore]:
    return lambda score: replace(
        score, domains=tuple(replace(d, capped=capped) if d.code == code else d for d in score.domains)
    )


def test_good_practice_needs_all_of_it() -> None:
    """A service is an example of good practice where each condition holds."""
    assert (_tier(GOOD).tier, _tier(GOOD).missing) == ("good", ())


CHANGES: dict[str, tuple[dict[str, Any], Practice | None, tuple[str, ...]]] = {
    "score under 0.70": ({"capped": 0.699}, ROW, ("score",)),
    "lower bound under 0.60": ({"interval": Interval(0.599, 0.9)}, ROW, ("lower",)),
    "grade C": ({"grade": "C"}, ROW, ("grade",)),
    "no observation": ({"sources": (("C", 12), ("O", 0))}, ROW, ("observed",)),
    "an open hard flag of the police": ({"flags": (_flag("gbv_police", service=False),)}, ROW, ("open_r1",)),
    "not confirmed": ({}, replace(ROW, confirmed_by_women=False), ("confirmed_by_women",)),
    "does not agree": ({}, replace(ROW, agrees_named=False), ("agrees_named",)),
    "no row": ({}, None, ("confirmed_by_women", "agrees_named")),
}


@pytest.mark.parametrize(("changes", "row", "missing"), CHANGES.values(), ids=CHANGES.keys())
def test_each_condition_of_good_practice(
    changes: dict[str, Any], row: Practice | None, missing: tuple[str, ...]
) -> None:
    """Without one of the conditions a service is in between, and it is told which."""
    tier = _tier(replace(GOOD, **changes), row)
    assert (tier.tier, tier.missing) == ("between", missing)


def test_the_bounds_of_good_practice_are_enough() -> None:
    """0.70, 0.60 and 0.50 themselves are enough; a domain under 0.50 is not."""
    assert _tier(replace(GOOD, capped=0.7, interval=Interval(0.6, 0.8))).tier == "good"
    assert _tier(_lower("leg", 0.5)(GOOD)).tier == "good"
    assert _tier(_lower("leg", 0.499)(GOOD)).missing == ("domain",)


def test_a_concern_alone_does_not_bar_good_practice() -> None:
    """An open R2 lowers its domain to 0.50 at most, which is just not under 0.50."""
    score = scored({"C": women(12, None, acc_free="yes"), "O": [best("O")]}, reviewed("acc_free"), resamples=200)
    assert domain(score, "acc").capped == 0.5
    assert _tier(score).tier == "good"


def test_severely_lacking_by_its_interval() -> None:
    """An upper bound under 0.45 at grade A or B is severely lacking; at 0.45, or at grade C, it is in between."""
    low = replace(GOOD, value=0.3, capped=0.3, interval=Interval(0.2, 0.449))
    assert (_tier(low).tier, _tier(low).because) == ("lacking", ("interval",))
    assert _tier(replace(low, interval=Interval(0.2, 0.45))).tier == "between"
    assert _tier(replace(low, grade="C")).tier == "between"
    bad = scored({"C": women(12, worst("C")), "O": [worst("O")]}, resamples=200)
    assert _tier(bad, None).tier == "lacking"


def test_severely_lacking_by_an_open_flag() -> None:
    """An open R1 that the service caused is severely lacking whatever the score; the police's, or an R2, is not."""
    assert _tier(replace(GOOD, flags=(_flag("cnf_breach"),))).because == ("open_r1",)
    assert _tier(replace(GOOD, flags=(_flag("gbv_police", service=False),))).tier == "between"
    assert _tier(replace(GOOD, flags=(_flag("acc_free", "R2"),))).tier == "good"


def test_good_in_one_domain() -> None:
    """A domain with a lower bound of 0.70 at grade A or B and no open R1 in it is an example, whatever the rest."""

    def with_domain(**changes: object) -> tuple[str, ...]:
        domains = tuple(replace(d, **changes) if d.code == "leg" else replace(d, interval=None) for d in GOOD.domains)  # type: ignore[arg-type]  # each case names its fields
        return _tier(replace(GOOD, domains=domains), None).good_in

    assert with_domain(interval=Interval(0.7, 0.9), grade="B") == ("leg",)
    assert with_domain(interval=Interval(0.699, 0.9), grade="A") == ()
    assert with_domain(interval=Interval(0.8, 0.9), grade="C") == ()
    flagged = replace(GOOD, flags=(_flag("cnf_breach"),))
    assert "cnf" in _tier(GOOD).good_in
    assert "cnf" not in _tier(flagged).good_in
    assert "leg" in _tier(flagged).good_in


def test_tiers_are_alphabetical() -> None:
    """Within a tier services stand by their codes, never by their scores, and each tier has its place."""
    scores = [
        replace(GOOD, service=name, value=value, capped=value) for name, value in (("B", 0.9), ("C", 0.95), ("A", 0.8))
    ]
    found = tiers_of(scores, [replace(ROW, service="B"), replace(ROW, service="A")], RULES)
    assert {name: [tier.service for tier in tiers] for name, tiers in found.items()} == {
        "good": ["A", "B"],
        "lacking": [],
        "between": ["C"],
    }


def test_a_row_of_another_service_is_refused() -> None:
    """A row of practice.csv counts for its own service and round alone."""
    with pytest.raises(ValueError, match="another service or round"):
        _tier(GOOD, replace(ROW, round="2026-H1"))
