"""The pages in a real browser: quiet, self-contained, and no wider than a phone. Screenshots: build/screens/."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import report_samples as samples

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
