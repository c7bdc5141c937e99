"""The fixed sentences of pages, scorecards and charts: gettext catalogues in `locale/`, read by Babel as they are.

A language has a folder with a `.po` file for each kind of thing that is made (`report.po` the pages), which together
are one catalogue. They are the source and the only form: nothing has to be compiled, and whoever speaks a language can
mend a sentence in any text editor. `tests/report/test_texts.py` says what a catalogue lacks.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

_LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"


def catalogue_files(language: str) -> tuple[Path, ...]:
    """Return where the catalogue of a language lies, in the order of names; none where there is no such language."""
    return tuple(sorted((_LOCALE / language / "LC_MESSAGES").glob("*.po")))


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.name for path in _LOCALE.iterdir() if catalogue_files(path.name)))


@functools.cache
def translations(language: str) -> GNUTranslations:
    """Return the sentences of a language, with its plural forms."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    whole: GNUTranslations | None = None
    for path in catalogue_files(language):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        part = GNUTranslations(compiled)
        if whole is None:
            whole = part
        else:
            whole.add_fallback(part)
    if whole is None:
        raise FileNotFoundError(f"no catalogue of the language {language}")
    return whole


def in_language(texts: Mapping[str, Any], language: str) -> str:
    """Return a label of the framework in a language, or in English where it has none."""
    return str(texts.get(language) or texts[SOURCE])
