"""The pages in a real browser: quiet, self-contained, and no wider than a phone. Screenshots: build/screens/."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import report_samples as samples
import test_public_pages as public
import whole_samples as whole

from kobo_sync.report.folder import publish_folder
from kobo_sync.report.site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"
PAGES = ("index.html", "en/index.html", "en/services/SBY-01.html", "en/services/JKT-03.html", "en/services/SBY-03.html")


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
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample site as a demonstration, the state with most on its pages."""
    return write_site(replace(samples.data(), demo=True), tmp_path_factory.mktemp("site") / "team").parent


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_fits(browser: Browser, site: Path, name: str, width: int) -> None:
    """No error on the console, no request outside the folder, and nothing to scroll sideways."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / name).as_uri())
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"report-{Path(name).stem}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert asked
    assert all(url.startswith((site.as_uri(), "data:,")) for url in asked)
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_bars_print_without_background_graphics(browser: Browser, site: Path, name: str) -> None:
    """A page prints to PDF with the browser's usual settings, and its bars are shapes, not backgrounds."""
    page = browser.new_page()
    page.goto((site / name).as_uri())
    printed = page.pdf(
        path=SCREENS / f"report-{Path(name).stem}.pdf", prefer_css_page_size=True, print_background=False
    )
    assert printed.startswith(b"%PDF")
    page.emulate_media(media="print")
    fills = page.eval_on_selector_all("svg .fill", "bars => bars.map(bar => getComputedStyle(bar).fill)")
    assert set(fills) <= {"rgb(76, 29, 115)"}
    assert bool(fills) is (name not in ("index.html", "en/services/SBY-03.html"))
    page.close()


# A whole round and a release, in six languages

LANGUAGES = ("en", "es", "fr", "id", "ru", "sw")
TEAM = (
    "index", "services/S01", "services/S02", "services/S04", "services/S05", "places/D2", "gaps", "domains", "changes",
    "fieldwork", "method",
)  # fmt: skip
PUBLIC = ("index", "services/S2", "services/S4", "places/D1", "gaps", "method")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a team's site and a release side by side."""
    folder = tmp_path_factory.mktemp("sites")
    write_site(whole.data(), folder / "team")
    publish_folder({**public.files(), "release.json": "{}", "method.txt": ""}, folder / "public")
    return folder


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", ["team", "public"])
def test_all_kinds_of_pages_fit_in_all_languages(
    browser: Browser, sites: Path, site: str, language: str, width: int
) -> None:
    """Every kind of page in every language: quiet, no request leaves the folder, nothing to scroll sideways."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on("request", lambda request: asked.append(request.url))
    SCREENS.mkdir(parents=True, exist_ok=True)
    for name in TEAM if site == "team" else PUBLIC:
        page.goto((sites / site / language / f"{name}.html").as_uri())
        page.screenshot(path=SCREENS / f"{site}-{name.replace('/', '-')}-{language}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert said == []
    assert all(url.startswith((sites.as_uri(), "data:,")) for url in asked)
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keyboard_reaches_everything(browser: Browser, sites: Path, language: str) -> None:
    """Each link, and each part that scrolls, is reached with the Tab key, in the order of the page."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    for name in ("index", "gaps"):
        page.goto((sites / "team" / language / f"{name}.html").as_uri())
        wanted = page.eval_on_selector_all("a[href], [tabindex]", "all => all.length")
        reached = set()
        for _ in range(wanted):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("[...document.querySelectorAll('a[href], [tabindex]')].indexOf(document.activeElement)")
            )
        assert reached == set(range(wanted))
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["services/S02", "gaps", "index"])
def test_paper_holds_the_page(browser: Browser, sites: Path, name: str, language: str) -> None:
    """On A4 nothing is cut off at the right, in any language."""
    across = name in ("gaps", "index")
    width = 1032 if across else 695  # what A4 holds between its margins, in CSS pixels
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.emulate_media(media="print")
    page.goto((sites / "team" / language / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_bars_grow_from_the_right_where_that_is_the_beginning(browser: Browser, tmp_path: Path) -> None:
    """On a page from right to left a bar begins at its right end, where 0 % stands, and nothing overflows."""
    made = samples.data()
    languages = {**made.framework.languages, "ar": {"name": "العربية (ar)", "status": "draft"}}
    arabic = replace(made, framework=replace(made.framework, languages=languages))
    write_site(arabic, tmp_path / "team", ("ar",))
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((tmp_path / "team" / "ar" / "services" / "SBY-01.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ends = page.evaluate(
        "[...document.querySelectorAll('svg.bar rect.fill')].map(one => [one.getBoundingClientRect().right,"
        " one.closest('svg').getBoundingClientRect().right, one.getBoundingClientRect().width])"
    )
    assert ends
    assert all(abs(fill - bar) <= 4 for fill, bar, width in ends if width)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "report-rtl.png", full_page=True)
    page.close()
