"""How large the letters of a scorecard's page can be, so that it prints on one sheet.

The PDF file tries sizes out. A page without a script cannot, so lines are counted here, with letters wider than most.
"""

from __future__ import annotations

import math

from kobo_sync.report.card import Card, Part

_A4 = (526.0, 740.0)  # points that a page of a browser has between its margins: width, height
_SIZES = tuple(range(100, 44, -2))  # tenths of a point
_WIDE, _LINE = 0.54, 1.13  # of a letter, and of a line, in letters' size; wider than most fonts of a screen are


def letter_size(card: Card) -> int:
    """Return with which letters a card's page fits on a sheet, in tenths of a point."""
    return next((size for size in _SIZES if _height(card, size / 10) <= _A4[1]), _SIZES[-1])


def _height(card: Card, size: float) -> float:
    """Return about how many points high a card is in letters of this size."""

    def lines(text: str, share: float = 1.0, larger: float = 1.0) -> float:
        return math.ceil(len(text) * size * larger * _WIDE / (_A4[0] * share)) * larger

    def part(one: Part, share: float, larger: float = 1.0) -> float:
        told = sum(lines(f"{p.text} - {p.detail}", share) + lines(p.fixers, share) + 0.3 for p in one.points)
        return told + sum(lines(line, share, larger) + 0.25 for line in one.lines) + 1.9

    half, big = 0.44, 1 / max(1, len(card.bigs)) - 0.04
    head = 4.5 + lines(card.title, 1, 1.75) + lines(card.lead, 1, 1.2) + bool(card.demo or card.draft) + bool(card.only)
    bigs = [3 + (len(one.value) > 14) + sum(lines(line, big, 0.9) for line in one.below) for one in card.bigs]  # noqa: PLR2004 -- a value of words takes two lines
    bars = sum(max(1, lines(bar.label, 0.3), lines(f"{bar.figure} {bar.mark}", 0.13)) + 0.4 for bar in card.bars)
    left = sum(part(one, half) for one in card.left) + part(card.reply, half) + 2.5 + 3 * card.reply_empty
    right = sum(part(one, half) for one in card.right) + part(card.limits, half, 0.85)
    wide = sum(lines(" ".join(f"{p.text}: {p.detail}." for p in one.points)) + 3 for one in card.wide)
    told = sum(lines(line) + 0.25 for line in card.verdict) + sum(lines(line) + 4 for line in card.nothing)
    method = lines(" ".join(card.method.lines), 1, 0.85) + 4
    total = head + max(bigs, default=-2) + 2 + 2.2 * bool(card.ladder) + told + (bars + 4.5) * bool(card.bars)
    return (total + max(left, right) + wide + method) * size * _LINE
