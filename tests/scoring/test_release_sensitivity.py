"""Sensitivity of a release: counted from what is published, and from nothing else."""

from __future__ import annotations

import pytest
import release_samples as samples

from kobo_sync.scoring.release_model import Release
from kobo_sync.scoring.release_sensitivity import PublicSensitivity, public_sensitivity


def release(*percents: int, weights: tuple[float, ...] = ()) -> Release:
    """Return a release of one service whose first domains have these figures."""
    codes = [domain.code for domain in samples.rules().domains]
    figures = [{"code": code, "figure": {"percent": value}} for code, value in zip(codes, percents, strict=False)]
    service = {"status": "published", "overall": {"percent": 50}, "domains": figures}
    domains = dict(zip(codes, weights or [1.0] * len(codes), strict=True))
    content = {"method": {"weights": {"domains": domains}}, "services": [service, {"status": "not_published"}]}
    return Release("2026-H1", 1, content)


@pytest.mark.parametrize(("percents", "moved"), [((50, 50), 0), ((95, 5), 1), ((60, 60, 60), 0)])
def test_the_geometric_mean_is_held_against_the_arithmetic_one(percents: tuple[int, ...], moved: int) -> None:
    """A service of very different domains falls into a lower range by the geometric mean (0.50 and 0.22)."""
    assert public_sensitivity(release(*percents), samples.rules()) == PublicSensitivity(1, None, moved)


def test_uneven_weights_are_held_against_equal_ones() -> None:
    """Where the release has weights, equal ones are counted as well; where it has none, nothing is said of them."""
    weights = (9.0, *[1.0] * (len(samples.rules().domains) - 1))
    assert public_sensitivity(release(95, 5, weights=weights), samples.rules()).by_weights == 1
    assert public_sensitivity(release(95, 5), samples.rules()).by_weights is None


def test_a_real_release_is_counted() -> None:
    """Services that are not published, or have no overall figure, are not counted."""
    made = samples.release(samples.known(samples.listed("S1", "S2"), [samples.plain_service("S1", 24)]))
    assert public_sensitivity(made.release, samples.rules()).services == 1
