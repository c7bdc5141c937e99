"""What the scoring takes and gives: plain frozen values and arrays, one service in one round at a time.

Figures are float64 in [0, 1] or None; where a figure is None, a word beside it says why. A `ServiceScore` holds no
report that has not been substantiated *and* reviewed (3.6), and no figure at all of a gate: so one woman's report of a
harm on a gate moves no byte of it. `serial.from_plain` reads it back from JSON.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Why a cell has no score (3.1). The order is the code in `AnswerSheet.reason`.
REASONS = ("value", "not_asked", "dk", "pns", "na", "not_observed")
VALUE, NOT_ASKED, DK, PNS, NA, NOT_OBSERVED = range(len(REASONS))

CLIENTS, PROVIDERS, OBSERVERS = "C", "P", "O"  # whose word it is (2)
HEARD = (CLIENTS, OBSERVERS)  # a provider's answer alone never makes a score (3.2)


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """The answers of one source (C, P or O) about one service in one round.

    Shapes: n respondents by k indicators in the framework's order. `x` holds scores in [0, 1], NaN where missing;
    `reason` holds the code of REASONS for each cell (VALUE where `x` is a number). `ids` are the n submissions' `_id`:
    the bootstrap sorts by them (3.11.6). Without ids the rows are taken to be in that order already.
    """

    source: str
    x: NDArray[np.float64]
    reason: NDArray[np.int8]
    ids: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds of a 95 % interval. It covers sampling noise only: who was asked is not random (3.7)."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One indicator of one service-round.

    `y` in [0, 1] or None (3.11.3); always None for what is not averaged (gates, declared, context). `n` women with a
    value, `n_by_source` all sources; `has_data` per 3.3, gates included; `offered` per 3.3; `dk`, `pns` the number of
    women who said so; `asked` the women who were asked. `favourable` the women who gave the best answer (x = 1), and
    `share` the Wilson interval of `favourable / n` (3.7); both None for what is not averaged or where n is 0.
    """

    code: str
    y: float | None
    n: int
    n_by_source: tuple[tuple[str, int], ...]
    has_data: bool
    offered: bool
    na_for_all: bool
    asked: int
    dk: int
    pns: int
    favourable: int | None = None
    share: Interval | None = None


@dataclass(frozen=True, slots=True)
class DomainScore:
    """One domain of one service-round.

    `value` is D in [0, 1], present only when `valid`; `why_not` says in a word why it is not ("few_core", "few_items",
    "one_item", "no_average"); `n` women with a value on any averaged item; `items` the codes of the averaged items
    with a value. `capped` is D after open flags (3.6); `interval` that of `value` (3.11.6), None where it is not valid
    or no woman answered; `grade` the evidence grade "A" to "D" (3.7), "" where there is no value.
    """

    code: str
    value: float | None
    valid: bool
    why_not: str
    n: int
    items: tuple[str, ...]
    capped: float | None = None
    interval: Interval | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFlag:
    """A red flag that was substantiated and reviewed (3.6), as a word: no counts, nobody's answers.

    `level` "R1" or "R2"; `by_service` False where it is attributed to the police; `in_policy` where it is written in
    the service's rules; `state` "reviewed" (open: it caps and gates) or "resolved" (it does neither).
    """

    indicator: str
    level: str
    by_service: bool
    in_policy: bool
    state: str

    @property
    def is_open(self) -> bool:
        """Whether it caps and gates."""
        return self.state == "reviewed"


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One gate that was looked at (3.5): `outcome` "met", "not_met" or "no_data"; `value` what was found, or None."""

    band: int
    kind: str
    code: str
    at_least: float
    value: float | None
    outcome: str


@dataclass(frozen=True, slots=True)
class BandResult:
    """The band of a service (3.5).

    `number` the band; `by_score` the one that the capped score alone reaches; `imposed` "open_r1" or "in_policy" where
    open flags put it into its band whatever the score, else ""; `gates` all that were looked at, highest band first.
    """

    number: int
    code: str
    by_score: int
    imposed: str
    gates: tuple[GateCheck, ...]


@dataclass(frozen=True, slots=True)
class SaysDoes:
    """Provider minus women on one item (3.2): both means, their difference in [-1, 1], and the women who answered."""

    code: str
    provider: float
    women: float
    gap: float
    n: int


@dataclass(frozen=True, slots=True)
class ServiceSays:
    """What only the service says (3.2): the provider's mean in [0, 1], or None with the reason "dk" or "pns"."""

    code: str
    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the intervals were made (3.8): with these three anybody who has the answers gets the same ones."""

    seed: int
    resamples: int
    numpy: str


@dataclass(frozen=True, slots=True)
class ServiceScore:
    """One service in one round.

    `value` is S in [0, 1], present only when `valid`; `why_not`: "few_women", "few_domains", "required_domain",
    "one_of"; `n` women with a value on any averaged item; `lowest` the code of the lowest valid domain or "".
    `capped` is S after open flags (3.6), `interval` that of the uncapped S (3.11.6), `grade` "A" to "D" or "", `band`
    None where S is not valid. `flags` the reviewed and resolved ones; `waiting` whether a substantiated one waits for
    its review: then the public line is "not published this round". `sources` how many of each source answered
    anything; `gaps`, `says` and `unsafe` are rules 3.2 and 3.1 (codes of questions with many "prefer not to say").
    """

    service: str
    round: str
    value: float | None
    valid: bool
    why_not: str
    n: int
    lowest: str
    domains: tuple[DomainScore, ...]
    items: tuple[ItemScore, ...]
    framework_version: str
    weights_version: str = ""
    capped: float | None = None
    interval: Interval | None = None
    grade: str = ""
    band: BandResult | None = None
    flags: tuple[ServiceFlag, ...] = ()
    waiting: bool = False
    sources: tuple[tuple[str, int], ...] = ()
    gaps: tuple[SaysDoes, ...] = ()
    says: tuple[ServiceSays, ...] = ()
    unsafe: tuple[str, ...] = ()
    sampling: Sampling | None = None

    @property
    def open_flags(self) -> tuple[ServiceFlag, ...]:
        """The flags that cap and gate: substantiated, reviewed, unresolved."""
        return tuple(flag for flag in self.flags if flag.is_open)

    @property
    def rated(self) -> bool:
        """Whether S is valid at grade A or B (3.11.7)."""
        return self.valid and self.grade in {"A", "B"}
