"""Is a record what its form version allows? One function; the verdict is jsonschema-rs', the words are jsonschema's.

Afterwards come the rules that JSON Schema cannot say. A value never enters a message, only its shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from kobo_sync.instrument.expressions import Unsupported, evaluate, parse, truth
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.schema import DATE, MONTH, Rule, form_schema
from kobo_sync.store.store import Problem
from kobo_sync.sync.first_look import Fine, FirstLook
from kobo_sync.sync.kept import Keeping
from kobo_sync.sync.record import Dates, Raw, Record

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from kobo_sync.sync.explainer import Explainer

Document = Mapping[str, Any]

_WANTED = {"integer": "a whole number", "number": "a number", "array": "a list of choices"}
_LATE = 24  # months that a submission may wait on a phone
_PATTERNS = {MONTH: "a month (2026-03)", DATE: "a date (2026-03-31)"}


class RecordValidator:
    """Judges the records of one form version; compiled once."""

    def __init__(self, form: Form, services: Collection[str] | None = None, first_month: str = "") -> None:
        """`services`: the codes of services.csv, or None where the workspace has no such list.

        `first_month`: the first month of the first round ("2026-01"), "" for none.
        """
        made = form_schema(form)
        self.form = form
        self.services, self.first_month = services, first_month
        self.rules = tuple(rule for rule in made.rules if rule.checked)
        self._fast = jsonschema_rs.validator_for(made.schema)
        self._schema = made.schema
        service, listed, area = map(form.with_role, ("service", "locale_listed", "locale"))
        self._service = service.name if service else ""
        self._area = (listed.name, area.name) if form.source == "L" and listed and area else None
        self.keeping = Keeping(form)
        self._repeats = frozenset(path.rsplit("/", 1)[-1] for path in form.repeats)
        self._first = FirstLook(
            form,
            made,
            breaks=lambda rule, document: _broken(rule, [document], 0) is not None,
            can_be=lambda dates: not any(_against_calendar(dates, 0, form, first_month)),
        )

    def fine(self, raw: Raw, system: Mapping[str, Any]) -> Fine | None:
        """Return what a submission becomes in which `problems` would find nothing, None where that is not certain.

        `system`: its system fields.
        """
        found = self._first.look(raw, system)
        if found is None or not self._is_listed(found.document) or self._lacks_area(found.document):
            return None
        return found

    def problems(self, record: Record) -> tuple[Problem, ...]:
        """Return what is wrong with the record, in a fixed order; nothing when it is fine."""
        found = [_unknown_field(name, record.id) for name in record.unknown]
        found += self._against_schema(record)
        if not found:
            found += self._against_rules(record)
            found += self._against_services(record)
            found += self._without_area(record)
            found += _against_calendar(record.dates, record.id, self.form, self.first_month)
        return tuple(dict.fromkeys(found))

    @cached_property
    def _slow(self) -> Explainer:
        from kobo_sync.sync.explainer import Explainer  # jsonschema takes 0.05 s to import, and little goes wrong

        return Explainer(self._schema)

    def _against_schema(self, record: Record) -> list[Problem]:
        if self._fast.is_valid(record.document):
            return []
        errors = sorted(self._slow.iter_errors(record.document), key=_place)
        mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
        found = [
            problem
            for error in errors
            if error.validator == "type" or tuple(error.absolute_path) not in mistyped  # the type says it all
            for problem in self._explain(error, record.id)
        ]
        # Tests hold the two to one verdict. Should they ever differ, a record without an explanation still waits.
        return found or [Problem("", "schema", "The record does not fit the form's schema.", _remedy(record.id))]

    def _explain(self, error: ValidationError, id_: int) -> Iterator[Problem]:
        """Turn one error of jsonschema into words."""
        field = next((str(step) for step in reversed(error.absolute_path) if isinstance(step, str)), "")
        where = self._round(list(error.absolute_path))
        name, remedy, shape = self._called(field) + where, _remedy(id_), _shape(error.instance)
        match error.validator:
            case "required":  # one error a missing property, which says only in prose which; so all are named each time
                for missing in error.validator_value:
                    if missing not in error.instance:
                        yield _missing(missing, self._called(missing) + where, id_)
            case "not":  # not to be there at all
                yield _not_asked(field, name, id_)
            case "enum":
                yield Problem(field, "choice", f"{name} holds {shape} that is not one of its choices.", remedy)
            case "type":
                wanted = "a list" if field in self._repeats else _WANTED.get(str(error.validator_value), "a text")
                yield Problem(field, "type", f"{name} should be {wanted}, but holds {shape}.", remedy)
            case "uniqueItems":
                yield Problem(field, "twice", f"{name} names the same choice more than once.", remedy)
            case "pattern":
                wanted = _PATTERNS.get(str(error.validator_value), "of the form's own shape")
                what = f"{name} should be {wanted}, but holds {shape} of another kind."
                yield Problem(field, "pattern", what, remedy)
            case _:
                what = f"{name} holds {shape} that the form does not allow."
                yield Problem(field, str(error.validator), what, remedy)

    def _round(self, path: list[str | int]) -> str:
        """Say in which round of which repeat an error is."""
        steps = [(before, step) for before, step in pairwise(path) if before in self._repeats and isinstance(step, int)]
        return f" ({', '.join(f'round {step + 1} of {before}' for before, step in steps)})" if steps else ""

    def _called(self, field: str) -> str:
        return _called(self.form.by_name.get(field), field)

    def _against_rules(self, record: Record) -> Iterator[Problem]:
        for rule in self.rules:
            for scope in _scopes(record.document, self.form, rule.question.repeat):
                problem = _broken(rule, scope, record.id)
                if problem:
                    yield problem

    def _against_services(self, record: Record) -> Iterator[Problem]:
        if not self._is_listed(record.document):
            yield Problem(
                self._service,
                "service",
                "The service that was chosen is not in services.csv.",
                "Add its code and label to services.csv again (past answers need it), then run: kobo-sync sync",
            )

    def _is_listed(self, document: Document) -> bool:
        """Whether the service that was chosen, if any, is on the list, if there is one."""
        if self.services is None or self._service not in document:
            return True
        chosen = document[self._service]
        return all(code in self.services for code in (chosen if isinstance(chosen, list) else (chosen,)))

    def _without_area(self, record: Record) -> Iterator[Problem]:
        """Hold back what is told about an area that is not on the list: a gap without a place is no gap.

        Which one it is stands nowhere on purpose, so only the team that sent it can say.
        """
        if self._area and self._lacks_area(record.document):
            yield Problem(
                self._area[1],
                "locale",
                "It is about an area that was not on the list, so nobody can tell where the gap is.",
                "Ask the team which area it was, aloud. Add it to locales.csv, run: kobo-sync deploy, then open "
                f"submission {record.id} in KoboToolbox (Data → Table), choose the area there (or delete the "
                "submission), and run: kobo-sync sync",
            )

    def _lacks_area(self, document: Document) -> bool:
        """Whether it is about an area that is not on the list.

        Of women, providers and observers the area is not needed; of the form about an area it is all.
        """
        return self._area is not None and self._area[0] in document and self._area[1] not in document


def _against_calendar(dates: Dates, id_: int, form: Form, first_month: str) -> Iterator[Problem]:
    """Hold the month against the time at which the server got the submission, and the first round: clocks can be wrong.

    Without a month there is no round, and a month that cannot be would make a round of its own. Phones are offline
    for months at most, and ahead of the server by a day at most.
    """
    question, (month, received, latest) = form.with_role("month"), dates
    field = question.name if question else ""
    if question is None and not month:
        return  # a form that asks no month, from a server that tells none: nothing to hold against anything
    if not re.fullmatch(MONTH, month):
        yield Problem(field, "month", "It has no month, so it belongs to no round.", _remedy(id_))
        return
    if re.fullmatch(MONTH, received) and re.fullmatch(MONTH, latest):
        ahead = month > latest
        if ahead or _months(month) < _months(received) - _LATE:
            yield Problem(
                field,
                "month",
                f"Its month is {'after' if ahead else 'more than two years before'} the one in which it was sent: "
                "the clock of the phone was wrong.",
                _remedy(id_),
            )
            return
    if month < first_month:
        yield Problem(
            field,
            "first_round",
            "Its month is before the first round: the clock of the phone was wrong, or it was a trial.",
            f"Correct the month of submission {id_} in KoboToolbox (Data → Table) or delete the submission; if "
            "there was an earlier round, set first_round in kobo-sync.toml to it. Then run: kobo-sync sync",
        )


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


def _broken(rule: Rule, scope: list[Document], id_: int) -> Problem | None:
    """Judge one rule in one place; `scope` are the objects around the question, innermost first."""
    question = rule.question
    value = scope[0].get(question.name)
    name = _called(question, question.name)

    def look_up(other: str) -> object:
        return next((level[other] for level in scope if other in level), None)

    def hold(texts: tuple[str, ...], this: object = "") -> bool:
        return all(truth(evaluate(parse(text), look_up, this)) for text in texts)

    try:
        match rule.kind:
            case "constraint":
                if value is not None and not hold(rule.expressions, value):
                    what = f"{name} breaks the form's own rule for it."
                    return Problem(question.name, "constraint", what, _remedy(id_))
                return None
            case "required_when":
                demanded = hold(question.relevant) and hold(rule.expressions)
            case _:
                asked = hold(rule.expressions)
                if value is not None and not asked:
                    return _not_asked(question.name, name, id_)
                demanded = asked and question.required and not question.computed
    except Unsupported:  # a value that engines write in different ways: the phone alone judges it
        return None
    return _missing(question.name, name, id_) if demanded and value is None else None


def _scopes(document: Document, form: Form, repeat: str) -> Iterator[list[Document]]:
    """Yield, for each place where a question of that repeat stands, the objects around it, innermost first."""
    chain = [path for path in form.repeats if repeat == path or repeat.startswith(f"{path}/")]
    levels: list[list[Document]] = [[document]]
    for path in sorted(chain, key=len):
        name = path.rsplit("/", 1)[-1]
        levels = [[item, *level] for level in levels for item in level[0].get(name, ())]
    yield from levels


def _place(error: ValidationError) -> tuple[list[str], str]:
    return [f"{step:06}" if isinstance(step, int) else step for step in error.absolute_path], str(error.validator)


def _missing(field: str, name: str, id_: int) -> Problem:
    return Problem(field, "required", f"{name} has no answer, though the form demands one.", _remedy(id_))


def _not_asked(field: str, name: str, id_: int) -> Problem:
    what = f"{name} has an answer, though by the other answers it should not have been asked."
    return Problem(field, "not_asked", what, _remedy(id_))


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
    """Tell what a value is without telling it."""
    match value:
        case str():
            return f"a text of {len(value)} characters"
        case int() | float():
            return "a number"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "something that is no answer"
