"""The map of gaps: one square a district, three states, and no data never looks like a service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
import release_samples as released
import test_public_pages as public
import whole_samples as whole
from report_pages import public_files
from scoring_samples import framework
from test_report_site import _Page

from kobo_sync.places import Locale
from kobo_sync.report.gap_map import Tile, tile_groups
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.site import site_files
from kobo_sync.scoring.release_model import LocaleForm

SIX = ("en", "es", "fr", "id", "ru", "sw")
WORDS = {
    "en": ("Confirmed gap", "Reported gap", "Some service within reach", "No data"),
    "ru": ("Подтверждённый пробел", "Пробел, о котором сообщили", "Есть доступный сервис", "Нет данных"),  # noqa: RUF001 -- Russian
    "sw": ("Pengo lililothibitishwa", "Pengo lililoripotiwa", "Kuna huduma inayofikika", "Hakuna data"),
}
STATES = ("confirmed", "reported", "none", "no_data")


@cache
def team() -> dict[str, str]:
    """Return the team's pages."""
    return site_files(whole.data())


def tiles(page: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield shape, page, name and words of each tile that is a link."""
    for shape, href, inside in re.findall(
        r'<a class="tile (\w+)(?: reported)?" href="([^"]+)">(.*?)</a>', page, re.DOTALL
    ):
        name, words = re.findall(r'<span class="(?:name|told)">([^<]+)</span>', inside)
        assert (f'class="tile {shape} reported" href="{href}"' in page) >= (words == "Reported gap")
        assert ('fill="url(#nobody-knows)"' in inside) is (shape == "no_data")
        yield shape, href, name, words


@pytest.mark.parametrize(
    ("state", "shape"),
    [("confirmed", "gap"), ("reported", "gap"), ("none", "some"), ("no_data", "no_data"), ("", "no_data")],
)
def test_each_state_has_one_of_three_shapes(state: str, shape: str) -> None:
    """Confirmed and reported are gaps, some service is one, everything else is no data."""
    assert Tile("North", "n.html", {"x": state}).shape("x") == shape


def test_what_is_not_known_is_no_data() -> None:
    """A gap that nobody was asked about, and a word that the program does not know, are no data, never a service."""
    tile = Tile("North", "n.html", {"x": "splendid"})
    assert (tile.shape("x"), tile.state("x")) == ("no_data", "no_data")
    assert (tile.shape("y"), tile.state("y")) == ("no_data", "no_data")


def test_tiles_lie_where_the_list_puts_them() -> None:
    """Tiles with a place are moved to the top left, the others follow by their larger area, those without one last."""
    where = {
        "a": Locale("a", "A", "Upper", (3, 4)),
        "b": Locale("b", "B", "Upper", (2, 6)),
        "c": Locale("c", "C", "upper"),
        "d": Locale("d", "D", "Lower"),
    }
    groups = tile_groups([(code, Tile(code, f"{code}.html", {})) for code in "abcde"], where)
    assert [(group.label, group.columns, [(t.label, t.at) for t in group.tiles]) for group in groups] == [
        ("", 3, [("b", (1, 3)), ("a", (2, 1))]),
        ("Lower", 0, [("d", None)]),
        ("upper", 0, [("c", None)]),
        ("", 0, [("e", None)]),
    ]


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("page", ["index", "gaps"])
def test_team_tiles_say_what_is_known(language: str, page: str) -> None:
    """Every tile has the shape and the words of its place's state, for each gap; a place without data says so."""
    areas, rules = whole.data().places.areas, framework().method.gaps
    assert rules
    codes = ["", *(item.code for item in rules.items)] if page == "gaps" else [""]
    expected = []
    for code in codes:
        for name, place in (("East", "D3"), ("North", "D1"), ("South", "D2"), ("West", "D4")):
            area = areas.get(place)
            gaps = {"": area.any_hr.state, **{gap.code: gap.state for gap in area.gaps}} if area else {}
            state = gaps.get(code, "no_data")
            shape = {"confirmed": "gap", "reported": "gap", "none": "some"}.get(state, "no_data")
            expected.append((shape, f"places/{place}.html", name, WORDS[language][STATES.index(state)]))
    assert list(tiles(team()[f"{language}/{page}.html"])) == expected
    assert {shape for shape, *_ in expected} == {"gap", "some", "no_data"}


@pytest.mark.parametrize("language", SIX)
def test_no_data_never_looks_like_a_service(language: str) -> None:
    """A place that nothing is known of has no tile with a check mark, in any language, on any map."""
    for page in ("index", "gaps"):
        found = [shape for shape, href, *_ in tiles(team()[f"{language}/{page}.html"]) if href == "places/D4.html"]
        assert found
        assert set(found) == {"no_data"}


def test_a_map_never_shows_a_point() -> None:
    """No map has a coordinate, a picture from outside or a script; each item of the choice leads to its map."""
    page = team()["en/gaps.html"]
    assert not re.search(r"<(script|img|iframe|canvas|circle[^>]*data)", page)
    assert not re.search(r"-?\d{1,3}\.\d{4,}", page)
    links = [link for link in _Page(page).links if link.startswith("#map-")]
    assert len(links) == len(set(links)) == 8
    assert all(f'id="{link[1:]}"' in page for link in links)


def _released(*forms: LocaleForm, where: dict[str, Locale] | None = None) -> dict[str, str]:
    known = released.known(
        released.listed("S1"),
        [released.plain_service("S1", 24)],
        locales={"D1": "North", "D2": "South", "D3": "East"},
        forms={"D2": forms},
        not_lawful=("loc_oat",),
    )
    made = released.release(known).release
    return public_files(PublicData(made, released.rules(), public.LABELS, where=where or {}), ("en",))


def test_public_tiles_are_those_of_the_release() -> None:
    """A gap that two teams report is one on the public map; a place without forms and services is no data."""
    two = [released.form(team, "r1_4", loc_nsp="not_reachable") for team in ("t1", "t2")]
    page = _released(*two)["en/gaps.html"]
    needles = page[page.index('id="map-loc_nsp"') : page.index('id="map-loc_oat"')]
    assert list(tiles(needles)) == [
        ("no_data", "places/D3.html", "East", "No data"),
        ("some", "places/D1.html", "North", "Some service within reach"),
        ("gap", "places/D2.html", "South", "Confirmed gap"),
    ]


def test_what_one_team_says_is_on_no_public_map() -> None:
    """A report by one team of four women leaves every public page, map included, as it is without it."""
    assert _released(released.form("t1", "r1_4", loc_nsp="not_reachable")) == _released()


def test_what_is_not_lawful_is_said_at_its_map_and_in_its_place() -> None:
    """Where the law forbids a service, its map and the page of each place without it say so, in public too."""
    two = [released.form(team, "r1_4", loc_oat="not_reachable") for team in ("t1", "t2")]
    files = _released(*two)
    assert files["en/gaps.html"].count("Not lawful in this country: no service") == 1
    assert "Not lawful in this country" in files["en/places/D2.html"]
    assert "Confirmed gaps" not in files["en/places/D2.html"]
    assert "Not lawful in this country" not in files["en/places/D1.html"]


def test_positions_change_nothing_but_the_map() -> None:
    """Where tiles lie is told by the pages with maps alone, and never by the files of the release."""
    where = {"D1": Locale("D1", "North", "Upper", (1, 2)), "D2": Locale("D2", "South", "Upper", (2, 1))}
    plain, mapped = _released(), _released(where=where)
    assert {name for name in plain if plain[name] != mapped[name]} == {"en/index.html", "en/gaps.html"}
    assert "--row:2;--column:1" in mapped["en/gaps.html"]


def test_a_framework_without_gaps_has_no_map() -> None:
    """Where forms ask for no gaps there is no map, and the pages are made all the same."""
    data = whole.data()
    method = replace(data.framework.method, gaps=None)
    without = replace(
        data, framework=replace(data.framework, method=method), places=replace(data.places, areas={}), earlier=None
    )
    files = site_files(without, ("en",))
    assert 'class="tiles' not in files["en/index.html"] + files["en/gaps.html"]
    assert "What women can reach here" not in files["en/places/D2.html"]


def test_a_reported_gap_is_not_drawn_like_a_confirmed_one() -> None:
    """A gap that is only reported is dark, with its labels on white and its own words; a confirmed one is not so."""
    one = [released.form("t1", "r1_4", loc_nsp="not_reachable"), released.form("t2", "r1_4", loc_nsp="not_reachable")]
    against = released.form("t3", "r10_up", loc_nsp="here")
    for forms, drawn, words in (
        (one, "tile gap", "Confirmed gap"),
        ([*one, against], "tile gap reported", "Reported gap"),
    ):
        page = _released(*forms)["en/gaps.html"]
        needles = page[page.index('id="map-loc_nsp"') : page.index('id="map-loc_oat"')]
        found = re.search(r'<a class="([^"]+)" href="places/D2.html">.*?class="told">([^<]+)<', needles, re.DOTALL)
        assert found
        assert found.groups() == (drawn, words)
