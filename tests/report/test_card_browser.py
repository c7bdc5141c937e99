"""Scorecards in a real browser: one sheet of A4 each, quiet, no wider than a phone. Prints: build/screens/."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import card_samples as cards
import pytest
import test_public_pages as public
import whole_samples as whole
from pypdf import PdfReader
from test_browser import SCREENS, browser  # noqa: F401 -- browser is a fixture

from kobo_sync.report.card_files import card_page
from kobo_sync.report.engine import engine
from kobo_sync.report.folder import publish_folder
from kobo_sync.report.site import site_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

NAMES = ("team/{0}/cards/S01", "team/{0}/cards/S02", "team/{0}/cards/S03", "team/{0}/cards/S04", "team/{0}/cards/S05",
         "team/{0}/cards/full", "public/{0}/cards/S1", "public/{0}/cards/S2", "public/{0}/cards/S4")  # fmt: skip


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a team's site with the fullest card there can be in each language, and a release."""
    folder, data = tmp_path_factory.mktemp("cards"), whole.data()
    files = site_files(data)
    common = {
        "round": data.round, "made": data.made_on, "program_version": "0.1.0", "demo": True, "public": False,
        "preview": False, "pdf": False,
    }  # fmt: skip
    for language in cards.SIX:
        files[f"{language}/cards/full.html"] = card_page(
            engine(data.framework, language, cards.SIX), common, cards.fullest(language),
            page="cards/full.html", service_page="../services/S02.html", up="../",
        )  # fmt: skip
    publish_folder(files, folder / "team")
    publish_folder(public.files(), folder / "public")
    return folder


@pytest.mark.parametrize("language", cards.SIX)
def test_a_card_prints_on_one_sheet(browser: Browser, sites: Path, language: str) -> None:  # noqa: F811
    """Each card prints on exactly one sheet of A4 in each language, the fullest too, and nothing is cut off."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page = browser.new_page()
    for name in NAMES:
        path = sites / f"{name.format(language)}.html"
        page.goto(path.as_uri())
        printed = page.pdf(prefer_css_page_size=True, print_background=False)
        (SCREENS / f"card-{path.parents[2].name}-{path.stem}-{language}.pdf").write_bytes(printed)
        sheets = PdfReader(BytesIO(printed)).pages
        assert len(sheets) == 1, name
        assert (round(sheets[0].mediabox.width), round(sheets[0].mediabox.height)) == (595, 842)
    page.close()


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("language", cards.SIX)
def test_a_card_fits_a_screen(browser: Browser, sites: Path, language: str, width: int) -> None:  # noqa: F811
    """On a phone and on a screen a card is quiet, and there is nothing to scroll sideways."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for name in NAMES:
        page.goto((sites / f"{name.format(language)}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert said == []
    page.close()
