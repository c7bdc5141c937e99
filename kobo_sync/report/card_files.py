"""The scorecards among the files of a report: a page a service in each language, and PDF files where wanted.

A service's PDF file is in `cards/` beside its page, named as that is; all in one lie in `cards.pdf` beside it, so that
no code of a service can take its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from jinja2 import Environment

from kobo_sync.report.card import Card, sheet_of
from kobo_sync.report.card_public import public_card
from kobo_sync.report.card_size import letter_size
from kobo_sync.report.card_team import team_card
from kobo_sync.report.engine import Engines, site_languages
from kobo_sync.report.making import Content, Job, key_of, program_key
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import Overview
from kobo_sync.report.pdf import Printer
from kobo_sync.report.public_site import PublicData, common_of
from kobo_sync.report.voice import Voice

FOLDER = "cards"  # of pages and PDF files, in that of a language
ALL = "cards.pdf"  # beside it
COST = 20  # of a PDF file, in pages (measured)
_PAGE, _FILE = "page", "file"


class Cards(Protocol):
    """All cards of one report. May go to other processes."""

    @property
    def pages(self) -> Sequence[str]:
        """The file names of their pages, in their order."""

    @property
    def common(self) -> Mapping[str, Any]:
        """What all templates are given."""

    def key(self, place: int) -> str:
        """Return what stands for all that a card is made of; "" where it is always made."""

    def card(self, place: int, say: Voice) -> Card:
        """Return a card in a language."""


class TeamCards:
    """The cards of the team's report. `common` as its pages have it."""

    def __init__(self, data: ReportData, view: Overview, common: Mapping[str, Any]) -> None:
        self.common = common
        self.pages = [row.page for row in view.rows]
        self._rows, self._framework = view.rows, data.framework
        self._base = key_of(program_key(), repr(data.framework), common)

    def key(self, place: int) -> str:
        """Return what stands for a service's row and all that is alike on every page."""
        return key_of(self._base, FOLDER, self._rows[place])

    def card(self, place: int, say: Voice) -> Card:
        """Return the card of a service in a language."""
        _ = say.gettext
        sheet = sheet_of(
            say,
            round_=self.common["round"],
            made=self.common["made"],
            framework=self._framework.version,
            program=self.common["program_version"],
            copy=(_("Team copy: not for publication"), _("team copy, not for publication")),
            demo=self.common["demo"],
        )
        return team_card(self._rows[place], sheet, self._framework, say)


class PublicCards:
    """The cards of a release, or of a preview of it."""

    def __init__(self, data: PublicData, *, pdf: bool = False, preview: bool = False) -> None:
        self._made_of = (data, pdf, preview)
        self._get_ready()

    def _get_ready(self) -> None:
        data, pdf, preview = self._made_of
        self._framework = data.framework
        self.common: dict[str, Any] = {**common_of(data, preview=preview), "pdf": pdf}
        self._blocks = self.common["services"]
        self.pages = [self.common["service_pages"][block["code"]] for block in self._blocks]

    def __getstate__(self) -> dict[str, Any]:
        return {"_made_of": self._made_of}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self._get_ready()

    def key(self, place: int) -> str:  # noqa: ARG002 -- as the team's
        """Return "": a release leaves nothing but what it says."""
        return ""

    def card(self, place: int, say: Voice) -> Card:
        """Return the card of a service in a language."""
        _, common, block = say.gettext, self.common, self._blocks[place]
        copy = _("Public release %(number)s") % {"number": common["release"]["number"]}
        if common["preview"]:
            copy = _("Preview for the service, not published")
        sheet = sheet_of(
            say,
            round_=common["round"],
            made=common["made"],
            framework=common["tool_version"],
            program=common["program_version"],
            copy=(copy, copy),
            demo=common["demo"],
        )
        label = common["area_label"].get(block["area"], "")
        replies, only = common["replies_of"](block["code"]), block["area"] in common["only"]
        return public_card(block, label, sheet, self._framework, say, only=only, replies=replies)


class CardSite:
    """The scorecards of a report, in all its languages. Raises UserError where PDF files cannot be made."""

    def __init__(self, cards: Cards, codes: Sequence[str], engines: Engines, *, pdf: bool = False) -> None:
        if pdf:
            Printer()
        self._cards, self._codes, self._pdf, self._engines = cards, tuple(codes), pdf, engines
        self._voices: dict[str, Voice] = {}
        self._printer: Printer | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_voices": {}, "_printer": None}

    def jobs(self) -> Iterator[Job]:
        """Yield the pages of each language and, where they are wanted, a PDF file for each and one of all."""
        keys = [self._cards.key(place) for place in range(len(self._cards.pages))]
        printer = printer_key() if self._pdf else ""
        for code in self._codes:
            for place, page in enumerate(self._cards.pages):
                key = keys[place] and key_of(keys[place], code)
                yield Job((f"{code}/{FOLDER}/{page}",), (code, _PAGE, place), key)
                if self._pdf:
                    key = key and key_of(key, printer)
                    yield Job((f"{code}/{FOLDER}/{pdf_name(page)}",), (code, _FILE, place), key, COST)
            if self._pdf and keys:
                key = key_of(keys, code, printer) if all(keys) else ""
                yield Job((f"{code}/{ALL}",), (code, ALL, 0), key, COST * len(keys))

    def make(self, job: Job) -> tuple[Content]:
        """Make a page or a file."""
        code, kind, place = job.what
        environment = self._engines[code]
        if code not in self._voices:
            self._voices[code] = Voice(environment)
        say = self._voices[code]
        if kind == _PAGE:
            page = self._cards.pages[place]
            card = self._cards.card(place, say)
            return (card_page(environment, self._cards.common, card, page, f"../services/{page}", up="../"),)
        if self._printer is None:
            self._printer = Printer()
        if kind == _FILE:
            return (self._printer.file(self._cards.card(place, say)),)
        _ = say.gettext
        title = " · ".join((_("Scorecards"), str(self._cards.common["round"])))
        return (self._printer.all([self._cards.card(one, say) for one in range(len(self._cards.pages))], title),)


def public_cards(data: PublicData, languages: Sequence[str] = (), *, pdf: bool = False) -> CardSite:
    """Return the scorecards of a release. Raises UserError where PDF files are wanted and cannot be made."""
    codes = site_languages(data.framework, languages)
    return CardSite(PublicCards(data, pdf=pdf), codes, Engines(data.framework, codes), pdf=pdf)


def card_page(
    environment: Environment, common: Mapping[str, Any], card: Card, page: str, service_page: str, *, up: str
) -> str:
    """Return one scorecard's page: `page` its name in `cards/`, `up` the way from there to the language's folder."""
    return environment.get_template("card.html.j2").render(
        common,
        root=up,
        up=f"{up}../",
        page=f"{FOLDER}/{page}" if up else page,
        card=card,
        letters=letter_size(card) / 10,
        service_page=service_page,
        pdf_file=pdf_name(page) if common["pdf"] else "",
    )


def pdf_name(page: str) -> str:
    """Return the name of a service's PDF file by that of its page."""
    return f"{page.removesuffix('.html')}.pdf"


def printer_key() -> str:
    """Return what stands for the library that makes PDF files, "" where it is not installed."""
    try:
        return version("typst")
    except PackageNotFoundError:
        return ""
