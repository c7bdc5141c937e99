"""The adversary's tool: unknowns, facts about sums of them, and whether the facts leave one answer only.

Whole-number unknowns are solved by mixed-integer programming (HiGHS), the others by linear programming. The puzzle
falls apart into pieces that no fact ties together; each is solved by itself. Every solution that is met is kept: where
two of them differ in what is asked, it is not known, and nothing needs to be solved. So each piece is first solved for
a few random sums, which settles most questions at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Terms = Mapping[Hashable, float]
Fact = tuple[dict[Hashable, float], float, float]
Floats = NDArray[np.float64]

_RANDOM = 4  # sums that each piece is solved for at first, each for its least and its most
_NEAR = 0.3  # at first any solution will do


@dataclass
class Piece:
    """Unknowns that hang together, the facts about them, and the solutions that were met."""

    names: list[Hashable]
    bounds: Floats
    whole: NDArray[np.int64]
    facts: list[Fact]
    met: list[Floats] = field(default_factory=list)

    @cached_property
    def place(self) -> dict[Hashable, int]:
        """The place of each unknown."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def constraint(self) -> LinearConstraint:
        """The facts as the solver wants them."""
        rows = [
            (row, self.place[name], factor)
            for row, (terms, _, _) in enumerate(self.facts)
            for name, factor in terms.items()
        ]
        row, column, factors = (np.array(part) for part in zip(*rows, strict=True))
        matrix = csr_array((factors.astype(float), (row, column)), shape=(len(self.facts), len(self.names)))
        return LinearConstraint(matrix, [low for _, low, _ in self.facts], [high for _, _, high in self.facts])

    def solve(self, cost: Floats, *, gap: float = 0.0) -> None:
        """Meet the solution for which this sum is least, or so near to it.

        Raises ValueError when the facts contradict each other.
        """
        found = milp(
            cost,
            constraints=self.constraint,
            bounds=Bounds(self.bounds[:, 0], self.bounds[:, 1]),
            integrality=self.whole,
            options={"mip_rel_gap": gap},
        )
        if found.status != 0:
            raise ValueError(f"the facts contradict each other: {found.message}")
        self.met.append(found.x)

    def known(self, cost: Floats, width: float) -> bool:
        """Whether the facts pin the sum down to less than `width`."""
        if not self.met:
            rng = np.random.default_rng(0)
            for _ in range(_RANDOM):
                anyhow = rng.normal(size=len(self.names))
                self.solve(anyhow, gap=_NEAR)
                self.solve(-anyhow, gap=_NEAR)
        for sign in (0.0, 1.0, -1.0):
            if sign:
                self.solve(sign * cost)
            values = np.array(self.met) @ cost
            if values.max() - values.min() >= width:
                return False
        return True


@dataclass
class Puzzle:
    """Unknowns with their bounds, and facts: `low` ≤ sum of factor · unknown ≤ `high`."""

    bounds: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    whole: set[Hashable] = field(default_factory=set)
    facts: list[Fact] = field(default_factory=list)
    pieces: dict[Hashable, Piece] = field(default_factory=dict)
    questions: int = 0

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
        self.pieces.clear()

    def known(self, terms: Terms, width: float) -> bool:
        """Whether the facts pin the sum down to less than `width`.

        The terms must hang together, or no fact be about any of them but one: what is asked of several pieces is known
        only where it is known of each. Raises ValueError when the facts contradict each other.
        """
        self.questions += 1
        if not self.pieces:
            self._fall_apart()
        asked: dict[int, tuple[Piece, Floats]] = {}
        for name, factor in terms.items():
            piece = self.pieces.get(name)
            if piece is None:  # no fact is about it
                low, high = self.bounds[name]
                if abs(factor) * (high - low) >= width:
                    return False
                continue
            _, cost = asked.setdefault(id(piece), (piece, np.zeros(len(piece.names))))
            cost[piece.place[name]] += factor
        return all(piece.known(cost, width) for piece, cost in asked.values())

    def _fall_apart(self) -> None:
        head: dict[Hashable, Hashable] = {}

        def root(name: Hashable) -> Hashable:
            while head.setdefault(name, name) != name:
                head[name] = name = head[head[name]]
            return name

        for terms, _, _ in self.facts:
            first, *rest = terms
            for name in rest:
                head[root(name)] = root(first)
            root(first)
        members: dict[Hashable, list[Hashable]] = {}
        for name in head:
            members.setdefault(root(name), []).append(name)
        facts: dict[Hashable, list[Fact]] = {}
        for fact in self.facts:
            facts.setdefault(root(next(iter(fact[0]))), []).append(fact)
        for top, names in members.items():
            bounds = np.array([self.bounds[name] for name in names], dtype=np.float64)
            whole = np.array([name in self.whole for name in names], dtype=np.int64)
            piece = Piece(names, bounds, whole, facts[top])
            self.pieces |= dict.fromkeys(names, piece)
