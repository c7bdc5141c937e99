"""Which questions a phone asks, given some answers: conditions judged by what they mean, not by how they are written.

A `Case` is one course that an interview can take: some questions with the answers given, all others not known. Whether
a question is asked in it is True, False, or None where that hangs on what is not known, or on an expression that only
the phone can judge. A rule that protects somebody is content with False alone, so that doubt never passes for safety.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.grammar import Node

# The names that choices bear wherever a form steers an interview; docs/checks.md tells them to whoever edits one.
GO_ON, PAUSE, SKIP, YES = "go_on", "pause", "skip", "yes"
CONSENT, SCREENING, PART, MODULES = "consent", "screening", "part", "modules"
LEFT_OUT = "left_out"  # topics that she would rather leave out: its choices are the codes of domains

Answers = Mapping[str, str | None]  # question → choice, None where it was left blank
Sure = bool | None

_MOST = 50_000  # courses at most; what would make more of them counts as not known
_REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")


class _NotKnownError(Exception):
    """The value hangs on an answer that the case does not have."""


def agreeing(question: Question) -> frozenset[str]:
    """Return the choices that mean yes: those with the score 1 or, where no choice has a score, the one named yes."""
    if any(choice.score is not None for choice in question.choices):
        return frozenset(choice.name for choice in question.choices if choice.score == 1)
    return frozenset(choice.name for choice in question.choices if choice.name == YES)


class Case:
    """One course of an interview; `answers` are what is known of it."""

    def __init__(self, form: Form, answers: Answers) -> None:
        self.answers = answers
        self._form = form
        self._asked: dict[str, Sure] = {}
        self._computing: set[str] = set()

    def asked(self, question: Question) -> Sure:
        """Whether the phone asks, shows or computes the question in this course."""
        if question.name not in self._asked:
            self._asked[question.name] = None  # for whoever looks at himself in a circle
            self._asked[question.name] = _all(self._holds(_parsed(text)) for text in question.relevant)
        return self._asked[question.name]

    def _holds(self, node: Node | None) -> Sure:
        match node:
            case None:
                return None
            case Node("and", parts):
                return _all(self._holds(part) for part in parts)
            case Node("or", parts):
                return _not(_all(_not(self._holds(part)) for part in parts))
            case Node("call", ("not", Node() as part)):
                return _not(self._holds(part))
            case Node("call", ("if", Node() as condition, Node() as yes, Node() as no)):
                return self._either(condition, yes, no)
            case _:
                return self._truth(node)

    def _either(self, condition: Node, yes: Node, no: Node) -> Sure:
        held = self._holds(condition)
        if held is not None:
            return self._holds(yes if held else no)
        both = {self._holds(yes), self._holds(no)}
        return both.pop() if len(both) == 1 else None

    def _truth(self, node: Node) -> Sure:
        try:
            return truth(evaluate(node, self._value))
        except (Unsupported, _NotKnownError):
            return None

    def _value(self, name: str) -> object:
        question = self._form.by_name.get(name)
        if question is None:
            raise _NotKnownError
        if question.computed and name not in self.answers:
            return self._computed(question)
        if self.asked(question) is False:
            return None
        if name not in self.answers:
            raise _NotKnownError
        return self.answers[name]

    def _computed(self, question: Question) -> object:
        """Return what the phone computes; what a round's modules are is never taken for certain."""
        node = _parsed(question.calculation)
        circle = question.name in self._computing
        if circle or node is None or question.role == MODULES or self.asked(question) is not True:
            raise _NotKnownError
        self._computing.add(question.name)
        try:
            return evaluate(node, self._value)
        finally:
            self._computing.discard(question.name)


class Walk:
    """All courses that interviews with one form can take."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._cases: dict[tuple[tuple[str, ...], tuple[tuple[str, str | None], ...]], tuple[Case, ...]] = {}

    @property
    def consent(self) -> Question | None:
        """The question of consent, None where there is none that can be agreed to and refused."""
        question = self.form.with_role(CONSENT)
        yes = agreeing(question) if question is not None else frozenset()
        return question if question is not None and 0 < len(yes) < len(question.choices) else None

    def cases(self, *questions: Question, given: Answers | None = None) -> tuple[Case, ...]:
        """Return every course that makes a difference to these questions; their own answers are known in each.

        `given` are answers that hold in all of them. What is asked and required is answered, what is not asked blank.
        """
        fixed = dict(given or {})
        wanted = self._looked_at(questions)
        several = [one for one in self.form.questions if one.name in wanted and one.name not in fixed and _steers(one)]
        sizes = accumulate((len(one.choices) + 1 for one in several), lambda left, right: left * right)
        steering = [one for one, size in zip(several, sizes, strict=True) if size <= _MOST]
        key = tuple(one.name for one in steering), tuple(sorted(fixed.items()))
        if key not in self._cases:
            self._cases[key] = tuple(self._branch(steering, fixed))
        return self._cases[key]

    def taking_part(self, *questions: Question, given: Answers | None = None) -> Iterator[Case]:
        """Yield the courses in which she has agreed to take part; none where nobody can agree."""
        consent = self.consent
        if consent is None:
            return
        for case in self.cases(*questions, consent, given=given):
            if case.answers.get(consent.name) in agreeing(consent):
                yield case

    def nothing_skipped(self, *questions: Question, given: Answers | None = None) -> Iterator[Case]:
        """Yield the courses of `taking_part` in which she went on at every part and left no topic out."""
        parts = [one.name for one in self.form.questions if one.role == PART]
        nothing: Answers = {one.name: None for one in self.form.questions if one.role == LEFT_OUT}
        for case in self.taking_part(*questions, given={**nothing, **(given or {})}):
            if not any(case.answers.get(name) == SKIP for name in parts):
                yield case

    def depends_on(self, question: Question) -> frozenset[str]:
        """Return the names of all questions that its being asked hangs on, however indirectly."""
        return frozenset(self._looked_at((question,)) - {question.name})

    def _looked_at(self, questions: Iterable[Question]) -> set[str]:
        found: set[str] = set()
        waiting = list(questions)
        while waiting:
            one = waiting.pop()
            if one.name in found:
                continue
            found.add(one.name)
            names = {name for text in (*one.relevant, one.calculation) for name in _names(text)}
            waiting += [self.form.by_name[name] for name in names if name in self.form.by_name]
        return found

    def _branch(self, steering: Sequence[Question], answers: Answers) -> Iterator[Case]:
        if not steering:
            yield Case(self.form, answers)
            return
        first, rest = steering[0], steering[1:]
        asked = Case(self.form, answers).asked(first)
        options: list[str | None] = [] if asked is False else [choice.name for choice in first.choices]
        if asked is not True or not first.required:
            options.append(None)
        for option in options:
            yield from self._branch(rest, {**answers, first.name: option})


def _steers(question: Question) -> bool:
    return question.type == "select_one" and bool(question.choices)


def _names(text: str) -> Iterable[str]:
    node = _parsed(text) if text else None
    return references(node) if node is not None else _REFERENCE.findall(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Node | None:
    try:
        return parse(text)
    except Unsupported:
        return None


def _all(parts: Iterable[Sure]) -> Sure:
    """Return False as soon as one part is, True if all are, None if that cannot be told."""
    sure: Sure = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            sure = None
    return sure


def _not(part: Sure) -> Sure:
    return None if part is None else not part
