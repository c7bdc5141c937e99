"""What the phone asks: one question as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way to a question; `round` counts from 1 where the step `repeats`."""

    name: str
    round: int = 1
    repeats: bool = False

    def __str__(self) -> str:
        return f"{self.name}[{self.round}]" if self.repeats else self.name


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that the phone asks, or the offer to open another round of a repeat (`type` "repeat").

    `path` is the place in the form ("interview/member[2]/age", rounds counted from 1); `type` as in XLSForm
    ("select_one", "integer", …); `choices` the names of the choices on the screen; `label` in the language of the
    interview.
    """

    name: str
    path: str
    type: str
    choices: tuple[str, ...] = ()
    required: bool = False
    label: str = ""
