"""What the server makes of a workbook."""

from __future__ import annotations

import io

import openpyxl
import pytest
from contract_kit import CHOICES, SURVEY, Form, Target, names, unique, workbook

pytest_plugins = ["contract_fixtures"]

HEAD = ["type", "name", "label"]


def test_import_is_polled(target: Target, plain: bytes) -> None:
    """An import is answered by 201 at once; what became of it shows when its address is polled."""
    started = target.start_import(plain)
    assert started["status"] == "processing"
    assert started["url"] == f"{target.url}/api/v2/imports/{started['uid']}/"
    state = target.finish_import(started)
    form = Form(target, state["messages"]["created"][0]["uid"])
    try:
        assert state["status"] == "complete"
        assert form.detail()["asset_type"] == "survey"
    finally:
        form.send("DELETE", "")


@pytest.mark.parametrize(
    ("data", "error_type"),
    [
        (b"this is not a workbook", "XlsFormatException"),
        (workbook([HEAD, ["text", "a", "A"], ["text", "a", "A"]]), "DuplicateNameException"),
        (
            workbook(
                [
                    HEAD,
                    *(["begin_group", "g", "G"], ["text", "a", "A"], ["end_group", "", ""]),
                    *(["begin_group", "h", "H"], ["text", "a", "A"], ["end_group", "", ""]),
                ]
            ),
            "DuplicateNameException",
        ),
        (workbook([HEAD, ["frobnicate", "a", "A"]]), "ValueError"),
        (workbook([HEAD, ["text", "has space", "A"]]), "ValueError"),
        (
            workbook(
                [["type", "name", "label::English (en)"], ["text", "a", "A"]], None, {"default_language": "Klingon"}
            ),
            "ValueError",
        ),
    ],
    ids=["not a workbook", "same name", "same name in two groups", "unknown type", "bad name", "unknown default"],
)
def test_bad_workbook_fails_in_the_poll(target: Target, data: bytes, error_type: str) -> None:
    """A workbook that cannot be taken is 201 first; the poll tells the error and its type."""
    state = target.run_import(data)
    assert state["status"] == "error"
    assert state["messages"]["error"]
    assert state["messages"]["error_type"] == error_type


def test_workbook_without_survey_sheet_passes(target: Target) -> None:
    """A workbook of one sheet is taken, and deployed, whatever the sheet is called."""
    with target.form(workbook([], None, None, Sheet1=[HEAD, ["text", "a", "A"]])) as form:
        assert form.deploy().status_code == 200


def test_title_becomes_the_name(target: Target) -> None:
    """`form_title` of the settings becomes the form's name; `form_id` is kept as `id_string`."""
    title = unique()
    with target.form(workbook(SURVEY, CHOICES, {"form_title": title, "form_id": "my_id"})) as form:
        detail = form.detail()
    assert detail["name"] == title
    assert detail["content"]["settings"]["id_string"] == "my_id"
    assert "form_title" not in detail["content"]["settings"]


def test_unknown_plain_columns_are_kept(target: Target) -> None:
    """Columns that KoboToolbox does not know stay in survey, choices and settings, and come back in the export."""
    data = workbook(
        [[*HEAD, "indicator"], ["select_one l", "a", "A", "x_1"]],
        [["list_name", "name", "label", "score"], ["l", "y", "Y", 0.5]],
        {"style": "pages", "my_setting": "kept"},
    )
    with target.form(data) as form:
        content = form.detail()["content"]
        exported = form.get().json()["uid"]
        book = openpyxl.load_workbook(io.BytesIO(target.get(f"{target.url}/api/v2/assets/{exported}.xls").content))
    assert content["survey"][0]["indicator"] == "x_1"
    assert content["choices"][0]["score"] == "0.5"
    assert content["settings"]["my_setting"] == "kept"
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"indicator", "x_1", "score", "0.5", "my_setting", "kept", "select_one l"} <= cells


def test_rows_of_unknown_sheets_are_lost(target: Target) -> None:
    """A sheet that XLSForm does not know keeps its name and loses its rows."""
    with target.form(workbook(SURVEY, CHOICES, None, notes=[["a"], ["secret"]])) as form:
        content = form.detail()["content"]
    assert content["notes"] == []


def test_column_with_a_colon_is_a_translation(target: Target) -> None:
    """`x::y` is read as the column x in the language y, whatever x is."""
    with target.form(workbook([[*HEAD[:2], "label::English (en)", "note::y"], ["text", "a", "A", "N"]])) as form:
        content = form.detail()["content"]
    assert content["translations"] == ["English (en)", "y"]
    assert content["translated"] == ["label", "note"]
    assert content["survey"][0]["label"] == ["A", None]
    assert content["survey"][0]["note"] == [None, "N"]


def test_dollar_and_empty_columns_vanish(target: Target) -> None:
    """Columns that begin with $ are stripped, and columns without any value are forgotten."""
    with target.form(workbook([[*HEAD, "$mine", "hint", "empty"], ["text", "a", "A", "x", "", ""]])) as form:
        row = form.detail()["content"]["survey"][0]
    assert {key for key in row if not key.startswith("$")} == {"type", "name", "label"}
    assert "$mine" not in row
    assert {"$kuid", "$xpath", "$autoname"} <= row.keys()


def test_metadata_questions_move_to_the_top(target: Target) -> None:
    """Questions that the phone answers by itself come first, in their own order."""
    survey = [HEAD, ["text", "a", "A"], ["start", "began", ""], ["text", "b", "B"], ["end", "ended", ""]]
    with target.form(workbook(survey)) as form:
        assert names(form.detail()["content"]["survey"]) == ["began", "ended", "a", "b"]


def test_spellings_are_made_one(target: Target) -> None:
    """`dateTime`, `begin group` and yes/no in `required` get one spelling; a select's list gets a column of its own."""
    survey = [
        [*HEAD, "required"],
        ["begin group", "g", "G", ""],
        ["dateTime", "when", "W", "yes"],
        ["select one l", "which", "W", "no"],
        ["end group", "", "", ""],
    ]
    with target.form(workbook(survey, [["list_name", "name", "label"], ["l", "y", "Y"]])) as form:
        rows = form.detail()["content"]["survey"]
    assert [row["type"] for row in rows] == ["begin_group", "datetime", "select_one", "end_group"]
    assert [row.get("required") for row in rows] == [None, True, False, None]
    assert rows[2]["select_from_list_name"] == "l"
    assert [row.get("$xpath") for row in rows] == ["g", "g/when", "g/which", None]


def test_default_language_comes_first(target: Target) -> None:
    """Labels are lists in the order of `translations`, the default language first."""
    survey = [["type", "name", "label::A (a)", "label::B (b)"], ["text", "q", "in a", "in b"]]
    with target.form(workbook(survey, None, {"default_language": "B (b)"})) as form:
        content = form.detail()["content"]
    assert content["translations"] == ["B (b)", "A (a)"]
    assert content["survey"][0]["label"] == ["in b", "in a"]


def test_replacing_makes_a_new_version(target: Target, draft: Form, plain: bytes) -> None:
    """The same workbook imported over a form makes a new version with a new hash, though nothing changed."""
    before = draft.detail()
    state = target.run_import(plain, destination=draft.url)
    after = draft.detail()
    assert state["messages"]["updated"][0]["uid"] == draft.uid
    assert after["version_id"] != before["version_id"]
    assert after["version__content_hash"] != before["version__content_hash"]
    assert after["version_count"] == before["version_count"] + 1
    assert _bare(after["content"]) == _bare(before["content"])


def _bare(value: object) -> object:
    """Leave the random ids of a form's rows out."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key != "$kuid"}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def test_export_can_be_imported_again(target: Target, draft: Form) -> None:
    """The exported workbook, imported again, gives the same form."""
    exported = target.get(f"{target.url}/api/v2/assets/{draft.uid}.xls").content
    with target.form(exported) as again:
        assert _bare(again.detail()["content"]["survey"]) == _bare(draft.detail()["content"]["survey"])


def test_versions_are_listed_newest_first(target: Target, draft: Form, plain: bytes) -> None:
    """Every version of a form is listed, the newest first."""
    first = draft.detail()["version_id"]
    target.run_import(plain, destination=draft.url)
    listed = draft.get("versions/").json()
    assert [version["uid"] for version in listed["results"]] == [draft.detail()["version_id"], first]
