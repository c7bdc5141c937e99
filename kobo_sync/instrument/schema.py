"""`Form` → JSON Schema (2020-12) of its typed record, and what JSON Schema cannot say.

Patterns are ASCII and anchored, no `format`, no `multipleOf`: jsonschema and jsonschema-rs disagree about those, and
both must give the same verdict (tests hold them to it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kobo_sync.instrument.conditions import Schema, compile_condition
from kobo_sync.instrument.expressions import Unsupported, parse
from kobo_sync.instrument.form import Form, Question

# Keys of a record beside its answers; see kobo_sync.sync.record.
SYSTEM_KEYS = ("_id", "_uuid", "_root_uuid", "_version")
_UUID = {"type": "string", "minLength": 1, "maxLength": 100}
_CODE: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"
DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition that JSON Schema could not say, checked in Python instead.

    `kind` is "relevant", "required_when" or "constraint"; `expressions` all hold or not together; `checked` is False
    where this program does not know the expression either, so that the phone alone checks it.
    """

    question: Question
    kind: str
    expressions: tuple[str, ...]
    checked: bool


@dataclass(frozen=True, slots=True)
class FormSchema:
    """The schema of one form version, and the rules beside it."""

    schema: Schema
    rules: tuple[Rule, ...]


def form_schema(form: Form) -> FormSchema:
    """Make the schema of the form's typed record.

    The record is one JSON object: `_id` (int), `_uuid`, `_root_uuid`, `_version` (str) and a key a question that was
    answered; a repeat is an array of such objects under its own name. What was not asked is absent.
    """
    rules: list[Rule] = []
    body = _scope(form, "", rules)
    properties = {
        "_id": {"type": "integer", "minimum": 1, "description": "KoboToolbox's number of the submission"},
        "_uuid": {**_UUID, "description": "changes with each edit"},
        "_root_uuid": {**_UUID, "description": "stays the same through edits"},
        "_version": {**_UUID, "description": "the form version that it was filled in with"},
        **body.pop("properties"),
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:a-gender-monitor:form:{form.name}",
        "title": form.title,
        "description": "The typed record of one submission. Made by kobo-sync build from the XLSForm: edit that.",
        "type": "object",
        "properties": properties,
        "required": [*SYSTEM_KEYS, *body.pop("required", [])],
        **body,
        "additionalProperties": False,
    }
    return FormSchema(schema, tuple(rules))


def _scope(form: Form, repeat: str, rules: list[Rule]) -> Schema:
    """Make properties, required and conditions of the questions that stand directly in one repeat ("" = the form)."""
    questions = [question for question in form.questions if question.repeat == repeat and question.stored]
    scope = {question.name: question for question in questions}
    properties: Schema = {question.name: value_schema(question) for question in questions}
    for path in form.repeats:
        if _parent_repeat(form, path) == repeat:
            item = _scope(form, path, rules)
            properties[path.rsplit("/", 1)[-1]] = {
                "type": "array",
                "items": {"type": "object", **item, "additionalProperties": False},
            }
    required: list[str] = []
    conditions: dict[str, tuple[Schema, list[str], list[str]]] = {}
    for question in questions:
        rules.extend(_constraint(question))
        _presence(question, scope, required, conditions, rules)
    body: Schema = {"properties": properties}
    if required:
        body["required"] = required
    if conditions:
        body["allOf"] = [_conditional(*entry) for entry in conditions.values()]
    return body


def _presence(
    question: Question,
    scope: Mapping[str, Question],
    required: list[str],
    conditions: dict[str, tuple[Schema, list[str], list[str]]],
    rules: list[Rule],
) -> None:
    """Say when the question must be and when it must not be there: in the schema if it can, else as a rule."""
    try:
        condition = _all_of([compile_condition(text, scope) for text in question.relevant])
    except Unsupported:
        rules.append(Rule(question, "relevant", question.relevant, all(map(_known, question.relevant))))
        condition = None
    if question.required_when:
        rules.append(Rule(question, "required_when", (question.required_when,), _known(question.required_when)))
    if condition is None:
        return
    if not question.relevant:
        if question.required:
            required.append(question.name)
        return
    entry = conditions.setdefault(json.dumps(condition, sort_keys=True), (condition, [], []))
    entry[1].append(question.name)
    if question.required:
        entry[2].append(question.name)


def _conditional(condition: Schema, asked: list[str], required: list[str]) -> Schema:
    conditional: Schema = {"if": condition}
    if required:
        conditional["then"] = {"required": required}
    conditional["else"] = {"properties": dict.fromkeys(asked, False)}
    return conditional


def _all_of(conditions: list[Schema]) -> Schema:
    return conditions[0] if len(conditions) == 1 else {"allOf": conditions}


def _constraint(question: Question) -> Iterator[Rule]:
    if question.constraint:
        yield Rule(question, "constraint", (question.constraint,), _known(question.constraint))


def _known(text: str) -> bool:
    from kobo_sync.instrument.expressions import evaluate

    try:
        evaluate(parse(text), lambda _: None, "")
    except Unsupported:
        return False
    return True


def _parent_repeat(form: Form, path: str) -> str:
    above = [other for other in form.repeats if path.startswith(f"{other}/")]
    return max(above, key=len, default="")


def value_schema(question: Question) -> dict[str, Any]:
    """Return the schema of one question's typed value."""
    names = [choice.name for choice in question.choices]
    match question.type:
        case "select_one" if names:
            return {"type": "string", "enum": list(dict.fromkeys(names))}
        case "select_multiple" | "rank" if names:
            items: Schema = {"type": "string", "enum": list(dict.fromkeys(names))}
            return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}
        case "select_multiple" | "select_multiple_from_file" | "rank":
            items = dict(_CODE)
            return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}
        case "select_one" | "select_one_from_file":
            return dict(_CODE)
        case "integer":
            return {"type": "integer"}
        case "decimal" | "range":
            return {"type": "number"}
        case "date":
            return {"type": "string", "pattern": DATE}
        case _ if question.role == "month":
            return {"type": "string", "pattern": MONTH}
        case _:
            return {"type": "string", "minLength": 1}
