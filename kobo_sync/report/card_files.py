"""The scorecards among the files of a report: a page a service in each language, and PDF files where wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from kobo_sync.report.card import Card
from kobo_sync.report.card_size import letter_size

if TYPE_CHECKING:
    from kobo_sync.report.pdf import Printer

FOLDER = "cards"  # of pages and PDF files, in that of a language
ALL = "cards.pdf"  # beside it: all in one; a service's file never has that place, whatever its code


def pdf_name(page: str) -> str:
    """Return the name of a service's PDF file by that of its page."""
    return f"{page.removesuffix('.html')}.pdf"


def card_files(
    environment: Environment,
    common: Mapping[str, Any],
    cards: Iterable[tuple[str, Card]],
    printer: Printer | None,
    title: str,
) -> dict[str, str | bytes]:
    """Return the scorecards of one language by their place in its folder; `cards` by the file names of their pages.

    `common` is what all templates of the site are given. `title` what the PDF file of all calls itself.
    """
    template = environment.get_template("card.html.j2")
    files: dict[str, str | bytes] = {}
    made = list(cards)
    for page, card in made:
        place = f"{FOLDER}/{page}"
        files[place] = template.render(
            common,
            root="../",
            up="../../",
            page=place,
            card=card,
            letters=letter_size(card) / 10,
            service_page=f"../services/{page}",
            pdf_file=pdf_name(page) if printer else "",
        )
    if printer:
        for page, content in printer.files(made, title):
            files[f"{FOLDER}/{pdf_name(page)}" if page else ALL] = content
    return files
