"""The `type` column of the survey sheet, all its old spellings included, resolved by pyxform's own tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

_NO_SUCH_TYPE = "there is no such type, or its choice list is missing"
_PLACES = frozenset({"geopoint", "geoshape", "geotrace", "barcode"})  # a barcode is on somebody's card
_BY_DATA = {"int": "integer", "decimal": "decimal", "date": "date", "dateTime": "dateTime", "time": "time"}


class UnknownType(ValueError):
    """The type is none of those that a form can have; the message is for people."""


@dataclass(frozen=True, slots=True)
class RowType:
    """What a row of the survey sheet is: `type` in its usual spelling, its choice list or file, whether `or_other`.

    For groups and repeats `type` is "begin_group", "end_group", "begin_repeat" or "end_repeat".
    """

    type: str
    list_name: str = ""
    other: bool = False


def row_type(text: str) -> RowType:
    """Resolve a type cell. Raises UnknownType."""
    words = " ".join(text.split())
    return _control(words) or _select(words) or RowType(_plain(words))


def is_setting(text: str) -> bool:
    """Whether the row is a setting that stands on the survey sheet, as very old forms have it."""
    from pyxform import aliases

    return text in aliases.settings_header


def _control(words: str) -> RowType | None:
    from pyxform import aliases, constants
    from pyxform.xls2json import RE_BEGIN_CONTROL, RE_END_CONTROL

    for pattern, prefix in ((RE_BEGIN_CONTROL, "begin"), (RE_END_CONTROL, "end")):
        found = re.match(pattern.pattern, words, re.IGNORECASE)
        if found is None:
            continue
        kind = aliases.control[found["type"].lower()]
        if kind not in {constants.GROUP, constants.REPEAT}:
            raise UnknownType("loops over choices are not supported; write the questions out, or use a repeat")
        return RowType(f"{prefix}_{kind}")
    return None


def _select(words: str) -> RowType | None:
    from pyxform import aliases, constants
    from pyxform.constants import EXTERNAL_INSTANCE_EXTENSIONS
    from pyxform.xls2json import RE_SELECT

    found = re.match(RE_SELECT.pattern, words, re.IGNORECASE)
    if found is None:
        return None
    command, argument = found["select_command"].lower(), found["list_name"]
    kind = aliases.select[command]
    if kind == constants.SELECT_ONE_EXTERNAL:
        return RowType("select_one_external", argument)
    if kind == constants.RANK:
        return RowType("rank", argument)
    usual = "select_one" if kind == constants.SELECT_ONE else "select_multiple"
    if command in aliases.select_from_file or argument.endswith(tuple(EXTERNAL_INSTANCE_EXTENSIONS)):
        return RowType(f"{usual}_from_file", argument)
    return RowType(usual, argument, found["specify_other"] is not None)


def _plain(words: str) -> str:
    """Resolve the type of a question without choices, by how pyxform would make it."""
    from pyxform.constants import EXTERNAL_INSTANCE_TYPES

    name = words if words in _dictionary() else _lowered().get(words.lower(), "")
    if name.startswith("select") or not name:
        raise UnknownType(_NO_SUCH_TYPE)
    if name in EXTERNAL_INSTANCE_TYPES or name in {"note", "range", "audit"}:
        return name
    entry = _dictionary()[name]
    bind: dict[str, str] = entry.get("bind") or {}
    control: dict[str, str] = entry.get("control") or {}
    if "jr:preload" in bind or name == "phone number" or control.get("tag") == "action":
        return name  # a device, a person, a time, a place: read from the phone, or a telephone number typed in
    data = bind.get("type", "string")
    if data in _PLACES:
        return name if name == "background-geopoint" else data
    if data == "binary":
        kind = control["mediatype"].split("/")[0]
        return "file" if kind == "application" else kind
    if data in _BY_DATA:
        return _BY_DATA[data]
    return _textual(bind, control)


def _textual(bind: dict[str, str], control: dict[str, str]) -> str:
    if bind.get("readonly") == "true()":
        return "note"
    match control.get("tag"):
        case "trigger":
            return "acknowledge"
        case None:
            return "calculate"
        case "input":
            return "text"
        case _:  # what is left are spellings of selects that pyxform's reader of sheets does not take
            raise UnknownType(_NO_SUCH_TYPE)


@cache
def _dictionary() -> dict[str, Any]:
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

    return dict(QUESTION_TYPE_DICT)


@cache
def _lowered() -> dict[str, str]:
    return {name.lower(): name for name in _dictionary()}
