"""Sensitivity (3.4): how many services another way of weighing would put into another band.

Two comparisons: equal weights against the community's, and the geometric mean against the arithmetic one. Caps, gates
and open flags stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.bands import band_of, capped_overall, geometric_mean_of, mean_of
from kobo_sync.scoring.model import ServiceScore


@dataclass(frozen=True, slots=True)
class ServiceSensitivity:
    """The band of one service in four ways; `community` ones None where nobody has set weights other than equal."""

    service: str
    equal: int
    equal_geometric: int
    community: int | None
    community_geometric: int | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How many of the services with a band change it.

    `by_weights` between equal and community weights, None where the community has set none; `by_mean` between the
    arithmetic and the geometric mean, with the weights in force.
    """

    services: tuple[ServiceSensitivity, ...]
    by_weights: int | None
    by_mean: int


def sensitivity(scores: Iterable[ServiceScore], framework: Framework) -> Sensitivity:
    """Compare the bands of all services with a valid score under both weights and both means (3.4)."""
    equal = dict.fromkeys((domain.code for domain in framework.domains), 1.0)
    unequal = len(set(framework.domain_weights.values())) > 1
    own = framework.domain_weights if framework.community or unequal else None
    rows = []
    for score in scores:
        if score.band is None:
            continue
        rows.append(
            ServiceSensitivity(
                service=score.service,
                equal=_band(score, framework, equal),
                equal_geometric=_band(score, framework, equal, geometric=True),
                community=None if own is None else _band(score, framework, own),
                community_geometric=None if own is None else _band(score, framework, own, geometric=True),
            )
        )
    return Sensitivity(
        services=tuple(rows),
        by_weights=None if own is None else sum(row.equal != row.community for row in rows),
        by_mean=sum(
            row.equal != row.equal_geometric if own is None else row.community != row.community_geometric
            for row in rows
        ),
    )


def _band(score: ServiceScore, framework: Framework, weights: Mapping[str, float], *, geometric: bool = False) -> int:
    capped = {domain.code: domain.capped for domain in score.domains if domain.capped is not None}
    mean = geometric_mean_of(capped, weights) if geometric else mean_of(capped, weights)
    items = {item.code: item.y for item in score.items}
    band = band_of(capped_overall(mean, score.flags, framework), capped, items, score.flags, framework)
    return band.number if band else 0
