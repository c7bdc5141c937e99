"""A small form with everything that paper treats in its own way, in languages of both directions; a reader of HTML."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from kobo_sync.instrument.outline import Outline, outline_from_sheets, read_outline
from kobo_sync.instrument.paper import Paper, paper_files

ROOT = Path(__file__).resolve().parents[2]
WORKBOOKS = sorted(path for path in (ROOT / "xlsform").glob("*.xlsx") if not path.name.startswith("~$"))
EN, AR = "English (en)", "العربية (ar)"
PAPER = Paper(
    {
        "en": {"name": EN, "status": "source"},
        "ar": {"name": AR, "status": "draft"},
        "id": {
            "name": "Bahasa Indonesia (id)",
            "status": "reviewed",
            "reviewed_by": "A group",
            "reviewed_on": "2026-03-31",
        },
    },
    "2026.1",
)
_VOID = frozenset({"meta", "link", "br"})


def _row(kind: str, name: str = "", label: str = "", **cells: str) -> dict[str, str]:
    return {"type": kind, "name": name} | {f"label::{EN}": label for _ in (1,) if label} | cells


SHEETS: Mapping[str, Any] = {
    "survey": [
        _row("calculate", "parts_now", calculation="'tea'"),
        _row("select_one yn", "agree_q", "Do you agree?", role="consent", required="yes"),
        _row("begin_group", "main_g", "The talk", relevant="${agree_q} = 'yes'"),
        _row("select_one_from_file places.csv", "place_q", "Which place?", role="service"),
        _row("text", "place_name_q", "What is it called?", role="service_name"),
        _row("begin_group", "tea_g", "About tea", relevant="selected(${parts_now}, 'tea')"),
        _row(
            "select_one yn", "tea_q", "Is there <tea> & more?", indicator="abc_tea", **{f"label::{AR}": "هل يوجد شاي؟"}
        ),
        _row("select_multiple yn", "many_q", "Which?", relevant="${tea_q} != 'no'", constraint=". != ''"),
        _row("end_group"),
        _row("begin_group", "cake_g", "About cake", relevant="selected(${parts_now}, 'cake')"),
        _row("select_one yn", "cake_q", "Is there cake?"),
        _row("end_group"),
        _row(
            "begin_group",
            "more_g",
            "More",
            relevant="selected(${many_q}, 'yes') or (${tea_q} = 'no' and ${cups_q} > 2)",
        ),
        _row("integer", "cups_q", "How many cups?"),
        _row("text", "words_q", "In your words?", role="free_text"),
        _row("rank yn", "order_q", "In which order?", relevant="count-selected(${many_q}) = 1"),
        _row("acknowledge", "ok_q", "Understood?", relevant="not(${cups_q} = '')"),
        _row("geopoint", "where_q", "Where are you?"),
        _row("end_group"),
        _row("note", "cups_note", "So ${cups_q} cups, of ${nothing}.", relevant="pulldata('a','b','c','d') = '1'"),
        _row("select_one_from_file help.csv", "help_q", "Places that help", role="referrals", read_only="yes"),
        _row("calculate", "code_c", calculation="string(random())", role="withdrawal_code"),
        _row("note", "code_note", "Your code is ${code_c}."),
        _row("begin_repeat", "child_r", "Each child"),
        _row("date", "day_q", "When?"),
        _row("end_repeat"),
        _row("end_group"),
        _row("begin_group", "daily_g", "Weather", relevant="${agree_q} = 'yes' and ${end_q} != 'yes'"),
        _row("select_one yn", "sun_q", "Does the sun shine?", role="decoy"),
        _row("end_group"),
        _row("select_one yn", "end_q", "Finish?", role="finish"),
    ],
    "choices": [
        {"list_name": "yn", "name": "yes", f"label::{EN}": "Yes", f"label::{AR}": "نعم", "score": "0.875"},
        {
            "list_name": "yn",
            "name": "no",
            f"label::{EN}": "No",
            f"label::{AR}": "لا",
            "score": "0.125",
            "missing": "dk",
        },
    ],
    "settings": [{"form_title": "Tea survey", "version": "2026.9", "default_language": EN}],
}


def outline(sheets: Mapping[str, Any] = SHEETS, name: str = "tea") -> Outline:
    """Read the small form, or another's sheets."""
    return outline_from_sheets(sheets, name)


def paper(sheets: Mapping[str, Any] = SHEETS, language: str = "en") -> str:
    """Return the small form on paper."""
    return paper_files([outline(sheets)], PAPER)[f"tea.{language}.html"]


def write_folder(folder: Path) -> Path:
    """Write the small form as a workbook into a folder, under two names, beside the project's framework."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column) for column in columns])
    folder.mkdir(parents=True)
    for form in ("cake", "tea"):
        book.save(folder / f"{form}.xlsx")
    shutil.copy(ROOT / "xlsform" / "framework.yaml", folder)
    return folder


def committed() -> list[Outline]:
    """Return the project's own forms."""
    return [read_outline(path, path.stem) for path in WORKBOOKS]


class Read(HTMLParser):
    """Reads a page strictly: every tag closed in its turn, all texts kept, with the classes around them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []  # (classes of all tags around it, text)
        self.attributes: list[tuple[str, str, str]] = []
        self.classes: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.classes += (dict(attrs).get("class") or "").split()
        if tag not in _VOID:
            self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop()[0] == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1][0] != "style":
            around = " ".join(f"{tag} {classes}" for tag, classes in self.open)
            self.texts.append((around, " ".join(data.split())))

    def of(self, css_class: str) -> list[str]:
        """Return the texts inside tags of a class."""
        return [text for around, text in self.texts if css_class in around.split()]

    @property
    def all_text(self) -> str:
        """All that a person reads."""
        return " ".join(text for _, text in self.texts)
