"""The adversary's tool: unknowns, facts about sums of them, and whether the facts leave one answer only.

Whole-number unknowns are solved by mixed-integer programming (HiGHS), the others by linear programming. Facts that do
not touch what is asked, not even by way of others, are left out. Every solution that was met on the way is kept: where
two of them differ in what is asked, it is not known, and nothing needs to be solved.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

Terms = Mapping[Hashable, float]
Fact = tuple[dict[Hashable, float], float, float]


@dataclass
class Puzzle:
    """Unknowns with their bounds, and facts: `low` ≤ sum of factor · unknown ≤ `high`."""

    bounds: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    whole: set[Hashable] = field(default_factory=set)
    facts: list[Fact] = field(default_factory=list)
    met: list[dict[Hashable, float]] = field(default_factory=list)

    def unknown(self, name: Hashable, low: float = 0.0, high: float = 1.0, *, whole: bool = False) -> Hashable:
        """Add an unknown, if it is not there yet."""
        self.bounds.setdefault(name, (low, high))
        if whole:
            self.whole.add(name)
        return name

    def fact(self, terms: Terms, low: float, high: float) -> None:
        """Add a fact about a sum of unknowns."""
        assert low <= high, (terms, low, high)
        self.facts.append((dict(terms), low, high))
        self.met.clear()

    def known(self, terms: Terms, width: float) -> bool:
        """Whether the facts pin the sum down to less than `width`.

        Raises ValueError when the facts contradict each other.
        """
        names, facts = self._touched(terms)
        if not facts:
            ends = (tuple(factor * bound for bound in self.bounds[name]) for name, factor in terms.items())
            return sum(abs(high - low) for low, high in ends) < width
        found = [_value(terms, solution) for solution in self.met if terms.keys() <= solution.keys()]
        if found and max(found) - min(found) >= width:
            return False
        for sign in (1.0, -1.0):
            found.append(_value(terms, self._solve(terms, sign, names, facts)))
            if max(found) - min(found) >= width:
                return False
        return True

    def _solve(self, terms: Terms, sign: float, names: list[Hashable], facts: list[Fact]) -> dict[Hashable, float]:
        place = {name: number for number, name in enumerate(names)}
        matrix, cost = np.zeros((len(facts), len(names))), np.zeros(len(names))
        for row, (factors, _, _) in enumerate(facts):
            for name, factor in factors.items():
                matrix[row, place[name]] = factor
        for name, factor in terms.items():
            cost[place[name]] = sign * factor
        bounds = np.array([self.bounds[name] for name in names])
        found = milp(
            cost,
            constraints=LinearConstraint(matrix, [low for _, low, _ in facts], [high for _, _, high in facts]),
            bounds=Bounds(bounds[:, 0], bounds[:, 1]),
            integrality=np.array([name in self.whole for name in names], dtype=int),
        )
        if found.status != 0:
            raise ValueError(f"the facts contradict each other: {found.message}")
        solution: NDArray[np.float64] = found.x
        made = dict(zip(names, solution.tolist(), strict=True))
        self.met.append(made)
        return made

    def _touched(self, terms: Terms) -> tuple[list[Hashable], list[Fact]]:
        """Return the unknowns that hang together with the terms, and the facts about them."""
        reached, facts, rest = set(terms), list[Fact](), self.facts
        while True:
            near = [fact for fact in rest if not reached.isdisjoint(fact[0])]
            if not near:
                return sorted(reached, key=repr), facts
            facts += near
            rest = [fact for fact in rest if reached.isdisjoint(fact[0])]
            for factors, _, _ in near:
                reached |= factors.keys()


def _value(terms: Terms, solution: Mapping[Hashable, float]) -> float:
    return sum(factor * solution[name] for name, factor in terms.items())
