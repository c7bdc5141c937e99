"""Random services of every sort: which forms there are, who answered what, what is missing, what was reviewed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slow_flags import Reviewed
from slow_rules import Row

_WOMEN = (0, 1, 2, 3, 4, 5, 5, 6, 8, 9, 10, 10, 12, 15, 20, 29, 30, 31, 40)
_WHATS = ("", "", "R2 service", "R1 service", "R1 service policy", "R2 police", "R1 police")


@dataclass(frozen=True)
class RandomService:
    """A service-round as words: rows of answers and of follow-ups by source, women's ids, reviews, domains' weights."""

    service: str
    round: str
    rows: Mapping[str, Sequence[Row]]
    followups: Mapping[str, Sequence[Mapping[str, str]]]
    ids: tuple[int, ...]
    reviews: Mapping[str, Reviewed]
    weights: Mapping[str, int]

    def by_id(self) -> dict[str, list[Row]]:
        """Give the rows, women in the order of their ids."""
        women = [row for _, row in sorted(zip(self.ids, self.rows["C"], strict=True), key=lambda pair: pair[0])]
        return {**{source: list(rows) for source, rows in self.rows.items()}, "C": women}


def random_service(rules: Mapping[str, Any], seed: int, *, women: int | None = None) -> RandomService:
    """Service number `seed`: the same for the same rules."""
    maker = _Maker(rules, random.Random(seed))  # noqa: S311 -- test data
    return maker.make(f"S{seed:04d}", women)


class _Maker:
    """What sort of service it is, drawn once; then its answers one by one."""

    def __init__(self, rules: Mapping[str, Any], rng: random.Random) -> None:
        self.rules, self.rng = rules, rng
        self.quality = rng.choice((0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.97, 1.0))
        self.partly = rng.choice((0.0, 0.3, 0.3, 1.0))  # how many answers lie between the ends
        self.harm = rng.choice((0.0, 0.0, 0.0, 0.02, 0.1, 0.4))
        self.rule = rng.choice((0.0, 0.0, 0.0, 0.05, 0.3))
        self.gone = {reason: rng.choice((0.0, 0.0, 0.05, 0.25)) for reason in ("dk", "pns", "na", "not_observed", "")}
        dropped = rng.choice((0.0, 0.0, 0.0, 0.15, 0.5))
        self.unasked = {domain["code"] for domain in rules["domains"] if rng.random() < dropped}
        odd = rng.choice((0.0, 0.05, 0.2))
        weak = rng.choice((0.0, 0.0, 0.1, 0.25))
        self.weak = {indicator["code"] for indicator in rules["indicators"] if rng.random() < weak}
        self.odd = {
            indicator["code"]: rng.choice(("na", "na", "dk", "pns", "", "not_observed"))
            for indicator in rules["indicators"]
            if rng.random() < odd
        }
        # By source, or an item is na or unanswered for one source only.
        self.odd_sources = rng.choice((("C", "P", "O"), ("C", "O"), ("C",), ("P",), ("O",)))

    def make(self, service: str, women: int | None) -> RandomService:
        """Draw every row."""
        rng = self.rng
        counts = {
            "C": rng.choice(_WOMEN) if women is None else women,
            "P": rng.choice((0, 1, 1, 1, 1, 2)),
            "O": rng.choice((0, 0, 1, 2, 2, 3)),
        }
        rows: dict[str, list[Row]] = {}
        followups: dict[str, list[Mapping[str, str]]] = {}
        for source, count in counts.items():
            rows[source] = [self._row(source) for _ in range(count)]
            followups[source] = [self._followups(source, row) for row in rows[source]]
        flagged = [one["code"] for one in self.rules["indicators"] if one["flag"]]
        reviewed = rng.choice((0.0, 0.5, 1.0, 1.0))
        reviews = {
            code: Reviewed(rng.choice(_WHATS), resolved=rng.random() < 0.3)
            for code in flagged
            if rng.random() < reviewed
        }
        other = rng.random() < 0.3
        weights = {domain["code"]: rng.choice((1, 2, 3)) if other else 1 for domain in self.rules["domains"]}
        ids = tuple(rng.sample(range(1, 10 * counts["C"] + 1), counts["C"]))
        return RandomService(service, "2026-H1", rows, followups, ids, reviews, weights)

    def _row(self, source: str) -> Row:
        row = {}
        for indicator in self.rules["indicators"]:
            if source in indicator["sources"] and (indicator["domain"] not in self.unasked or self.rng.random() < 0.03):
                answer = self._answer(indicator, source)
                if answer != "":
                    row[indicator["code"]] = answer
        return row

    def _answer(self, indicator: Mapping[str, Any], source: str) -> Any:
        rng, code = self.rng, indicator["code"]
        if code in self.odd and source in self.odd_sources and rng.random() < 0.95:
            return self._allowed(self.odd[code], source)
        for reason, share in self.gone.items():
            if rng.random() < share / 3:
                return self._allowed(reason, source)
        if indicator["scale"] == "ms":
            return (
                rng.choice(range(indicator["k"] + 1))
                if rng.random() < self.partly
                else self._end(code, 0, indicator["k"])
            )
        scale = indicator.get("scale_of", {}).get(source, indicator["scale"])
        if scale == "unscored":
            return "dk"
        worth = self.rules["scales"][scale]["choices"]
        best = max(worth, key=lambda choice: worth[choice])
        rest = [choice for choice in worth if choice != best]
        if indicator["flag"] and not indicator["averaged"]:
            if source == "P":
                return rng.choice(rest) if rng.random() < self.rule else best
            return rng.choice(rest) if rng.random() < self.harm else best
        worst = min(worth, key=lambda choice: worth[choice])
        return rng.choice(list(worth)) if rng.random() < self.partly else self._end(code, worst, best)

    def _allowed(self, reason: str, source: str) -> str:
        """Only observers could not observe; they neither know nor prefer."""
        if source == "O":
            return reason if reason in ("na", "") else "not_observed"
        return "dk" if reason == "not_observed" else reason

    def _end(self, code: str, worst: Any, best: Any) -> Any:
        return best if code not in self.weak and self.rng.random() < self.quality else worst

    def _followups(self, source: str, row: Row) -> dict[str, str]:
        found = {}
        for indicator in self.rules["indicators"]:
            followup = (indicator["flag"] or {}).get("followup")
            if not followup or row.get(indicator["code"]) not in followup["when"].get(source, ()):
                continue
            answer = self.rng.choice(("yes", "no", "no", "no", ""))
            if answer:
                found[indicator["code"]] = answer
        return found
