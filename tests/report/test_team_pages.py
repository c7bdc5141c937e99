"""The team's pages of a whole round: the two answers, bands, flags, places, changes, and what is on no page."""

from __future__ import annotations

import itertools
import posixpath
import re
from dataclasses import replace
from functools import cache

import pytest
import whole_samples as whole
from scoring_samples import best, framework, scored, women, worst
from test_report_site import _Page

from kobo_sync.report.model import Fieldwork
from kobo_sync.report.pages import overview
from kobo_sync.report.site import site_files

SIX = ("en", "es", "fr", "id", "ru", "sw")


@cache
def files() -> dict[str, str]:
    """Return the site in all languages."""
    return site_files(whole.data())


@cache
def text(page: str) -> str:
    """Return what an English page says."""
    return _Page(files()[f"en/{page}"]).text


@pytest.mark.parametrize("language", SIX)
def test_all_links_lead_somewhere(language: str) -> None:
    """Every link of every page in every language leads to a file of the folder, or to a place on a page of it."""
    for name, content in files().items():
        if not name.startswith(f"{language}/"):
            continue
        page = _Page(content)
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert "script" not in page.tags
        for link in page.links:
            target, _, place = link.partition("#")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
            if link != "data:,":
                assert path in files(), (name, link)
                assert not place or f'id="{place}"' in files()[path], (name, link)


def test_nothing_is_fetched_from_elsewhere() -> None:
    """No page and no style names an address outside the folder."""
    for name, content in files().items():
        assert not re.search(r"https?://|//[a-z]", content.replace("http://www.w3.org/2000/svg", "")), name


@pytest.mark.parametrize("language", SIX)
def test_every_page_has_one_main_part_and_one_title(language: str) -> None:
    """Each page has one main landmark and one first heading, and its navigation has a name."""
    for name, content in files().items():
        if name.startswith(f"{language}/"):
            assert content.count("<main>") == content.count("<h1>") == 1
            levels = [int(level) for level in re.findall(r"<h([1-6])", content)]
            assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), name


def test_the_two_answers_come_first() -> None:
    """The overview opens with what is severely lacking and what is good practice, and why, in alphabetical order."""
    said = text("index.html")
    lacking, good, table = (
        said.index(t) for t in ("Where services are severely lacking", "Examples of good practice", "The services in")
    )
    assert lacking < said.index("Needle exchange the whole interval") < good
    assert lacking < said.index("South no harm reduction that women can use") < good
    assert lacking < said.index("a red flag that the service caused is open") < good
    assert good < said.index("Kituo cha Mwangaza as a whole") < table
    names = [row.info.label for row in overview(whole.data()).lacking]
    assert names == sorted(names)


def test_closing_is_no_remedy() -> None:
    """The only service of a place says so on its page and where it is named as lacking."""
    assert "closing it is not a remedy" in text("services/S05.html")
    assert "the only service here" in text("index.html")


def test_a_band_says_which_gate_was_not_met() -> None:
    """A service's page has its plain band and, in words, what the next one asks for."""
    assert "Led with women" in text("services/S01.html")
    assert "Severely lacking" in text("services/S02.html")
    assert "lowered by open red flags to 44%" in text("services/S02.html")


def test_flags_are_words() -> None:
    """An open flag is told by its words, its state and who can fix it, and by no number of women."""
    page = text("services/S02.html")
    flags = page[page.index("Red flags") : page.index("What was asked")]
    assert "Red flag: Women's information told to others" in flags
    assert "Reviewed, not yet resolved" in flags
    assert "Who can fix it: The service itself" in flags
    assert not re.search(r"\d", flags)


def test_asks_name_who_can_fix_them() -> None:
    """Each of the three asks has its figure and who can fix it; no harm is among them."""
    page = text("services/S05.html")
    asks = page[page.index("Asks") : page.index("The service says, women say")]
    assert asks.count("Who can fix it") == 3


def test_places_tell_three_states_apart() -> None:
    """A place's page has its gaps, barriers and services; no data is told as that, in words and another shape."""
    page = text("places/D2.html")
    assert "Confirmed gap" in page
    assert "The police stand at the door" in page
    assert "Outreach at night" in page
    assert "No data" in text("places/D4.html")
    assert 'class="state no_data"' in files()["en/gaps.html"]
    assert "Полиция" not in files()["en/places/D2.html"]
    assert "Полиция стоит рядом" in files()["ru/places/D2.html"]


def test_changes_have_a_word_each() -> None:
    """A change stands there with both figures and its word; where nothing is sure, "No clear change" says so."""
    page = text("changes.html")
    assert "Kituo cha Mwangaza" in page
    assert "Improved" in page
    assert "No clear change" in page
    without = site_files(replace(whole.data(), earlier=None), ("en",))
    assert "nothing to compare yet" in _Page(without["en/changes.html"]).text


def test_asks_promises_and_replies_stand_with_their_service() -> None:
    """What was asked, promised and replied is on the page of its service or place, and on no other."""
    assert "A woman at the door" in text("services/S05.html")
    assert "We will train all staff." in text("services/S05.html")
    assert "Naloxone in the pharmacy" in text("places/D2.html")
    assert sum("A woman at the door" in page for name, page in files().items() if name.startswith("en/")) == 1
    assert "No reply yet" in text("services/S01.html")


def test_method_tells_weights_rules_and_sensitivity() -> None:
    """The page on method has the bands with their conditions, the rules for naming, and what other weights change."""
    page = text("method.html")
    for words in ("The bands", "When a service is named", "geometric mean", "core questions count 2", "Framework"):
        assert words in page


def test_fieldwork_has_progress_and_quality() -> None:
    """The page on fieldwork has the women of each service, refusals, what came late, and evidence grades."""
    page = text("fieldwork.html")
    assert "Kituo cha Mwangaza enough women for strong evidence 31" in page
    assert "fewer than 5" in page
    assert "interviews that came after the round was closed 6" in page
    assert "Strong evidence 1" in page


@pytest.mark.parametrize("rows", [women(4), women(1, worst("C", harms=True)), women(3, worst("C"))])
def test_what_few_women_said_is_in_no_byte(rows: list[dict[str, str]]) -> None:
    """Whatever one to four women said of a service, and how many they were, every page in each language is the same."""
    data = whole.data()
    other = scored({"C": rows, "O": [best("O")]}, resamples=whole.RESAMPLES, service="S04", round_=whole.ROUND)
    changed = tuple(other if score.service == "S04" else score for score in data.scores)
    counts = Fieldwork(91 + len(rows), 7, 3, late=6)
    assert site_files(replace(data, scores=changed, fieldwork=counts)) == files()


def test_a_flag_that_waits_is_in_no_byte() -> None:
    """A service with a flag that one woman reported, or that waits for its review, has the pages of one without."""
    harmed = {**women(1)[0], "cnf_breach": "yes"}
    sites = []
    for rows in ([*women(20)], [*women(19), harmed], [*women(18), harmed, harmed]):
        score = scored({"C": rows}, resamples=whole.RESAMPLES, service="S03", round_=whole.ROUND)
        data = whole.data()
        scores = tuple(score if one.service == "S03" else one for one in data.scores)
        sites.append(site_files(replace(data, scores=scores), ("en",)))
    assert sites[0] == sites[1] == sites[2]
    assert framework().method.flags_published_from == 10
