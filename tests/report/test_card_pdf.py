"""Scorecards as PDF files: one sheet each, searchable, the same bytes each time, with nothing in them but the card."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import card_samples as cards
import pytest
import release_samples as released
import report_samples as samples
import test_public_pages as public
import whole_samples as whole
from pypdf import PdfReader
from test_cards import html, pdf, printer, squashed  # noqa: F401 -- printer is a fixture
from workspaces import workspace

from kobo_sync.__main__ import run
from kobo_sync.errors import UserError
from kobo_sync.followup import Reply
from kobo_sync.report.card import Card
from kobo_sync.report.card_files import public_cards
from kobo_sync.report.making import contents
from kobo_sync.report.model import ReportData, ServiceInfo
from kobo_sync.report.pdf import Printer
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.site import site_files, site_parts

EVIL = '#panic("no") $x$ *bold* _it_ `raw` \\ @ref <lab> // #[#read("/etc/passwd")] "]) #sys.inputs'


def site_pdfs(data: ReportData, languages: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Return the PDF files of the team's report."""
    return only_pdfs(contents(*site_parts(data, languages, pdf=True)))


def only_pdfs(files: dict[str, Any]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.endswith(".pdf")}


def named(label: str, place: str = "North", reply: str = "") -> Card:
    """Return the card of a service of this name."""
    replies = (Reply("S01", "", None, reply),) if reply else ()
    return cards.team("S04", info=ServiceInfo("S01", label, place, "clinic", "D1"), replies=replies)


def test_files_have_names_of_codes_only() -> None:
    """There is a PDF file a service, named by its code, and one of all; no code can take another file's place."""
    codes = ("cards", "con", "S 1", "S1", "s1")
    data = replace(samples.data(), scores=(), services={c: ServiceInfo(c, "Ruang Aman", "", "") for c in codes})
    found = site_pdfs(data, ("en",))
    pages = {name.removesuffix(".html") for name in site_files(data, ("en",)) if name.startswith("en/cards/")}
    assert {name.removesuffix(".pdf") for name in found} == pages | {"en/cards"}
    assert len(found) == 6
    assert not any("Ruang" in name for name in found)
    assert len(PdfReader(BytesIO(found["en/cards.pdf"])).pages) == 5


def test_files_come_in_each_language_that_is_asked_for() -> None:
    """PDF files are made in the languages of the site, or in those that are named, as its pages are."""
    data = replace(whole.data(), scores=(), services={"S01": whole.data().services["S01"]}, earlier=None)
    assert {name.partition("/")[0] for name in site_pdfs(data)} == set(cards.SIX)
    assert {name.partition("/")[0] for name in site_pdfs(data, ("ru",))} == {"ru"}


def test_a_release_has_a_file_a_service_and_one_of_all() -> None:
    """A release's PDF files are one a service, published or not, and one of all, a sheet each."""
    data = PublicData(public.made().release, released.rules(), public.LABELS)
    found = only_pdfs(contents(public_cards(data, ("en",), pdf=True)))
    assert {name for name in found if name.startswith("en/cards/")} == {f"en/cards/S{n}.pdf" for n in (1, 2, 3, 4)}
    assert [len(PdfReader(BytesIO(content)).pages) for content in found.values()] == [1, 1, 1, 1, 4]


def test_the_same_cards_make_the_same_bytes() -> None:
    """Identical cards make identical files, in whatever order they were made and by whichever run."""
    one, two = cards.team("S02"), cards.team("S04", info=ServiceInfo("S04", "😀 Aman", "", ""))
    first, second = Printer(), Printer()
    alone = second.file(two)
    made = first.all([one, two], "all")
    assert made == second.all([one, two], "all")
    assert first.file(two) == alone
    assert all(squashed(card.if_lost) not in squashed(pdf(card, first)) for card in (one,))
    sheets = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(made)).pages]
    assert [two.if_lost in sheet for sheet in sheets] == [False, True]


def test_a_file_tells_nothing_of_who_made_it_or_where(printer: Printer) -> None:  # noqa: F811
    """A file's metadata are its title and the library's name: no author, no time, no machine and no path."""
    made = printer.file(cards.team("S01"))
    reader = PdfReader(BytesIO(made))
    told = dict(reader.metadata or {})
    assert str(told.pop("/Title")) == "Kituo cha Mwangaza · Scorecard"
    assert re.fullmatch(r"Typst [0-9.]+", str(told.pop("/Creator")))
    assert told == {}
    assert reader.xmp_metadata is not None
    more = reader.xmp_metadata.stream.get_data().decode()
    assert not re.search(r"Date|author|creator>|/tmp|/home|/root|C:\\\\", more, re.IGNORECASE)
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("label", ["مركز النساء", "महिला केंद्र", "מרכז נשים", "Жіночий центр Ґанок", "ქალთა ცენტრი"])
def test_many_scripts_can_be_printed(printer: Printer, label: str) -> None:  # noqa: F811
    """A label in Arabic, Devanagari, Hebrew, Ukrainian or Georgian letters is printed; no sentence says otherwise."""
    card = named(label)
    file = pdf(card, printer)
    assert squashed(card.if_lost) not in squashed(file)
    assert (
        len(set(squashed(label)) & set(file)) > len(set(squashed(label))) * 0.6
    )  # joined letters have codes of their own


@pytest.mark.parametrize(
    ("label", "printed"),
    [("Ruang 😀 Aman", "Ruang Aman"), ("女性中心", "S01"), ("ศูนย์ Melati", "Melati"), ("😀👩‍👧", "S01")],
)
def test_letters_without_a_shape_are_said_to_lack(printer: Printer, label: str, printed: str) -> None:  # noqa: F811
    """Letters that no font of the files has are left out, and the sheet says so; the page has them all the same."""
    card = named(label)
    reader = PdfReader(BytesIO(printer.file(card)))
    assert reader.metadata is not None
    assert reader.metadata.title == f"{printed} · Scorecard"
    assert card.if_lost in " ".join(reader.pages[0].extract_text().split())
    assert label in html(card)
    assert card.if_lost not in html(card)


def test_a_place_and_a_reply_without_shapes_are_said_to_lack(printer: Printer) -> None:  # noqa: F811
    """What holds for a service's name holds for its place and its reply."""
    for card in (named("x", place="東京"), named("x", reply="Thanks 👍 to all")):
        assert card.if_lost in " ".join(pdf(card, printer).split())


def test_no_label_is_taken_for_markup(printer: Printer) -> None:  # noqa: F811
    """Whatever a label, a place or a reply holds is printed as it stands: nothing in it is run, set or read."""
    card = named(EVIL, EVIL[:50], EVIL)
    file = pdf(card, printer)
    assert squashed(file).count(squashed(EVIL)) == 2
    assert EVIL in html(card)


def test_without_the_library_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where typst is not installed, the message names the command that installs it, and the pages need it not."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UserError, match=r"pip install 'a-gender-monitor\[pdf\]'"):
        site_pdfs(samples.data())
    assert "en/cards/SBY-01.html" in site_files(samples.data(), ("en",))


def test_the_command_says_it_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 2 and one sentence where the library is missing, and a preview has no PDF files."""
    space = workspace(tmp_path, "http://127.0.0.1:1", "client", "aset1", {})
    monkeypatch.setitem(sys.modules, "typst", None)
    public_too = ["report", "--audience", "public", "--round", "2026-H1", "--pdf"]
    assert run(["--workspace", str(space.root), *public_too]) == 2
    assert "pip install 'a-gender-monitor[pdf]'" in capsys.readouterr().err
    assert run(["--workspace", str(space.root), "report", "--preview", "S01", "--pdf"]) == 2
    assert "A preview has no PDF files" in capsys.readouterr().err
    assert not (space.root / "public").exists()


def test_the_library_is_loaded_for_files_only() -> None:
    """Commands that make no PDF file do not load the library for them."""
    code = "import sys, kobo_sync.report.gather, kobo_sync.report.public; print('typst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
