"""PDF files after a deletion: made again with the pages in the same run, and never left as they were."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from rights_world import Rights, rights_world

from kobo_sync.report.folder import MadeAs, made_as

ONE = ("en",)  # language, for speed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


def said(out: Path, name: str = "cards/S01.pdf") -> str:
    """Return what a PDF file of a report says."""
    sheets = PdfReader(BytesIO((out / "en" / name).read_bytes())).pages
    return " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())


def pdfs(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.pdf")}


def test_files_are_made_again_in_the_same_run(world: Rights, tmp_path: Path) -> None:
    """After a withdrawal every PDF file of every report shows one woman fewer; from too few women, none of them."""
    inside, outside = world.report(languages=ONE, pdf=True), world.report(tmp_path / "mine", ONE, pdf=True)
    before = pdfs(inside)
    assert all("7 women" in said(inside, name) for name in ("cards/S01.pdf", "cards.pdf"))
    world.forget(3)
    after = pdfs(inside)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in ("en/cards/S01.pdf", "en/cards.pdf"))
    assert all("6 women" in said(inside, name) for name in ("cards/S01.pdf", "cards.pdf"))
    assert pdfs(outside) == after
    assert "6 women" in (inside / "en" / "cards" / "S01.html").read_text(encoding="utf-8")
    world.drop(1, 2)
    world.sync()
    for name in ("cards/S01.pdf", "cards.pdf"):
        assert "Fewer than 5 women were asked" in said(inside, name)
        assert "6 women" not in said(inside, name)


def test_a_report_keeps_its_languages_and_kinds(world: Rights, tmp_path: Path) -> None:
    """Made again, a report has PDF files where it had some, and no language that it did not have."""
    with_files = world.report(tmp_path / "a", ONE, pdf=True)
    without = world.report(tmp_path / "b", ONE)
    assert made_as(with_files) == MadeAs(("en",), pdf=True)
    assert made_as(without) == MadeAs(("en",))
    world.forget(3)
    assert made_as(with_files) == MadeAs(("en",), pdf=True)
    assert made_as(without) == MadeAs(("en",))
    assert not pdfs(without)
    assert made_as(tmp_path) == MadeAs()


def test_without_the_library_old_files_go(
    world: Rights, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the library is not installed any more, the old PDF files still go; a warning says what to do."""
    out = world.report(languages=ONE, pdf=True)
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr(logging.getLogger("kobo_sync"), "propagate", True)
    world.forget(3)
    assert not pdfs(out)
    assert "6 women" in (out / "en" / "cards" / "S01.html").read_text(encoding="utf-8")
    assert "pip install 'a-gender-monitor[pdf]'" in caplog.text
