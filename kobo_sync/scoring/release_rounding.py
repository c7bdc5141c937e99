"""How public figures are rounded (3.8). Everything is in whole percent, so that no float's last digits travel.

1. Scores in steps of `score_step`, and never the ends: 0.03 and 0.00 are both printed as 5, 0.98 and 1.00 as 95. A
   domain of exactly 0 or 1 would say what each single woman answered. (Our convention, as for the extremes of shares.)
2. Bounds outward, and at least one step away from the figure: an interval of no width would say that all women
   answered alike.
3. Shares are of women who gave the most favourable answer. Fewer than five of them are "few or none", all but fewer
   than five "most or all", however many women there are; the rest in steps of 10 points below 20 women, else of 5.
4. The number of women is a band at every size. (3.8 has one below 20 only. With an exact number, a share in steps of 5
   points of 20 to 40 women would be an exact count.)
"""

from __future__ import annotations

import math

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import Interval
from kobo_sync.scoring.release_model import FEW, MOST

_NOISE = 6  # decimals of a percent, above any float noise and below any step
_BANDS = (30, 50, 100)  # our convention; the evidence grade tells 30 in any case


def percent_step(framework: Framework) -> int:
    """Return the step of public scores in percent."""
    return round(framework.disclosure.score_step * 100)


def score_percent(value: float, framework: Framework) -> int:
    """Return a score in [0, 1] as it is published: the nearest step, halves up, never 0 nor 100 (rule 1)."""
    step = percent_step(framework)
    return min(max(_nearest(value * 100, step), step), 100 - step)


def bounds(shown: int, interval: Interval, framework: Framework) -> tuple[int, int]:
    """Return the bounds of a score that is published as `shown` percent (rule 2)."""
    step = percent_step(framework)
    low = math.floor(round(interval.low * 100 / step, _NOISE)) * step
    high = math.ceil(round(interval.high * 100 / step, _NOISE)) * step
    return max(0, min(low, shown - step)), min(100, max(high, shown + step))


def share(favourable: int, n: int, framework: Framework) -> int | str:
    """Return a share of women as it is published: whole percent, FEW or MOST (rule 3)."""
    mask, step = framework.disclosure.mask_to, share_step(n, framework)
    if favourable <= mask:
        return FEW
    if n - favourable <= mask:
        return MOST
    return min(max(_nearest(favourable / n * 100, step), step), 100 - step)


def mean_range(shown: int | str, n: int, second: float, framework: Framework) -> tuple[float, float]:
    """Return between which means of n women a published share leaves room; `second` the score next to the best (1).

    What a reader who knows n can say: so many women at least and at most gave the best answer, the others 0 to second.
    """
    mask, step = framework.disclosure.mask_to, share_step(n, framework)
    low, high = mask + 1, n - mask - 1
    if shown == FEW:
        low, high = 0, mask
    elif shown == MOST:
        low, high = n - mask, n
    else:
        percent = int(shown)
        low = low if percent <= step else max(low, math.ceil(round((percent - step / 2) / 100 * n, _NOISE)))
        high = high if percent >= 100 - step else min(high, math.floor(round((percent + step / 2) / 100 * n, _NOISE)))
    return low / n, (high + second * (n - high)) / n


def share_step(n: int, framework: Framework) -> int:
    """Return the step in percent for the shares of n women; above the last limit the last step holds."""
    steps = framework.disclosure.share_steps
    found = next((entry for entry in steps if n < entry.below), steps[-1])
    return round(found.step * 100)


def women(n: int, framework: Framework) -> str:
    """Return the number of women as it is published: "10-19", "20-29", "30-49", "50-99", "100 or more" (rule 4)."""
    edges = sorted({framework.public_from, framework.disclosure.words_below, *_BANDS})
    edges = [edge for edge in edges if edge >= framework.public_from]
    place = max(number for number, edge in enumerate(edges) if n >= edge)
    return f"{edges[place]}-{edges[place + 1] - 1}" if place + 1 < len(edges) else f"{edges[place]} or more"


def _nearest(percent: float, step: int) -> int:
    return math.floor(round(percent / step, _NOISE) + 0.5) * step
