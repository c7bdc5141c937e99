"""Scorecards as PDF files, by typst: a library in one piece, with fonts of its own; no browser and no system font.

The same cards make the same bytes on every machine: only the library's fonts are used, and no date, name or path is
written. The files are tagged (PDF/UA-1), so that a screen reader reads them as it reads the pages; that standard also
wants each letter to have a shape, which is how letters that no font has are found.

Fonts: Latin, Cyrillic, Greek, Hebrew, Arabic, Devanagari, Georgian and Armenian letters have shapes. Where a name in a
file holds others (Chinese, Thai, pictures), they are left out of the file and a sentence on the sheet says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

from kobo_sync.errors import UserError
from kobo_sync.report.card import Card, Part, plain
from kobo_sync.report.engine import TEMPLATES

if TYPE_CHECKING:
    from typst import Compiler

_STANDARD: Literal["ua-1"] = "ua-1"
# One text, set in the fonts of the cards.
_PROBE = """
#set document(title: "-", date: none)
#set page(width: auto, height: auto)
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern"))
#sys.inputs.text
"""


def can_print() -> bool:
    """Whether what makes PDF files is installed."""
    try:
        import typst  # noqa: F401
    except ImportError:
        return False
    return True


class Printer:
    """Makes PDF files of cards; slow to start, so one is made for all. Raises UserError when typst is not installed."""

    def __init__(self) -> None:
        try:
            import typst
        except ImportError as error:
            raise UserError(
                "PDF files need the library typst, which is not installed, so nothing was written. Install it with: "
                "pip install 'a-gender-monitor[pdf]'. Or leave --pdf out: each service has a scorecard to print among "
                "the pages."
            ) from error
        self._failed = typst.TypstError
        self._typst: Compiler = typst.Compiler(ignore_system_fonts=True)
        self._source = (TEMPLATES / "card.typ").read_bytes()
        self._printable: dict[str, bool] = {"": True}

    def file(self, card: Card) -> bytes:
        """Return the file of one card."""
        return self._one(card)[0]

    def all(self, cards: Sequence[Card], title: str) -> bytes:
        """Return one file of cards of one language, at least one; `title` is what it calls itself."""
        try:
            return self._pdf([_whole(card) for card in cards], title)
        except self._failed:
            return self._pdf([self._one(card)[1] for card in cards], title)

    def _one(self, card: Card) -> tuple[bytes, dict[str, Any]]:
        """Return a card's file, and what was printed: the card, or what of it can be."""
        whole = _whole(card)
        title = f"{card.title} · {card.heading}"
        try:
            return self._pdf([whole], title), whole
        except self._failed:
            less = self._printed(card)
            if less == card:
                raise
            lacking = {**asdict(less), "lost": less.if_lost}
            return self._pdf([lacking], f"{less.title} · {less.heading}"), lacking

    def _pdf(self, cards: list[dict[str, Any]], title: str) -> bytes:
        import orjson

        data = orjson.dumps({"title": title, "language": cards[0]["language"], "cards": cards}).decode()
        made = self._typst.compile(self._source, format="pdf", sys_inputs={"cards": data}, pdf_standards=_STANDARD)
        if not isinstance(made, bytes):
            raise TypeError("typst made several files of one document")
        return made

    def _printed(self, card: Card) -> Card:
        """Return a card without the letters that no font has; a name of none but these is the service's code."""
        return replace(
            card,
            title=self._letters(card.title) or card.code,
            kicker=tuple(filter(None, map(self._letters, card.kicker))),
            reply=Part(
                card.reply.key, card.reply.title, lines=tuple(filter(None, map(self._letters, card.reply.lines)))
            ),
        )

    def _letters(self, text: str) -> str:
        return plain(" ".join(map(self._word, text.split())))

    def _word(self, word: str) -> str:
        """Return the letters of a word that can be printed together, since some have a shape only beside others."""
        if word.isascii() or self._has_shapes(word):
            return word
        kept = "".join(filter(self._has_shapes, word))
        return kept if any(map(str.isalnum, kept)) and self._has_shapes(kept) else ""

    def _has_shapes(self, text: str) -> bool:
        if text not in self._printable:
            try:
                self._typst.compile(_PROBE.encode(), format="pdf", sys_inputs={"text": text}, pdf_standards=_STANDARD)
                self._printable[text] = True
            except self._failed:
                self._printable[text] = False
        return self._printable[text]


def _whole(card: Card) -> dict[str, Any]:
    return {**asdict(card), "lost": ""}
