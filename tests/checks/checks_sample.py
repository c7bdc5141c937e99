"""A small instrument in which the checks find nothing, to be broken in one place at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from pyxform.xls2xform import convert

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.book import read_book
from kobo_sync.instrument.checks.finding import Finding
from kobo_sync.instrument.checks.frame import Frame
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.lists import LISTS, read_list
from kobo_sync.instrument.checks.run import check

TODAY = date(2026, 11, 22)
EN, ES = "English (en)", "Español (es)"
Row = dict[str, Any]


def text(column: str, english: str, spanish: str) -> Row:
    """Return the cells of one text in both languages; an empty text makes no cell."""
    cells = {f"{column}::{EN}": english, f"{column}::{ES}": spanish}
    return {header: words for header, words in cells.items() if words}


def ask(kind: str, name: str, english: str = "", spanish: str = "", **cells: Any) -> Row:
    """Return a row of the survey sheet."""
    return {"type": kind, "name": name, **text("label", english, spanish), **cells}


def choice(list_name: str, name: str, english: str, spanish: str, **cells: Any) -> Row:
    """Return a row of the choices sheet."""
    return {"list_name": list_name, "name": name, **text("label", english, spanish), **cells}


ALONE = "not((selected(., 'none') or selected(., 'dk') or selected(., 'pns')) and count-selected(.) > 1)"
QUOTED = "${quoted} = 'yes'"
_GOES_ON, _KEPT = "${start} = 'go_on'", "${keep} = 'yes'"
_CODE = "once(string(int(random()*900000000)+100000000))"
HINT = text("hint", "No names, no places, no dates.", "Sin nombres, sin lugares, sin fechas.")
DK = ("dk", "Don't know", "No sé")
PNS = ("pns", "Prefer not to say", "Prefiero no responder")


def _survey() -> list[Row]:
    return [
        ask("calculate", "tool_version", calculation="'2026.1'", role="version"),
        ask("calculate", "month", calculation="format-date(today(),'%Y-%m')", role="month"),
        ask("select_one start", "start", "Can we start?", "¿Podemos empezar?", required="yes", role="screening"),
        ask("note", "about", "We ask about one service.", "Preguntamos por un servicio.", relevant=_GOES_ON),
        ask(
            "select_one agree",
            "agree",
            "Do you agree?",
            "¿Está de acuerdo?",
            required="yes",
            relevant=_GOES_ON,
            role="consent",
        ),
        ask("begin_group", "talk", "The talk", "La charla", relevant="${agree} = 'yes'"),
        ask(
            "select_one wish", "quoted", "May we quote you?", "¿Podemos citarla?", required="yes", role="quote_consent"
        ),
        ask(
            "select_one wish", "keep", "Is a code wanted?", "¿Quiere un código?", required="yes", role="withdrawal_wish"
        ),
        ask("select_one_from_file services.csv", "place", "Which service?", "¿Qué servicio?", role="service"),
        ask(
            "select_one ypn",
            "open_c",
            "Is it open when you need it?",
            "¿Abre cuando usted lo necesita?",
            indicator="abc_open",
            required="yes",
            **text("required_message", "Please choose one.", "Elija una, por favor."),
        ),
        ask(
            "select_multiple things",
            "things_c",
            "What can you get here?",
            "¿Qué se consigue aquí?",
            indicator="abc_things",
            required="yes",
            constraint=ALONE,
            **text("constraint_message", "Not with another answer.", "No junto con otra respuesta."),
        ),
        ask("select_one age", "age", "Which age group?", "¿Qué grupo de edad?", role="identity", appearance="minimal"),
        ask("integer", "visits", "How many visits?", "¿Cuántas visitas?", role="context"),
        ask("text", "wish", "What should change?", "¿Qué debería cambiar?", role="free_text", relevant=QUOTED, **HINT),
        ask("calculate", "code", calculation=_CODE, relevant=_KEPT, role="withdrawal_code"),
        ask("note", "shown", "Your code is ${code}.", "Su código es ${code}.", relevant=_KEPT),
        ask("select_one_from_file referrals.csv", "help", "They help.", "Ayudan.", read_only="yes", role="referrals"),
        ask("end_group", ""),
        ask("note", "no_start", "Thank you. Another time.", "Gracias. Otra vez será.", relevant="${start} = 'stop'"),
        ask("note", "no_talk", "That is fine. Thank you.", "Está bien. Gracias.", relevant="${agree} = 'no'"),
        ask("begin_group", "daily", "Daily life", "La vida", relevant="${agree} = 'yes' and ${done} != 'done'"),
        ask("select_one weather", "weather", "How is the weather?", "¿Qué tiempo hace?", role="decoy"),
        ask("end_group", ""),
        ask("select_one done", "done", "Finish?", "¿Fin?", required="yes", relevant="${agree} = 'yes'", role="finish"),
    ]


def _choices() -> list[Row]:
    return [
        choice("agree", "yes", "Yes", "Sí", score=1),
        choice("agree", "no", "No", "No", score=0),
        choice("ypn", "yes", "Yes", "Sí", score=1),
        choice("ypn", "partly", "Partly", "En parte", score=0.5),
        choice("ypn", "no", "No", "No", score=0),
        choice("ypn", *DK, missing="dk"),
        choice("ypn", *PNS, missing="pns"),
        choice("things", "food", "Food", "Comida", score=1),
        choice("things", "rest", "Rest", "Descanso", score=1),
        choice("things", "none", "None of these", "Nada de esto", score=0),
        choice("things", *DK, missing="dk"),
        choice("things", *PNS, missing="pns"),
        choice("age", "young", "18 to 24", "18 a 24"),
        choice("age", "older", "25 or older", "25 o más"),
        choice("age", *PNS, missing="pns"),
        choice("start", "go_on", "All is fine", "Todo bien"),
        choice("start", "stop", "She is under 18", "Es menor de 18"),
        choice("wish", "yes", "Yes", "Sí"),
        choice("wish", "no", "No", "No"),
        choice("weather", "dry", "Dry", "Seco"),
        choice("weather", "wet", "Wet", "Lluvioso"),
        choice("done", "done", "Yes, finish", "Sí, terminar"),
    ]


def _framework() -> dict[str, Any]:
    """Return the blocks of a framework that rules look at, as its reader would give them."""
    label = {"en": "Label", "es": "Etiqueta"}
    common = {"label": label, "domain": "abc", "core": True, "sources": ["C"], "fixers": ["service"], "na_when": None}
    return {
        "version": "2026.1",
        "languages": {"en": {"name": EN, "status": "source"}, "es": {"name": ES, "status": "draft"}},
        "sources": {"OURS": "Our convention"},
        "rules": {
            block: {"section": "3", "rule": "…", "source": ["OURS"]}
            for block in ("forms", "scales", "bands", "gaps", "modules", "fixers", "thresholds")
        },
        "forms": {"small": {"source": "C", "unit": "person", "max_free_text": 2, "label": label}},
        "modules": {"max": 2},
        "scales": {"ypn": {"choices": {"yes": 1, "partly": 0.5, "no": 0}}, "ms": {"multiple": True}},
        "fixers": {"service": {"label": label}},
        "domains": [{"code": "abc", "number": 1, "label": label}, {"code": "def", "number": 2, "label": label}],
        "indicators": [
            {
                **common,
                "code": "abc_open",
                "scale": "ypn",
                "flag": {"level": "R1", "raised_by": {"C": ["no"]}},
                "source": ["OURS"],
            },
            {**common, "code": "abc_things", "scale": "ms", "k": 2, "flag": None, "source": ["OURS"]},
        ],
        "bands": [
            {"number": 1, "code": "low", "from": 0, "label": label, "gate": []},
            {"number": 2, "code": "high", "from": 0.5, "label": label, "gate": [{"item": "abc_open", "at_least": 0.5}]},
        ],
        "gaps": {"covers": {}, "items": [{"code": "loc_open", "indicator": "abc_open", "label": label}]},
        "thresholds": {"women_bands": {"few": [1, 19], "many": [20, None]}},
    }


_SERVICES = """\
code,label,locale,type,women_band,real_name,address,contact
S01,Service 01,north,drop-in centre,few,Marigold House,7 Poplar Lane,Tulip
"""
_LOCALES = "code,label\nnorth,North\n"
_REFERRALS = """\
locale,label,phone,hours,accepts_women_who_use_drugs,checked_on
north,Night line,000 111,always,yes,2026-10-01
"""


@dataclass
class Sample:
    """One instrument, to be changed at will before it is looked at."""

    survey: list[Row] = field(default_factory=_survey)
    choices: list[Row] = field(default_factory=_choices)
    settings: Row = field(
        default_factory=lambda: {
            "form_title": "Service survey",
            "default_language": EN,
            "version": "2026.1",
            "source": "C",
        }
    )
    framework: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(_framework()))
    lists: dict[str, str] = field(
        default_factory=lambda: {"services.csv": _SERVICES, "locales.csv": _LOCALES, "referrals.csv": _REFERRALS}
    )
    workbook: Callable[[Workbook], None] | None = None  # a last change to the workbook itself
    frame: Frame | None = None  # in place of the framework above
    data: bytes | None = None  # in place of the workbook

    def q(self, name: str) -> Row:
        """Return a row of the survey sheet."""
        return next(row for row in self.survey if row.get("name") == name)

    def c(self, list_name: str, name: str) -> Row:
        """Return a row of the choices sheet."""
        return next(row for row in self.choices if (row["list_name"], row["name"]) == (list_name, name))

    def add(self, *rows: Row, before: str = "visits") -> None:
        """Add rows to the survey sheet."""
        place = self.survey.index(self.q(before))
        self.survey[place:place] = rows

    def indicator(self, code: str) -> dict[str, Any]:
        """Return an indicator of the framework."""
        found: dict[str, Any] = next(entry for entry in self.framework["indicators"] if entry["code"] == code)
        return found

    def rename(self, sheet: str, header: str, other: str) -> None:
        """Rename a column."""
        rows = {"survey": self.survey, "choices": self.choices, "settings": [self.settings]}[sheet]
        for row in rows:
            if header in row:
                row[other] = row.pop(header)

    def swap(self, name: str, old: str, new: str) -> None:
        """Replace a piece of the texts of a list in lists."""
        assert old in self.lists[name]
        self.lists[name] = self.lists[name].replace(old, new)

    def look(self, folder: Path) -> tuple[Finding, ...]:
        """Write it all and let the rules look."""
        return check(self.instrument(folder))

    def instrument(self, folder: Path) -> Instrument:
        """Write it all and read it as the checks do."""
        path = folder / "small.xlsx"
        if self.data is None:
            save(path, {"survey": self.survey, "choices": self.choices, "settings": [self.settings]}, self.workbook)
        else:
            path.write_bytes(self.data)
        for name, words in self.lists.items():
            (folder / name).write_text(words, encoding="utf-8")
        return Instrument(
            books=(read_book(path),),
            frame=self.frame or Frame(self.framework),
            lists={name: read_list((folder,), name) for name in LISTS},
            today=TODAY,
            chosen=frozenset({"small"}),
            convert=converted,
        )


def save(path: Path, sheets: Mapping[str, list[Row]], change: Callable[[Workbook], None] | None = None) -> None:
    """Write sheets into a workbook."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        headers = list(dict.fromkeys(header for row in rows for header in row))
        sheet.append(headers)
        for row in rows:
            sheet.append([row.get(header) for header in headers])
    if change is not None:
        change(book)
    book.save(path)


def converted(path: Path) -> str:
    """Convert a workbook without ODK Validate, which takes a second each time."""
    try:
        with path.open("rb") as file:
            return str(convert(file, validate=False, pretty_print=False).xform)
    except Exception as error:  # of many types, as from the program's own converter
        raise FormError(str(error), file=path.name) from error
