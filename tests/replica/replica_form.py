"""A tiny form in two versions, and the submissions that phones send of it: the replica's tests are about changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from small_forms import workbook

FORM, UID = "tiny", "aTinyForm000000000000"
V1, V2, LOST = "vTinyOne0000000000000", "vTinyTwo0000000000000", "vNobodyHasThisOne0000"
FORM_UUID = "7c0ffee0000040008000000000000001"
MONTH, DAY = "2026-07", "2026-07-14"
SERVICES = ("S01", "S02")
LATER_SERVICE = "S03"  # services.csv learns of it later

_SURVEY = """
| survey |
|        | type | name | label | required | relevant | calculation | indicator | role |
|        | start | start | | | | | | |
|        | deviceid | deviceid | | | | | | |
|        | calculate | tool_version | | | | '{version}' | | version |
|        | calculate | month | | | | format-date(today(),'%Y-%m') | | month |
|        | select_one ending | ending | Do you agree? | yes | | | | consent |
|        | begin_group | interview | Interview | | ${{ending}} = 'agrees' | | | |
|        | select_one_from_file services.csv | service | Which service? | yes | | | | service |
|        | select_one yn | needles | Are there needles? | yes | | | pkg_nsp | |
|        | select_multiple abc | kinds | Which kinds? | | | | | |
|        | integer | visits | How often? | | | | | |
|        | {second} | | | | |
|        | text | words | Anything else? | | | | | |
|        | geopoint | place | Where? | | | | | |
|        | text | code | Her code | | | | | withdrawal_code |
|        | begin_repeat | stay | A stay | | | | | |
|        | select_one abc | bed | Which bed? | yes | | | | |
|        | text | night | How was the night? | | | | | |
|        | end_repeat | | | | | | | |
|        | end_group | | | | | | | |
| choices |
|        | list_name | name | label | score |
|        | ending | agrees | Yes | 1 |
|        | ending | refuses | No | 0 |
|        | yn | yes | Yes | 1 |
|        | yn | no | No | 0 |
|        | abc | a | A | |
|        | abc | b | B | |
|        | abc | c | C | |
| settings |
|        | form_title | id_string | source |
|        | Tiny | tiny | C |
"""


@cache
def workbooks() -> dict[str, bytes]:
    """Return the workbooks of the two versions: the second asks `extra` where the first asks `hours`."""
    first = _SURVEY.format(version="1", second="decimal | hours | How many hours?")
    second = _SURVEY.format(version="2", second="integer | extra | How many more?")
    return {V1: workbook(first), V2: workbook(second)}


@dataclass(frozen=True)
class Sent:
    """What somebody fills in: `kind` says what is special about it; `number` makes every answer its own."""

    kind: str = "interview"
    version: str = V1
    number: int = 0


KINDS = (
    "interview",
    "sparse",
    "refusal",
    "unknown field",
    "word in a number",
    "no such choice",
    "answer missing",
    "answer without consent",
    "service of later",
    "old month",
    "future month",
    "version unknown",
    "version missing",
    "encrypted",
)


def answers(sent: Sent) -> dict[str, Any]:
    """Return the answers by path; a repeat is a list of such."""
    number, version = sent.number, sent.version
    found: dict[str, Any] = {
        "start": "2026-07-14T09:00:00.000+02:00",
        "deviceid": f"device-{number:07}",
        "tool_version": "2" if version == V2 else "1",
        "month": {"old month": "2022-01", "future month": "2026-10", "typing for a month": f"moon{number:07}"}.get(
            sent.kind, MONTH
        ),
        "ending": "refuses" if sent.kind in {"refusal", "answer without consent"} else "agrees",
        "__version__": {
            "version unknown": LOST,
            "version missing": "",
            "typing for a version": f"told-{number:07}-maria",
        }.get(sent.kind, version),
    }
    if sent.kind == "encrypted":
        return {"base64EncryptedKey": f"key{number}", "encryptedXmlFile": "submission.xml.enc", "__version__": version}
    if sent.kind == "refusal":
        return found
    found |= {
        "interview/service": {
            "service of later": LATER_SERVICE,
            "no such service": f"house{number:07}",
        }.get(sent.kind, SERVICES[number % 2]),
        "interview/needles": f"choice_{number:07}" if sent.kind == "no such choice" else "yes" if number % 3 else "no",
        "interview/visits": f"many{number}times" if sent.kind == "word in a number" else str(number),
    }
    if sent.kind == "answer missing":
        del found["interview/needles"]
    if sent.kind == "unknown field":
        found["interview/neighbour"] = f"{token(number)}x"
    if sent.kind == "sparse":
        return found
    found |= {
        "interview/kinds": f"a also_{number:07}"
        if sent.kind == "no such choices"
        else ("a b", "c", "a b c")[number % 3],
        "interview/extra" if version == V2 else "interview/hours": str(number) if version == V2 else f"{number}.5",
        "interview/words": f"{token(number)}, she said <loudly> & “clearly”, call {phone(number)}",
        "interview/place": f"55.{number:06} 37.{number:06} 0 0",
        "interview/code": code(number),
        "interview/stay": [
            {"interview/stay/bed": "b"},
            {"interview/stay/bed": "c", "interview/stay/night": f"{token(number)}n"},
        ],
    }
    return found


def instance_of(sent: Sent, drawn: str) -> str:
    """Return the id of an instance: the uuid that was drawn, or what somebody typed in its place."""
    return f"her-name-{sent.number:07}" if sent.kind == "typing for a uuid" else drawn


def token(number: int) -> str:
    """Return a word that stands in no other submission, nor anywhere else."""
    return f"wrd{number:07}zq"


def phone(number: int) -> str:
    """Return a telephone number, as people write them into free text."""
    return f"+62812{number:07}"


def code(number: int) -> str:
    """Return a withdrawal code."""
    return f"KODE{number:07}QX"


def xml(sent: Sent, instance: str, *, deprecated: str = "", root: str = "") -> str:
    """Write a submission as Collect would."""
    meta = f"<instanceID>uuid:{instance}</instanceID>"
    meta += f"<deprecatedID>uuid:{deprecated}</deprecatedID>" if deprecated else ""
    meta += f"<rootUuid>uuid:{root}</rootUuid>" if root else ""
    inside = _written(answers(sent))
    opening = f'<{UID} id="{UID}" version="1 (2026-07-01 00:00:00)">'
    uuid = f"<formhub><uuid>{FORM_UUID}</uuid></formhub>"
    return f"<?xml version='1.0'?>{opening}{uuid}{inside}<meta>{meta}</meta></{UID}>"


def _written(found: dict[str, Any], prefix: str = "") -> str:
    parts, groups = [], dict[str, dict[str, Any]]()
    for path, value in found.items():
        name, _, below = path.removeprefix(prefix).partition("/")
        if below:
            groups.setdefault(name, {})[path] = value
        elif isinstance(value, list):
            parts += [f"<{name}>{_written(item, f'{path}/')}</{name}>" for item in value]
        else:
            parts.append(f"<{name}>{escape(str(value))}</{name}>")
    parts += [f"<{name}>{_written(some, f'{prefix}{name}/')}</{name}>" for name, some in groups.items()]
    return "".join(parts)
