"""Scores as JSON and back: `orjson.dumps(score)` writes them, `from_plain` reads any of the model's frozen values."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_plain(kind: type[T], value: Any) -> T:  # noqa: ANN401 -- whatever JSON holds
    """Return the frozen value of class `kind` that this JSON object describes.

    Keys that the class does not have are passed over, and fields that the object lacks take their defaults: so what an
    earlier version kept can still be read. Raises TypeError where a field without default is missing.
    """
    made: T = _reader(cast("Hashable", kind))(value)
    return made


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 -- a type, or what typing makes of one
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _optional(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004 -- tuple[X, ...]
        each = _reader(arguments[0])
        return lambda values: tuple(each(value) for value in values)
    if origin is tuple:
        readers = tuple(_reader(argument) for argument in arguments)
        return lambda values: tuple(read(value) for read, value in zip(readers, values, strict=True))
    if is_dataclass(kind):
        return _dataclass(kind)
    return lambda value: value


def _optional(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    (inner,) = (argument for argument in arguments if argument is not type(None))
    read = _reader(inner)
    return lambda value: None if value is None else read(value)


def _dataclass(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 -- a dataclass
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    return lambda value: kind(**{name: read(value[name]) for name, read in readers.items() if name in value})
