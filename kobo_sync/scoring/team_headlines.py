"""Headlines in plain words, "7 in 10 of the 24 women …": always a share of women, always with their number.

A headline tells of the women who gave the best answer to one question, never of "women here". Our conventions:

1. The team has one of each question that has a share among `team_shares`: from `public_from` women on, rounded as in
   public, since the pages with pictures and the scorecard tell the same share. Its number of women stands on the
   service's page anyway.
2. Named are the highest and the lowest shares, core questions first where two are alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.release_model import FEW, MOST

NAMED = 2  # headlines of either kind for one service
_HALF, _ALL = 50, 100


@dataclass(frozen=True, slots=True)
class Headline:
    """How many women gave the best answer to a question.

    `share` in whole percent, a multiple of 5 within 5 to 95, or FEW or MOST; `women` of how many, for the team their
    number, in public a band.
    """

    code: str
    share: int | str
    women: int | str

    @property
    def part(self) -> int:
        """The 7 of "7 in 10"; 0 where the share is a word."""
        return self.share * self.whole // _ALL if isinstance(self.share, int) else 0

    @property
    def whole(self) -> int:
        """The 10 of "7 in 10": the least of 10, 4 and 20 that says it exactly."""
        if not isinstance(self.share, int) or self.share % 10 == 0:
            return 10
        return 4 if self.share % 25 == 0 else 20

    @property
    def place(self) -> int:
        """Where it stands among others, in percent."""
        return self.share if isinstance(self.share, int) else {FEW: 0, MOST: _ALL}[self.share]


@dataclass(frozen=True, slots=True)
class Headlines:
    """The headlines of one service: what most women said the best of, and what fewest did."""

    best: tuple[Headline, ...] = ()
    worst: tuple[Headline, ...] = ()


def team_headlines(shares: Mapping[str, int | str], score: ServiceScore, framework: Framework) -> Headlines:
    """Return the headlines of a service's page for the team (rules 1 and 2); `shares` from `team_shares` of `score`."""
    return choose(
        (Headline(item.code, shares[item.code], item.n) for item in score.items if item.code in shares), framework
    )


def choose(found: Iterable[Headline], framework: Framework) -> Headlines:
    """Return the headlines that are named (rule 2)."""
    place = {one.code: (not one.core, number) for number, one in enumerate(framework.indicators)}
    found = list(found)
    best = sorted((one for one in found if one.place >= _HALF), key=lambda one: (-one.place, place[one.code]))
    worst = sorted((one for one in found if one.place < _HALF), key=lambda one: (one.place, place[one.code]))
    return Headlines(tuple(best[:NAMED]), tuple(worst[:NAMED]))
