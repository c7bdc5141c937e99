"""A random service in the shape that kobo_sync.scoring takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from random_services import RandomService
from slow_rules import MISSING, score_of

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.flags import FlagAnswers, FlagSheet, Review, flag_sheet
from kobo_sync.scoring.model import DK, NA, NOT_ASKED, NOT_OBSERVED, PNS, VALUE, AnswerSheet

_REASONS = {"dk": DK, "pns": PNS, "na": NA, "not_observed": NOT_OBSERVED}


def answer_sheets(rules: Mapping[str, Any], one: RandomService, framework: Framework) -> list[AnswerSheet]:
    """Lay out the answers of each source that has any row."""
    column = {indicator.code: place for place, indicator in enumerate(framework.indicators)}
    indicators = {indicator["code"]: indicator for indicator in rules["indicators"]}
    sheets = []
    for source, rows in one.rows.items():
        if not rows:
            continue
        x = np.full((len(rows), len(column)), np.nan)
        reason = np.full((len(rows), len(column)), NOT_ASKED, np.int8)
        for place, row in enumerate(rows):
            for code, answer in row.items():
                score = score_of(rules, indicators[code], source, answer)
                if score is not None:
                    x[place, column[code]] = float(score)
                reason[place, column[code]] = VALUE if score is not None else _REASONS[answer]
        ids = np.array(one.ids) if source == "C" else None
        sheets.append(AnswerSheet(source, x, reason, ids))
    return sheets


def flag_sheets(one: RandomService, framework: Framework) -> list[FlagSheet]:
    """Lay out what each source says of harms; missing answers left out."""
    return [
        flag_sheet(
            source,
            framework,
            [
                FlagAnswers(
                    {code: answer for code, answer in row.items() if isinstance(answer, str) and answer not in MISSING},
                    more,
                )
                for row, more in zip(rows, one.followups[source], strict=True)
            ],
        )
        for source, rows in one.rows.items()
        if rows
    ]


def reviews(one: RandomService) -> dict[str, Review]:
    """Give the safety focal point's notes."""
    return {
        code: Review(code, "2026-07-01", "2026-07-20" if note.resolved else "", "", note.what)
        for code, note in one.reviews.items()
    }


def with_weights(framework: Framework, one: RandomService, resamples: int) -> Framework:
    """Give the framework with this service's weights of domains, and so many resamples."""
    method = replace(framework.method, resamples=resamples)
    return replace(framework, method=method, domain_weights={code: float(w) for code, w in one.weights.items()})
