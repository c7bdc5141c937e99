"""Would other weights change the picture? Asked of a release, and answered from its published figures alone (3.4).

The team's page counts bands, with their gates and flags; what these found is not published. So here the cut-points of
the bands are held against the means of the published domains, and nothing that is not published is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.bands import geometric_mean_of, mean_of, reaches
from kobo_sync.scoring.release_model import PUBLISHED, Release


@dataclass(frozen=True, slots=True)
class PublicSensitivity:
    """Of `services` with an overall figure, how many would fall into another band's range.

    `by_weights` with equal weights, None where the weights are equal; `by_mean` with a geometric mean.
    """

    services: int
    by_weights: int | None
    by_mean: int


def public_sensitivity(release: Release, framework: Framework) -> PublicSensitivity:
    """Compare both means, and the weights of the release with equal ones, over the published figures."""
    weights = release.content["method"]["weights"]["domains"]
    equal = dict.fromkeys(weights, 1.0)
    rows = [
        {one["code"]: one["figure"]["percent"] / 100 for one in block["domains"] if one["figure"]}
        for block in release.content["services"]
        if block["status"] == PUBLISHED and block["overall"]
    ]
    uneven = len(set(weights.values())) > 1
    return PublicSensitivity(
        services=len(rows),
        by_weights=sum(_range(row, weights, framework) != _range(row, equal, framework) for row in rows)
        if uneven
        else None,
        by_mean=sum(_range(row, weights, framework) != _range(row, weights, framework, geometric=True) for row in rows),
    )


def _range(
    values: Mapping[str, float], weights: Mapping[str, float], framework: Framework, *, geometric: bool = False
) -> int:
    """Return the number of the band in whose range the mean lies, gates left aside."""
    mean = geometric_mean_of(values, weights) if geometric else mean_of(values, weights)
    return max((band.number for band in framework.method.bands if reaches(mean, band.start)), default=0)
