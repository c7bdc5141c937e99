"""Places and referrals: what the coordinator's lists say, and what of them phones get."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kobo_sync.errors import ConfigError
from kobo_sync.places import (
    Locale,
    list_for_phones,
    locales_for_phones,
    read_locales,
    read_referrals,
    referrals_for_phones,
)

HEADER = "locale,label,phone,hours,accepts_women_who_use_drugs,checked_on,contact\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _rows(sent: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sent.decode("utf-8"), newline="")))


def test_phones_get_code_and_label_of_a_place(tmp_path: Path) -> None:
    """Of locales.csv phones get code and label, nothing else."""
    locales = read_locales(_file(tmp_path, "code,label,region,note\nnorth,North,R,canary\n\nriver,River,R,canary\n"))
    assert _rows(locales_for_phones(locales)) == [["name", "label"], ["north", "North"], ["river", "River"]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("code\nnorth\n", "column label"),
        ("code,label\nnorth,\n", "row 2"),
        ("code,label\na b,North\n", "row 2"),
        ("code,label\nnorth,North\nnorth,Again\n", "row 3"),
        ("code,label,tile_row,tile_column\nnorth,North,1,\n", "row 2: tile_row and tile_column"),
        ("code,label,tile_row,tile_column\nnorth,North,one,1\n", "row 2: tile_row and tile_column"),
        ("code,label,tile_row,tile_column\nnorth,North,0,1\n", "row 2: the map has rows from 1"),
        ("code,label,tile_row,tile_column\nnorth,North,1,11\n", "columns from 1 to 10"),
        ("code,label,tile_row,tile_column\nnorth,N,2,1\nriver,R,2,1\n", "row 3: river has the tile of north"),
    ],
)
def test_a_mistake_in_the_list_of_places_names_its_row(tmp_path: Path, text: str, word: str) -> None:
    """A missing column, code or label, and a code that stands twice, are one sentence with the row."""
    with pytest.raises(ConfigError, match=word):
        read_locales(_file(tmp_path, text))


def test_a_place_may_have_a_tile_on_the_map(tmp_path: Path) -> None:
    """Where the map draws a place, and its larger area, may stand in locales.csv or be left out."""
    text = "code,label,parent,tile_row,tile_column\nnorth,North,Upper,2,3\nriver,River,,,\n"
    assert read_locales(_file(tmp_path, text)) == {
        "north": Locale("north", "North", "Upper", (2, 3)),
        "river": Locale("river", "River"),
    }


def test_tiles_never_leave_with_a_form(tmp_path: Path) -> None:
    """What locales.csv says for the map alone is in no byte that is uploaded."""
    plain = "code,label\nnorth,North\nriver,River\n"
    mapped = "code,label,parent,tile_row,tile_column\nnorth,North,Upper,7,9\nriver,River,Lower,8,8\n"
    sent = [locales_for_phones(read_locales(_file(tmp_path, text))) for text in (plain, mapped)]
    assert sent[0] == sent[1]


def test_a_missing_list_says_what_it_is_for(tmp_path: Path) -> None:
    """A list that is not there is one sentence with its columns."""
    with pytest.raises(ConfigError, match=r"the list of the places\. Make it with the columns code and label"):
        read_locales(tmp_path / "locales.csv")


@pytest.mark.parametrize(("accepts", "sent"), [("yes", 1), ("Yes", 1), ("no", 0), ("", 0), ("perhaps", 0)])
def test_only_referrals_that_accept_women_who_use_drugs_reach_a_phone(tmp_path: Path, accepts: str, sent: int) -> None:
    """A place that is not known to accept her is never shown to a woman in need."""
    referrals = read_referrals(_file(tmp_path, HEADER + f"north,Line,000 111,all day,{accepts},2026-11-01,canary\n"))
    rows = _rows(referrals_for_phones(referrals, {}))
    assert len(rows) == 1 + sent
    assert "canary" not in str(rows)


def test_a_referral_shows_phone_and_hours_in_its_label(tmp_path: Path) -> None:
    """Label, phone and hours stand in one text; the number stays on one line; the place decides where it is shown."""
    referrals = read_referrals(_file(tmp_path, HEADER + "north,Line,000 111,all day,yes,2026-11-01,\n"))
    assert _rows(referrals_for_phones(referrals, {}))[1] == ["R01", "Line, 000\N{NO-BREAK SPACE}111, all day", "north"]


def test_a_referral_names_its_area_where_there_are_several(tmp_path: Path) -> None:
    """With several areas each referral ends with its own; with one, or one that is not listed, nothing is added."""
    referrals = read_referrals(_file(tmp_path, HEADER + "north,Line,,,yes,2026-11-01,\nfar,Home,,,yes,2026-11-01,\n"))
    north, river = Locale("north", "North"), Locale("river", "River")
    for locales, label in (({"north": north}, "Line"), ({"north": north, "river": river}, "Line, North")):
        rows = _rows(referrals_for_phones(referrals, locales))
        assert rows[1:] == [["R01", label, "north"], ["R02", "Home", "far"]]


def test_a_mistake_in_the_list_of_referrals_names_its_row(tmp_path: Path) -> None:
    """A referral without place or label is one sentence with the row."""
    with pytest.raises(ConfigError, match="row 2"):
        read_referrals(_file(tmp_path, HEADER + ",Line,000,all day,yes,2026-11-01,\n"))


def test_any_other_list_goes_out_by_allowed_columns(tmp_path: Path) -> None:
    """A list of the author's own is sent with name, label, label in a language and locale, and refused with more."""
    path = tmp_path / "towns.csv"
    path.write_text("name;Label::Kiswahili (sw);locale\nT;Mji;D1\n;;\n", encoding="utf-8")
    assert list_for_phones(path) == b"name,Label::Kiswahili (sw),locale\nT,Mji,D1\n"
    path.write_text("name,label,Phone\nT,Town,555\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="must not leave this machine: 'Phone'"):
        list_for_phones(path)
    path.write_text("name,label\nT,Town,555\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="one without a name"):
        list_for_phones(path)
    (tmp_path / "towns.geojson").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot travel"):
        list_for_phones(tmp_path / "towns.geojson")
