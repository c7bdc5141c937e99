"""The pictures of docs/coordinators.md: pages of a demonstration's report, as Chromium shows them.

python tests/docs/coordinator_screens.py build/demo    (after `make demo`, and `kobo-sync paper` in its folder)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH = 860
# Picture, page of the report, how much of it in pixels.
SCREENS = (
    ("report-overview.png", "en/index.html", 872),
    ("report-service.png", "en/services/S08.html", 1215),
    ("report-place.png", "en/places/north.html", 700),
    ("report-card.png", "en/cards/S08.html", 1230),
    ("report-aloud.png", "en/community/S08.html", 900),
    ("paper.png", "../questionnaires/client_interview.en.html", 800),
)


def take(report: Path, images: Path = IMAGES) -> list[Path]:
    """Write the pictures of a report into a folder and return them."""
    images.mkdir(parents=True, exist_ok=True)
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            chromium_sandbox=False,
            args=["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        for name, page, height in SCREENS:
            tab = browser.new_page(viewport={"width": WIDTH, "height": height})
            tab.goto((report / page).resolve().as_uri())
            tab.screenshot(path=str(images / name))
            made.append(images / name)
        browser.close()
    return made


if __name__ == "__main__":
    take(Path(sys.argv[1]) / "report")
