"""Answers → item scores: rule 3.1 (missing answers) and 3.11.1 of the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kobo_sync.instrument.form import Form, Question
from kobo_sync.scoring.model import NA, NOT_ASKED, REASONS, VALUE, AnswerSheet

Document = Mapping[str, Any]


def score_answer(question: Question, value: object) -> tuple[float | None, int]:
    """Return (x in [0, 1] or None, reason code) for one answer.

    One choice: its score. Several: the share of what the list counts that was chosen; a choice that stands for a
    missing answer (don't know, prefer not to say, does not apply) excludes the rest. No answer at all: not asked.
    A choice that is deliberately without score is out of the sum, as "does not apply" is.
    """
    if value is None:
        return None, NOT_ASKED
    chosen = set(value) if isinstance(value, list) else {value}
    picked = [choice for choice in question.choices if choice.name in chosen]
    for choice in picked:
        if choice.missing:
            return None, REASONS.index(choice.missing)
    scores = [choice.score for choice in picked if choice.score is not None]
    if not scores:
        return None, NA
    if not question.multiple:
        return scores[0], VALUE
    most = sum(choice.score for choice in question.choices if choice.score is not None)
    return (sum(scores) / most, VALUE) if most else (None, NA)


def answer_sheet(source: str, codes: Sequence[str], answers: Sequence[tuple[Form, Document]]) -> AnswerSheet:
    """Lay out the answers of one source as arrays: one row a record in the order given, one column an indicator.

    Shapes: `codes` are the indicator codes of the framework, in order; each record comes with the form version that
    it was filled in with. Questions of indicators that are not among `codes` are left out.
    """
    columns = {code: column for column, code in enumerate(codes)}
    x = np.full((len(answers), len(codes)), np.nan)
    reason = np.full((len(answers), len(codes)), NOT_ASKED, dtype=np.int8)
    for row, (form, document) in enumerate(answers):
        for question in form.scored:
            column = columns.get(question.indicator)
            if column is None:
                continue
            value, why = score_answer(question, document.get(question.name))
            reason[row, column] = why
            if value is not None:
                x[row, column] = value
    return AnswerSheet(source, x, reason)
