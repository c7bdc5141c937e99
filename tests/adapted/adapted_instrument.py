"""A country's own instrument, made from the committed one: a seventh language from right to left, a thirteenth domain.

What a coordinator would do in Excel and a text editor is done here by a program: columns for Arabic, three questions
in a group of their own, their indicators, a domain with its weight, other thresholds, a catalogue of sentences.
The Arabic words are a machine's draft; nobody has reviewed them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

ROOT = Path(__file__).resolve().parent.parent.parent
CODE, LANGUAGE, ENGLISH = "ar", "العربية (ar)", "English (en)"
DOMAIN, DOMAIN_LABEL = "dig", "الوصول الرقمي"
FORM = "client_interview"

# indicator: English label, Arabic label, English question, Arabic question
ITEMS = {
    "dig_phone": (
        "Reached by phone or chat",
        "الوصول عبر الهاتف أو الدردشة",
        "Can you reach this service by phone or chat when you need it?",
        "هل يمكنك الوصول إلى هذه الخدمة عبر الهاتف أو الدردشة عند الحاجة؟",
    ),
    "dig_private": (
        "Messages that tell nobody",
        "رسائل لا تكشف شيئا",
        "Are the messages of this service written so that nobody can tell what they are about?",
        "هل تكتب رسائل هذه الخدمة بحيث لا يعرف أحد موضوعها؟",
    ),
    "dig_language": (
        "Online in women's own language",
        "على الإنترنت بلغة النساء",
        "Does this service speak your language online?",
        "هل تتحدث هذه الخدمة لغتك على الإنترنت؟",
    ),
}
CHOICES = {"yes": "نعم", "partly": "جزئيا", "no": "لا", "dk": "لا أعرف", "pns": "أفضل عدم الإجابة"}
OVERVIEW = "نظرة عامة"
CATALOGUE = f"""\
msgid ""
msgstr ""
"Language: ar\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "Overview"
msgstr "{OVERVIEW}"

msgid "Languages"
msgstr "اللغات"

msgid "round %(round)s"
msgstr "الجولة %(round)s"
"""


def adapt(xlsform: Path, forms: tuple[str, ...] = (FORM,)) -> None:
    """Make the country's own instrument, with these of its forms, in this folder."""
    xlsform.mkdir(parents=True, exist_ok=True)
    for form in forms:
        _form(ROOT / "xlsform" / f"{form}.xlsx", xlsform / f"{form}.xlsx")
    document = yaml.safe_load((ROOT / "xlsform" / "framework.yaml").read_text(encoding="utf-8"))
    _framework(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    (xlsform / "framework.yaml").write_text(text, encoding="utf-8")
    for path in (ROOT / "xlsform").glob("*.csv"):
        shutil.copy(path, xlsform.parent / path.name)


def _framework(document: dict[str, Any]) -> None:
    document["languages"][CODE] = {"name": LANGUAGE, "status": "draft", "reviewed_by": None, "reviewed_on": None}
    english = dict.fromkeys(document["languages"], "Digital access")
    _translate(document)
    document["domains"].append({"code": DOMAIN, "number": 13, "label": english | {CODE: DOMAIN_LABEL}})
    document["weights"]["domains"] |= {DOMAIN: 2}
    document["thresholds"]["suppress_below"] = 6
    document["validity"]["min_clients"] = 6
    for code, (label, arabic, *_) in ITEMS.items():
        document["indicators"].append(
            {
                "code": code,
                "label": dict.fromkeys(document["languages"], label) | {CODE: arabic},
                "domain": DOMAIN,
                "core": True,
                "sources": ["C"],
                "scale": "ypn",
                "kind": "experience",
                "averaged": True,
                "flag": None,
                "fixers": ["service"],
                "na_when": None,
                "source": ["OURS"],
            }
        )


def _translate(block: object) -> None:
    """Give every text of the framework its Arabic: the English, until somebody has translated it."""
    if isinstance(block, dict):
        if isinstance(block.get("en"), str) and isinstance(block.get("sw"), str):
            block[CODE] = block["en"]
        for inner in block.values():
            _translate(inner)
    elif isinstance(block, list):
        for inner in block:
            _translate(inner)


def _form(source: Path, target: Path) -> None:
    book = load_workbook(source)
    for name in ("survey", "choices"):
        sheet = book[name]
        for column in _texts(sheet):
            _add_column(sheet, column, {})
    if source.stem == FORM:
        _add_questions(book["survey"])
        _add_column(book["choices"], "label", CHOICES)
    book.save(target)


def _columns(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): cell.column for cell in sheet[1] if cell.value}


def _texts(sheet: Worksheet) -> list[str]:
    """Return which columns have translations: label, hint and so on."""
    return [name.partition("::")[0] for name in _columns(sheet) if name.endswith(f"::{ENGLISH}")]


def _add_column(sheet: Worksheet, text: str, words: dict[str, str]) -> None:
    """Put the Arabic beside a text, by name where there is one, else the English: what is not translated yet."""
    columns = _columns(sheet)
    place = columns.setdefault(f"{text}::{LANGUAGE}", len(columns) + 1)
    sheet.cell(1, place, f"{text}::{LANGUAGE}")
    for row in range(2, sheet.max_row + 1):
        english = sheet.cell(row, columns[f"{text}::{ENGLISH}"]).value
        arabic = words.get(str(sheet.cell(row, columns["name"]).value))
        if english:
            sheet.cell(row, place, arabic or english)


def _add_questions(sheet: Worksheet) -> None:
    """Add a group with the new questions behind the group `pkg`, each like the one whose answers it shares."""
    columns = _columns(sheet)
    names = {str(sheet.cell(row, columns["name"]).value): row for row in range(2, sheet.max_row + 1)}
    like = {name: sheet.cell(names["acc_women_time_c"], place).value for name, place in columns.items()}
    begin = {name: sheet.cell(names["pkg"], place).value for name, place in columns.items()}
    group = {name: value for name, value in begin.items() if not name.startswith("label::")}
    group |= {name: "Online" for name in columns if name.startswith("label::")}
    rows: list[dict[str, Any]] = [group | {"name": DOMAIN, f"label::{LANGUAGE}": "الإنترنت"}]
    for code, (_, _, question, arabic) in ITEMS.items():
        labels = {name: question for name in columns if name.startswith("label::")} | {f"label::{LANGUAGE}": arabic}
        rows.append(like | labels | {"name": f"{code}_c", "indicator": code, "type": "select_one ypn"})
    rows.append({"type": "end_group"})
    at = names["acc"]  # the group that follows
    sheet.insert_rows(at, len(rows))
    for number, row in enumerate(rows):
        for name, value in row.items():
            sheet.cell(at + number, columns[name], value)
