"""Is a record what its form version allows? One function; the verdict is jsonschema-rs', the words are jsonschema's.

Afterwards come the rules that JSON Schema cannot say. A value never enters a message, only its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from jsonschema import Draft202012Validator

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, truth
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.schema import Rule, form_schema
from kobo_sync.store.store import Problem
from kobo_sync.sync.record import Record

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Document = Mapping[str, Any]


class RecordValidator:
    """Judges the records of one form version; compiled once."""

    def __init__(self, form: Form, services: Collection[str] | None = None) -> None:
        """`services`: the codes of services.csv, or None where the workspace has no such list."""
        made = form_schema(form)
        self.form = form
        self.services = services
        self.rules = tuple(rule for rule in made.rules if rule.checked)
        self._fast = jsonschema_rs.validator_for(made.schema)
        self._slow = Draft202012Validator(made.schema)

    def problems(self, record: Record) -> tuple[Problem, ...]:
        """Return what is wrong with the record, in a fixed order; nothing when it is fine."""
        found = [_unknown_field(name, record.id) for name in record.unknown]
        found += self._against_schema(record)
        if not found:
            found += self._against_rules(record)
            found += self._against_services(record)
        return tuple(found)

    def _against_schema(self, record: Record) -> list[Problem]:
        if self._fast.is_valid(record.document):
            return []
        errors = sorted(self._slow.iter_errors(record.document), key=lambda error: [str(s) for s in error.path])
        return [problem for error in errors for problem in self._explain(error, record.id)]

    def _explain(self, error: ValidationError, id_: int) -> Iterator[Problem]:
        """Turn one error of jsonschema into words; an if/then/else holds the errors of its branch."""
        field = next((str(step) for step in reversed(error.absolute_path) if isinstance(step, str)), "")
        question = self.form.by_name.get(field)
        name = _called(question, field)
        remedy = _remedy(id_)
        match error.validator:
            case "if":
                for inner in error.context or ():
                    yield from self._explain(inner, id_)
            case "required":
                missing = error.message.split("'")[1]
                yield Problem(
                    missing,
                    "required",
                    f"{_called(self.form.by_name.get(missing), missing)} has no answer, though the form demands one.",
                    remedy,
                )
            case "enum":
                yield Problem(
                    field, "choice", f"{name} holds {_shape(error.instance)} that is not one of its choices.", remedy
                )
            case "type":
                wanted = {"integer": "a whole number", "number": "a number", "array": "a list"}.get(
                    str(error.validator_value), "text"
                )
                yield Problem(field, "type", f"{name} should be {wanted}, but holds {_shape(error.instance)}.", remedy)
            case None:  # the schema `false`: not to be there
                yield Problem(
                    field,
                    "not_asked",
                    f"{name} has an answer, though by the other answers it should not have been asked.",
                    remedy,
                )
            case _:
                yield Problem(
                    field,
                    str(error.validator),
                    f"{name} holds {_shape(error.instance)} that the form does not allow.",
                    remedy,
                )

    def _against_rules(self, record: Record) -> Iterator[Problem]:
        for rule in self.rules:
            for scope in _scopes(record.document, self.form, rule.question.repeat):
                problem = _broken(rule, scope, record.id)
                if problem:
                    yield problem

    def _against_services(self, record: Record) -> Iterator[Problem]:
        question = self.form.with_role("service")
        code = record.document.get(question.name) if question else None
        if question and code and self.services is not None and code not in self.services:
            yield Problem(
                question.name,
                "service",
                "The service that was chosen is not in services.csv.",
                "Add its code and label to services.csv again (past answers need it), then run: kobo-sync sync",
            )


def _broken(rule: Rule, scope: list[Document], id_: int) -> Problem | None:
    question = rule.question
    value = scope[0].get(question.name)

    def look_up(name: str) -> object:
        return next((level[name] for level in scope if name in level), None)

    def holds(text: str, this: object = "") -> bool:
        return truth(evaluate(parse(text), look_up, this))

    name, remedy = _called(question, question.name), _remedy(id_)
    try:
        if rule.kind == "constraint":
            broken = value is not None and not all(holds(text, value) for text in rule.expressions)
            return (
                Problem(question.name, "constraint", f"{name} breaks the form's own rule for it.", remedy)
                if (broken)
                else None
            )
        relevant = all(holds(text) for text in rule.expressions)
        if rule.kind == "required_when":
            relevant = relevant and all(holds(text) for text in question.relevant)
            wanted = relevant
        else:
            wanted = relevant and question.required
            if value is not None and not relevant:
                return Problem(
                    question.name,
                    "not_asked",
                    f"{name} has an answer, though by the other answers it should not have been asked.",
                    remedy,
                )
    except Unsupported:  # a value of a shape that the expression cannot take; the schema has judged it
        return None
    if wanted and value is None:
        return Problem(question.name, "required", f"{name} has no answer, though the form demands one.", remedy)
    return None


def _scopes(document: Document, form: Form, repeat: str) -> Iterator[list[Document]]:
    """Yield, for each place where a question of that repeat stands, the objects around it, innermost first."""
    chain = [path for path in form.repeats if repeat == path or repeat.startswith(f"{path}/")]
    levels: list[list[Document]] = [[document]]
    for path in sorted(chain, key=len):
        name = path.rsplit("/", 1)[-1]
        levels = [[item, *level] for level in levels for item in level[0].get(name, ())]
    yield from levels


def _unknown_field(name: str, id_: int) -> Problem:
    return Problem(
        name,
        "unknown_field",
        f"The form has no question {name!r}. Its value was not stored.",
        f"Remove the field from submission {id_} in KoboToolbox (a bulk edit can have added it), or deploy the form "
        "that asks it; then run: kobo-sync sync",
    )


def _remedy(id_: int) -> str:
    return (
        f"Open submission {id_} in KoboToolbox (Data → Table), correct the answer or delete the submission, then run: "
        "kobo-sync sync"
    )


def _called(question: Question | None, field: str) -> str:
    """Name a question as a coordinator sees it: its label in the first language, and its name."""
    label = next(iter(question.labels.values()), "") if question else ""
    return f"{field} (“{label[:80]}”)" if label else field or "The record"


def _shape(value: object) -> str:
    match value:
        case str():
            return f"a text of {len(value)} characters"
        case bool():
            return "a yes or no"
        case int() | float():
            return "a number"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "something"


Validators = Callable[[str], "RecordValidator | None"]
