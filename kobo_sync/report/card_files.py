"""The scorecards among the files of a report: a page a service in each language, and PDF files where wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment

from kobo_sync.report.card import Card
from kobo_sync.report.card_size import letter_size
from kobo_sync.report.pdf import Printer

FOLDER = "cards"  # of pages and PDF files, in that of a language
ALL = "cards.pdf"  # beside it: all in one; a service's file never has that place, whatever its code

Cards = Iterable[tuple[str, Card]]  # with the file names of their pages


def card_pages(environment: Environment, common: Mapping[str, Any], cards: Cards) -> dict[str, str]:
    """Return the scorecards' pages of one language by their place in its folder; `common` as all templates have it."""
    return {
        f"{FOLDER}/{page}": card_page(
            environment, common, card, page=f"{FOLDER}/{page}", service_page=f"../services/{page}", up="../"
        )
        for page, card in cards
    }


def card_page(
    environment: Environment, common: Mapping[str, Any], card: Card, *, page: str, service_page: str, up: str
) -> str:
    """Return one scorecard's page: `page` its place in the folder of a language, `up` the way from there to that."""
    return environment.get_template("card.html.j2").render(
        common,
        root=up,
        up=f"{up}../",
        page=page,
        card=card,
        letters=letter_size(card) / 10,
        service_page=service_page,
        pdf_file=pdf_name(page.rpartition("/")[2]) if common["pdf"] else "",
    )


def card_pdfs(cards: Cards, printer: Printer, title: str) -> dict[str, bytes]:
    """Return the PDF files of one language by their place in its folder; `title` what that of all calls itself."""
    return {f"{FOLDER}/{pdf_name(page)}" if page else ALL: content for page, content in printer.files([*cards], title)}


def pdf_name(page: str) -> str:
    """Return the name of a service's PDF file by that of its page."""
    return f"{page.removesuffix('.html')}.pdf"
