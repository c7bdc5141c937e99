"""Answers → item scores and what flags need: rule 3.1 (missing answers), 3.11.1 and 3.6 of the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.areas import AreaAnswers
from kobo_sync.scoring.flags import FlagAnswers, FlagSheet, flag_sheet
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


def answer_sheet(
    source: str,
    codes: Sequence[str],
    answers: Sequence[tuple[Form, Document]],
    ids: Sequence[int] | None = None,
) -> AnswerSheet:
    """Lay out the answers of one source as arrays: one row a record in the order given, one column an indicator.

    Shapes: `codes` are the indicator codes of the framework, in order; each record comes with the form version that
    it was filled in with; `ids` are the records' `_id`, by which the bootstrap sorts. Questions of indicators that are
    not among `codes` are left out.
    """
    columns = {code: column for column, code in enumerate(codes)}
    x = np.full((len(answers), len(codes)), np.nan)
    reason = np.full((len(answers), len(codes)), NOT_ASKED, dtype=np.int8)
    known: dict[tuple[int, str, object], tuple[float | None, int]] = {}  # millions of answers, few different ones
    for row, (form, document) in enumerate(answers):
        for question in form.scored:
            column, answer = columns.get(question.indicator), document.get(question.name)
            if column is None or answer is None:
                continue
            key = (id(form), question.name, tuple(answer) if isinstance(answer, list) else answer)
            value, why = known[key] if key in known else known.setdefault(key, score_answer(question, answer))
            reason[row, column] = why
            if value is not None:
                x[row, column] = value
    return AnswerSheet(source, x, reason, None if ids is None else np.array(ids, dtype=np.int64))


def lay_out(
    framework: Framework, answers: Mapping[str, Sequence[tuple[Form, Document, int]]]
) -> tuple[list[AnswerSheet], list[FlagSheet]]:
    """Lay out all that was answered about one service in one round, as `score_service` takes it.

    `answers` by source (C, P, O): each record with the form version that it was filled in with, and its `_id`.
    """
    codes = [indicator.code for indicator in framework.indicators]
    sheets = [
        answer_sheet(source, codes, [(form, document) for form, document, _ in rows], [id_ for *_, id_ in rows])
        for source, rows in answers.items()
    ]
    return sheets, lay_out_flags(framework, answers)


def lay_out_flags(framework: Framework, answers: Mapping[str, Sequence[tuple[Form, Document, int]]]) -> list[FlagSheet]:
    """Lay out what was answered about flags alone; `answers` as `lay_out` takes them."""
    return [
        flag_sheet(source, framework, [flag_answers(form, document) for form, document, _ in rows])
        for source, rows in answers.items()
    ]


def area_answers(form: Form, document: Document) -> AreaAnswers:
    """Return what one form about an area says (2): by the roles of its questions; "" for a missing answer."""
    told: dict[str, str] = {}
    gaps: dict[str, str] = {}
    for question in form.questions:
        answer = _choice(question, document)
        if question.role == "gap":
            gaps[question.indicator] = answer
        elif question.role in {"team", "reporters", "any_hr"}:
            told[question.role] = answer
    return AreaAnswers(told.get("team", ""), told.get("reporters", ""), told.get("any_hr", ""), gaps)


def _choice(question: Question, document: Document) -> str:
    """Return the one choice that was answered, or "" where there is none or it stands for a missing answer."""
    answer = document.get(question.name)
    missing = {choice.name for choice in question.choices if choice.missing}
    return answer if isinstance(answer, str) and answer not in missing else ""


def flag_answers(form: Form, document: Document) -> FlagAnswers:
    """Return one record's answers that flags need (3.6): choices that stand for a missing answer are left out."""
    choices: dict[str, str] = {}
    followups: dict[str, str] = {}
    for question in form.flagged:
        answer = _choice(question, document)
        if answer:
            (followups if question.role else choices)[question.indicator] = answer
    return FlagAnswers(choices, followups)
