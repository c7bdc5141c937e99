"""The demo is the whole job: what it promises is there afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobo_sync.__main__ import run
from kobo_sync.store.store import Store
from kobo_sync.workspace import open_workspace


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "out"
    assert run(["demo", "--out", str(out), "--interviews", "120"]) == 0
    return out


def test_the_demo_ends_with_a_report_of_every_service(told: Path) -> None:
    """The report has a first page and one for each made-up service, and says that all is made up."""
    index = (told / "report" / "en" / "index.html").read_text(encoding="utf-8")
    pages = sorted(path.stem for path in (told / "report" / "en" / "services").glob("*.html"))
    assert len(pages) == 8
    assert all(f"services/{code}.html" in index for code in pages)
    assert "made-up" in index or "invented" in index


def test_the_demo_shows_refusals_edits_and_quarantine(told: Path) -> None:
    """Among the interviews are refusals and submissions that a bulk edit spoiled; no other is quarantined."""
    space = open_workspace(told)
    form = next(name for name in space.forms if name.startswith("client"))
    with Store(space.store) as store:
        states = store.states(form)
        quarantined = store.quarantined()
    assert states["refused"] > 0
    assert states["accepted"] > 80
    assert len(quarantined) == states["quarantined"] == 3
    assert all(problems for _, _, problems in quarantined)


@pytest.mark.soak
def test_the_demo_is_played_again_in_its_own_folder(told: Path) -> None:
    """A second demo takes the place of the first."""
    assert run(["demo", "--out", str(told), "--interviews", "40"]) == 0


def test_the_demo_leaves_a_folder_of_somebody_alone(tmp_path: Path) -> None:
    """A folder with anything else than a demo in it is left alone."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("mine", encoding="utf-8")
    assert run(["demo", "--out", str(mine)]) == 2
    assert (mine / "letter.txt").read_text(encoding="utf-8") == "mine"
