"""The pages with pictures, of places and with maps, in a real browser: on a phone, on A4, in black and white."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import test_public_pages as public
import whole_samples as whole
from spoken_samples import longest, page

from kobo_sync.places import Locale
from kobo_sync.report.engine import style_sheet
from kobo_sync.report.folder import publish_folder
from kobo_sync.report.site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"
LANGUAGES = ("en", "es", "fr", "id", "ru", "sw")
TEAM = ("community", "community/S02", "community/S04", "community/S05", "places/D2", "places/D4", "gaps", "index")
PUBLIC = ("community", "community/S2", "community/S3", "community/S4", "places/D1", "gaps", "index")
WIDE = 12  # places on a map as wide as it may be
UPRIGHT, ACROSS = 695, 1032  # what A4 holds between its margins, in CSS pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is not installed: apt-get install chromium fonts-noto-core"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=False,
            args=["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a team's site, a release, one with the widest map, and pages with the longest words."""
    folder = tmp_path_factory.mktemp("spoken")
    data = whole.data()
    write_site(data, folder / "team")
    publish_folder({**public.files(), "release.json": "{}", "method.txt": ""}, folder / "public")
    names = {f"P{number}": f"Kabupaten Timor Tengah Selatan {number}" for number in range(WIDE)}
    where = {code: Locale(code, name, "", (n // 10 + 1, n % 10 + 1)) for n, (code, name) in enumerate(names.items())}
    places = replace(data.places, labels={**data.places.labels, **names}, where=where)
    write_site(replace(data, places=places), folder / "wide")
    for language in LANGUAGES:
        there = folder / "longest" / language / "community"
        there.mkdir(parents=True)
        (there / "S.html").write_text(page(longest(language), language), encoding="utf-8")
    assets = folder / "longest" / "assets"
    assets.mkdir()
    (assets / "report.css").write_text(style_sheet(), encoding="utf-8")
    return folder


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_quiet_and_fit(browser: Browser, sites: Path, language: str, width: int) -> None:
    """Every page with pictures or a map in every language: quiet, alone, and nothing to scroll sideways."""
    sheet = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    sheet.on("console", lambda message: said.append(message.text))
    sheet.on("pageerror", lambda error: said.append(str(error)))
    sheet.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    sheet.on("request", lambda request: asked.append(request.url))
    SCREENS.mkdir(parents=True, exist_ok=True)
    pages = [("team", name) for name in TEAM] + [("public", name) for name in PUBLIC]
    for site, name in [*pages, ("wide", "gaps"), ("wide", "index"), ("longest", "community/S")]:
        sheet.goto((sites / site / language / f"{name}.html").as_uri())
        sheet.screenshot(
            path=SCREENS / f"spoken-{site}-{name.replace('/', '-')}-{language}-{width}.png", full_page=True
        )
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width, (site, name)
        cut = sheet.eval_on_selector_all(
            ".tile, .told li, .names li, .reach th, .reach td.is",
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.trim())",
        )
        assert cut == [], (site, name)
    assert said == []
    assert all(url.startswith((sites.as_uri(), "data:,")) for url in asked)
    sheet.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_and_script_are_one_sheet_each(browser: Browser, sites: Path, language: str) -> None:
    """Printed on A4, pictures take one sheet and the script a second one, with the longest words too."""
    sheet = browser.new_page()
    for site, name in (
        ("longest", "community/S"),
        ("team", "community"),
        ("team", "community/S02"),
        ("team", "community/S05"),
        ("public", "community"),
        ("public", "community/S3"),
    ):
        sheet.goto((sites / site / language / f"{name}.html").as_uri())
        printed = sheet.pdf(
            path=SCREENS / f"spoken-{site}-{name.replace('/', '-')}-{language}.pdf",
            prefer_css_page_size=True,
            print_background=False,
        )
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2, (site, name)
    sheet.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_print_is_large(browser: Browser, sites: Path, language: str) -> None:
    """On paper no word of the pictures' sheet is below 18 points, and none of the script below 16."""
    sheet = browser.new_page(viewport={"width": UPRIGHT, "height": 1000})
    sheet.emulate_media(media="print")
    for site, name in (("longest", "community/S"), ("team", "community"), ("team", "community/S05")):
        sheet.goto((sites / site / language / f"{name}.html").as_uri())
        sizes = sheet.evaluate(
            """() => [...document.querySelectorAll('main *')].filter(one => one.getClientRects().length &&
                 !one.closest('svg, .kicker, .hidden') &&
                 [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
               .map(one => [!!one.closest('.script'), parseFloat(getComputedStyle(one).fontSize) * 0.75])"""
        )
        assert sizes
        assert all(size >= (16 if script else 18) - 0.01 for script, size in sizes)
    sheet.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_holds_maps_and_grids(browser: Browser, sites: Path, language: str) -> None:
    """On A4 neither a map of the widest kind nor the grid of a place is cut off at the right."""
    for site, name, width in (
        ("team", "gaps", ACROSS), ("wide", "gaps", ACROSS), ("wide", "index", ACROSS), ("team", "places/D2", UPRIGHT),
        ("public", "places/D1", UPRIGHT), ("longest", "community/S", UPRIGHT),
    ):  # fmt: skip
        sheet = browser.new_page(viewport={"width": width, "height": 1000})
        sheet.emulate_media(media="print")
        sheet.goto((sites / site / language / f"{name}.html").as_uri())
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width, (site, name)
        sheet.close()


def test_three_states_stand_apart_without_colour(browser: Browser, sites: Path) -> None:
    """In grey and on paper a gap is dark, no data in between with a dashed edge, a service white with a solid one."""
    sheet = browser.new_page(viewport={"width": 1032, "height": 1000})
    sheet.emulate_media(media="print")
    sheet.goto((sites / "team/en/gaps.html").as_uri())
    shades, edges = {}, {}
    for shape in ("gap", "no_data", "some"):
        tile = sheet.locator(f"a.tile.{shape}").first
        edges[shape] = tile.evaluate("one => getComputedStyle(one).borderTopStyle")
        picture = base64.b64encode(tile.screenshot()).decode()
        shades[shape] = sheet.evaluate(
            """async source => { const image = new Image(); image.src = source; await image.decode();
               const canvas = document.createElement('canvas');
               Object.assign(canvas, { width: image.width, height: image.height });
               const brush = canvas.getContext('2d'); brush.drawImage(image, 0, 0);
               const all = brush.getImageData(0, 0, image.width, image.height).data; let sum = 0;
               for (let i = 0; i < all.length; i += 4) sum += 0.3 * all[i] + 0.59 * all[i + 1] + 0.11 * all[i + 2];
               return sum / all.length * 4 / 255; }""",
            f"data:image/png;base64,{picture}",
        )
    assert edges == {"gap": "solid", "no_data": "dashed", "some": "solid"}
    assert shades["gap"] < 0.35
    assert 0.5 < shades["no_data"] < shades["some"] - 0.1
    sheet.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_keyboard_reaches_every_tile(browser: Browser, sites: Path, width: int) -> None:
    """Each tile, each map's link and each page with pictures is reached with the Tab key; a focused tile shows it."""
    sheet = browser.new_page(viewport={"width": width, "height": 900})
    for name in ("gaps", "community"):
        sheet.goto((sites / "wide/en" / f"{name}.html").as_uri())
        wanted = sheet.eval_on_selector_all("a[href], [tabindex]", "all => all.length")
        reached = set()
        for _ in range(wanted):
            sheet.keyboard.press("Tab")
            reached.add(
                sheet.evaluate("[...document.querySelectorAll('a[href], [tabindex]')].indexOf(document.activeElement)")
            )
            outline = sheet.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
        assert reached == set(range(wanted))
    sheet.close()
