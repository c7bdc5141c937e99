"""Naming good and bad (3.10): tiers, in alphabetical order within each, and never a league table.

Our conventions: "S ≥ 0.70" and "no valid domain < 0.50" look at the capped figures, the bounds at the intervals, which
are of the uncapped ones (3.11.6); "no open R1" counts those attributed to the police too; a domain is named without the
rows of practice.csv, which concern the service as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.method import Tiers
from kobo_sync.scoring.bands import reaches
from kobo_sync.scoring.model import OBSERVERS, ServiceScore

GOOD, LACKING, BETWEEN = "good", "lacking", "between"


@dataclass(frozen=True, slots=True)
class Practice:
    """One row of practice.csv (private): what women confirmed, and whether the service agrees to be named."""

    service: str
    round: str
    confirmed_by_women: bool
    agrees_named: bool


@dataclass(frozen=True, slots=True)
class Tier:
    """How a service is named in one round.

    `tier` "good", "lacking" or "between" (in between, or not enough evidence). `missing` the conditions of good
    practice that do not hold: "valid", "score", "lower", "grade", "observed", "open_r1", "domain",
    "confirmed_by_women", "agrees_named". `because` why it is lacking: "interval", "open_r1". `good_in` the domains in
    which it is an example.
    """

    service: str
    round: str
    tier: str
    missing: tuple[str, ...]
    because: tuple[str, ...]
    good_in: tuple[str, ...]


def tier_of(score: ServiceScore, practice: Practice | None, framework: Framework) -> Tier:
    """Return how a service is named (3.10); `practice` its row for that round, None where there is none.

    Raises ValueError when the row is another service's or round's, or the framework has no tiers.
    """
    rules = framework.method.tiers
    if rules is None:
        raise ValueError("the framework has no tiers")
    if practice is not None and (practice.service, practice.round) != (score.service, score.round):
        raise ValueError("this row of practice.csv is about another service or round")
    because, missing = _lacking(score, rules), _missing(score, practice, rules)
    tier = LACKING if because else BETWEEN if missing else GOOD
    return Tier(score.service, score.round, tier, missing, because, _good_in(score, rules, framework))


def tiers_of(
    scores: Iterable[ServiceScore], practice: Iterable[Practice], framework: Framework
) -> dict[str, tuple[Tier, ...]]:
    """Return the services of each tier, in alphabetical order of their codes; every tier has its key."""
    rows = {(row.service, row.round): row for row in practice}
    found = sorted(
        (tier_of(score, rows.get((score.service, score.round)), framework) for score in scores),
        key=lambda tier: (tier.service, tier.round),
    )
    return {name: tuple(tier for tier in found if tier.tier == name) for name in (GOOD, LACKING, BETWEEN)}


def _missing(score: ServiceScore, practice: Practice | None, rules: Tiers) -> tuple[str, ...]:
    confirmed = practice is not None and practice.confirmed_by_women
    agrees = practice is not None and practice.agrees_named
    holds = {
        "valid": score.valid,
        "score": score.capped is not None and reaches(score.capped, rules.good_score),
        "lower": score.interval is not None and reaches(score.interval.low, rules.good_lower),
        "grade": score.grade in rules.good_grades,
        "observed": not rules.observed or dict(score.sources).get(OBSERVERS, 0) > 0,
        "open_r1": not any(flag.level == "R1" for flag in score.open_flags),
        "domain": all(
            reaches(domain.capped, rules.no_domain_below) for domain in score.domains if domain.capped is not None
        ),
        "confirmed_by_women": confirmed or not rules.confirmed_by_women,
        "agrees_named": agrees or not rules.agrees_named,
    }
    return tuple(name for name, met in holds.items() if not met)


def _lacking(score: ServiceScore, rules: Tiers) -> tuple[str, ...]:
    because = []
    low = score.interval is not None and not reaches(score.interval.high, rules.lacking_upper_below)
    if low and score.grade in rules.lacking_grades:
        because.append("interval")
    if rules.lacking_or_open_r1 and any(flag.level == "R1" and flag.by_service for flag in score.open_flags):
        because.append("open_r1")
    return tuple(because)


def _good_in(score: ServiceScore, rules: Tiers, framework: Framework) -> tuple[str, ...]:
    flagged = {framework.by_code[flag.indicator].domain for flag in score.open_flags if flag.level == "R1"}
    return tuple(
        domain.code
        for domain in score.domains
        if domain.interval is not None
        and reaches(domain.interval.low, rules.domain_lower)
        and domain.grade in rules.domain_grades
        and domain.code not in flagged
    )
