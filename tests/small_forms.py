"""Small forms for tests: from Markdown, and made up at random, with conditions, answers and submissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from pyxform.xls2json_backends import md_table_to_workbook, md_to_dict
from pyxform.xls2xform import convert

from kobo_sync.engine import Answer, Filled, Filler, Prompt, Stopped
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import form_from_sheets
from kobo_sync.standin.submissions import answers, parse
from kobo_sync.store.store import Problem
from kobo_sync.sync.record import make_record
from kobo_sync.sync.validate import RecordValidator

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "xlsform" / "client_interview.xlsx"
CHOICES = ("a", "b", "c")
_LIST = [{"list_name": "abc", "name": name, "label": name.upper()} for name in CHOICES]

# What KoboToolbox puts beside the answers.
AROUND: dict[str, Any] = {
    "_id": 7,
    "_uuid": "0f6a1f3e-0000-4000-8000-000000000007",
    "meta/rootUuid": "uuid:0f6a1f3e-0000-4000-8000-000000000001",
    "meta/instanceID": "uuid:0f6a1f3e-0000-4000-8000-000000000007",
    "__version__": "vSmall",
    "formhub/uuid": "0f6a1f3e",
    "_xform_id_string": "aSmall",
    "_attachments": [],
    "_status": "submitted_via_web",
    "_geolocation": [None, None],
    "_submission_time": "2026-03-05T10:00:00",
    "_validation_status": {},
    "_submitted_by": "enumerator1",
}


def seeded(seed: int) -> Random:
    """Return a source of chance that gives the same every time."""
    return Random(seed)  # noqa: S311 -- made-up answers, no secrets


def form(markdown: str) -> Form:
    """Read a form written as Markdown."""
    return form_from_sheets(md_to_dict(markdown), "small")


def xform(sheets: Mapping[str, Any] | str) -> str:
    """Convert a form written as Markdown or as sheets, without ODK Validate: the engine says what it thinks of it."""
    return str(convert(dict(sheets) if isinstance(sheets, Mapping) else sheets, validate=False).xform)


def workbook(markdown: str) -> bytes:
    """Write a form from Markdown into a workbook, as Excel would."""
    written = BytesIO()
    md_table_to_workbook(markdown).save(written)
    return written.getvalue()


def problems(of: Form, raw: Mapping[str, Any], services: Sequence[str] | None = None) -> tuple[Problem, ...]:
    """Judge a submission; what KoboToolbox puts beside the answers is added."""
    return RecordValidator(of, services).problems(make_record({**AROUND, **raw}, of))


@dataclass(frozen=True)
class Asked:
    """One question of a made-up form, as a condition may look at it."""

    name: str
    type: str


@dataclass(frozen=True)
class MadeUp:
    """A made-up form: its sheets, and all that is made of them."""

    sheets: dict[str, Any]

    @cached_property
    def form(self) -> Form:
        """The form as the program reads it."""
        return form_from_sheets(self.sheets, "made_up")

    @cached_property
    def filler(self) -> Filler:
        """The form as the phone has it."""
        return Filler(xform(self.sheets))

    def fill(self, random: Random) -> Filled | None:
        """Fill it in at random, as somebody with a phone would; None when she ran into a constraint."""
        try:
            return self.filler.fill(lambda prompt: drawn(prompt, random))
        except Stopped as stopped:
            if stopped.kind == "constraint":
                return None
            raise

    def submission(self, filled: Filled) -> dict[str, Any]:
        """Make of an interview what KoboToolbox answers for it."""
        return {**AROUND, **answers(parse(filled.xml), self.form.repeats)}


def drawn(prompt: Prompt, random: Random) -> Answer | bool | None:
    """Answer one prompt at random, now and then not at all."""
    if prompt.type == "repeat":
        return random.random() < 0.5
    if not prompt.required and random.random() < 0.2:
        return None
    some = [choice for choice in prompt.choices if random.random() < 0.5]
    drawn_by_type: dict[str, list[Answer]] = {
        "select_one": list(prompt.choices),
        "select_multiple": [some or list(prompt.choices[:1])],
        "rank": [random.sample(prompt.choices, len(prompt.choices))],
        "integer": list(range(-3, 10)),
        "decimal": [-1.5, 0.0, 0.25, 2.0, 3.75, 1e-3],
        "date": [f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"],
        "time": ["10:30:00.000+02:00"],
        "dateTime": ["2026-03-05T10:30:00.000+02:00"],
        "text": ["yes", "x", "two words", "ثلاثة", "<b>&"],
        "acknowledge": ["OK"],
    }
    return random.choice(drawn_by_type[prompt.type])


TYPES = ("select_one abc", "select_multiple abc", "integer", "decimal", "text", "date", "calculate")
_MORE_TYPES = (*TYPES, "acknowledge", "time", "dateTime", "rank abc", "note", "select_one abc or_other", "hidden")


def made_up(random: Random, size: int = 8) -> MadeUp:
    """Make up a form of some questions, in groups and repeats, each perhaps under a condition on those before it."""
    rows: list[dict[str, str]] = []
    scopes: list[list[Asked]] = [[]]  # questions seen so far, by the repeats around
    stack: list[str] = []
    for number in range(random.randint(2, size)):
        around = [asked for scope in scopes for asked in scope]
        turn = random.random()
        if turn < 0.15 and len(stack) < 3:
            kind = random.choice(("group", "repeat"))
            rows.append({"type": f"begin_{kind}", "name": f"g{number}", "label": "G"} | _relevant(random, around))
            stack.append(kind)
            if kind == "repeat":
                scopes.append([])
        elif turn < 0.25 and stack and not rows[-1]["type"].startswith("begin"):
            _close(rows, stack, scopes)
            continue
        rows.append(_row(random, f"q{number}", around))
        if rows[-1]["type"] in TYPES:
            scopes[-1].append(Asked(rows[-1]["name"], rows[-1]["type"].split()[0]))
    while stack:
        _close(rows, stack, scopes)
    return MadeUp({"survey": rows, "choices": [dict(row) for row in _LIST]})


def _close(rows: list[dict[str, str]], stack: list[str], scopes: list[list[Asked]]) -> None:
    kind = stack.pop()
    rows.append({"type": f"end_{kind}"})
    if kind == "repeat":
        scopes.pop()


def _row(random: Random, name: str, around: Sequence[Asked]) -> dict[str, str]:
    kind = random.choice(_MORE_TYPES)
    row = {"type": kind, "name": name, "label": name}
    if kind == "hidden":
        return row | {"default": "h"}
    if kind == "calculate":
        words = f"if({condition(random, around)}, 'x', '')" if around else "'x'"
        return row | {"calculation": words}
    row |= _relevant(random, around)
    if kind == "note":
        return row
    if random.random() < 0.4:
        row["required"] = "yes"
    elif around and random.random() < 0.2:
        row["required"] = condition(random, around)
    if kind == "integer" and random.random() < 0.3:
        row["constraint"] = ". >= 0 and . < 9"
    if kind == "select_multiple abc" and random.random() < 0.3:
        row["constraint"] = "not(selected(., 'c') and count-selected(.) > 1)"
    return row


def _relevant(random: Random, around: Sequence[Asked]) -> dict[str, str]:
    return {"relevant": condition(random, around)} if around and random.random() < 0.5 else {}


def condition(random: Random, around: Sequence[Asked], depth: int = 3) -> str:
    """Make up a condition on these questions, in the part of XPath that both engines agree on."""
    turn = random.random()
    if depth == 0 or turn < 0.4:
        return _comparison(random, random.choice(around))
    if turn < 0.55:
        return f"not({condition(random, around, depth - 1)})"
    parts = [condition(random, around, depth - 1) for _ in range(random.randint(2, 3))]
    # Without parentheses "and" binds closer than "or": what the text means is for its readers to find out.
    parts = [f"({part})" if random.random() < 0.5 else part for part in parts]
    return random.choice((" and ", " or ", "  and\n")).join(parts)


def _comparison(random: Random, asked: Asked) -> str:
    ref = f"${{{asked.name}}}"
    equal = random.choice(("=", "!=", " = ", " != "))
    blank = f"{ref}{equal}''"
    match asked.type:
        case "select_one":
            choice = random.choice((*CHOICES, "zz"))
            return random.choice(
                (f"{ref}{equal}'{choice}'", f"'{choice}'{equal}{ref}", f"selected({ref}, '{choice}')", blank)
            )
        case "select_multiple":
            choice, order = random.choice((*CHOICES, "zz")), random.choice(("=", "!=", "<", "<=", ">", ">="))
            counted = f"count-selected({ref}) {order} {random.randint(0, 3)}"
            return random.choice((f'selected({ref}, "{choice}")', counted, blank))
        case "integer" | "decimal":
            number, order = (
                random.choice(("0", "2", "3.75", "-1.5", "5")),
                random.choice(("=", "!=", "<", "<=", ">", ">=")),
            )
            return random.choice((f"{ref} {order} {number}", f"{number} {order} {ref}", blank))
        case "text" | "calculate":
            return random.choice((f"{ref}{equal}'x'", blank))
        case _:
            return blank
