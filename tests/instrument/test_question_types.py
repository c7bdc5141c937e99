"""The type column: every spelling that pyxform knows, and which of them may be stored."""

from __future__ import annotations

import pytest
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from kobo_sync.instrument.form import NEVER_STORED, STORED
from kobo_sync.instrument.question_types import RowType, UnknownType, row_type

SELECTS = {
    "select_one l": RowType("select_one", "l"),
    "select one l": RowType("select_one", "l"),
    "select1 l": RowType("select_one", "l"),
    "Select_One L": RowType("select_one", "L"),
    "select_one  l  or_other": RowType("select_one", "l", other=True),
    "select one from l or specify other": RowType("select_one", "l", other=True),
    "add select one prompt using l": RowType("select_one", "l"),
    "select_multiple l": RowType("select_multiple", "l"),
    "select all that apply l or other": RowType("select_multiple", "l", other=True),
    "select_one order": RowType("select_one", "order"),
    "select_one_from_file services.csv": RowType("select_one_from_file", "services.csv"),
    "select one from file services.csv": RowType("select_one_from_file", "services.csv"),
    "select_one services.csv": RowType("select_one_from_file", "services.csv"),
    "select multiple from file a.geojson": RowType("select_multiple_from_file", "a.geojson"),
    "select_one_external cities": RowType("select_one_external", "cities"),
    "select_one ${called}": RowType("select_one", "${called}"),
    "rank l": RowType("rank", "l"),
    "begin group": RowType("begin_group"),
    "Begin_Repeat": RowType("begin_repeat"),
    "begin lgroup": RowType("begin_repeat"),
    "end group": RowType("end_group"),
    "end looped group": RowType("end_repeat"),
}


@pytest.mark.parametrize("text", SELECTS)
def test_selects_and_groups_have_many_spellings(text: str) -> None:
    """Every spelling of selects, groups and repeats means what it means to pyxform."""
    assert row_type(text) == SELECTS[text]


def reveals(name: str) -> bool:
    """Whether pyxform's own table says that the type records a place, a device, a person, a file, or a scanned code."""
    entry = QUESTION_TYPE_DICT[name]
    bind, control = entry.get("bind") or {}, entry.get("control") or {}
    return (
        "jr:preload" in bind
        or bind.get("type") in {"binary", "geopoint", "geoshape", "geotrace", "barcode"}
        or control.get("mediatype") is not None
        or name == "phone number"
    )


@pytest.mark.parametrize("name", sorted(QUESTION_TYPE_DICT))
def test_no_spelling_lets_a_place_or_a_device_in(name: str) -> None:
    """Of all types that pyxform knows, none that reveals a person, a place or a device may be stored."""
    try:
        kind = row_type(name).type
    except UnknownType:
        assert "select" in name or name == "rank"  # without a choice list it is no question
        return
    hidden = reveals(name) or kind in {"note", "csv-external", "xml-external"}
    assert (kind in STORED) != hidden


@pytest.mark.parametrize("name", sorted(NEVER_STORED - {"imei", "uri:email", "uri:phonenumber", "uri:deviceid"}))
def test_what_is_never_stored_keeps_its_name(name: str) -> None:
    """The types that are never stored are known by their own names, so that fields of these names are passed over."""
    assert row_type(name).type == name


@pytest.mark.parametrize("text", ["", "txet", "select_one", "begin loop over l", "begin", "select_one a b", "end x"])
def test_what_is_no_type_is_refused(text: str) -> None:
    """A type that pyxform would not take is refused."""
    with pytest.raises(UnknownType):
        row_type(text)


PLAIN = {
    "int": "integer", "Integer": "integer", "add text prompt": "text", "datetime": "dateTime", "dateTime": "dateTime",
    "trigger": "acknowledge", "hidden": "calculate", "q calculate": "calculate", "gps": "geopoint", "photo": "image",
    "q picture": "image", "percentage": "integer", "add note prompt": "note", "range": "range",
    "csv-external": "csv-external",
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_types_have_one_name_each(text: str) -> None:
    """Old spellings of plain types are known by the usual one."""
    assert row_type(text) == RowType(PLAIN[text])
