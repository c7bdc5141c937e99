"""What a service gets to see before anything is published: its page and its scorecard, under the rules of a release."""

from __future__ import annotations

from kobo_sync.report.card_files import PublicCards, card_page
from kobo_sync.report.engine import STYLE, Engines, site_languages, start_page, style_sheet
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.voice import Voice

_PAGE, _CARD = "index.html", "card.html"


def preview_files(data: PublicData, service: str) -> dict[str, str]:
    """Return the pages of one service, and of no other, by relative path: a page and a scorecard in each language.

    Raises KeyError when the release does not list it.
    """
    cards = PublicCards(data, preview=True)
    common = cards.common
    place = {one["code"]: place for place, one in enumerate(common["services"])}[service]
    codes = site_languages(data.framework)
    engines = Engines(data.framework, codes)
    files = {STYLE: style_sheet(), "index.html": start_page(data.framework, codes, common)}
    for code in codes:
        template = engines[code].get_template("public_service.html.j2")
        block = common["services"][place]
        files[f"{code}/{_PAGE}"] = template.render(common, root="", up="../", page=_PAGE, one=block)
        card = cards.card(place, Voice(engines[code]))
        files[f"{code}/{_CARD}"] = card_page(engines[code], common, card, _CARD, _PAGE, up="")
    return files
