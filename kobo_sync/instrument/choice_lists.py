"""The choices sheet → choice lists, with what each choice is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kobo_sync.errors import FormError
from kobo_sync.instrument.form import MISSING, Choice
from kobo_sync.instrument.workbook import FIRST_ROW, Row, texts


def choice_lists(rows: Sequence[Row], file: str) -> Mapping[str, tuple[Choice, ...]]:
    """Return the lists by name, each in the order of its rows.

    Raises FormError for a score that is not a number from 0 to 1, and an unknown word in the column `missing`.
    """
    lists: dict[str, list[Choice]] = {}
    for number, row in enumerate(rows, FIRST_ROW):
        list_name, name = row.get("list name", ""), row.get("name", "")
        if not list_name or not name:
            continue
        choice = Choice(
            name=name,
            labels=texts(row, "label"),
            score=_score(row.get("score", ""), number, file),
            missing=_missing(row.get("missing", ""), number, file),
            row=number,
        )
        lists.setdefault(list_name, []).append(choice)
    return {list_name: tuple(choices) for list_name, choices in lists.items()}


def offer_other(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the list with the choice "other" that pyxform adds for `or_other`, if it is not there already."""
    if any(choice.name == "other" for choice in choices):
        return choices
    languages = dict.fromkeys(language for choice in choices for language in choice.labels)
    return (*choices, Choice("other", dict.fromkeys(languages or ("",), "Other")))


def _score(text: str, number: int, file: str) -> float | None:
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise FormError(
            f"the score {text!r} is not a number from 0 to 1.",
            file=file,
            sheet="choices",
            row=number,
            remedy="Write 0, 1 or a number between (0.5), or leave the cell empty.",
        )
    return score


def _missing(text: str, number: int, file: str) -> str | None:
    word = "_".join(text.lower().split())
    if word and word not in MISSING:
        raise FormError(
            f"{text!r} in the column missing is not known.",
            file=file,
            sheet="choices",
            row=number,
            remedy=f"Write one of {', '.join(MISSING)}, or leave the cell empty.",
        )
    return word or None
