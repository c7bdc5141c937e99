"""`Form` → JSON Schema (2020-12) of its typed record, and what JSON Schema cannot say.

Patterns are ASCII and anchored, no `format`, no `multipleOf`: jsonschema and jsonschema-rs disagree about those, and
both must give the same verdict (tests hold them to it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kobo_sync.instrument.checkable import checkable
from kobo_sync.instrument.conditions import Schema, compile_condition, compile_parts
from kobo_sync.instrument.expressions import Unsupported
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
        "$id": f"urn:a-gender-monitor:form:{quote(form.name)}",
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
        if form.parent_repeat(path) == repeat:
            item = _scope(form, path, rules)
            properties[path.rsplit("/", 1)[-1]] = {
                "type": "array",
                "items": {"type": "object", **item, "additionalProperties": False},
            }
    seen = _seen(form, repeat)
    required: list[str] = []
    conditions: dict[str, _Conditional] = {}
    for question in questions:
        rules.extend(_rules(question, scope, seen))
        condition, whole = _relevant(question, scope)
        demanded = whole and question.required and not question.computed
        if question.relevant and condition is not None:
            entry = conditions.setdefault(json.dumps(condition, sort_keys=True), _Conditional(condition, [], []))
            entry.asked.append(question.name)
            if demanded:
                entry.required.append(question.name)
        elif demanded:
            required.append(question.name)
    body: Schema = {"properties": properties}
    if required:
        body["required"] = required
    if conditions:
        body["allOf"] = [entry.schema() for entry in conditions.values()]
    return body


@dataclass(frozen=True, slots=True)
class _Conditional:
    """The questions that are asked under one condition, and those of them that are then required."""

    condition: Schema
    asked: list[str]
    required: list[str]

    def schema(self) -> Schema:
        conditional: Schema = {"if": self.condition}
        if self.required:
            conditional["then"] = {"required": self.required}
        conditional["else"] = {"properties": dict.fromkeys(self.asked, False)}
        return conditional


def _relevant(question: Question, scope: Mapping[str, Question]) -> tuple[Schema | None, bool]:
    """Return what JSON Schema can say of when the question is asked (None: nothing), and whether that is all."""
    compiled: list[Schema] = []
    whole = True
    for text in question.relevant:
        try:
            compiled.append(compile_condition(text, scope))
        except Unsupported:
            whole = False
            compiled += _sayable(text, scope)
    if not compiled:
        return None, whole
    return compiled[0] if len(compiled) == 1 else {"allOf": compiled}, whole


def _sayable(text: str, scope: Mapping[str, Question]) -> list[Schema]:
    """Return the parts of a condition that JSON Schema can say: where one of them fails, nothing is asked."""
    try:
        return compile_parts(text, scope)
    except Unsupported:  # not an expression that this program can read at all
        return []


def _rules(question: Question, scope: Mapping[str, Question], seen: Mapping[str, Question]) -> Iterator[Rule]:
    """Yield what JSON Schema cannot say about the question."""
    if question.constraint and not question.computed:
        checked = checkable(question.constraint, seen, question)
        yield Rule(question, "constraint", (question.constraint,), checked)
    relevant = all(checkable(text, seen) for text in question.relevant)
    if not _relevant(question, scope)[1]:
        yield Rule(question, "relevant", question.relevant, relevant)
    if question.required_when and not question.computed:
        checked = relevant and checkable(question.required_when, seen)
        yield Rule(question, "required_when", (question.required_when,), checked)


def _seen(form: Form, repeat: str) -> Mapping[str, Question]:
    """Return the questions whose values stand beside or around those of a repeat."""
    around = {"", repeat, *(path for path in form.repeats if repeat.startswith(f"{path}/"))}
    return {question.name: question for question in form.questions if question.repeat in around and question.stored}


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
        case "select_one" | "select_one_from_file" | "select_one_external":
            return dict(_CODE)
        case "integer":
            return {"type": "integer"}
        case "decimal" | "range":
            return {"type": "number"}
        case "date":
            return {"type": "string", "pattern": DATE}
        case _:
            return _text_schema(question)


def _text_schema(question: Question) -> dict[str, Any]:
    literal = _literal(question.calculation) if question.role == "version" else ""
    if literal:
        return {"type": "string", "const": literal}
    if question.role == "month":
        return {"type": "string", "pattern": MONTH}
    return {"type": "string", "minLength": 1}


def _literal(calculation: str) -> str:
    """Return the text that a calculation always gives, "" when it depends on anything."""
    text = calculation.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text.count(text[0]) == 2  # noqa: PLR2004 -- one opens, one closes
    return text[1:-1] if quoted else ""
