"""The first look: which submissions are fine beyond doubt, made into documents in one pass over their answers.

Nearly all that phones send are. Whatever is not, or is not certain, is left to `make_record` and
`RecordValidator.problems`, which alone say what is wrong: this module knows no message and refuses nothing.

It works out nothing by itself. Values and the conditions between questions are judged by the form's own schema and
rules; what these said of the choices that a condition looks at is remembered, since women give the same few
combinations of them. Tests hold it to the same record and the same verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import reduce
from math import inf, prod
from operator import or_
from typing import Any, NamedTuple, TypeVar

import jsonschema_rs

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.form import SELECTS, Form, Question
from kobo_sync.instrument.schema import SYSTEM_KEYS, FormSchema, Rule
from kobo_sync.sync.record import Dates, Raw, is_system, latest_month, month_of, typed

Document = Mapping[str, Any]
Demand = tuple[int, int]  # the sets of names that must have an answer, and that may have none: a bit for each name
Condition = Callable[[Document], Demand]
_K = TypeVar("_K")
_V = TypeVar("_V")

_MOST = 4096  # of one kind that is remembered; a form has fewer, unless somebody plays with it
_CHOSEN = SELECTS | {"calculate"}  # of which there are few different answers, and none is in a person's own words
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9]")
_HOUR = 13  # characters of such a time up to its hour; what a month is held against changes at whole hours only
_NONE: frozenset[str] = frozenset()


class Fine(NamedTuple):
    """What `make_record` would make of a submission in which nothing is wrong: its `document` and `month`."""

    document: dict[str, Any]
    month: str


class FirstLook:
    """Looks at the submissions of one form version; a form with repeats is never certain."""

    def __init__(
        self,
        form: Form,
        made: FormSchema,
        *,
        breaks: Callable[[Rule, Document], bool],
        can_be: Callable[[Dates], bool],
    ) -> None:
        """Take what else is asked: whether a document `breaks` a constraint, and whether its dates `can_be`."""
        self.form, self._can_be = form, can_be
        properties = made.schema["properties"]
        rules = [rule for rule in made.rules if rule.checked]
        constraints = [rule for rule in rules if rule.kind == "constraint"]
        alone = {rule.question.name: rule for rule in constraints if _looks_at_itself(rule)}
        self._constraints = [(r.question.name, r) for r in constraints if r.question.name not in alone]
        self._breaks = breaks
        self._values: dict[str, _Value] = {}
        self._passed_over: dict[str, None] = {}
        for path, question in form.by_path.items():
            schema = properties.get(question.name) if question.stored else None
            if schema is not None:
                self._values[path] = _Value(question, schema, alone.get(question.name), breaks)
        bits = _Bits(form)
        # What is looked up for every answer, as it lies nearest: name, known answers, whom else to ask, the name's bit.
        self._by_path = {path: (one.name, one.known, one.of, bits(one.name)) for path, one in self._values.items()}
        system = {"type": "object", "properties": {key: properties[key] for key in SYSTEM_KEYS}}
        self._system = jsonschema_rs.validator_for(system)
        self._together = _Together.all_of(form, made.schema.get("allOf", ()), rules, bits)
        self._always = bits(*(name for name in made.schema["required"] if name not in SYSTEM_KEYS))
        month = form.with_role("month")
        self._month = month.name if month else ""
        self._came: dict[str, tuple[str, str]] = {}
        self._months: dict[tuple[object, tuple[str, str]], str] = {}

    def look(self, raw: Raw, system: Mapping[str, Any]) -> Fine | None:
        """Return what a submission in which nothing is wrong becomes, None where that is not certain.

        Not looked at is what hangs on more than the form and the calendar: the list of services.
        """
        document = dict(system)
        try:
            answered = 0 if self.form.repeats else self._take(raw, document)
        except TypeError:  # a list or an object in place of an answer
            return None
        if not answered or not self._system.is_valid(system):
            return None
        get, must, never = raw.get, self._always, 0
        for paths, known, ask in self._together:
            key = tuple(map(get, paths))
            this, that = known.get(key) or ask(key, document)
            must |= this
            never |= that
        if must & ~answered or never & answered:
            return None
        for name, rule in self._constraints:
            if name in document and self._breaks(rule, document):
                return None
        month = self._dated(raw, document)
        return None if month is None else Fine(document, month)

    def _take(self, raw: Raw, document: dict[str, Any]) -> int:
        """Put the answers into the document and return the set of their names.

        An empty one where there is none, or one that its question cannot have, or one to no question.
        """
        by_path, passed_over, answered = self._by_path, self._passed_over, 0
        for path, value in raw.items():
            one = by_path.get(path)
            if one is not None:
                name, known, of, bit = one
                found = known.get(value)
                if found is None and (found := of(value)) is None:
                    return 0
                document[name] = found
                answered |= bit
            elif path not in passed_over:
                if path not in self.form.by_path and not is_system(path, self.form):
                    return 0
                _remember(passed_over, path, None)
        return answered

    def _dated(self, raw: Raw, document: Document) -> str | None:
        """Return the month of a record that has these answers, None where it cannot be."""
        came = raw.get("_submission_time")
        hour = came[:_HOUR] if isinstance(came, str) and _TIME.fullmatch(came) else ""
        months = self._came.get(hour)
        if months is None:
            months = latest_month(raw)
            if hour:
                _remember(self._came, hour, months)
        told = document.get(self._month) if self._month else months[0]
        month = self._months.get((told, months))
        if month is None:
            month = month_of(told)
            if not self._can_be(Dates(month, *months)):
                return None
            _remember(self._months, (told, months), month)
        return month


class _Value:
    """What one question can hold; where there are few different answers, those that it can hold are remembered.

    So is, with them, that they keep the question's own constraint, as long as that looks at nothing else.
    """

    def __init__(
        self,
        question: Question,
        schema: Mapping[str, Any],
        constraint: Rule | None,
        breaks: Callable[[Rule, Document], bool],
    ) -> None:
        self.name, self._question = question.name, question
        self._constraint, self._breaks = constraint, breaks
        self._validator = jsonschema_rs.validator_for(dict(schema))
        self._chosen = question.type in _CHOSEN
        self.known: dict[object, Any] = {}

    def of(self, raw: object) -> Any:  # noqa: ANN401 -- the types of JSON
        """Return the typed value, None where it is blank, or is none of that question's."""
        if not isinstance(raw, str):
            return None
        value = typed(self._question, raw) if raw.strip() else None
        if value is None or not self._validator.is_valid(value):
            return None
        if self._constraint and self._breaks(self._constraint, {self.name: value}):
            return None
        if self._chosen:
            _remember(self.known, raw, value)
        return value


def _looks_at_itself(rule: Rule) -> bool:
    """Whether a constraint is about the choices of its own question alone."""
    return rule.question.type in _CHOSEN and not any(map(references, map(parse, rule.expressions)))


class _Bits:
    """Sets of names as whole numbers: nothing is put together and compared faster."""

    def __init__(self, form: Form) -> None:
        self._bits = {question.name: 1 << number for number, question in enumerate(form.questions)}

    def __call__(self, *names: str) -> int:
        """Return the set of these names."""
        return reduce(or_, map(self._bits.__getitem__, names), 0)


class _Together(NamedTuple):
    """All conditions that look at the same questions, by their paths: what they demand, once they `ask`, is `known`.

    Unless one of the questions is in a person's own words or a number.
    """

    paths: tuple[str, ...]
    known: dict[tuple[object, ...], Demand]
    ask: Callable[[tuple[object, ...], Document], Demand]

    @classmethod
    def of(cls, questions: Sequence[Question], conditions: Sequence[Condition]) -> _Together:
        """Put conditions together that look at these questions."""
        certain = all(question.type in _CHOSEN for question in questions)
        known: dict[tuple[object, ...], Demand] = {}

        def ask(key: tuple[object, ...], document: Document) -> Demand:
            must, never = zip(*(condition(document) for condition in conditions), strict=True)
            found = reduce(or_, must), reduce(or_, never)
            if certain:
                _remember(known, key, found)
            return found

        return cls(tuple(question.path for question in questions), known, ask)

    @classmethod
    def all_of(cls, form: Form, conditions: Any, rules: list[Rule], bits: _Bits) -> tuple[_Together, ...]:  # noqa: ANN401 -- of a JSON Schema
        """Sort the conditions of the schema, and of the rules beside it, by the questions that they look at.

        One that looks at a part of what another looks at goes with that one, and those that look at few choices go
        together, as long as all their combinations can be remembered.
        """
        found: dict[frozenset[str], list[Condition]] = {}
        for names, condition in (
            *(_of_schema(one, bits) for one in conditions),
            *_of_rules(rules, bits),
        ):
            found.setdefault(names, []).append(condition)
        groups = [names for names in found if not any(names < other for other in found)]
        few = [names for names in groups if _combinations(form, names) <= _MOST]
        joined = _NONE
        for names in sorted(few, key=lambda names: (len(names), sorted(names))):
            if _combinations(form, joined | names) <= _MOST:
                groups.remove(names)
                joined |= names
        if joined:
            groups.append(joined)
        sorted_in: dict[frozenset[str], list[Condition]] = {names: [] for names in groups}
        for names, together in found.items():
            sorted_in[next(other for other in groups if names <= other)] += together
        return tuple(
            cls.of([form.by_name[name] for name in sorted(names)], together) for names, together in sorted_in.items()
        )


def _combinations(form: Form, names: Collection[str]) -> float:
    """Count the answers that these questions can have together, one left out included."""
    return prod(len(form.by_name[n].choices) + 1 if form.by_name[n].type == "select_one" else inf for n in names)


def _of_schema(entry: Mapping[str, Any], bits: _Bits) -> tuple[frozenset[str], Condition]:
    """Return the names that one condition of the schema looks at, and what it says."""
    names = frozenset(_names(entry["if"]))
    validator = jsonschema_rs.validator_for(entry["if"])
    yes, no = (bits(*entry.get("then", {}).get("required", ())), 0), (0, bits(*entry["else"]["properties"]))

    def say(document: Document) -> Demand:
        return yes if validator.is_valid({name: document[name] for name in names if name in document}) else no

    return names, say


def _names(schema: object) -> Iterator[str]:
    """Yield the properties that a schema of the whole record looks at."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", ())
        yield from schema.get("required", ())
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), schema.get("not")):
            yield from _names(part)


def _of_rules(rules: list[Rule], bits: _Bits) -> Iterator[tuple[frozenset[str], Condition]]:
    """Yield the names that a rule looks at, and what it says, for each rule but the constraints."""
    for rule in rules:
        if rule.kind != "constraint":
            question, texts = rule.question, rule.expressions
            if rule.kind == "required_when":
                texts = (*question.relevant, *texts)
            names = _NONE.union(*(references(parse(text)) for text in texts))
            name = bits(question.name)
            if rule.kind == "required_when":
                yield names, _saying(texts, (name, 0), (0, 0))
            else:
                demanded = question.required and not question.computed
                yield names, _saying(texts, (name if demanded else 0, 0), (0, name))


def _saying(texts: tuple[str, ...], yes: Demand, no: Demand) -> Condition:
    def say(document: Document) -> Demand:
        try:
            return yes if all(truth(evaluate(parse(text), document.get)) for text in texts) else no
        except Unsupported:  # a value that engines write in different ways: the phone alone judges it
            return 0, 0

    return say


def _remember(known: dict[_K, _V], key: _K, value: _V) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
