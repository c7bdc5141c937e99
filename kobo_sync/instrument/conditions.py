"""`relevant` → a JSON Schema condition on the typed record, where JSON Schema can say it.

Knows `=`, `!=`, `<` …, `selected()`, `and`, `or`, `not()` between a question of the same scope and a constant. Blank
questions are absent from a record, so "equal to" also demands presence and "not equal to" does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kobo_sync.instrument.expressions import Node, Unsupported, parse
from kobo_sync.instrument.form import Question

Schema = dict[str, Any]

_NUMERIC = frozenset({"integer", "decimal", "range"})
_CHOSEN = frozenset({"select_one", "select_one_from_file", "select_one_external"})
_TEXTUAL = _CHOSEN | {"calculate", "text"}
_BOUNDS = {"<": "exclusiveMaximum", "<=": "maximum", ">": "exclusiveMinimum", ">=": "minimum"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
ALWAYS: Schema = {}
NEVER: Schema = {"not": {}}


def compile_condition(text: str, scope: Mapping[str, Question]) -> Schema:
    """Return a JSON Schema that a record fulfils exactly when the expression holds.

    `scope` maps the names of the questions that stand beside each other in the record. Raises Unsupported when JSON
    Schema cannot say it (arithmetic, another scope, functions); `kobo_sync.sync.validate` then checks it itself.
    """
    return _compile(parse(text), scope)


def compile_parts(text: str, scope: Mapping[str, Question]) -> list[Schema]:
    """Return what JSON Schema can say of an expression: of its parts joined by `and`, those that can be said.

    Where one of them fails, the whole expression does. Raises Unsupported when the text cannot be read.
    """
    node = parse(text)
    parts = node.args if isinstance(node, Node) and node.op == "and" else (node,)
    compiled: list[Schema] = []
    for part in parts:
        try:
            compiled.append(_compile(part, scope))
        except Unsupported:
            continue
    return compiled


def _compile(node: Node, scope: Mapping[str, Question]) -> Schema:
    match node:
        case Node("and", parts):
            return {"allOf": [_compile(part, scope) for part in parts]}
        case Node("or", parts):
            return {"anyOf": [_compile(part, scope) for part in parts]}
        case Node("call", ("not", Node() as part)):
            return {"not": _compile(part, scope)}
        case Node("call", ("true",)):
            return ALWAYS
        case Node("call", ("false",)):
            return NEVER
        case Node("call", ("selected", Node("ref", (str() as name,)), Node("literal", (str() as choice,)))):
            return _selected(_question(name, scope), choice)
        case Node(operator, (Node("ref", (str() as name,)), Node("literal", (constant,)))) if operator in _MIRRORED:
            return _compare(operator, _question(name, scope), constant)
        case Node(operator, (Node("literal", (constant,)), Node("ref", (str() as name,)))) if operator in _MIRRORED:
            return _compare(_MIRRORED[operator], _question(name, scope), constant)
        case _:
            raise Unsupported(node.op)


def _question(name: str, scope: Mapping[str, Question]) -> Question:
    question = scope.get(name)
    if question is None or not question.stored:
        raise Unsupported(name)
    return question


def _selected(question: Question, choice: str) -> Schema:
    if choice.split() != [choice]:  # to the phone, "a b" is selected in "a b c"
        raise Unsupported(choice)
    if question.multiple:
        return _present(question.name, {"type": "array", "contains": {"const": choice}})
    if question.type in _CHOSEN:
        return _present(question.name, {"const": choice})
    raise Unsupported(question.type)


def _compare(operator: str, question: Question, constant: str | float) -> Schema:
    if operator in {"=", "!="}:
        equal = _equal(question, constant)
        return equal if operator == "=" else {"not": equal}
    if question.type in _NUMERIC and isinstance(constant, float):
        return _present(question.name, {"type": "number", _BOUNDS[operator]: _plain(constant)})
    raise Unsupported(f"{operator} on {question.type}")


def _equal(question: Question, constant: str | float) -> Schema:
    if constant == "":
        return {"not": {"required": [question.name]}}
    if question.type in _NUMERIC and isinstance(constant, float):
        return _present(question.name, {"const": _plain(constant)})
    if question.type in _TEXTUAL and isinstance(constant, str) and constant == constant.strip():
        return _present(question.name, {"const": constant})
    raise Unsupported(f"{question.type} = {type(constant).__name__}")


def _present(name: str, schema: Schema) -> Schema:
    return {"properties": {name: schema}, "required": [name]}


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number
