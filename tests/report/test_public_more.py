"""Domains, changes, headlines, replies and who was not reached: on public pages, and on the team's from the release."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
import release_samples as samples
import two_rounds as rounds
import whole_samples as whole
from report_pages import public_files
from test_public_pages import files, made
from test_report_site import _Page

from kobo_sync.report.public_site import PublicData
from kobo_sync.report.reached import last_release
from kobo_sync.report.site import site_files
from kobo_sync.scoring.release_model import Release


def text(page: str) -> str:
    """Return what an English public page says."""
    return _Page(rounds.public()[f"en/{page}"]).text


@cache
def team(*, released: bool = True) -> dict[str, str]:
    """Return the team's English pages."""
    data = replace(whole.data(), reached=rounds.reached() if released else None)
    return site_files(data, ("en",))


def _figures(page: str) -> set[int]:
    page = re.sub(r'<line class="half"[^>]*/>', "", page)
    return {int(number) for number in re.findall(r"(\d+)%", page)}


@pytest.mark.parametrize("page", ["domains.html", "changes.html", "index.html"])
def test_public_pages_have_no_figure_of_their_own(page: str) -> None:
    """Each percentage of these pages stands in one of the two releases; the least change is printed beside them."""
    allowed = {100, 45, 95, 10}
    for remembered in rounds.releases():
        for block in remembered.release.content["services"]:
            figures = [block.get("overall"), *(one["figure"] for one in block.get("domains", ()))]
            allowed |= {one[name] for one in figures if one for name in ("percent", "low", "high")}
    assert _figures(rounds.public()[f"en/{page}"]) <= allowed


def test_domains_name_published_services_only() -> None:
    """Each domain has every published service with its figure; one that is not published stands in none."""
    page = text("domains.html")
    shown = [domain.code for domain in samples.rules().domains]
    assert page.count("Service S1") == page.count("Service S3") == len(shown)
    assert "Service S4" not in page
    assert "Services that are not published stand on the overview" in page


def test_public_changes_have_a_word_each() -> None:
    """A service that improved says so from the two releases; one that stayed has no clear change."""
    page = text("changes.html")
    assert "From 2026-H1 (public release 1) to 2026-H2" in page
    better, same = page.index("Service S2"), page.index("Service S3")
    assert "Improved" in page[better:same]
    assert "Improved" not in page[page.index("Service S1") : better]
    assert "Service S4" not in page


def test_the_first_release_has_nothing_to_compare() -> None:
    """Where no earlier round was published, the page about change says so."""
    assert "no earlier round was published" in _Page(files()["en/changes.html"]).text


def test_public_headlines_say_of_how_many() -> None:
    """A headline has its share in words and the number of women as a band, on the service's page and the overview."""
    for page in ("services/S3.html", "index.html"):
        assert "Few or none of the 10-19 women asked gave the best answer: " in text(page)
    assert re.search(r"of the 20-29 women asked gave the best answer: ", text("services/S1.html"))
    assert "women here" not in "".join(text(page) for page in ("services/S1.html", "services/S2.html", "index.html"))


def test_team_headlines_say_of_how_many() -> None:
    """The team's headline has the number of the women who answered; in each language its plural."""
    assert (
        "Few or none of the 24 women who answered gave the best answer: " in _Page(team()["en/services/S05.html"]).text
    )
    russian = site_files(whole.data(), ("ru",))["ru/services/S05.html"]
    assert "24 ответивших женщин" in russian
    assert "headlines" not in _Page(team()["en/services/S04.html"]).ids


def test_replies_and_asks_stand_on_their_public_page() -> None:
    """A reply and an ask are on the page of their service or place, in words as they were written, and on no other."""
    assert "We will train all staff." in text("services/S1.html")
    assert "A woman at the door" in text("services/S1.html")
    assert "Naloxone in the pharmacy" in text("places/D2.html")
    told = [name for name, page in rounds.public().items() if "We will train all staff." in page]
    assert sorted(told) == sorted(
        f"{code}/{folder}/S1.html" for folder in ("cards", "services") for code in ("en", "es", "fr", "id", "ru", "sw")
    )
    assert "ten working days to reply" in text("services/S2.html")
    assert any("We will train all staff." in page for page in rounds.preview().values())


def test_who_was_not_reached_is_few_or_none() -> None:
    """A public place says of whom few or none were asked, without a number; a place without a table says nothing."""
    page = text("places/D1.html")
    told = page[page.index("Who was hardly reached") :]
    assert "18 to 24 years : Few or none" in told
    assert "Trans woman : Few or none" in told
    assert not re.search(r"\d", told[: told.index("A-Gender Monitor")].replace("18 to 24", ""))
    assert "Who was hardly reached" not in text("places/D2.html")


def test_the_team_sees_who_was_not_reached_from_the_release_alone() -> None:
    """Pages of place and fieldwork tell what the release tells; without one they say why nothing is told."""
    for name in ("places/D1.html", "fieldwork.html"):
        page = _Page(team()[f"en/{name}"]).text
        assert "18 to 24 years : Few or none" in page
        assert "From the public release of the round 2026-H2." in page
        assert "This is told once a round is published" in _Page(team(released=False)[f"en/{name}"]).text
    assert "Nothing can be told" in _Page(team()["en/places/D3.html"]).text


def test_a_release_of_a_later_round_is_not_looked_at() -> None:
    """A round's pages take the last release of that round, or else of the last one before it."""
    made_ = [Release(name, number, {}) for name, number in (("2026-H1", 1), ("2026-H1", 2), ("2027-H1", 1))]
    assert last_release(made_, "2026-H2") == made_[1]
    assert last_release(made_, "2027-H1") == made_[2]
    assert last_release(made_, "2025-H2") is None


def test_progress_says_what_is_missing() -> None:
    """Each service with figures says how many women are missing until it can be published, or evidence be strong."""
    page = _Page(team()["en/fieldwork.html"]).text
    assert "6 more women until the evidence can be strong" in page
    assert "enough women for strong evidence" in page
    assert "domains with figures, over all services 48 / 60" in page
    row = page[page.index("Outreach at night") :]
    assert "more wom" not in row[:80]


def test_the_public_method_tells_limits_and_sensitivity() -> None:
    """The public page on method has thresholds, grades, what other weights change, and what it cannot show."""
    page = text("method.html")
    for words in ("women for figures of a service 10", "Strong evidence 30", "geometric mean", "cannot show"):
        assert words in page


def test_every_page_can_be_skipped_into() -> None:
    """The first link of each page leads past the menus to the content."""
    for name, page in {**rounds.public(), **rounds.preview(), **team()}.items():
        if name.endswith(".html"):
            read = _Page(page)
            assert [link for link in read.links if not link.endswith(".css")][1] == "#content", name
            assert "content" in read.ids


def test_pages_are_the_same_from_a_release_that_was_read() -> None:
    """Nothing but the releases and the coordinator's words makes the pages: other private answers, the same bytes."""
    one, two = (public_files(PublicData(made(few).release, samples.rules(), rounds.LABELS)) for few in (1, 4))
    assert one == two
