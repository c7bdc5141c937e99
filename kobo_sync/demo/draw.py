"""Draws one answer: a choice near what the service deserves, and now and then "I don't know"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from kobo_sync.instrument.form import Choice, Question

Rng = np.random.Generator
Value = str | int | float | list[str]

# How often a woman does not say, by the reason that the choice stands for; and for questions about harm.
_MISSING = {"dk": 0.05, "pns": 0.015, "na": 0.05, "not_observed": 0.05}
_MISSING_HARM = {"dk": 0.03, "pns": 0.04, "na": 0.03, "not_observed": 0.05}
_SPREAD = 0.22  # how far an answer strays from what the service deserves, on the scale of scores
_HARM_FLOOR, _HARM_SLOPE, _HARM_BORDER = 0.001, 0.3, 0.55  # chance of a harm: nearly none above the border
_GOOD_ENOUGH = 0.5  # below it, the answer to a question about a harm would report one

_TEXTS = (
    "The tea is good.",
    "I wish there were evening hours.",
    "Thank you for asking.",
    "More chairs in the waiting room, please.",
    "It was better than last year.",
    "Please keep the women's afternoon.",
)
# What a form may want instead of a sentence: a code, a number of digits.
_CODES = ("K7M2P4", "123456", "1234", "2026-01", "ABCD", "abc123", "7")

_EXCLUSIVE = re.compile(r"""selected\(\s*\.\s*,\s*['"]([^'"]+)['"]""")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_REGEX = re.compile(r"""regex\(\s*\.\s*,\s*(['"])(?P<pattern>.+?)\1\s*\)""")


def scored(question: Question, level: float, rng: Rng, *, harm: bool) -> Value | None:
    """Return an answer to a question that enters a score.

    `level` in [0, 1] is what this woman found at this service; `harm` says that a low answer reports a harm, which is
    rare where services are good.
    """
    silence = _silence(question.choices, rng, _MISSING_HARM if harm else _MISSING)
    if silence is not None:
        return [silence] if question.multiple else silence
    if question.multiple:
        return _several(question, level, rng)
    told = [choice for choice in question.choices if choice.score is not None and not choice.missing]
    if not told:
        return other_choice(question, rng)
    if harm:
        told = _harm(told, level, rng)
    scores = np.array([choice.score for choice in told], dtype=np.float64)
    weights = np.exp(-0.5 * ((scores - level) / _SPREAD) ** 2) + 1e-9
    return told[_pick(weights, rng)].name


def other_choice(question: Question, rng: Rng, names: Sequence[str] | None = None) -> Value | None:
    """Return an answer to a select question without a score, from all its choices or those `names`."""
    choices = [choice for choice in question.choices if names is None or choice.name in names]
    if not choices:
        return None
    if question.type == "rank":
        return [choices[index].name for index in rng.permutation(len(choices)).tolist()]
    if question.multiple:
        return _any(question, rng)
    weights = np.array([0.06 if choice.missing else 1.0 for choice in choices])
    return choices[_pick(weights, rng)].name


def by_type(question: Question, rng: Rng) -> Value | None:
    """Return an answer to any other question, or None where none is owed or none can be made up."""
    match question.type:
        case "text":
            return _text(question, rng)
        case "integer":
            return int(_number(question, rng))
        case "decimal" | "range":
            return float(round(_number(question, rng)))
        case "acknowledge":
            return "OK"
        case "date":
            return f"2025-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        case "time":
            return f"{rng.integers(8, 18):02}:00:00.000+00:00"
        case "dateTime":
            return f"2025-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}T10:00:00.000+00:00"
        case _:
            return None


def text_fits(constraint: str, text: str) -> bool:
    """Whether a text fits the pattern that a constraint asks for, if it asks for one."""
    wanted = _REGEX.search(constraint)
    return wanted is None or re.search(wanted["pattern"], text, re.ASCII) is not None


def harm_chance(level: float) -> float:
    """Return how often a woman reports a given harm at a service of that quality."""
    return _HARM_FLOOR + _HARM_SLOPE * max(0.0, _HARM_BORDER - level)


def _harm(told: list[Choice], level: float, rng: Rng) -> list[Choice]:
    """Keep the choices that report a harm, or those that report none."""
    harmful = [choice for choice in told if choice.score is not None and choice.score < _GOOD_ENOUGH]
    harmless = [choice for choice in told if choice not in harmful]
    happened = rng.random() < harm_chance(level)
    return (harmful if happened else harmless) or told


def _several(question: Question, level: float, rng: Rng) -> Value | None:
    chosen = [choice.name for choice in question.choices if choice.score and rng.random() < level]
    if chosen:
        return chosen
    nothing = [choice.name for choice in question.choices if choice.score == 0]
    unknown = [choice.name for choice in question.choices if choice.missing]
    alone = nothing or unknown
    return alone[:1] or None


def _any(question: Question, rng: Rng) -> Value:
    """Choose some of a list, or one that excludes the others (none, don't know)."""
    excluding = set(_EXCLUSIVE.findall(question.constraint)) | {c.name for c in question.choices if c.missing}
    alone = [choice.name for choice in question.choices if choice.name in excluding]
    free = [choice.name for choice in question.choices if choice.name not in excluding]
    if not free or (alone and rng.random() < 0.2):  # noqa: PLR2004 -- a fifth name none, or do not say
        return [alone[int(rng.integers(len(alone)))]]
    chosen = [name for name in free if rng.random() < 0.25]  # noqa: PLR2004 -- most things are true of few women
    return chosen or [free[int(rng.integers(len(free)))]]


def _silence(choices: Sequence[Choice], rng: Rng, shares: dict[str, float]) -> str | None:
    """Return a choice that stands for a missing answer, seldom."""
    for choice in choices:
        if choice.missing and rng.random() < shares.get(choice.missing, 0.0):
            return choice.name
    return None


def _text(question: Question, rng: Rng) -> str | None:
    if not question.required and rng.random() > 0.25:  # noqa: PLR2004 -- most women add nothing
        return None
    fitting = [text for text in (_CODES if _REGEX.search(question.constraint) else _TEXTS)
               if text_fits(question.constraint, text)]  # fmt: skip
    return fitting[int(rng.integers(len(fitting)))] if fitting else None


def _number(question: Question, rng: Rng) -> float:
    """Draw between the numbers that the constraint names, or from 0 to 10."""
    named = [float(text) for text in _NUMBER.findall(question.constraint)]
    low, high = (min(named), max(named)) if named else (0.0, 10.0)
    if low == high:
        low, high = max(0.0, low - 10), high + 10
    return float(rng.integers(int(low), int(high) + 1))


def _pick(weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rng: Rng) -> int:
    return int(rng.choice(len(weights), p=weights / weights.sum()))
