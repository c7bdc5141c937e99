"""What the scoring takes and gives: plain frozen values and arrays, one service in one round at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Why a cell has no score (3.1). The order is the code in `AnswerSheet.reason`.
REASONS = ("value", "not_asked", "dk", "pns", "na", "not_observed")
VALUE, NOT_ASKED, DK, PNS, NA, NOT_OBSERVED = range(len(REASONS))


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """The answers of one source (C, P or O) about one service in one round.

    Shapes: n respondents by k indicators in the framework's order. `x` holds scores in [0, 1], NaN where missing;
    `reason` holds the code of REASONS for each cell (VALUE where `x` is a number).
    """

    source: str
    x: NDArray[np.float64]
    reason: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One indicator of one service-round.

    `y` in [0, 1] or None (3.11.3); `n` women with a value, `n_by_source` all sources; `has_data` per 3.3, gates
    included; `offered` per 3.3; `dk`, `pns` the number of women who said so; `asked` the women who were asked.
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


@dataclass(frozen=True, slots=True)
class DomainScore:
    """One domain of one service-round.

    `value` is D in [0, 1], present only when `valid`; `why_not` says in a word why it is not ("few_core", "few_items",
    "one_item", "no_average"); `n` women with a value on any averaged item; `items` the codes of the averaged items
    with a value.
    """

    code: str
    value: float | None
    valid: bool
    why_not: str
    n: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceScore:
    """One service in one round.

    `value` is S in [0, 1], present only when `valid`; `why_not`: "few_women", "few_domains", "required_domain",
    "one_of"; `n` women with a value on any averaged item; `lowest` the code of the lowest valid domain or "".
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
