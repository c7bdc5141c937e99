"""All pages of a release as texts, as a release writes them."""

from __future__ import annotations

from collections.abc import Sequence

from kobo_sync.report.card_files import public_cards
from kobo_sync.report.making import contents
from kobo_sync.report.public_site import PublicData, PublicSite


def public_files(data: PublicData, languages: Sequence[str] = ()) -> dict[str, str]:
    """Return the pages of a release, scorecards among them, by relative path."""
    return contents(PublicSite(data, languages), public_cards(data, languages))
