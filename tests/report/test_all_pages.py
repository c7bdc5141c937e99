"""Every page of every kind, as its readers meet it: axe-core, the keyboard, a phone, paper. Pictures: build/pages/.

Which pages there are is read from the files that the program writes, so a new kind of page is looked at without a word
here. axe-core comes with axe-playwright-python, so no page and no test asks the network for anything.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import two_rounds as rounds
import whole_samples as whole

from kobo_sync.report.folder import publish_folder
from kobo_sync.report.site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "es", "fr", "id", "ru", "sw")
PICTURED = ("en", "id", "ru")
SITES = ("team", "public", "preview")
SCREENS = Path(__file__).resolve().parents[2] / "build" / "pages"
PHONE, WIDE = 360, 1200
QUIETLY = {"preload": False}  # axe-core would fetch the style sheet once more, which file:// forbids
UPRIGHT, ACROSS = 695, 1032  # what A4 holds between the margins of the style sheet, in CSS pixels


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
    """Write a team's site, a release and a preview side by side, with all that they can show."""
    folder = tmp_path_factory.mktemp("sites")
    write_site(replace(whole.data(), reached=rounds.reached()), folder / "team")
    publish_folder({**rounds.public(), "release.json": "{}", "method.txt": ""}, folder / "public")
    publish_folder(rounds.preview(), folder / "preview")
    return folder


def pages_of(site: Path, language: str) -> list[Path]:
    """Return the pages of a site in a language, and its first page: all at the top, five of each folder.

    Pages of one folder are of one kind; services and places differ in what they show, so a few of each are looked at.
    """
    found = [site / "index.html"]
    for folder in sorted({path.parent for path in (site / language).rglob("*.html")}):
        pages = sorted(folder.glob("*.html"))
        found += pages if folder == site / language else pages[:5]
    return found


def opened(browser: Browser, width: int) -> tuple[Page, list[str], list[str]]:
    """Return an empty page, what it will complain of, and what it will ask for."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on("request", lambda request: asked.append(request.url))
    return page, said, asked


def picture(page: Page, site: Path, path: Path, language: str, kind: str) -> None:
    """Keep a picture of a page, in some of the languages."""
    if language in PICTURED:
        name = re.sub(r"[^\w.-]+", "-", path.relative_to(site).with_suffix("").as_posix())
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{site.name}-{name}-{kind}.png", full_page=True)


def test_the_list_of_pages_is_that_of_the_files(sites: Path) -> None:
    """Each kind of page that the program writes is looked at: each at the top, and some of each folder."""
    for name in SITES:
        site = sites / name
        written = {path.relative_to(site).parent.as_posix() for path in site.rglob("*.html")}
        seen = {path.relative_to(site).parent.as_posix() for language in LANGUAGES for path in pages_of(site, language)}
        assert written == seen
        for language in LANGUAGES:
            assert {path.name for path in (site / language).glob("*.html")} <= {
                path.name for path in pages_of(site, language) if path.parent == site / language
            }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", SITES)
def test_axe_finds_nothing(browser: Browser, sites: Path, site: str, language: str) -> None:
    """axe-core, with all its rules, finds no violation on any kind of page; the page is quiet and asks for nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page, said, asked = opened(browser, WIDE)
    found = []
    for path in pages_of(sites / site, language):
        page.goto(path.as_uri())
        picture(page, sites / site, path, language, "wide")
        result = Axe().run(page, options=QUIETLY)
        assert result.response["passes"], "axe-core looked at nothing"
        found += [
            (path.relative_to(sites).as_posix(), one["id"], [node["html"][:160] for node in one["nodes"]][:3])
            for one in result.response["violations"]
        ]
    assert found == []
    assert said == []
    assert all(url.startswith((sites.as_uri(), "data:,")) for url in asked)
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", SITES)
def test_nothing_overflows_on_a_phone_or_on_paper(browser: Browser, sites: Path, site: str, language: str) -> None:
    """At 360 pixels and between the margins of A4 nothing has to be scrolled sideways or is cut off."""
    page, said, asked = opened(browser, PHONE)
    wide = []
    for path in pages_of(sites / site, language):
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": PHONE, "height": 800})
        page.goto(path.as_uri())
        picture(page, sites / site, path, language, "phone")
        wide += [(path.relative_to(sites).as_posix(), "phone")] if overflows(page, PHONE) else []
        page.emulate_media(media="print")
        width = ACROSS if page.evaluate("getComputedStyle(document.body).page") == "across" else UPRIGHT
        page.set_viewport_size({"width": width, "height": 1000})
        picture(page, sites / site, path, language, "paper")
        wide += [(path.relative_to(sites).as_posix(), "paper")] if overflows(page, width) else []
    assert wide == []
    assert said == []
    assert all(url.startswith((sites.as_uri(), "data:,")) for url in asked)
    page.close()


def overflows(page: Page, width: int) -> bool:
    """Whether a page is wider than what shows it."""
    return int(page.evaluate("document.documentElement.scrollWidth")) > width


FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])"
FOCUSED = f"""() => {{
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  return [[...document.querySelectorAll("{FOCUSABLE}")].indexOf(one),
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth];
}}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", SITES)
def test_the_keyboard_alone_is_enough(browser: Browser, sites: Path, site: str, language: str) -> None:
    """Tab reaches all that can be used, in the order of the page, each time with a frame that can be seen."""
    page, *_ = opened(browser, WIDE)
    for path in pages_of(sites / site, language):
        page.goto(path.as_uri())
        wanted = page.eval_on_selector_all(FOCUSABLE, "all => all.length")
        reached = []
        for _ in range(wanted):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
        assert reached == [[place, True, True] for place in range(wanted)], path.relative_to(sites)
    page.close()


@pytest.mark.parametrize("site", SITES)
def test_the_menus_can_be_skipped(browser: Browser, sites: Path, site: str) -> None:
    """The first Tab shows a link past the menus; after Enter the next Tab is in the content, or past it."""
    page, *_ = opened(browser, WIDE)
    for path in pages_of(sites / site, "en"):
        page.goto(path.as_uri())
        box = page.locator(".skip").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 0
        page.keyboard.press("Tab")
        seen = page.locator(".skip").bounding_box()
        assert seen
        assert seen["y"] >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        in_menu = page.evaluate("document.activeElement.closest('nav') !== null")
        assert not in_menu, path.relative_to(sites)
    page.close()


def test_the_checks_would_notice(browser: Browser, tmp_path: Path) -> None:
    """A page with a picture without words, a line that is too long and a hidden frame fails each of the checks."""
    from axe_playwright_python.sync_playwright import Axe

    bad = tmp_path / "bad.html"
    text = '<html><body><img src="data:,"><a href="#" style="outline:0">x</a><pre>' + "x" * 500 + "</pre></body></html>"
    bad.write_text(text, encoding="utf-8")
    page, said, _ = opened(browser, PHONE)
    page.goto(bad.as_uri())
    ids: Sequence[str] = [one["id"] for one in Axe().run(page).response["violations"]]
    assert {"image-alt", "html-has-lang"} <= set(ids)
    assert overflows(page, PHONE)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[1] is False
    page.evaluate("console.error('no')")
    assert said
    page.close()
