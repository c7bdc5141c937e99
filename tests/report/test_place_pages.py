"""Pages of places: each service of the package in the column of its state; confirmed gaps, and who can close them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
import release_samples as released
import test_public_pages as public
import whole_samples as whole
from report_pages import public_files
from scoring_samples import framework
from test_report_site import _Page

from kobo_sync.report.public_site import PublicData
from kobo_sync.report.site import site_files

COLUMNS = ("none", "reported", "confirmed", "no_data", "not_lawful")
SIX = ("en", "es", "fr", "id", "ru", "sw")


@cache
def team() -> dict[str, str]:
    """Return the team's pages where methadone is not lawful."""
    data = whole.data()
    return site_files(replace(data, places=replace(data.places, unlawful=("loc_oat", "loc_nsp"))))


def grid(page: str) -> dict[str, tuple[str, str]]:
    """Return column and state of each service, by its name; each row has exactly one."""
    table = re.search(r'<table class="list reach">.*?</table>', page, re.DOTALL)
    assert table
    found = {}
    for row in re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", table.group(), re.DOTALL):
        name = _Page(row.split("</th>")[0] + "</th>").text.strip()
        cells = re.findall(r'<td class="(is|isnt)">(.*?)</td>', row, re.DOTALL)
        assert len(cells) == len(COLUMNS)
        there = [(column, inside) for column, (kind, inside) in zip(COLUMNS, cells, strict=True) if kind == "is"]
        assert len(there) == 1
        assert all(not inside for kind, inside in cells if kind == "isnt")
        found[name] = (there[0][0], re.findall(r'class="state (\w+)"', there[0][1])[0])
    return found


@pytest.mark.parametrize("place", ["D1", "D2", "D3", "D4"])
@pytest.mark.parametrize("language", SIX)
def test_each_service_stands_in_the_column_of_its_state(place: str, language: str) -> None:
    """The grid of a place has one mark a service, in the column of its state; what is not known is no data."""
    area = whole.data().places.areas.get(place)
    states = {"": area.any_hr.state, **{gap.code: gap.state for gap in area.gaps}} if area else {}
    rules = framework().method.gaps
    assert rules
    wanted = [states.get("", "no_data")]
    for item in rules.items:
        state = states.get(item.code, "no_data")
        wanted.append("not_lawful" if item.code == "loc_oat" and state != "none" else state)
    assert [column for column, _ in grid(team()[f"{language}/places/{place}.html"]).values()] == wanted
    assert all(column == shown for column, shown in grid(team()[f"{language}/places/{place}.html"]).values())


def test_only_what_the_framework_lets_be_unlawful_is() -> None:
    """A gap that the configuration calls unlawful and the framework does not stays the gap that it is."""
    page = grid(team()["en/places/D2.html"])
    assert page["Needles and syringes"][0] == "confirmed"
    assert page["Methadone or buprenorphine"][0] == "not_lawful"


def test_confirmed_gaps_say_who_can_close_them() -> None:
    """Confirmed gaps are listed with who can fix them, without what is not lawful; where there is none, no list."""
    said = _Page(team()["en/places/D2.html"]).text
    listed = said[said.index("Confirmed gaps") : said.index("Confirmed: 2 teams")]
    assert "Needles and syringes Who can fix it: The service itself" in listed
    assert "Methadone" not in listed
    assert listed.count("Who can fix it") == 7
    assert "Confirmed gaps" not in _Page(team()["en/places/D1.html"]).text


def test_public_places_have_the_grid_of_the_release() -> None:
    """A public place tells the states that the release holds, barriers that enough name, and who was hardly reached."""
    forms = [released.form(team, "r1_4", barriers=["police"], loc_nsp="not_reachable") for team in ("t1", "t2")]
    made = released.release(
        released.known(
            released.listed("S1", "S2"),
            [released.plain_service("S1", 24), released.plain_service("S2", 24)],
            locales={"D1": "North", "D2": "South"},
            forms={"D2": tuple(forms)},
            variables=(released.WHO,),
            identities=released.identities(
                released.WHO, {code: {"trans": 1, "migrant": 12} for code in ("S1", "S2")}, answered=24
            ),
        )
    )
    files = public_files(PublicData(made.release, released.rules(), public.LABELS), ("en",))
    for place in ("D1", "D2"):
        area = released.area(made, place)
        found = [column for column, _ in grid(files[f"en/places/{place}.html"]).values()]
        rules = framework().method.gaps
        assert rules
        assert found == [area["any_hr"], *(area["gaps"][item.code] for item in rules.items)]
    south = _Page(files["en/places/D2.html"]).text
    assert "The police stand at the door" in south
    assert "Who was hardly reached" in _Page(files["en/places/D1.html"]).text
    assert "trans" in _Page(files["en/places/D1.html"]).text
    assert "migrant" not in _Page(files["en/places/D1.html"]).text
