"""The forms under test, opened once: those in xlsform/, or in the folder that XLSFORM_DIR names.

So a network that changed the forms can run the same tests on its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kobo_sync.engine import Filler
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.form import Form, Texts
from kobo_sync.instrument.workbook import named_rows, read_sheets
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.places import locales_for_phones, read_locales, read_referrals, referrals_for_phones
from kobo_sync.services import read_services, services_for_phones

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("XLSFORM_DIR") or ROOT / "xlsform")
NAMES = tuple(path.stem for path in form_files(FOLDER))

# What the columns of the survey sheet are called once pyxform has read them.
_MESSAGES = {"required": "bind::jr:requiredMsg::", "constraint": "bind::jr:constraintMsg::"}


@dataclass(frozen=True)
class Instrument:
    """One form as phones and browsers get it, and the texts of its workbook.

    `messages` holds what is shown for no answer and for a wrong one, by (question, "required" or "constraint");
    `headings` the labels of its groups.
    """

    path: Path
    form: Form
    xform: str
    media: Mapping[str, bytes]
    messages: Mapping[tuple[str, str], Texts]
    headings: tuple[Texts, ...]

    @cached_property
    def filler(self) -> Filler:
        """The form opened by JavaRosa."""
        return Filler(self.xform, self.media)

    @property
    def languages(self) -> tuple[str, ...]:
        """The form's languages, the one that the others are translated from first."""
        first = self.form.default_language
        return (first, *(language for language in self.form.languages if language != first))

    @cached_property
    def random(self) -> frozenset[str]:
        """The calculations that come out differently each time, by themselves or through others."""
        found: set[str] = set()
        size = -1
        while size != len(found):
            size = len(found)
            for question in self.form.questions:
                text = question.calculation
                uses = set(re.findall(r"\$\{\s*([^}\s]+)\s*\}", text))
                if re.search(r"\b(uuid|random)\s*\(", text) or uses & found:
                    found.add(question.name)
        return frozenset(found)

    def with_calculations(self, calculations: Mapping[str, str]) -> Instrument:
        """Return the form with other formulas in some of its calculations, as a coordinator would edit the cell."""
        xform = self.xform
        for name, formula in calculations.items():
            bind = re.compile(rf'<bind\b[^>]*nodeset="[^"]*/{name}"[^>]*>').search(xform)
            assert bind is not None, f"{self.path.name} has no calculation {name!r}"
            changed = re.sub(r'calculate="[^"]*"', f'calculate="{formula}"', bind[0])
            xform = xform.replace(bind[0], changed)
        return Instrument(self.path, self.form, xform, self.media, self.messages, self.headings)


@cache
def instrument(name: str) -> Instrument:
    """Open a form by its name."""
    path = FOLDER / f"{name}.xlsx"
    form = read_form(path, name)
    sheets = read_sheets(path, name)
    rows = [row for row in named_rows(sheets["survey"], "survey", path.name) if row]
    messages = {
        (row["name"], kind): {
            header.removeprefix(prefix): text for header, text in row.items() if header.startswith(prefix)
        }
        for row in rows
        if "name" in row
        for kind, prefix in _MESSAGES.items()
    }
    headings = tuple(
        {header.partition("::")[2]: text for header, text in row.items() if header.startswith("label::")}
        for row in rows
        if row.get("type", "").startswith("begin")
    )
    files = sorted({q.list_name for q in form.questions if q.type.endswith("_from_file")})
    media = {file: _media(FOLDER / file) for file in files}
    return Instrument(path, form, convert_form(path), media, messages, headings)


def _media(path: Path) -> bytes:
    """Return a table as it travels with a form, made of the coordinator's own."""
    match path.name:
        case "services.csv":
            return services_for_phones(read_services(path))
        case "locales.csv":
            return locales_for_phones(read_locales(path))
        case "referrals.csv":
            return referrals_for_phones(read_referrals(path), read_locales(FOLDER / "locales.csv"))
        case _:
            return path.read_bytes()


def plain(text: str) -> str:
    """Return a text as both engines show it: straight quotes (pyxform's doing), no markdown, single blanks."""
    straight = text.translate(str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""))
    return " ".join(re.sub(r"[*_#]|<[^>]+>", "", straight).split())


def says(shown: str, wanted: str) -> bool:
    """Whether a text on the screen is the one in the workbook; what stands for ${…} may be anything."""
    parts = (re.escape(part) for part in re.split(r"\$\{[^}]*\}", plain(wanted)))
    return re.fullmatch(".*".join(parts), plain(shown)) is not None
