"""The fixed sentences of pages, scorecards and charts: gettext catalogues in `locale/`, read by Babel as they are.

A language has a folder with a `.po` file for each kind of thing that is made (`report.po` the pages), which together
are one catalogue. They are the source and the only form: nothing has to be compiled, and whoever speaks a language can
mend a sentence in any text editor. `tests/report/test_texts.py` says what a catalogue lacks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from kobo_sync.instrument.sentences import known_to_babel

_LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"


def catalogue_files(language: str) -> tuple[Path, ...]:
    """Return where the catalogue of a language lies, in the order of names; none where there is no such language."""
    return tuple(sorted((_LOCALE / language / "LC_MESSAGES").glob("*.po")))


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a catalogue, in alphabetical order."""
    return tuple(sorted(path.name for path in _LOCALE.iterdir() if catalogue_files(path.name)))


@functools.cache
def translations(language: str, own: str = "") -> GNUTranslations:
    """Return the sentences of a language, with its plural forms.

    `own` is the text of a country's own catalogue (`Framework.catalogues`): it goes before the program's. Where neither
    has a sentence, or the language has no catalogue at all, it is said in English.
    """
    parts = [_compiled(own.encode("utf-8"), language)] if own else []
    parts += [_compiled(path.read_bytes(), language) for path in catalogue_files(language)]
    whole, *others = parts or [_InEnglish(_is_rtl(language))]
    for part in others:
        whole.add_fallback(part)
    if parts and language not in languages():
        whole.add_fallback(_InEnglish(_is_rtl(language)))
    return whole


def _compiled(catalogue: bytes, language: str) -> GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(catalogue), locale=known_to_babel(language)))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _is_rtl(language: str) -> bool:
    from babel import Locale

    return bool(Locale.parse(known_to_babel(language)).text_direction == "rtl")


class _InEnglish(GNUTranslations):
    """The English sentences themselves; on a page from right to left set apart, so that their full stops stay put."""

    def __init__(self, rtl: bool) -> None:  # noqa: FBT001 -- private
        super().__init__()
        self._catalog: dict[str, str] = {}
        self.plural: Callable[[int], int] = lambda number: int(number != 1)
        self._around = ("\u2066{}\u2069" if rtl else "{}").format

    def gettext(self, message: str) -> str:
        """Return the sentence as it is."""
        return self._around(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return one of two sentences, by a number."""
        return self._around(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002 -- gettext's own signature
        """Return the sentence as it is."""
        return self._around(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 -- the same
        """Return one of two sentences, by a number."""
        return self.ngettext(msgid1, msgid2, n)


def in_language(texts: Mapping[str, Any], language: str) -> str:
    """Return a label of the framework in a language, or in English where it has none."""
    return str(texts.get(language) or texts[SOURCE])
