"""How many different codes a calculation can make: whether two women may well be given the same one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from kobo_sync.instrument.expressions import Unsupported, parse
from kobo_sync.instrument.grammar import Node

_RANDOM = 1e15  # what a random number between 0 and 1 can be, in the digits that engines write
_HEX = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"  # a uuid: x is one of 16 digits, y one of four
_WORTH = {"x": 16, "y": 4}
_SAME = frozenset({"once", "string", "number", "normalize-space", "coalesce"})


@dataclass(frozen=True, slots=True)
class _Spread:
    """What a part of the calculation can be: how many different values, and, of a number, from `low` up to `high`."""

    count: float = 1.0
    low: float = math.nan
    high: float = math.nan
    uuid: bool = False


def possibilities(calculation: str) -> float:
    """Return how many different values the calculation can make; 1 where that cannot be told.

    Knows random(), uuid(), arithmetic with constants, int(), round(), substr(), concat(), if(), once(), string().
    """
    try:
        return _spread(parse(calculation)).count
    except Unsupported:
        return 1.0


def _spread(node: Node) -> _Spread:
    match node:
        case Node("literal", (float() as number,)):
            return _Spread(1, number, number)
        case Node("+" | "-" | "*" | "div", (Node() as left, Node() as right)):
            return _arithmetic(node.op, _spread(left), _spread(right))
        case Node("call", (str() as name, *args)):
            return _called(name, args)
        case _:
            return _Spread()


def _called(name: str, args: list[Node]) -> _Spread:
    match name, args:
        case "random", []:
            return _Spread(_RANDOM, 0, 1)
        case "uuid", []:
            return _Spread(math.prod(_WORTH.get(sign, 1) for sign in _HEX), uuid=True)
        case _, [first, *_] if name in _SAME:
            return _spread(first)
        case "int" | "round", [number]:
            return _whole(_spread(number))
        case "substr", [text, *places]:
            return _piece(_spread(text), [_spread(place).low for place in places])
        case "concat", parts:
            return _Spread(math.prod(_spread(part).count for part in parts))
        case "if", [_, yes, no]:
            return _Spread(min(_spread(yes).count, _spread(no).count))
        case _:
            return _Spread()


def _arithmetic(operator: str, left: _Spread, right: _Spread) -> _Spread:
    """Of two random numbers no more than the larger count is taken for certain."""
    ends = [_result(operator, one, other) for one in (left.low, left.high) for other in (right.low, right.high)]
    if any(math.isnan(end) for end in ends):
        return _Spread()
    low, high = min(ends), max(ends)
    return _Spread(max(left.count, right.count) if high > low else 1, low, high)


def _result(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else math.nan


def _whole(number: _Spread) -> _Spread:
    """Return the spread of a number without its decimals; random() never reaches its upper end."""
    size = number.high - number.low
    if math.isnan(size):
        return _Spread()
    return replace(number, count=max(1.0, min(number.count, math.floor(size))))


def _piece(text: _Spread, places: list[float]) -> _Spread:
    """Return the spread of a piece of a text: of a uuid by its digits, of another number by ten for each."""
    if not places or any(math.isnan(place) for place in places):
        return _Spread()
    start, end = int(places[0]), int(places[1]) if len(places) > 1 else None
    if text.uuid:
        return _Spread(math.prod(_WORTH.get(sign, 1) for sign in _HEX[start:end]))
    if text.count == _RANDOM:  # “0.” and then digits, as random() is written
        digits = 15 if end is None else max(0, min(end, 17) - max(start, 2))
        return _Spread(10.0**digits if text.high <= 1 else 1)
    length = math.inf if end is None else max(0, end - start)
    return _Spread(max(1.0, min(text.count / 10.0**start, 10.0 ** min(length, 300))))
