"""How near its end a published figure may come, so that nobody can prove from it that all women answered alike (3.8).

A figure is made of the women's means and of what observers saw and managers said. A manager knows his own answers, and
so how high a figure would be if every woman gave the best answer, or how low if every one gave the worst. Were the
figure that, or within its rounding of that and of nothing else, he would know what each of them said. So the women's
part of a figure is moved in from its ends by a margin: a twentieth of its range, or what a single woman's answer to one
question can move, whichever is more. All figures within the margin are the same to the reader, and among them there is
always one in which some woman answered otherwise. Where shares of its questions are published, the ends are those that
these leave: with half of the women known to be content with one question, a high figure would say that all are with the
others. Its bounds keep two steps of rounding away on the inner side then, for they too are wider where one woman
answered otherwise. (Our convention.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import CLIENTS, AnswerSheet, Interval, ItemScore
from kobo_sync.scoring.uncertainty import Floats

Room = tuple[float, float]  # the least and the most that the mean of women can be

_MARGIN = 0.05
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Ends:
    """The least and the most that a figure may be published as, in [0, 1]."""

    low: float
    high: float

    def of(self, value: float) -> float:
        """Return a figure moved in to them."""
        return min(max(value, self.low), self.high)

    def around(self, value: float, interval: Interval, step: float) -> Interval:
        """Return the interval of a figure, moved in to them; `step` of rounding."""
        low, high = self.of(interval.low), self.of(interval.high)
        if value >= self.high - _NOISE:
            low = min(low, max(self.high - 2 * step, 0.0))
        if value <= self.low + _NOISE:
            high = max(high, min(self.low + 2 * step, 1.0))
        return Interval(low, high)

    def draws(self, series: Floats) -> Floats:
        """Return resamples moved in to them."""
        return np.clip(series, self.low, self.high)


@dataclass(frozen=True, slots=True)
class _Part:
    """y = `rest` + `factor` · the mean of `n` women, which lies in `room`."""

    factor: float
    rest: float
    n: int
    room: Room = (0.0, 1.0)


def women_means(sheets: Sequence[AnswerSheet], framework: Framework) -> dict[str, float]:
    """Return the women's mean of every indicator that one of them answered, by code."""
    women = next((sheet.x for sheet in sheets if sheet.source == CLIENTS), None)
    if women is None:
        return {}
    return {
        indicator.code: float(np.nanmean(women[:, column]))
        for column, indicator in enumerate(framework.indicators)
        if not np.isnan(women[:, column]).all()
    }


def item_ends(
    item: ItemScore, means: Mapping[str, float], framework: Framework, rooms: Mapping[str, Room] | None = None
) -> Ends | None:
    """Return the ends of one question's y; None where the women's mean is not known; `rooms` as for a domain."""
    part = _part(item, means, framework, rooms or {})
    return None if part is None else _ends([(1.0, part)])


def domain_ends(
    items: Sequence[ItemScore],
    means: Mapping[str, float],
    framework: Framework,
    rooms: Mapping[str, Room] | None = None,
) -> Ends | None:
    """Return the ends of the figure that rests on these questions; None where a women's mean is not known.

    `rooms`: what the published shares leave for the women's means, by indicator.
    """
    parts = [(framework.item_weight(item.code), _part(item, means, framework, rooms or {})) for item in items]
    known = [(weight, part) for weight, part in parts if part is not None]
    return _ends(known) if known and len(known) == len(parts) else None


def overall_ends(ends: Mapping[str, Ends], weights: Mapping[str, float]) -> Ends:
    """Return the ends of the mean of these domains."""
    total = sum(weights[code] for code in ends)
    low = sum(weights[code] * one.low for code, one in ends.items())
    high = sum(weights[code] * one.high for code, one in ends.items())
    return Ends(low / total, high / total)


def _part(item: ItemScore, means: Mapping[str, float], framework: Framework, rooms: Mapping[str, Room]) -> _Part | None:
    if item.y is None:
        return None
    kind = framework.kinds[framework.by_code[item.code].kind]
    weights = {source: kind.get(source, 0.0) for source, count in item.n_by_source if count}
    factor = weights.get(CLIENTS, 0.0) / sum(weights.values())
    if not factor:
        return _Part(0.0, item.y, 0)
    mean = item.y if factor == 1 else means.get(item.code)
    return None if mean is None else _Part(factor, item.y - factor * mean, item.n, rooms.get(item.code, (0.0, 1.0)))


def _ends(parts: Sequence[tuple[float, _Part]]) -> Ends:
    total = sum(weight for weight, _ in parts)
    rest = sum(weight * part.rest for weight, part in parts) / total
    heard = [(weight * part.factor / total, part) for weight, part in parts if part.n]
    low = rest + sum(share * part.room[0] for share, part in heard)
    high = rest + sum(share * part.room[1] for share, part in heard)
    margin = max([_MARGIN * sum(share for share, _ in heard), *(share / part.n for share, part in heard)])
    margin = min(margin, (high - low) / 2)
    return Ends(low + margin, high - margin)
