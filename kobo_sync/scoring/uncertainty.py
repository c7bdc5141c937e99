"""Intervals and evidence grades (3.7, 3.11.6): Wilson for shares, percentile bootstrap for everything composed.

The bootstrap draws women with replacement. One matrix of draws serves a whole service-round, so that domains and the
overall score move together; managers and observers stay as they are. Nothing is gathered: how often each woman was
drawn is counted, and the counts are multiplied with the answers, a block of resamples at a time.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import CLIENTS, HEARD, AnswerSheet, Interval

Floats = NDArray[np.float64]

_BLOCK = 100_000  # draws held at once, whatever the number of women: their tables stay within a processor's cache
_TINY = 1e-300  # in place of a weight of nought, whose quotient is thrown away
_DIGITS = 12  # bounds are kept to so many decimals, below any float noise of adding up in another order


def wilson(favourable: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Return the Wilson interval of `favourable` out of `n` (3.7), or None where n is 0.

    Of 0 out of 10 the upper bound is 28 %: "not reported" is never "absent" (3.6).
    """
    if n <= 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = favourable / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(max(0.0, middle - half) if favourable else 0.0, min(1.0, middle + half) if favourable < n else 1.0)


def seed_of(*names: str) -> int:
    """Return the seed of a service and a round, or of a locale and a round: the same on every machine, for ever.

    The first 6 bytes, big end first, of SHA-256 over the names in UTF-8 with a line feed between them: below 2^48, so
    that a spreadsheet or a browser reads it exactly. (3.11.6; the choice of hash is our convention.)
    """
    return int.from_bytes(hashlib.sha256("\n".join(names).encode()).digest()[:6], "big")


def in_order(sheet: AnswerSheet) -> AnswerSheet:
    """Return the sheet with its rows sorted by `_id`, where ids are given (3.11.6)."""
    if sheet.ids is None:
        return sheet
    order = np.argsort(sheet.ids, kind="stable")
    return AnswerSheet(sheet.source, sheet.x[order], sheet.reason[order], sheet.ids[order])


def resampled_items(framework: Framework, sheets: Sequence[AnswerSheet], seed: int, resamples: int) -> Floats:
    """Return y of every averaged item in every resample (3.11.3, 3.11.6): resamples by indicators, NaN where none.

    All the women of the service-round are drawn from, in the order of their ids: `default_rng(seed).integers(0, n,
    size=(resamples, n))`. (Our convention: also women whose answers are all missing, for they were asked too.) Returns
    no rows where there is no woman.
    """
    by_source = {sheet.source: in_order(sheet) for sheet in sheets}
    women = by_source.get(CLIENTS)
    if women is None or not len(women.x):
        return np.empty((0, len(framework.indicators)))
    weights = _source_weights(framework)
    fixed, fixed_weight, observed = _fixed(framework, by_source, weights)
    used = np.flatnonzero(
        [indicator.averaged and bool(framework.kinds[indicator.kind]) for indicator in framework.indicators]
    )
    own, rest, rest_weight, seen = weights[CLIENTS][used], fixed[used], fixed_weight[used], observed[used]
    has = ~np.isnan(women.x[:, used])
    table = np.hstack([np.where(has, women.x[:, used], 0.0), has])
    y = np.full((resamples, len(framework.indicators)), np.nan)
    n = len(table)
    rng = np.random.default_rng(seed)
    size = max(1, _BLOCK // n)
    for start in range(0, resamples, size):
        stop = min(start + size, resamples)
        sums = _counts(rng, stop - start, n) @ table
        total, number = sums[:, : len(used)], sums[:, len(used) :]
        heard = number > 0
        weight = own * heard + rest_weight
        value = own * total / np.maximum(number, 1) + rest  # total is 0 where nobody drawn has a value
        y[start:stop, used] = np.where((heard | seen) & (weight > 0), value / np.maximum(weight, _TINY), np.nan)
    return y


def resampled_domains(framework: Framework, y: Floats, items: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
    """Return D in every resample (3.11.4) by domain code; NaN in a resample without a value.

    `y` as `resampled_items` makes it; `items` the averaged items by domain, for the domains that are valid in the point
    estimate.
    """
    column = {indicator.code: number for number, indicator in enumerate(framework.indicators)}
    made: dict[str, Floats] = {}
    for domain, codes in items.items():
        values = y[:, [column[code] for code in codes]]
        has = ~np.isnan(values)
        u = np.array([framework.item_weight(code) for code in codes])
        made[domain] = _ratio(np.where(has, values, 0.0) @ u, has @ u)
    return made


def resampled_overall(weights: Mapping[str, float], domains: Mapping[str, Floats]) -> Floats:
    """Return S in every resample: the weighted mean of the domains that have a value in it (3.11.6)."""
    if not domains:
        return np.empty(0)
    values = np.column_stack(list(domains.values()))
    has = ~np.isnan(values)
    w = np.array([weights[code] for code in domains], dtype=np.float64)
    return _ratio(np.where(has, values, 0.0) @ w, has @ w)


def percentile_interval(series: Floats, confidence: float) -> Interval | None:
    """Return the percentile interval (method linear) of the resamples that have a value, None where none has."""
    values = series[~np.isnan(series)]
    if not len(values):
        return None
    tail = (1 - confidence) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail], method="linear")
    return Interval(round(float(low), _DIGITS), round(float(high), _DIGITS))


def percentile_intervals(series: Mapping[str, Floats], confidence: float) -> dict[str, Interval | None]:
    """Return `percentile_interval` of each of several series."""
    whole = [code for code, values in series.items() if not np.isnan(values).any()]
    made = {code: percentile_interval(values, confidence) for code, values in series.items() if code not in whole}
    if whole:
        tail = (1 - confidence) / 2 * 100
        bounds = np.percentile(np.column_stack([series[c] for c in whole]), [tail, 100 - tail], axis=0, method="linear")
        low, high = np.round(bounds, _DIGITS).tolist()
        made |= {code: Interval(low[place], high[place]) for place, code in enumerate(whole)}
    return made


def evidence_grade(n: int, interval: Interval | None, framework: Framework) -> str:
    """Return the first grade that fits `n` women and the interval's width (3.7); "" where no grades are defined."""
    width = None if interval is None else round(interval.high - interval.low, 9)
    for grade in framework.method.grades:
        narrow = grade.max_width is None or (width is not None and width <= grade.max_width)
        if n >= grade.clients and narrow:
            return grade.code
    return ""


def _counts(rng: np.random.Generator, resamples: int, n: int) -> Floats:
    """Return how often each of n women was drawn in each resample; the generator gives the same draws in any blocks."""
    drawn = rng.integers(0, n, size=(resamples, n))
    drawn += np.arange(resamples)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)


def _source_weights(framework: Framework) -> dict[str, Floats]:
    """Return w(s) by source as an array over the indicators; 0 where the kind gives the source no weight (3.11.2)."""
    sources = {*HEARD, *(source for kind in framework.kinds.values() for source in kind)}
    return {
        source: np.array([framework.kinds[indicator.kind].get(source, 0.0) for indicator in framework.indicators])
        for source in sources
    }


def _fixed(
    framework: Framework, sheets: Mapping[str, AnswerSheet], weights: Mapping[str, Floats]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return Σ w·m and Σ w over the sources that are not resampled, and where an observer has a value."""
    size = len(framework.indicators)
    total, weight, observed = np.zeros(size), np.zeros(size), np.zeros(size, np.bool_)
    for source, sheet in sheets.items():
        if source == CLIENTS:
            continue
        has = ~np.isnan(sheet.x)
        number = has.sum(axis=0)
        mean = _ratio(np.where(has, sheet.x, 0.0).sum(axis=0), number)
        counts = (number > 0) & (weights.get(source, np.zeros(size)) > 0)
        total += np.where(counts, weights.get(source, 0.0) * np.nan_to_num(mean), 0.0)
        weight += np.where(counts, weights.get(source, 0.0), 0.0)
        if source in HEARD:
            observed |= number > 0
    return total, weight, observed


def _ratio(total: Floats, weight: NDArray[np.float64] | NDArray[np.int_]) -> Floats:
    made: Floats = np.divide(total, weight, out=np.full(np.shape(total), np.nan), where=weight > 0)
    return made
