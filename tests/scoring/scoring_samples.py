"""Service-rounds for tests, written as plain answers and scored with the project's own framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.scoring.flags import FlagAnswers, FlagSheet, Review, flag_sheet
from kobo_sync.scoring.model import REASONS, VALUE, AnswerSheet, DomainScore, ItemScore, ServiceScore
from kobo_sync.scoring.service import score_service

PATH = Path(__file__).resolve().parents[2] / "xlsform" / "framework.yaml"

Answer = str | float  # a choice or a reason for a missing answer; a number is the score itself
Row = Mapping[str, Answer]
Answers = Mapping[str, Sequence[Row]]  # by source; a follow-up's answer stands at its indicator's code with a + behind

NOTHING: Row = {}


@cache
def framework(resamples: int = 0) -> Framework:
    """Return the project's framework, with so many resamples (0: no intervals, and so faster)."""
    read = read_framework(PATH)
    return replace(read, method=replace(read.method, resamples=resamples))


@cache
def document() -> dict[str, Any]:
    """Return framework.yaml as it stands."""
    made: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return made


@cache
def scale(code: str, source: str) -> Mapping[str, float]:
    """Return the choices of an indicator as one source is offered them, with their scores."""
    entry = next(one for one in document()["indicators"] if one["code"] == code)
    name = entry.get("scale_of", {}).get(source, entry["scale"])
    choices: Mapping[str, float] = document()["scales"][name].get("choices", {"all": 1.0, "none": 0.0})
    return choices


@cache
def best(source: str) -> Row:
    """Return the most favourable answer of a source to everything that it is asked."""
    return {
        one.code: max(scale(one.code, source), key=lambda choice: scale(one.code, source)[choice])
        for one in framework().indicators
        if source in one.sources and scale(one.code, source)
    }


def worst(source: str, *, harms: bool = False) -> dict[str, Answer]:
    """Return the least favourable answer to everything; to what raises a flag only with `harms`, else the best."""
    rows = dict(best(source))
    for one in framework().indicators:
        if one.code in rows and (harms or one.flag_rule is None):
            rows[one.code] = min(scale(one.code, source), key=lambda choice: scale(one.code, source)[choice])
    return rows


def women(n: int, row: Row | None = None, **changes: Answer) -> list[Row]:
    """Return n interviews alike: the best answers, or `row`, with changes."""
    return [{**(best("C") if row is None else row), **changes} for _ in range(n)]


def sheets(
    answers: Answers, of: Framework | None = None, *, ids: Mapping[str, Sequence[int]] | None = None
) -> list[AnswerSheet]:
    """Lay out plain answers as arrays; ids count from 1 in the order given unless they are told."""
    codes = [indicator.code for indicator in (of or framework()).indicators]
    made = []
    for source, rows in answers.items():
        x = np.full((len(rows), len(codes)), np.nan)
        reason = np.full((len(rows), len(codes)), REASONS.index("not_asked"), dtype=np.int8)
        for number, row in enumerate(rows):
            for column, code in enumerate(codes):
                answer = row.get(code)
                if answer is None:
                    continue
                if answer in REASONS:
                    reason[number, column] = REASONS.index(str(answer))
                else:
                    x[number, column] = scale(code, source)[answer] if isinstance(answer, str) else answer
                    reason[number, column] = VALUE
        known = (ids or {}).get(source, range(1, len(rows) + 1))
        made.append(AnswerSheet(source, x, reason, np.array(known, dtype=np.int64)))
    return made


def flag_sheets(answers: Answers) -> list[FlagSheet]:
    """Lay out what plain answers say about flags."""
    return [
        flag_sheet(
            source,
            framework(),
            [
                FlagAnswers(
                    {k: v for k, v in row.items() if isinstance(v, str) and v not in REASONS and not k.endswith("+")},
                    {k[:-1]: v for k, v in row.items() if isinstance(v, str) and k.endswith("+")},
                )
                for row in rows
            ],
        )
        for source, rows in answers.items()
    ]


def scored(
    answers: Answers,
    reviews: Sequence[Review] = (),
    *,
    resamples: int = 0,
    of: Framework | None = None,
    service: str = "S01",
    round_: str = "2026-H2",
) -> ServiceScore:
    """Score plain answers by the whole method."""
    return score_service(
        service,
        round_,
        of or framework(resamples),
        sheets(answers, of),
        flag_sheets=flag_sheets(answers),
        reviews={review.indicator: review for review in reviews},
    )


def reviewed(*codes: str) -> list[Review]:
    """Return reviews that open the flags of these indicators."""
    return [Review(code, reviewed_on="2026-12-01") for code in codes]


def domain(score: ServiceScore, code: str) -> DomainScore:
    """Return one domain of a score."""
    return next(one for one in score.domains if one.code == code)


def item(score: ServiceScore, code: str) -> ItemScore:
    """Return one item of a score."""
    return next(one for one in score.items if one.code == code)
