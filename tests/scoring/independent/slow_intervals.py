"""Bootstrap intervals, Wilson's interval and evidence grades once more, resample by resample, from the method alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from slow_rules import Domain, Row, Weights, score_of

_Z = 1.959963984540054  # of the normal distribution, both tails together 5 %

Bounds = tuple[float, float] | None


def seed_of(service: str, round_code: str) -> int:
    """Take the first six bytes, big end first, of SHA-256 over service and round."""
    return int.from_bytes(hashlib.sha256(f"{service}\n{round_code}".encode()).digest()[:6], "big")


def wilson(favourable: int, n: int) -> Bounds:
    """Wilson's 95 % interval of a share."""
    if n == 0:
        return None
    share = favourable / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def intervals(
    rules: Mapping[str, Any],
    rows: Mapping[str, Sequence[Row]],
    domains: Mapping[str, Domain],
    weights: Weights,
    *,
    seed: int,
    resamples: int,
) -> tuple[Bounds, dict[str, Bounds]]:
    """3.11 step 6: of S, and of each domain with a figure. `rows["C"]` stands in the order of `_id`."""
    n = len(rows["C"])
    if n == 0:
        return None, dict.fromkeys(domains)
    columns = [
        _Column(rules, indicator, rows)
        for indicator in rules["indicators"]
        if indicator["averaged"] and domains[indicator["domain"]].averaged
    ]
    valid = [code for code in domains if domains[code].valid]
    series: dict[str, list[float]] = {code: [] for code in domains}
    overall = []
    for drawn in np.random.default_rng(seed).integers(0, n, size=(resamples, n)).tolist():
        sums = {code: [0.0, 0.0] for code in domains}
        for column in columns:
            y = column.y(drawn)
            if y is not None:
                sums[column.domain][0] += column.weight * y
                sums[column.domain][1] += column.weight
        values = {code: total / weight for code, (total, weight) in sums.items() if weight}
        for code, value in values.items():
            series[code].append(value)
        here = [code for code in valid if code in values]
        if here:
            share = sum(weights[code] for code in here)
            overall.append(sum(weights[code] * values[code] for code in here) / share)
    by_domain = {code: _bounds(series[code]) if domains[code].women else None for code in domains}
    return _bounds(overall), by_domain


class _Column:
    """One averaged item: women's scores in order, the fixed means of provider and observer, the weights."""

    def __init__(
        self, rules: Mapping[str, Any], indicator: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]
    ) -> None:
        code = indicator["code"]
        kind = rules["kinds"][indicator["kind"]]
        self.domain = indicator["domain"]
        self.weight = float(rules["weights"]["core" if indicator["core"] else "other"])
        self.share = {source: float(kind.get(source, 0)) for source in ("C", "P", "O")}
        scores = {}
        for source in ("C", "P", "O"):
            given = [score_of(rules, indicator, source, row.get(code)) for row in rows.get(source, ())]
            scores[source] = [None if x is None else float(x) for x in given]
        self.women = scores["C"]
        self.fixed = {}
        for source in ("P", "O"):
            there = [x for x in scores[source] if x is not None]
            if there and self.share[source] > 0:
                self.fixed[source] = sum(there) / len(there)

    def y(self, drawn: Sequence[int]) -> float | None:
        """Compute the item's figure from these women."""
        there = [self.women[index] for index in drawn]
        values = [x for x in there if x is not None]
        means = dict(self.fixed)
        if values and self.share["C"] > 0:
            means["C"] = sum(values) / len(values)
        if "C" not in means and "O" not in means:
            return None
        weight = sum(self.share[source] for source in means)
        return sum(self.share[source] * value for source, value in means.items()) / weight


def _bounds(values: Sequence[float]) -> Bounds:
    if not values:
        return None
    low, high = np.percentile(values, [2.5, 97.5], method="linear").tolist()
    return low, high


def grade_of(rules: Mapping[str, Any], n: int, bounds: Bounds) -> str:
    """3.7: A, B, C or D by how many women stand behind a figure, and for A by the interval's width."""
    for grade in rules["uncertainty"]["grades"]:
        if n < grade["clients"]:
            continue
        widest = grade.get("max_width")
        if widest is None or (bounds is not None and round(bounds[1] - bounds[0], 9) <= float(widest)):
            return str(grade["code"])
    return ""
