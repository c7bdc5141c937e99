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

_WIDTH = 12  # bits for the number of an answer
_MOST = 2**_WIDTH - 2  # of one kind that is remembered; a form has fewer, unless somebody plays with it
_CHOSEN = SELECTS | {"calculate"}  # of which there are few different answers, and none is in a person's own words
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
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
        bits = _Bits(form)
        conditions = _conditions(made.schema.get("allOf", ()), rules, bits)
        places = bits.places(form, _NONE.union(*conditions))
        self._values: dict[str, _Value] = {}
        self._passed_over: dict[str, None] = {}
        for path, question in form.by_path.items():
            schema = properties.get(question.name) if question.stored else None
            if schema is not None:
                self._values[path] = one = _Value(question, schema, bits(question.name), places.get(question.name))
                one.constrain(alone.get(question.name), breaks)
        self._known = {path: one.known for path, one in self._values.items()}
        system = {"type": "object", "properties": {key: properties[key] for key in SYSTEM_KEYS}}
        self._system = jsonschema_rs.validator_for(system)
        self._together = tuple(
            _Together.of([places[name] for name in sorted(names)], some) for names, some in conditions.items()
        )
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
            given = 0 if self.form.repeats else self._take(raw, document)
        except TypeError:  # a list or an object in place of an answer
            return None
        if not given or not self._system.is_valid(system):
            return None
        must, never = self._always, 0
        for looked_at, known, ask in self._together:
            key = given & looked_at
            this, that = known.get(key) or ask(key, document)
            must |= this
            never |= that
        if must & ~given or never & given:
            return None
        for name, rule in self._constraints:
            if name in document and self._breaks(rule, document):
                return None
        month = self._dated(raw, document)
        return None if month is None else Fine(document, month)

    def _take(self, raw: Raw, document: dict[str, Any]) -> int:
        """Put the answers into the document, and return as a whole number which there are (see `_Bits`).

        0 where there is none, or one that its question cannot have, or one to no question.
        """
        known, passed_over, given = self._known, self._passed_over, 0
        for path, value in raw.items():
            answers = known.get(path)
            if answers is not None:
                found = answers.get(value) or self._values[path].of(value)
                if found is None:
                    return 0
                name, typed_value, bits = found
                document[name] = typed_value
                given |= bits
            elif path not in passed_over:
                if path not in self.form.by_path and not is_system(path, self.form):
                    return 0
                _remember(passed_over, path, None)
        return given

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
        if not isinstance(told, str | None):
            return None
        month = self._months.get((told, months))
        if month is None:
            month = month_of(told)
            if not self._can_be(Dates(month, *months)):
                return None
            _remember(self._months, (told, months), month)
        return month


class _Place(NamedTuple):
    """Where in the whole number of a submission the number of an answer stands: `width` bits from `shift` on."""

    shift: int
    width: int

    @property
    def other(self) -> int:
        """The number that stands for every answer that is not remembered: all bits."""
        return (1 << self.width) - 1

    def bits(self, number: int) -> int:
        """Return the number as it stands there."""
        return number << self.shift


class _Value:
    """What one question can hold: its name, the typed value, and the bits that say so in a submission's whole number.

    Where there are few different answers, those that it can hold are remembered, in the order in which they come; so
    is, with them, that they keep the question's own constraint, as long as that looks at nothing else.
    """

    def __init__(self, question: Question, schema: Mapping[str, Any], bit: int, place: _Place | None) -> None:
        self.name, self._question, self._bit, self._place = question.name, question, bit, place
        self._validator = jsonschema_rs.validator_for(dict(schema))
        self._most = 0 if question.type not in _CHOSEN else min(_MOST, place.other - 1 if place else _MOST)
        self._keeps: Callable[[Document], bool] = lambda _document: True
        self.known: dict[object, tuple[str, Any, int]] = {}

    def constrain(self, rule: Rule | None, breaks: Callable[[Rule, Document], bool]) -> None:
        """Hold what is remembered to the question's constraint too."""
        if rule is not None:
            self._keeps = lambda document: not breaks(rule, document)

    def of(self, raw: object) -> tuple[str, Any, int] | None:
        """Return the name, the typed value and its bits, None where it is blank, or none of that question's."""
        if not isinstance(raw, str):
            return None
        value = typed(self._question, raw) if raw.strip() else None
        if value is None or not self._validator.is_valid(value) or not self._keeps({self.name: value}):
            return None
        number = len(self.known) + 1
        remembered = number <= self._most
        bits = self._place.bits(number if remembered else self._place.other) if self._place else 0
        found = self.name, value, self._bit | bits
        if remembered:
            self.known[raw] = found
        return found


def _looks_at_itself(rule: Rule) -> bool:
    """Whether a constraint is about the choices of its own question alone."""
    return rule.question.type in _CHOSEN and not any(map(references, map(parse, rule.expressions)))


class _Bits:
    """What there is in a submission as a whole number, since nothing is put together and compared faster.

    A bit for each name that has an answer, and beyond these, where a condition looks at the answer, its number.
    """

    def __init__(self, form: Form) -> None:
        self._bits = {question.name: 1 << number for number, question in enumerate(form.questions)}

    def __call__(self, *names: str) -> int:
        """Return the bits of these names."""
        return reduce(or_, map(self._bits.__getitem__, names), 0)

    def places(self, form: Form, names: Collection[str]) -> dict[str, _Place]:
        """Return where the answers to these questions stand; of a choice from a list, no more bits than it needs."""
        found, shift = {}, len(self._bits)
        for name in sorted(names):
            question = form.by_name[name]
            few = question.type == "select_one"
            found[name] = place = _Place(shift, (len(question.choices) + 2).bit_length() if few else _WIDTH)
            shift += place.width
        return found


class _Together(NamedTuple):
    """All conditions that look at the same questions: what they demand, once they are asked, is `known` by the answers.

    Unless one of these is in a person's own words or a number: then they are asked each time.
    """

    looked_at: int
    known: dict[int, Demand]
    ask: Callable[[int, Document], Demand]

    @classmethod
    def of(cls, places: Sequence[_Place], conditions: Sequence[Condition]) -> _Together:
        """Put conditions together that look at the answers in these places."""
        known: dict[int, Demand] = {}
        others = tuple(place.bits(place.other) for place in places)

        def ask(key: int, document: Document) -> Demand:
            must, never = zip(*(condition(document) for condition in conditions), strict=True)
            found = reduce(or_, must), reduce(or_, never)
            if all(key & other != other for other in others):
                _remember(known, key, found)
            return found

        return cls(reduce(or_, others, 0), known, ask)


def _conditions(of_schema: Any, rules: list[Rule], bits: _Bits) -> dict[frozenset[str], list[Condition]]:  # noqa: ANN401 -- of a JSON Schema
    """Sort the conditions of the schema, and of the rules beside it, by the questions that they look at.

    One that looks at a part of what another looks at goes with that one.
    """
    found: dict[frozenset[str], list[Condition]] = {}
    for names, condition in (*(_of_schema(one, bits) for one in of_schema), *_of_rules(rules, bits)):
        found.setdefault(names, []).append(condition)
    most = [names for names in found if not any(names < other for other in found)]
    sorted_in: dict[frozenset[str], list[Condition]] = {names: [] for names in most}
    for names, together in found.items():
        sorted_in[next(other for other in most if names <= other)] += together
    return sorted_in


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
