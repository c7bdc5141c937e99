"""The pages of a release: made of the release alone, in each language, and with nothing that it holds back."""

from __future__ import annotations

import posixpath
import re
from functools import cache

import pytest
import release_samples as released
from report_pages import public_files
from scoring_samples import Answers, best, reviewed, women, worst
from test_report_site import _Page

from kobo_sync.report.preview_site import preview_files
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.reached import Labels
from kobo_sync.scoring.release_model import Remembered, Scored, read_release

SIX = ("en", "es", "fr", "id", "ru", "sw")
LABELS = Labels({"police": {"en": "The police stand at the door"}})


@cache
def made(few: int = 4) -> Remembered:
    """Return a release of four services: an ordinary one, a flagged one, a lacking one, one of few women."""
    harmed = {**women(1)[0], "cnf_breach": "yes"}
    flagged: Answers = {"C": [*released.mixed(14), harmed, harmed], "O": [best("O")]}
    lacking: Answers = {"C": women(24, worst("C")), "O": [worst("O")]}
    found: list[Scored] = [
        released.plain_service("S1", 24),
        released.service("S2", flagged, reviews=reviewed("cnf_breach")),
        released.service("S3", lacking),
        released.service("S4", {"C": released.mixed(few)}),
    ]
    known = released.known(released.listed("S1", "S2", "S3", "S4"), found, locales={"D1": "North"})
    return released.release(known)


@cache
def files(few: int = 4) -> dict[str, str]:
    """Return the pages of the release."""
    return public_files(PublicData(made(few).release, released.rules(), LABELS))


def text(page: str) -> str:
    """Return what an English page says."""
    return _Page(files()[f"en/{page}"]).text


@pytest.mark.parametrize("language", SIX)
def test_public_links_lead_somewhere(language: str) -> None:
    """Every link of every public page leads to a page of the folder, or to one of the data files beside them."""
    there = {*files(), "release.json", "method.txt"}
    for name, content in files().items():
        if name.startswith(f"{language}/"):
            page = _Page(content)
            assert page.open == []
            assert len(page.ids) == len(set(page.ids))
            assert "script" not in page.tags
            for link in page.links:
                target, _, place = link.partition("#")
                path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
                assert link == "data:," or path in there, (name, link)
                assert not place or f'id="{place}"' in files()[path], (name, link)


def test_pages_are_made_of_the_release_alone() -> None:
    """A release that was read from its file gives the same pages as the one that was made."""
    again = read_release(made().release.data)
    assert public_files(PublicData(again, released.rules(), LABELS)) == files()


def test_what_is_held_back_is_in_no_byte() -> None:
    """Releases that differ in how many women spoke of a service that is not published have the same pages."""
    assert made(1).release.data == made(4).release.data
    assert files(1) == files(4)
    assert "Not published this round" in text("services/S4.html")


def test_public_figures_are_those_of_the_release() -> None:
    """Each percentage of a service's page stands in the release, or is one of the axis and the fixed sentences."""
    for block in made().release.content["services"]:
        if block["status"] != "published":
            continue
        figures = [block["overall"], *(domain["figure"] for domain in block["domains"])]
        allowed = {0, 50, 100, 95}
        allowed |= {value for one in figures if one for value in (one["percent"], one["low"], one["high"])}
        allowed |= {
            question["share"]
            for domain in block["domains"]
            for question in domain["questions"]
            if isinstance(question["share"], int)
        }
        allowed.add(round(100 * (released.rules().method.tiers or pytest.fail("no tiers")).lacking_upper_below))
        page = re.sub(r'<line class="half"[^>]*/>', "", files()[f"en/services/{block['code']}.html"])
        assert {int(number) for number in re.findall(r"(\d+)%", page)} <= allowed


def test_public_overview_answers_both_questions_first() -> None:
    """The first page names what is severely lacking, with the reason, before everything else."""
    said = text("index.html")
    table = said.index("All services")
    assert 0 < said.index("the whole interval of its overall figure") < table
    assert 0 < said.index("a red flag that the service caused is open") < table
    assert "Examples of good practice" in said[:table]


def test_public_flags_are_words() -> None:
    """A published flag is told as a word with its state, and the number of women as a band."""
    page = text("services/S2.html")
    assert "Women's information told to others" in page
    assert str(made().release.content["services"][1]["women"]) in page
    assert not re.search(r"\b16\b", page)


def test_no_public_page_calls_itself_a_team_copy() -> None:
    """Public pages say that they are a release, and which; team words stand on none of them."""
    for name, content in files().items():
        if name.startswith("en/"):
            assert "eam copy" not in content
            assert "Public release 1" in content


def test_a_preview_is_the_page_of_one_service() -> None:
    """A preview holds one service's page in each language, and nothing of any other."""
    shown = preview_files(PublicData(made().release, released.rules(), LABELS), "S2")
    assert {name.split("/")[0] for name in shown} == {"assets", "index.html", *SIX}
    assert all("S1" not in content and "S3" not in content for name, content in shown.items() if name.endswith("l"))
    with pytest.raises(KeyError):
        preview_files(PublicData(made().release, released.rules(), LABELS), "S9")
