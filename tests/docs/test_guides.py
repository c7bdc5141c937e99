"""The enumerator guides: complete in every language of the framework, marked as drafts, two sheets to print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from guide_pages import GUIDES, ROOT, page

from kobo_sync.instrument.xlsform import read_form

CLIENT = read_form(ROOT / "xlsform" / "client_interview.xlsx", "client_interview")
FRAMEWORK = yaml.safe_load((ROOT / "xlsform" / "framework.yaml").read_text(encoding="utf-8"))


def test_there_is_a_guide_in_every_language() -> None:
    """Every language of the instrument has its guide."""
    assert {path.stem for path in GUIDES} == set(FRAMEWORK["languages"])


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_every_guide_has_all_parts(path: Path) -> None:
    """Each guide has the same seven parts with the same number of points as the English one."""

    def shape(text: str) -> list[int]:
        return [len(re.findall(r"(?m)^ *- ", part)) for part in text.split("\n## ")]

    english = (ROOT / "docs" / "enumerators" / "en.md").read_text(encoding="utf-8")
    assert shape(path.read_text(encoding="utf-8")) == shape(english)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_drafts_say_that_they_are(path: Path) -> None:
    """A translation that nobody has reviewed says so under its title, in its own language."""
    draft = FRAMEWORK["languages"][path.stem]["status"] == "draft"
    second = [line for line in path.read_text(encoding="utf-8").splitlines() if line][1]
    assert (second.startswith("*") and second.endswith("*")) == draft


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_every_guide_calls_the_list_of_help_what_the_phone_calls_it(path: Path) -> None:
    """In the jump menu an interviewer looks for the words that stand in bold in the guide's part on distress."""
    last = [question for question in CLIENT.questions if question.role == "referrals"][-1]
    label = last.labels[FRAMEWORK["languages"][path.stem]["name"]]
    distress = " ".join(path.read_text(encoding="utf-8").split("\n## 6. ")[1].split("\n## ")[0].split())
    assert f"**{label.split('.')[0]}**" in distress


@pytest.mark.browser
@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_prints_on_two_sheets(path: Path, tmp_path: Path) -> None:
    """Each guide is at most two A4 pages, as wide as they are."""
    from playwright.sync_api import sync_playwright

    file = tmp_path / "guide.html"
    file.write_text(page(path), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            chromium_sandbox=False,
            args=["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        try:
            tab = browser.new_page()
            tab.goto(file.as_uri())
            screens = ROOT / "build" / "screens" / "guides"
            screens.mkdir(parents=True, exist_ok=True)
            pdf = tab.pdf(path=str(screens / f"{path.stem}.pdf"), prefer_css_page_size=True)
        finally:
            browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2
