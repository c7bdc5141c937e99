"""The questionnaire in Chromium, on A4 and on a phone: nothing overflows. Pictures go to build/screens/paper."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import paper_samples as samples
import pytest

from kobo_sync.instrument.paper import write_paper

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SCREENS = samples.ROOT / "build" / "screens" / "paper"
A4 = {"width": 680, "height": 960}  # what @page leaves of a sheet, in CSS pixels
NAMES = [*(path.stem for path in samples.WORKBOOKS), "tea"]
# Elements that stick out of the page, or whose text runs over the edge of their box.
OVERFLOWING = """() => {
    const width = document.documentElement.clientWidth;
    const out = one => { const box = one.getBoundingClientRect(); return box.right > width + 1 || box.left < -1; };
    const over = one => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 2
        && getComputedStyle(one).display !== "inline";
    return [...document.querySelectorAll("main *")].filter(one => out(one) || over(one))
        .map(one => one.outerHTML.slice(0, 120));
}"""


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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all questionnaires of the project, and the sample in Arabic."""
    out = tmp_path_factory.mktemp("paper")
    write_paper(samples.ROOT / "xlsform", out)
    (out / "tea.ar.html").write_text(samples.paper(language="ar"), encoding="utf-8")
    SCREENS.mkdir(parents=True, exist_ok=True)
    return out


@pytest.mark.parametrize("form", NAMES)
def test_a_questionnaire_fits_a_phone_and_loads_nothing(browser: Browser, folder: Path, form: str) -> None:
    """On a phone nothing scrolls sideways or sticks out, nothing is loaded, and the browser has no complaint."""
    for path in sorted(folder.glob(f"{form}.*.html")):
        _fits(browser, path)


def _fits(browser: Browser, path: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.screenshot(path=SCREENS / f"{path.stem}-390.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(OVERFLOWING) == []
    assert said == []
    assert [url for url in asked if not url.startswith("data:,")] == [path.as_uri()]
    page.close()


@pytest.mark.parametrize("form", NAMES)
def test_a_questionnaire_prints_on_a4(browser: Browser, folder: Path, form: str) -> None:
    """Printed with the browser's usual settings it is sheets of A4 with boxes to tick; nothing sticks out."""
    for path in sorted(folder.glob(f"{form}.*.html")):
        page = browser.new_page(viewport={"width": A4["width"], "height": A4["height"]})
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        assert page.evaluate(OVERFLOWING) == []
        boxes = page.eval_on_selector_all(
            ".box", "all => all.map(box => [box.getBoundingClientRect().width, getComputedStyle(box).borderTopWidth])"
        )
        assert boxes
        assert all(width >= 12 and float(border.removesuffix("px")) >= 1 for width, border in boxes)
        size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.asked .text')).fontSize)")
        assert size >= 16  # 12 points
        pdf = page.pdf(path=SCREENS / f"{path.stem}.pdf", prefer_css_page_size=True, print_background=False)
        sheets = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
        assert 1 <= len(sheets) <= 20
        assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}
        page.close()


def test_arabic_is_set_from_right_to_left(browser: Browser, folder: Path) -> None:
    """On an Arabic page the numbers of questions and the boxes stand at the right of their texts."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((folder / "tea.ar.html").as_uri())
    assert page.evaluate(
        """() => [...document.querySelectorAll(".choices li, .asked")].every(row => {
            const [first, second] = [...row.children].map(child => child.getBoundingClientRect());
            return second === undefined || first.left >= second.right - 1; })"""
    )
    page.close()
