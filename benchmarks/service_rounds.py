"""Made-up service-rounds in arrays, one after the other from a seed, and made-up documents for a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.flags import NO, REPORTS, FlagSheet, Review
from kobo_sync.scoring.model import CLIENTS, DK, NOT_ASKED, PNS, VALUE, AnswerSheet

ROUND = "2026-H1"
MONTH = "2026-03"
_PROVIDERS, _OBSERVERS = 1, 2  # respondents beside the women
_DK, _PNS = 0.05, 0.02  # shares of the women's answers
_HARMS = 0.005  # share of the answers that report one
_DIFFERENT = 500  # documents; a store holds them again and again


@dataclass(frozen=True)
class ServiceRound:
    """What `score_service` takes of one service."""

    service: str
    sheets: list[AnswerSheet]
    flag_sheets: list[FlagSheet]
    reviews: Mapping[str, Review]


def service_rounds(framework: Framework, services: int, women: int) -> Iterator[ServiceRound]:
    """Yield so many services with so many women each; only one is held at a time."""
    asked = {
        source: np.array([source in one.sources and bool(framework.kinds[one.kind]) for one in framework.indicators])
        for source in ("C", "P", "O")
    }
    flagged = np.array([one.flag_rule is not None and "C" in one.sources for one in framework.indicators])
    reviews = {one.code: Review(one.code, reviewed_on="2026-07-01") for one in framework.indicators if one.flag_rule}
    for number in range(services):
        rng = np.random.default_rng(number)
        counts = {"C": women, "P": _PROVIDERS, "O": _OBSERVERS}
        sheets = [_answers(rng, source, count, asked[source]) for source, count in counts.items()]
        yield ServiceRound(f"S{number:05d}", sheets, [_harms(rng, women, flagged)], reviews)


def _answers(rng: np.random.Generator, source: str, count: int, asked: NDArray[np.bool_]) -> AnswerSheet:
    shape = (count, len(asked))
    quality = rng.random(len(asked))
    x = np.where(rng.random(shape) < quality, 1.0, rng.choice([0.0, 0.33, 0.5], size=shape))
    missing = rng.random(shape)
    reason = np.full(shape, VALUE, np.int8)
    if source == CLIENTS:
        reason[missing < _DK] = DK
        reason[missing > 1 - _PNS] = PNS
    reason[:, ~asked] = NOT_ASKED
    return AnswerSheet(source, np.where(reason == VALUE, x, np.nan), reason, rng.permutation(count))


def _harms(rng: np.random.Generator, count: int, flagged: NDArray[np.bool_]) -> FlagSheet:
    shape = (count, len(flagged))
    said = np.where(flagged, np.where(rng.random(shape) < _HARMS, REPORTS, NO), 0).astype(np.int8)
    reported = said == REPORTS
    return FlagSheet(CLIENTS, said, reported, reported)


def documents(form: Form) -> list[str]:
    """Return different answered interviews of a form, as a store keeps them: each scored question is answered."""
    rng = np.random.default_rng(1)
    return [orjson.dumps(_document(form, rng)).decode() for _ in range(_DIFFERENT)]


def _document(form: Form, rng: np.random.Generator) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for question in form.scored:
        names = [choice.name for choice in question.choices if not choice.missing]
        first = names[0] if rng.random() < 0.7 else names[int(rng.integers(len(names)))]  # noqa: PLR2004 -- any share
        made[question.name] = [first] if question.multiple else first
    return made
