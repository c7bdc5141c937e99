"""The community version: pictures that need no reading, a script to read aloud, and no figure of its own."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
import release_samples as released
import test_public_pages as public
import whole_samples as whole
from scoring_samples import best, framework, scored, women, worst
from spoken_samples import page, told
from test_report_site import _Page

from kobo_sync.report.pages import overview
from kobo_sync.report.preview_site import preview_files
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.site import site_files
from kobo_sync.report.spoken import Spoken, spoken_row, stand_out
from kobo_sync.report.topics import topic
from kobo_sync.scoring.release_model import FEW, MOST
from kobo_sync.scoring.team_shares import team_shares

SIX = ("en", "es", "fr", "id", "ru", "sw")
RULES = framework(whole.RESAMPLES)


@cache
def team() -> dict[str, str]:
    """Return the team's pages."""
    return site_files(whole.data())


def script(content: str) -> str:
    """Return the words of a page's script, without its heading and the hint to whoever reads it."""
    part = re.search(r'<section class="script".*?</section>', content, re.DOTALL)
    assert part
    return " ".join(_Page("<section>" + part.group().split("</p>", 1)[1]).text.split())


def filled(content: str) -> list[tuple[int, int, int]]:
    """Return how many of ten women are filled, half filled and hatched, for each row of them."""
    rows = re.findall(r'<svg class="ten"[^>]*viewBox="0 0 218 44".*?</g></svg>', content)
    found = []
    for row in rows:
        assert row.count("<g ") == 10
        halves = row.count("<svg width=")
        found.append((row.count('class="full"') - halves, halves, row.count('class="perhaps"')))
    return found


@pytest.mark.parametrize(
    ("share", "drawn", "words"),
    [
        (70, (7, 0, 0), "7 in 10"),
        (75, (7, 1, 0), "7 to 8 in 10"),
        (5, (0, 1, 0), "0 to 1 in 10"),
        (90, (9, 0, 0), "9 in 10"),
        (FEW, (0, 0, 2), "Few or none"),
        (MOST, (8, 0, 2), "Most or all"),
    ],
)
def test_ten_women_show_the_share(share: int | str, drawn: tuple[int, int, int], words: str) -> None:
    """Of ten women as many are filled as gave the best answer; the picture says its text, and the script has n."""
    content = page(told(share))
    assert filled(content) == [drawn]
    assert f'aria-label="Women: {words}"' in content
    assert f"{words} of the 20 to 29 women asked" in script(content)


def test_without_a_share_there_is_no_picture_of_one() -> None:
    """Where too few women spoke for a share, the question is named and nothing is drawn or counted."""
    content = page(told(None))
    assert filled(content) == []
    assert "Too few women were asked to say how many" in script(content)


@pytest.mark.parametrize("n", [0, 1, 37, 50, 100])
def test_ten_hearts_show_the_whole_figure(n: int) -> None:
    """Hearts are filled exactly as far as the figure says, and say it in words."""
    content = page(Spoken("Blue Door", "", "S.html", least=24, most=24, percent=n))
    hearts = re.search(r'<svg class="ten"[^>]*viewBox="0 0 278 26".*?</g></svg>', content)
    assert hearts
    widths = [float(width) for width in re.findall(r'<svg width="([\d.]+)"', hearts.group())]
    assert sum(widths) == pytest.approx(n * 2.6)
    assert f'aria-label="{n}% of the best possible"' in content


@pytest.mark.parametrize("name", ["S01", "S02", "S03", "S05"])
def test_team_figures_are_those_of_the_page_of_the_service(name: str) -> None:
    """Overall figure, band, women and shares are those that the wall lets through for the service's own page."""
    row = next(row for row in overview(whole.data()).rows if row.info.code == name)
    content = team()[f"en/community/{name}.html"]
    assert f"{row.team.n} women were asked." in content
    assert f'aria-label="{row.team.percent}% of the best possible"' in content
    assert f"{row.team.percent}%" in team()[f"en/services/{name}.html"]
    assert row.detail.band
    label = RULES.method.bands[row.detail.band.number - 1].label["en"]
    assert f'aria-label="{label}: door {row.detail.band.number} of 5' in content
    shares = team_shares(next(score for score in whole.scores() if score.service == name), RULES)
    strengths, asks = stand_out(shares, RULES)
    drawn = [one.share for one in (*strengths, *asks)]
    assert filled(content) == [_drawn(share) for share in drawn]
    parts = {part for share in drawn if isinstance(share, int) for part in (share // 10, share // 10 + 1)}
    assert _numbers(script(content)) <= {row.team.n, row.team.percent, 10} | parts


def _drawn(share: int | str | None) -> tuple[int, int, int]:
    if isinstance(share, str):
        return {FEW: (0, 0, 2), MOST: (8, 0, 2)}[share]
    assert share
    return share // 10, share % 10 // 5, 0


def _numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"\d+", text)}


def test_public_figures_are_those_of_the_release() -> None:
    """What a public page with pictures tells stands in the release: figure, band of women, shares."""
    for block in public.made().release.content["services"]:
        content = public.files()[f"en/community/{block['code']}.html"]
        if block["status"] != "published":
            assert 'class="ten"' not in content
            assert 'class="script"' not in content
            continue
        shares = {one["indicator"]: one["share"] for domain in block["domains"] for one in domain["questions"]}
        picked = [one.share for found in stand_out(shares, released.rules()) for one in found]
        assert filled(content) == [_drawn(share) for share in picked]
        assert f'aria-label="{block["overall"]["percent"]}% of the best possible"' in content
        ends = {int(end) for end in re.findall(r"\d+", block["women"])}
        named = {block["overall"]["percent"], 10, *ends, *_numbers(" ".join(block["label"]))}
        named |= {part for share in picked if isinstance(share, int) for part in (share // 10, share // 10 + 1)}
        assert _numbers(script(content).replace(block["label"], "")) <= named


def test_a_service_of_few_women_has_nothing_to_read_aloud() -> None:
    """Where nothing may be told there is no figure, no picture of one and no script, in public without a reason."""
    few, held = team()["en/community/S04.html"], public.files()["en/community/S4.html"]
    assert "neither a good mark nor a bad one" in few
    assert "Not published this round" in held
    for content in (few, held):
        assert 'class="script"' not in content
        assert 'class="ten"' not in content
        assert 'class="doors"' not in content
    assert "Fewer than" not in held


def test_below_ten_women_questions_stand_without_shares() -> None:
    """Of five to nine women the team's page names what stands out on the service's page, and counts nothing."""
    rows = [*women(3), *women(4, worst("C"))]
    score = scored({"C": rows, "O": [best("O")]}, resamples=whole.RESAMPLES, service="S03", round_=whole.ROUND)
    data = whole.data()
    data = replace(data, scores=tuple(score if one.service == "S03" else one for one in data.scores))
    row = next(row for row in overview(data).rows if row.info.code == "S03")
    spoken = spoken_row(row, team_shares(score, RULES), RULES)
    assert spoken.asks
    assert [one.code for one in spoken.asks] == [item.code for item in row.detail.asks[:2]]
    content = site_files(data, ("en",))["en/community/S03.html"]
    assert "7 women were asked." in content
    assert filled(content) == []


def test_what_stands_out_is_clear() -> None:
    """A question is called good from seven in ten on, and has to change below five in ten; in between it is neither."""
    shares: Mapping[str, int | str] = {
        "pkg_nsp": 70, "pkg_oat": 65, "pkg_hiv": 50, "acc_hours": 45, "stf_respect": MOST, "inc_young": FEW,
        "inc_trans": 90,
    }  # fmt: skip
    strengths, asks = stand_out(shares, RULES)
    assert [one.code for one in strengths] == ["stf_respect", "inc_trans"]
    assert [one.code for one in asks] == ["inc_young", "acc_hours"]
    assert stand_out({"pkg_oat": 65, "pkg_hiv": 50}, RULES) == ((), ())


def test_a_script_is_short_and_says_what_has_to_be_said() -> None:
    """About 150 words: who was asked, how many, what is good, what has to change, who can fix it, what is not known."""
    for content in (team()["en/community/S05.html"], public.files()["en/community/S3.html"]):
        said = script(content)
        assert 100 < len(said.split()) < 210
        for words in (
            "Women who use drugs asked other women who use drugs",
            "women asked",
            "what women find good",
            "what has to change",
            "Who can fix it:",
            "We did not hear every woman",
            "What nobody told us may happen all the same",
            "please say today what you will do",
            "Thank you to every woman who spoke or asked",
        ):
            assert words in said
        assert "women here" not in said.lower()
    assert "closing it is not a remedy" in script(team()["en/community/S05.html"])


def test_an_open_red_flag_is_a_word_on_the_page_and_in_the_script() -> None:
    """A reviewed flag that is open is told in words, in public too, and without a number of women."""
    for content in (team()["en/community/S02.html"], public.files()["en/community/S2.html"]):
        assert html.unescape(content).count("Women's information told to others") == 2
        assert "It was looked into, and it is not put right yet" in script(content)


def test_the_round_names_both_answers() -> None:
    """The page about the whole round names what is severely lacking and what is good, in one order, never both."""
    said = _Page(team()["en/community.html"]).text
    lacking, good = said.index("Where services are severely lacking"), said.index("Examples of good practice")
    assert lacking < said.index("South") < said.index("Needle exchange") < good < said.index("Kituo cha Mwangaza")
    assert "Enough women spoke to tell of 4 of 5 services." in said
    assert "Nobody knows yet about 1 of 4 places." in said
    assert "No data is not the same as fine." in said
    assert said.count("Needle exchange") == 3  # named as lacking, in the script, and as a link: not as an example


def test_every_service_has_its_page_and_its_links() -> None:
    """Each service's page leads to its page with pictures and back; a preview, which is alone, has no such link."""
    for name in ("S01", "S04"):
        assert f"../community/{name}.html" in _Page(team()[f"en/services/{name}.html"]).links
        assert f"../services/{name}.html" in _Page(team()[f"en/community/{name}.html"]).links
        assert f"community/{name}.html" in _Page(team()["en/community.html"]).links
    assert "../community/S2.html" in _Page(public.files()["en/services/S2.html"]).links
    shown = preview_files(PublicData(public.made().release, released.rules(), public.LABELS), "S2")
    assert not any("community" in link for link in _Page(shown["en/index.html"]).links)


@pytest.mark.parametrize("language", SIX)
def test_pictures_speak_the_language_of_the_page(language: str) -> None:
    """Every picture that counts has a text in the page's language; a drawing beside its words has none of its own."""
    content = team()[f"{language}/community/S05.html"]
    labels = re.findall(r'<svg class="(?:ten|doors)"[^>]*aria-label="([^"]+)"', content)
    assert len(labels) >= 4
    if language != "en":
        english = re.findall(r'<svg class="(?:ten|doors)"[^>]*aria-label="([^"]+)"', team()["en/community/S05.html"])
        assert all(label not in english for label in labels if not re.fullmatch(r"[\d %]+", label))
    for drawing in re.findall(r'<svg class="topic"[^>]*>', content):
        assert 'aria-hidden="true"' in drawing


def test_everything_has_a_drawing() -> None:
    """Every domain and every gap has a drawing of its own, and every question its own or its domain's."""
    rules = RULES
    assert rules.method.gaps
    whole_one = topic("", rules)
    codes = [*(one.code for one in rules.domains), *(one.code for one in rules.method.gaps.items)]
    drawn = [topic(code, rules) for code in codes]
    assert len(set(drawn)) == len(drawn)
    assert whole_one not in drawn
    assert all(topic(one.code, rules) != whole_one for one in rules.indicators)
    assert topic("zzz", rules) == whole_one
    assert not any(word in str(drawing) for drawing in drawn for word in ("<text", "<script", "href", "http"))
