"""The first look: which submissions are fine beyond doubt, made into records in one pass over their answers.

Nearly all that phones send are. Whatever is not, or is not certain, is left to `make_record` and
`RecordValidator.problems`, which alone say what is wrong: this module knows no message and refuses nothing.

It works out nothing by itself. Values and the conditions between questions are judged by the form's own schema and
rules; what these said of the choices that a condition looks at is remembered, since women give the same few
combinations of them. Tests hold it to the same record and the same verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import jsonschema_rs

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, references, truth
from kobo_sync.instrument.form import SELECTS, Form, Question
from kobo_sync.instrument.schema import SYSTEM_KEYS, FormSchema, Rule
from kobo_sync.sync.record import Raw, Record, is_system, latest_month, month_of, status_of, typed

Document = Mapping[str, Any]
Demand = tuple[frozenset[str], frozenset[str]]  # names that must have an answer, names that may have none
_K = TypeVar("_K")
_V = TypeVar("_V")

_MOST = 4096  # of one kind that is remembered; a form has fewer, unless somebody plays with it
_CHOSEN = SELECTS | {"calculate"}  # of which there are few different answers, and none is in a person's own words
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9]")
_HOUR = 13  # characters of such a time up to its hour; what a month is held against changes at whole hours only
_NONE: frozenset[str] = frozenset()


class FirstLook:
    """Looks at the submissions of one form version; a form with repeats is never certain."""

    def __init__(
        self,
        form: Form,
        made: FormSchema,
        *,
        breaks: Callable[[Rule, Document], bool],
        can_be: Callable[[Record], bool],
    ) -> None:
        """Take what else is asked: whether a document `breaks` a constraint, and a record's month `can_be`."""
        self.form, self._can_be = form, can_be
        properties = made.schema["properties"]
        self._single: dict[str, tuple[str, frozenset[str]]] = {}
        self._other: dict[str, _Value | None] = {}
        for path, question in form.by_path.items():
            schema = properties.get(question.name) if question.stored else None
            if schema is None:
                self._other[path] = None
            elif schema.keys() == {"type", "enum"} and not question.multiple:
                self._single[path] = question.name, frozenset(schema["enum"])
            else:
                self._other[path] = _Value(question, schema)
        self._required = frozenset(made.schema["required"]) - {*SYSTEM_KEYS}
        system = {"type": "object", "properties": {key: properties[key] for key in SYSTEM_KEYS}}
        self._system = jsonschema_rs.validator_for(system)
        rules = [rule for rule in made.rules if rule.checked]
        self._together = _Together.all_of(form, made.schema.get("allOf", ()), rules)
        self._constraints = [_Constraint(rule, breaks) for rule in rules if rule.kind == "constraint"]
        self._months: dict[str, tuple[str, str]] = {}
        self._possible: dict[tuple[str, tuple[str, str]], None] = {}
        self._passed_over: dict[str, None] = {}

    def record(self, raw: Raw, system: Mapping[str, Any]) -> Record | None:
        """Return the record of a submission in which nothing is wrong, None where that is not certain.

        Not looked at is what hangs on more than the form and the calendar: the list of services.
        """
        try:
            answers = self._answers(raw)
        except TypeError:  # a list or an object in place of an answer
            return None
        if answers is None or not answers.keys() >= self._required:
            return None
        if not self._system.is_valid(system):
            return None
        document = {**system, **answers}
        for together in self._together:
            if not together.fits(raw, document):
                return None
        for constraint in self._constraints:
            if constraint.name in answers and not constraint.keeps(raw, document):
                return None
        return self._dated(raw, system, document)

    def _answers(self, raw: Raw) -> dict[str, Any] | None:
        if self.form.repeats:
            return None
        answers: dict[str, Any] = {}
        single, other, passed_over = self._single, self._other, self._passed_over
        for path, value in raw.items():
            one = single.get(path)
            if one is not None:
                if value not in one[1]:
                    return None
                answers[one[0]] = value
            elif path in other:
                known = other[path]
                if known is not None:
                    if (found := known.of(value)) is None:
                        return None
                    answers[known.name] = found
            elif path not in passed_over:
                if not is_system(path, self.form):
                    return None
                _remember(passed_over, path, None)
        return answers

    def _dated(self, raw: Raw, system: Mapping[str, Any], document: dict[str, Any]) -> Record | None:
        question, came = self.form.with_role("month"), raw.get("_submission_time")
        hour = came[:_HOUR] if isinstance(came, str) and _TIME.fullmatch(came) else ""
        months = self._months.get(hour)
        if months is None:
            months = latest_month(raw)
            if hour:
                _remember(self._months, hour, months)
        month = month_of(document.get(question.name)) if question else month_of(months[0])
        record = Record(
            system["_id"],
            system["_uuid"],
            system["_root_uuid"],
            system["_version"],
            status_of(raw),
            month,
            document,
            (),
            "base64EncryptedKey" in raw,
            *months,
        )
        if (month, months) not in self._possible:
            if not self._can_be(record):
                return None
            _remember(self._possible, (month, months), None)
        return record


class _Value:
    """What a question can hold that is not one choice out of a list; where there are few, they are remembered."""

    def __init__(self, question: Question, schema: Mapping[str, Any]) -> None:
        self.name, self._question = question.name, question
        self._validator = jsonschema_rs.validator_for(dict(schema))
        self._chosen = question.type in _CHOSEN
        self._known: dict[str, Any] = {}

    def of(self, raw: object) -> Any:  # noqa: ANN401 -- the types of JSON
        """Return the typed value, None where it is blank, or is none of that question's."""
        if not isinstance(raw, str):
            return None
        if self._chosen and (known := self._known.get(raw)) is not None:
            return known
        value = typed(self._question, raw) if raw.strip() else None
        if value is None or not self._validator.is_valid(value):
            return None
        if self._chosen:
            _remember(self._known, raw, value)
        return value


class _Constraint:
    """One question's constraint; where it looks at the choices of that question alone, those that keep it are known."""

    def __init__(self, rule: Rule, breaks: Callable[[Rule, Document], bool]) -> None:
        self.name, self._path = rule.question.name, rule.question.path
        self._rule, self._breaks = rule, breaks
        self._certain = rule.question.type in _CHOSEN and not any(map(references, map(parse, rule.expressions)))
        self._known: dict[str, None] = {}

    def keeps(self, raw: Raw, document: Document) -> bool:
        """Whether the answer that is there keeps it."""
        given = raw[self._path]
        if given in self._known:
            return True
        if self._breaks(self._rule, document):
            return False
        if self._certain:
            _remember(self._known, given, None)
        return True


class _Together:
    """All conditions that look at the same questions: what must be answered then, and what may not be.

    Unless one of them is in a person's own words or a number, what the conditions said of some answers is remembered.
    """

    def __init__(self, form: Form, names: frozenset[str], conditions: list[Callable[[Document], Demand]]) -> None:
        questions = [form.by_name[name] for name in sorted(names)]
        self._conditions = conditions
        self._paths = tuple(question.path for question in questions)
        self._certain = all(question.type in _CHOSEN for question in questions)
        self._known: dict[tuple[object, ...], Demand] = {}

    @classmethod
    def all_of(cls, form: Form, conditions: Any, rules: list[Rule]) -> tuple[_Together, ...]:  # noqa: ANN401 -- of a JSON Schema
        """Sort the conditions of the schema, and of the rules beside it, by the questions that they look at.

        One that looks at a part of what another looks at goes with that one.
        """
        found: dict[frozenset[str], list[Callable[[Document], Demand]]] = {}
        for names, condition in (*map(_of_schema, conditions), *_of_rules(rules)):
            found.setdefault(names, []).append(condition)
        most = [names for names in found if not any(names < other for other in found)]
        sorted_in: dict[frozenset[str], list[Callable[[Document], Demand]]] = {names: [] for names in most}
        for names, together in found.items():
            sorted_in[next(other for other in most if names <= other)] += together
        return tuple(cls(form, names, together) for names, together in sorted_in.items())

    def fits(self, raw: Raw, document: Document) -> bool:
        """Whether what must be answered is, and what may not be is not."""
        key = tuple(map(raw.get, self._paths))
        demand = self._known.get(key)
        if demand is None:
            said = [condition(document) for condition in self._conditions]
            demand = _NONE.union(*(must for must, _ in said)), _NONE.union(*(never for _, never in said))
            if self._certain:
                _remember(self._known, key, demand)
        there = document.keys()
        return there >= demand[0] and there.isdisjoint(demand[1])


def _of_schema(entry: Mapping[str, Any]) -> tuple[frozenset[str], Callable[[Document], Demand]]:
    """Return the names that one condition of the schema looks at, and what it says."""
    names = frozenset(_names(entry["if"]))
    validator = jsonschema_rs.validator_for(entry["if"])
    yes: Demand = frozenset(entry.get("then", {}).get("required", ())), _NONE
    no: Demand = _NONE, frozenset(entry["else"]["properties"])

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


def _of_rules(rules: list[Rule]) -> Iterator[tuple[frozenset[str], Callable[[Document], Demand]]]:
    """Yield the names that a rule looks at, and what it says, for each rule but the constraints."""
    for rule in rules:
        if rule.kind != "constraint":
            question, texts = rule.question, rule.expressions
            if rule.kind == "required_when":
                texts = (*question.relevant, *texts)
            names = _NONE.union(*(references(parse(text)) for text in texts))
            name = frozenset({question.name})
            if rule.kind == "required_when":
                yield names, _saying(texts, (name, _NONE), (_NONE, _NONE))
            else:
                demanded = question.required and not question.computed
                yield names, _saying(texts, (name if demanded else _NONE, _NONE), (_NONE, name))


def _saying(texts: tuple[str, ...], yes: Demand, no: Demand) -> Callable[[Document], Demand]:
    def say(document: Document) -> Demand:
        try:
            return yes if all(truth(evaluate(parse(text), document.get)) for text in texts) else no
        except Unsupported:  # a value that engines write in different ways: the phone alone judges it
            return _NONE, _NONE

    return say


def _remember(known: dict[_K, _V], key: _K, value: _V) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
