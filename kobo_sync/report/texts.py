"""The fixed sentences of the pages: gettext catalogues in `locale/`, one a language, read by Babel as they are.

The `.po` files are the source and the only form: nothing has to be compiled, and whoever speaks a language can mend a
sentence in any text editor. `tests/report/test_texts.py` says what a catalogue lacks.
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


def catalogue_file(language: str) -> Path:
    """Return where the catalogue of a language lies, whether or not there is one."""
    return _LOCALE / language / "LC_MESSAGES" / "report.po"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.name for path in _LOCALE.iterdir() if catalogue_file(path.name).is_file()))


@functools.cache
def translations(language: str) -> GNUTranslations:
    """Return the sentences of a language, with its plural forms."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with catalogue_file(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def in_language(texts: Mapping[str, Any], language: str) -> str:
    """Return a label of the framework in a language, or in English where it has none."""
    return str(texts.get(language) or texts[SOURCE])
