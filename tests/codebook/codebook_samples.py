"""A small form and a small framework for the tests of the codebook, and a reader of what a code host would show."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from openpyxl import Workbook

from kobo_sync.instrument.codebook import codebook_files, form_page, framework_document, in_order
from kobo_sync.instrument.outline import Outline, outline_from_sheets, read_outline

ROOT = Path(__file__).resolve().parents[2]
WORKBOOKS = sorted(path for path in (ROOT / "xlsform").glob("*.xlsx") if not path.name.startswith("~$"))

PAGE = form_page("tea")
_EN, _ID = "English (en)", "Bahasa Indonesia (id)"


def _row(kind: str, name: str = "", en: str = "", id_: str = "", **cells: str) -> dict[str, str]:
    """Write a row of the survey sheet; `__en` at the end of a column stands for its English one."""
    row = {"type": kind, "name": name, f"label::{_EN}": en, f"label::{_ID}": id_, **cells}
    return {column.replace("__en", f"::{_EN}"): cell for column, cell in row.items() if cell}


def _asked(kind: str, name: str, en: str, id_: str, **cells: str) -> dict[str, str]:
    """Write a question that must be answered, with the usual message."""
    says = {f"required_message::{_EN}": "Please choose.", f"required_message::{_ID}": "Pilih satu."}
    return _row(kind, name, en, id_, required="yes", **cells) | says


def _choice(list_name: str, name: str, en: str, id_: str, **cells: str) -> dict[str, str]:
    return {"list_name": list_name, "name": name, f"label::{_EN}": en, f"label::{_ID}": id_, **cells}


_WHICH = {
    "relevant": "${tea}!='no'",
    "constraint": "count-selected(.)<3",
    "constraint_message__en": "Two at most.",
    "hint__en": "Choose all.",
    "indicator": "abc_which",
}
_CUPS = {"relevant": "${tea}='yes'", "constraint": ". > 0 and . < 9", "constraint_message__en": "One to eight."}
_SHEETS: Mapping[str, Any] = {
    "survey": [
        _row("calculate", "when", calculation="'2026'", role="month", comment="A year."),
        _row("begin_group", "start", "Start", "Mulai", appearance="field-list"),
        _asked("select_one agree", "ready", "Shall we start?", "Kita mulai?", role="consent", hint__en="Read aloud."),
        _row("end_group"),
        _row("begin_group", "talk", "Talk", "Bicara", relevant="${ready}='yes'"),
        _asked("select_one ypn", "tea", "Is there tea?", "Ada teh?", indicator="abc_tea"),
        _asked("select_multiple things", "which", "Which of these?", "Yang mana?", **_WHICH),
        _asked("integer", "cups", "How many cups?", "Berapa cangkir?", **_CUPS),
        _row("end_group"),
        _row("note", "thanks", "Thank you: ${cups}", "Terima kasih: ${cups}"),
    ],
    "choices": [
        _choice("agree", "yes", "Yes", "Ya"),
        _choice("agree", "no", "No", "Tidak"),
        _choice("ypn", "yes", "Yes", "Ya", score="1"),
        _choice("ypn", "part", "Partly", "Sebagian", score="0.5"),
        _choice("ypn", "no", "No", "Tidak", score="0"),
        _choice("ypn", "dk", "Don't know", "Tidak tahu", missing="dk"),
        _choice("things", "sugar", "Sugar", "Gula", score="1"),
        _choice("things", "milk", "Milk", "Susu", score="1"),
        _choice("things", "none", "Nothing", "Tidak ada", score="0"),
    ],
    "settings": [{"form_title": "Tea survey", "version": "2026.1", "default_language": _EN, "source": "C"}],
}

FRAMEWORK: Mapping[str, Any] = {
    "version": "2026.1",
    "note": "An example.",
    "languages": {
        "en": {"name": "English (en)", "status": "source"},
        "id": {
            "name": "Bahasa Indonesia (id)",
            "status": "reviewed",
            "reviewed_by": "A group",
            "reviewed_on": "2026-03-31",
        },
    },
    "sources": {"BOOK": "A book about tea", "INF": "Inferred"},
    "scales": {
        "ypn": {"label": {"en": "Yes, partly, no", "id": "Ya, sebagian, tidak"}, "choices": {"yes": 1, "part": 0.5}},
        "ms": {"label": {"en": "Share", "id": "Bagian"}, "multiple": True},
    },
    "missing": {"dk": {"label": {"en": "Does not know", "id": "Ia tidak tahu"}}},
    "domains": [{"code": "abc", "number": 1, "label": {"en": "All about tea", "id": "Tentang teh"}}],
    "indicators": [
        {
            "code": "abc_tea",
            "label": {"en": "Tea for all", "id": "Teh untuk semua"},
            "domain": "abc",
            "core": True,
            "sources": ["C"],
            "scale": "ypn",
            "averaged": True,
            "flag": {"level": "R2", "raised_by": {"C": ["no"]}},
            "na_when": None,
            "source": ["BOOK", "INF"],
        },
        {
            "code": "abc_which",
            "label": {"en": "What goes with it", "id": "Pelengkapnya"},
            "domain": "abc",
            "core": False,
            "sources": ["C", "P"],
            "scale": "ms",
            "k": 2,
            "averaged": True,
            "flag": None,
            "na_when": {"en": "Where tea is unlawful.", "id": "Jika teh dilarang."},
            "source": ["INF"],
        },
    ],
    "weights": {"core": 2, "domains": {"abc": 1}},
    "bands": [
        {
            "code": "good",
            "from": 0.5,
            "gate": [{"item": "abc_tea", "at_least": 0.5}],
            "label": {"en": "Good", "id": "Baik"},
        }
    ],
    "rules": {"weights": {"rule": "A core item counts twice.", "source": ["BOOK"]}},
}


def sheets() -> dict[str, Any]:
    """Return the small form's sheets; each call gives a copy of its own."""
    return copy.deepcopy(dict(_SHEETS))


def outline(of: Mapping[str, Any] | None = None, name: str = "tea") -> Outline:
    """Read the small form, or another's sheets."""
    return outline_from_sheets(of if of is not None else sheets(), name)


def pages(of: Mapping[str, Any] | None = None, framework: Mapping[str, Any] = FRAMEWORK) -> dict[str, str]:
    """Return the codebook of the small form, or of another's sheets."""
    return codebook_files([outline(of)], framework)


@cache
def committed() -> tuple[list[Outline], dict[str, Any], dict[str, str]]:
    """Return the project's own forms, its framework and their codebook."""
    framework = framework_document(ROOT / "xlsform" / "framework.yaml")
    outlines = in_order([read_outline(path, path.stem) for path in WORKBOOKS], framework)
    return outlines, framework, codebook_files(outlines, framework)


def write_folder(folder: Path) -> Path:
    """Write the small form as a workbook into a folder, beside the project's framework."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in _SHEETS.items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column) for column in columns])
    folder.mkdir(parents=True)
    book.save(folder / "tea.xlsx")
    shutil.copy(ROOT / "xlsform" / "framework.yaml", folder)
    return folder


def rendered(markdown: str) -> list[Token]:
    """Read a page as a code host does: CommonMark with tables and HTML."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)


def shown(token: Token) -> str:
    """Return the text that a person sees of one block's inside."""
    return "".join(_pieces(token))


def _pieces(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type in {"text", "code_inline"}:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"} or child.content == "<br>":
            yield "\n"


def cells(markdown: str) -> list[str]:
    """Return what the cells of all tables of a page show, in their order, heads included."""
    tokens = rendered(markdown)
    return [shown(tokens[at + 1]) for at, token in enumerate(tokens) if token.type in {"td_open", "th_open"}]


def blocks(markdown: str) -> list[str]:
    """Return what every block of a page shows: headings, paragraphs, list items, cells."""
    return [shown(token) for token in rendered(markdown) if token.type == "inline"]
