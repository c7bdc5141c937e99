"""Where the answers of an interview come from: a mapping by question name, or somebody to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from kobo_sync.engine.prompt import Prompt, Step

# By question name: a text, a number, several choices, or the rounds of a repeat.
Answer: TypeAlias = "str | int | float | Sequence[str] | Sequence[Mapping[str, Answer]]"
Answers: TypeAlias = "Mapping[str, Answer | None]"
Asker: TypeAlias = "Callable[[Prompt], Answer | bool | None]"


class Source(Protocol):
    """Gives answers, and knows which of them nobody asked for."""

    def answer(self, prompt: Prompt, steps: Sequence[Step]) -> object:
        """Return the answer, None for none, "" to empty a default."""

    def another(self, prompt: Prompt, steps: Sequence[Step]) -> bool:
        """Return whether to open one more round of a repeat that the enumerator opens."""

    def unused(self) -> tuple[str, ...]:
        """Return the places of the answers that were not asked for."""


class Given:
    """Answers from a mapping; rounds of a repeat are a list of mappings under the repeat's name."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._used: set[str] = set()

    def answer(self, prompt: Prompt, steps: Sequence[Step]) -> object:
        """Return the answer in the innermost repeat around the question."""
        scope, prefix = self._scope(steps[:-1])
        if scope is None or prompt.name not in scope:
            return None
        self._used.add(prefix + prompt.name)
        return scope[prompt.name]

    def another(self, prompt: Prompt, steps: Sequence[Step]) -> bool:
        """Return whether the list has one more mapping than rounds were opened."""
        scope, prefix = self._scope(steps[:-1])
        rounds = _rounds((scope or {}).get(prompt.name))
        if rounds is not None:
            self._used.add(prefix + prompt.name)
        return rounds is not None and steps[-1].round <= len(rounds)

    def unused(self) -> tuple[str, ...]:
        """Return "q" or "member[2]/q" for each answer that was not asked for."""
        return tuple(place for place in _places(self._answers) if place not in self._used)

    def _scope(self, steps: Sequence[Step]) -> tuple[Answers | None, str]:
        scope, prefix = self._answers, ""
        for step in steps:
            if not step.repeats:
                continue
            rounds = _rounds(scope.get(step.name))
            if rounds is None or step.round > len(rounds):
                return None, prefix
            self._used.add(prefix + step.name)
            scope, prefix = rounds[step.round - 1], f"{prefix}{step.name}[{step.round}]/"
        return scope, prefix


class Asked:
    """Answers from a function; asked for another round of a repeat (type "repeat"), anything true opens it."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask

    def answer(self, prompt: Prompt, steps: Sequence[Step]) -> object:
        """Ask."""
        del steps  # the prompt says where
        return self._ask(prompt)

    def another(self, prompt: Prompt, steps: Sequence[Step]) -> bool:
        """Ask."""
        del steps  # the prompt says where
        return bool(self._ask(prompt))

    def unused(self) -> tuple[str, ...]:
        """Return nothing: whoever answers questions as they come cannot answer others."""
        return ()


def _rounds(value: object) -> Sequence[Answers] | None:
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(part, Mapping) for part in value):
        return value
    return None


def _places(answers: Answers, prefix: str = "") -> list[str]:
    places: list[str] = []
    for name, value in answers.items():
        rounds = _rounds(value)
        places.append(prefix + name)
        if rounds:
            for number, inner in enumerate(rounds, 1):
                places += _places(inner, f"{prefix}{name}[{number}]/")
    return places
