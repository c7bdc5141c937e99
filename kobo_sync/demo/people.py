"""Made-up interviews, drawn from nothing but a form, the framework and what each made-up service deserves.

No question is known by name: which answer lets an interview go on, which question opens another, is read from the
form's own conditions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING

import numpy as np

from kobo_sync.demo import draw
from kobo_sync.demo.services import Service, services
from kobo_sync.errors import FormError
from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.form import SELECTS, Form, Question
from kobo_sync.instrument.framework import Framework

if TYPE_CHECKING:
    from kobo_sync.engine import Answer

__all__ = ["Service", "interviews", "services"]

_REFUSE = 0.075  # of those asked, about 7 % say no or cannot take part
_AT_CONSENT = 0.7  # most of them at the question of consent, the others before
_OPEN = 0.92  # how often a woman goes on with a part that she may skip
_TRIES = 200
_WAYS = 5000  # through the gates of a form, at most; three gates of three choices have 27
_LISTED = frozenset({"service_listed", "locale_listed"})  # the roles that ask whether it is on the list
_ROUNDS = 3  # of a repeat; enough for those that ask for a fixed small number
_PRAISE = 0.12  # a provider's answers are that much better than the women's
_ASKABLE = SELECTS | {"text", "integer", "decimal", "range", "date", "time", "dateTime", "acknowledge"}


def interviews(form: Form, framework: Framework, services: Sequence[Service], seed: int) -> Iterator[dict[str, Answer]]:
    """Yield the answers of each interview by question name, in a shuffled order, the same for the same seed.

    As many interviews a service as `Service.women`, and about 7 % more that end at consent or before; for a provider's
    form one a service, for observers two, for the form about a place two a place. Only questions that are asked have an
    answer. Raises FormError for a required question that no answer can be made up for.
    """
    plan = _plan(form, services, np.random.default_rng((seed, 1)))
    rng = np.random.default_rng((seed, 2))
    effects = {question.name: float(rng.normal(0, 0.05)) for question in form.scored}
    skips = _Skips(form)
    for number, (service, takes_part) in enumerate(plan):
        own = np.random.default_rng((seed, 3, number))
        yield _Interview(form, framework, service, skips, effects, own, takes_part=takes_part).answers()


def some_interviews(
    form: Form, framework: Framework, about: tuple[str, str], seed: int, wanted: int
) -> Iterator[dict[str, Answer]]:
    """Yield the answers of `wanted` interviews about one service (its code and its locale), for a rehearsal.

    Where the form asks for consent, one more who says no comes last. Raises FormError as `interviews`.
    """
    code, locale = about
    service = Service(code, code, locale, "", {domain.code: 0.6 for domain in framework.domains}, wanted)
    skips = _Skips(form)
    effects = {question.name: 0.0 for question in form.scored}
    says_no = [False] if form.with_role("consent") is not None and skips.gates else []
    for number, takes_part in enumerate([True] * wanted + says_no):
        own = np.random.default_rng((seed, number))
        yield _Interview(form, framework, service, skips, effects, own, takes_part=takes_part).answers()


def _plan(form: Form, services: Sequence[Service], rng: np.random.Generator) -> list[tuple[Service, bool]]:
    match form.source:
        case "P":
            plan = [(service, True) for service in services]
        case "O":
            plan = [(service, True) for service in services for _ in range(2)]
        case "L":
            by_locale = {service.locale: service for service in services}
            plan = [(service, True) for service in by_locale.values() for _ in range(2)]
        case _:
            plan = [(service, True) for service in services for _ in range(service.women)]
            if _Skips(form).gates:
                refusals = round(len(plan) * _REFUSE / (1 - _REFUSE))
                plan += [(services[int(index)], False) for index in rng.integers(len(services), size=refusals)]
    return [plan[index] for index in rng.permutation(len(plan)).tolist()]


class _Skips:
    """Which questions decide about others: read from the conditions of the questions that enter a score."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._depends: dict[str, Counter[tuple[str, ...]]] = {}
        unit = form.with_role("service") or form.with_role("locale")
        # Everyone says which service or area it is, or the demonstration would count too few of them there.
        self.to_unit = frozenset(
            name for text in (self._all_conditions(unit) if unit else ()) for name in self._references(text)
        )
        self._behind: Counter[tuple[str, ...]] = Counter()
        for question in (*form.scored, *([unit] if unit else [])):
            conditions_behind = self._all_conditions(question)
            self._behind[conditions_behind] += 1
            known: dict[str, list[str]] = {}
            for condition in conditions_behind:
                for name in self._references(condition):
                    known.setdefault(name, []).append(condition)
            for name, conditions in known.items():
                self._depends.setdefault(name, Counter())[tuple(conditions)] += 1

    @cached_property
    def gates(self) -> tuple[Question, ...]:
        """The choices that at least half of the scored questions hang on, consent among them, in order."""
        half = max(1, len(self.form.scored) / 2)
        return tuple(
            question
            for question in self.form.questions
            if question.type == "select_one" and not question.scored
            and (question.role == "consent" or self._depends.get(question.name, Counter()).total() >= half)
        )  # fmt: skip

    def decides(self, question: Question) -> bool:
        """Whether a question of the instrument is asked, or not, because of the answer to this one."""
        return question.name in self._depends

    def opening(self, question: Question, holds: Mapping[str, object]) -> tuple[list[str], list[str]]:
        """Split a question's choices into those that open most scored questions, and the others.

        `holds` are the answers so far. Both lists are empty when the question decides about nothing.
        """
        if question.role == "consent" and any(choice.score == 1 for choice in question.choices):
            opens = {choice.name: int(choice.score == 1) for choice in question.choices}
        else:
            depends = self._depends.get(question.name, Counter())
            opens = {
                choice.name: sum(
                    count
                    for conditions, count in depends.items()
                    if all(self.condition(c, {**self._way, **holds, question.name: choice.name}) for c in conditions)
                )
                for choice in question.choices
            }
        most = max(opens.values(), default=0)
        if most == min(opens.values(), default=0):
            return [], []
        return [name for name, count in opens.items() if count == most], [
            name for name, count in opens.items() if count < most
        ]

    @cached_property
    def _way(self) -> Mapping[str, str]:
        """The answers to all gates, and to what decides about service or area, that lead to most questions together.

        One gate alone may lead nowhere: who does not work there and is of age and agrees is interviewed.
        """
        unit = [q for q in self.form.questions if q.name in self.to_unit and q.type == "select_one"]
        deciding = {question.name: question.choices for question in (*self.gates, *unit)}
        names = list(deciding)
        choices = [[choice.name for choice in offered] for offered in deciding.values()]
        ways = [dict(zip(names, way, strict=True)) for way in islice(product(*choices), _WAYS)]
        return max(
            ways,
            key=lambda way: sum(
                n for conditions, n in self._behind.items() if all(self.condition(c, way) for c in conditions)
            ),
            default={},
        )

    def _all_conditions(self, question: Question) -> tuple[str, ...]:
        """Return the question's conditions, and those of the questions that they look at: unasked is unanswered."""
        found = dict.fromkeys(question.relevant)
        for condition in question.relevant:
            for name in sorted(self._references(condition)):
                other = self.form.by_name.get(name)
                if other is not None and other.name != question.name and other.row != question.row:
                    found.update(dict.fromkeys(other.relevant))
        if len(found) == len(question.relevant):
            return tuple(found)
        return self._all_conditions(replace(question, relevant=tuple(found)))

    def condition(self, text: str, holds: Mapping[str, object], this: object = "") -> bool:
        """Whether a condition holds; one that only the phone understands is taken to hold."""

        def look_up(name: str) -> object:
            if name in holds:
                return holds[name]
            question = self.form.by_name.get(name)
            if question is None or question.type != "calculate" or not question.calculation:
                return None
            return evaluate(parse(question.calculation), look_up)

        try:
            return truth(evaluate(parse(text), look_up, this))
        except (Unsupported, RecursionError):
            return True

    def _references(self, text: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return the questions that a condition looks at, also through calculations."""
        try:
            names = references(parse(text))
        except Unsupported:
            return frozenset()
        found = names
        for name in names - seen:
            question = self.form.by_name.get(name)
            if question is not None and question.calculation:
                found |= self._references(question.calculation, seen | names)
        return found


@dataclass
class _Interview:
    """One woman, one service."""

    form: Form
    framework: Framework
    service: Service
    skips: _Skips
    effects: Mapping[str, float]
    rng: np.random.Generator
    takes_part: bool

    def __post_init__(self) -> None:
        self._mood = float(self.rng.normal(0, 0.06))
        self._stop = self._where_to_stop()
        self._stopped = False

    def answers(self) -> dict[str, Answer]:
        return self._scope("", {})

    def _where_to_stop(self) -> str:
        """Name the gate at which this interview ends, "" for none.

        That a service or an area is not on the list ends no interview, though much may hang on it.
        """
        gates = [gate.name for gate in self.skips.gates if gate.role not in _LISTED]
        if self.takes_part or not gates:
            return ""
        consent = self.form.with_role("consent")
        if consent is not None and (len(gates) == 1 or self.rng.random() < _AT_CONSENT):
            return consent.name
        before = [name for name in gates if consent is None or name != consent.name]
        return before[int(self.rng.integers(len(before)))]

    def _scope(self, repeat: str, outer: Mapping[str, object]) -> dict[str, Answer]:
        """Answer the questions of one round of a repeat, or those outside all repeats (`repeat` "")."""
        answers: dict[str, Answer] = {}
        for question in self.form.questions:
            inner = self._inner(question, repeat)
            holds = {**outer, **answers}
            if inner:
                name = inner.rsplit("/", 1)[-1]
                if name not in answers:
                    rounds = [self._scope(inner, holds) for _ in range(_ROUNDS)]
                    answers[name] = [answered for answered in rounds if answered]
            elif question.repeat == repeat and question.type in _ASKABLE and self._asked(question, holds):
                answer = self._answer(question, holds)
                if answer is not None:
                    answers[question.name] = answer
        return {name: answer for name, answer in answers.items() if answer != []}

    def _inner(self, question: Question, repeat: str) -> str:
        """Return the path of the repeat directly inside this one that holds the question, or ""."""
        if question.repeat == repeat or not question.repeat.startswith(f"{repeat}/" if repeat else ""):
            return ""
        around = [path for path in self.form.repeats if f"{question.repeat}/".startswith(f"{path}/")]
        return min((path for path in around if len(path) > len(repeat)), key=len, default="")

    def _asked(self, question: Question, holds: Mapping[str, object]) -> bool:
        return all(self.skips.condition(condition, holds) for condition in question.relevant)

    def _answer(self, question: Question, holds: Mapping[str, object]) -> draw.Value | None:
        """Draw until the answer fits the question's constraint."""
        for _ in range(_TRIES):
            answer = self._drawn(question, holds)
            if answer is None and not question.required:
                return None
            if answer is not None and (
                not question.constraint or self.skips.condition(question.constraint, holds, answer)
            ):
                return answer
        if not question.required:
            return None
        raise FormError(
            f"the demo cannot make up an answer to the required question {question.name!r}.",
            file=self.form.name,
            sheet="survey",
            row=question.row,
            remedy="Make it optional, or give it choices on the choices sheet.",
        )

    def _drawn(self, question: Question, holds: Mapping[str, object]) -> draw.Value | None:
        if question.role == "service":
            return self.service.code
        if question.role == "locale" and self._offers(question, self.service.locale):
            return self.service.locale
        if question.scored:
            return self._scored(question)
        if question.type == "select_one":
            return self._decided(question, holds)
        if question.multiple and not question.required and self.skips.decides(question):
            return None  # she may leave out some of the round's topics, and hears all of them
        if question.type in SELECTS:
            return draw.other_choice(question, self.rng)
        return draw.by_type(question, self.rng)

    def _offers(self, question: Question, name: str) -> bool:
        return not question.choices or any(choice.name == name for choice in question.choices)

    def _scored(self, question: Question) -> draw.Value | None:
        indicator = self.framework.by_code.get(question.indicator)
        quality = self.service.quality
        general = sum(quality.values()) / len(quality) if quality else 0.5
        level = quality.get(indicator.domain, general) if indicator else general
        # A harm is averaged only where it is a plain yes or no; where it is a matter of degree, women differ as usual.
        harm = indicator is not None and indicator.harm and (indicator.scale == "neg" or not indicator.averaged)
        strays = self.effects.get(question.name, 0.0) + self._mood + (_PRAISE if self.form.source == "P" else 0.0)
        found = float(np.clip(level + (0.0 if harm else strays) + self.rng.normal(0, 0.05), 0, 1))
        return draw.scored(question, found, self.rng, harm=harm)

    def _decided(self, question: Question, holds: Mapping[str, object]) -> draw.Value | None:
        """Answer a choice without score: it may be a gate, open a part, or be a follow-up that decides nothing."""
        opening, closing = self.skips.opening(question, holds)
        gate = any(question.name == gate.name for gate in self.skips.gates)
        self._stopped = self._stopped or question.name == self._stop
        if gate and opening:
            names = closing if self._stopped else opening
        elif opening:
            names = opening if question.name in self.skips.to_unit or self.rng.random() < _OPEN else closing
        else:
            names = None
        return draw.other_choice(question, self.rng, names)
