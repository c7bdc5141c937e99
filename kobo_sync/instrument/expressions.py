"""XLSForm expressions (`relevant`, `constraint`): parsed once, then compiled to JSON Schema or evaluated.

The part of XPath that both engines agree on (JavaRosa on the phone, Enketo in the browser): comparisons, `and`, `or`,
`not()`, `selected()`, `count-selected()`, arithmetic. A blank is the empty string, and compares with numbers as NaN.
Anything else raises Unsupported, and whoever asked says which expression the phone alone checks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from kobo_sync.instrument.grammar import Node, Unsupported, parse

__all__ = ["Node", "Unsupported", "Value", "evaluate", "functions_known", "parse", "references", "truth"]

Value = str | float | bool | list[str]

_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)")  # XPath's: no exponent, no infinity, no other alphabet's digits
_EXACT = 2.0**31  # the phone writes whole numbers beyond it in another way


def references(node: Node) -> frozenset[str]:
    """Return the names of the questions that the expression looks at."""
    if node.op == "ref":
        return frozenset({node.args[0]})
    return frozenset().union(*(references(arg) for arg in node.args if isinstance(arg, Node)))


def functions_known(node: Node) -> bool:
    """Whether the expression calls nothing but functions of the known part, wherever they stand in it."""
    if node.op == "call" and (node.args[0], len(node.args) - 1) not in _FUNCTIONS:
        return False
    return all(functions_known(arg) for arg in node.args if isinstance(arg, Node))


def evaluate(node: Node, look_up: Callable[[str], object], this: object = "") -> Value:
    """Return the value of a parsed expression, as the phone would compute it.

    `look_up(name)` gives a typed value (str, int, float, list of str) or None for a blank; `this` is the value of `.`.
    Raises Unsupported for functions outside the known part.
    """

    def value(part: Node) -> Value:
        return evaluate(part, look_up, this)

    match node.op:
        case "ref":
            return _value(look_up(node.args[0]))
        case "self":
            return _value(this)
        case "literal":
            literal: str | float = node.args[0]
            return literal
        case "or":
            return any(truth(value(part)) for part in node.args)
        case "and":
            return all(truth(value(part)) for part in node.args)
        case "call":
            return _call(node.args[0], [value(part) for part in node.args[1:]])
        case "=" | "!=":
            return _equal(value(node.args[0]), value(node.args[1])) == (node.op == "=")
        case _:
            return _arithmetic(node.op, _number(value(node.args[0])), _number(value(node.args[1])))


def truth(value: Value) -> bool:
    """Return XPath's boolean() of a value."""
    if isinstance(value, float):
        return bool(value) and not math.isnan(value)
    return bool(value)


def _value(raw: object) -> Value:
    if raw is None:
        return ""
    if isinstance(raw, bool | str):
        return raw
    if isinstance(raw, int | float):
        return float(raw)
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return list(raw)
    raise Unsupported(type(raw).__name__)


def _text(value: Value) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _digits(value)
    return value


def _digits(number: float) -> str:
    """Write a number as XPath does."""
    if math.isnan(number):
        return "NaN"
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    text = str(number)
    if not _NUMBER.fullmatch(text) or abs(number) >= _EXACT:
        raise Unsupported("a number that engines write in different ways")
    return text


def _number(value: Value) -> float:
    if isinstance(value, bool | float):
        return float(value)
    text = _text(value).strip()
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, float) and isinstance(right, float):
        return left == right
    if isinstance(left, float) or isinstance(right, float):
        return _number(left) == _number(right)
    return _text(left) == _text(right)


def _arithmetic(operator: str, left: float, right: float) -> Value:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "div":
            return _divide(left, right)
        case _:
            return math.fmod(left, right) if right and math.isfinite(left) else math.nan


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    return math.copysign(math.inf, left) * math.copysign(1, right) if left and not math.isnan(left) else math.nan


def _call(name: str, args: list[Value]) -> Value:
    known = _FUNCTIONS.get((name, len(args)))
    if known is None:
        raise Unsupported(f"{name}() with {len(args)} arguments")
    return known(*args)


def _selected(chosen: Value, wanted: Value) -> bool:
    return f" {_text(wanted).strip()} " in f" {_text(chosen).strip()} "


_FUNCTIONS: dict[tuple[str, int], Callable[..., Value]] = {
    ("selected", 2): _selected,
    ("count-selected", 1): lambda chosen: float(len(_text(chosen).split())),
    ("not", 1): lambda condition: not truth(condition),
    ("true", 0): lambda: True,
    ("false", 0): lambda: False,
    ("string-length", 1): lambda text: float(len(_text(text))),
    ("number", 1): _number,
    ("string", 1): _text,
    ("if", 3): lambda condition, yes, no: yes if truth(condition) else no,
    ("coalesce", 2): lambda first, second: first if _text(first) else second,
}
