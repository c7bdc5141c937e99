"""Edits of a finished interview."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from engine_forms import INTERVIEW, REPEATS, SERVICES, xform
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.engine import Filler, changed, edited
from kobo_sync.errors import UserError

SENT = (
    '<?xml version=\'1.0\' encoding=\'UTF-8\' ?><f id="f" version="1" xmlns:orx="http://openrosa.org/xforms">'
    "<g><q>no</q><empty /></g><m><a>1</a></m><m><a>2</a></m>"
    "<meta><instanceID>uuid:11111111-1111-4111-8111-111111111111</instanceID></meta></f>"
)


def meta(xml: str, name: str) -> str | None:
    return ET.fromstring(xml).findtext(f"meta/{name}")


def test_an_edit_has_a_new_identity_and_names_the_old_one() -> None:
    """After an edit instanceID is new, deprecatedID is the one before, and rootUuid the first of all."""
    once = edited(SENT, {"g/q": "yes"})
    assert re.fullmatch(r"uuid:[0-9a-f-]{36}", meta(once, "instanceID") or "")
    assert meta(once, "instanceID") != meta(SENT, "instanceID")
    assert meta(once, "deprecatedID") == meta(once, "rootUuid") == meta(SENT, "instanceID")
    twice = edited(once, {"g/q": "no"})
    assert meta(twice, "deprecatedID") == meta(once, "instanceID")
    assert meta(twice, "rootUuid") == meta(SENT, "instanceID")
    assert twice.count("<deprecatedID>") == twice.count("<rootUuid>") == 1


def test_an_edit_changes_what_it_names_and_nothing_else() -> None:
    """Answers are changed, emptied and added where they are named; all the rest stays as it was."""
    once = edited(SENT, {"g/q": "a & b < c", "g/empty": "x", "m[2]/a": "", "g/new/deep": "y"})
    assert once.startswith("<?xml version='1.0' encoding='UTF-8' ?><f ")
    wanted = (
        '<f id="f" version="1"><g><q>a &amp; b &lt; c</q><empty>x</empty><new><deep>y</deep></new></g>'
        f"<m><a>1</a></m><m><a/></m><meta><instanceID>{meta(once, 'instanceID')}</instanceID>"
        f"<deprecatedID>{meta(SENT, 'instanceID')}</deprecatedID><rootUuid>{meta(SENT, 'instanceID')}</rootUuid>"
        "</meta></f>"
    )
    assert ET.canonicalize(once) == ET.canonicalize(wanted)
    assert 'xmlns:orx="http://openrosa.org/xforms"' in once


def test_changing_without_editing_keeps_the_identity() -> None:
    """A submission can be given other answers before it is sent, and stays the same submission."""
    other = changed(SENT, {"g/q": "yes"})
    assert meta(other, "instanceID") == meta(SENT, "instanceID")
    assert meta(other, "deprecatedID") is None
    assert ET.fromstring(other).findtext("g/q") == "yes"


def test_what_javarosa_wrote_can_be_edited() -> None:
    """The submissions of the engine itself can be edited, rounds of repeats too."""
    filled = Filler(xform(REPEATS)).fill({"child": [{"called": "a"}, {"called": "b"}]})
    root = ET.fromstring(edited(filled.xml, {"child[2]/called": "c"}))
    assert [child.findtext("called") for child in root.findall("child")] == ["a", "c"]
    refused = Filler(xform(INTERVIEW), SERVICES).fill({"consent": "no"})
    assert ET.fromstring(edited(refused.xml, {"talk/service": "S01"})).findtext("talk/service") == "S01"


@pytest.mark.parametrize("place", ["", "g//q", "m[0]/a", "m[x]/a", "m[9]/a", "g", "m[2"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    """A place that cannot be in a submission, or is a group, is refused by name."""
    with pytest.raises(UserError):
        edited(SENT, {place: "x"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<f/>",
        "<f><meta/></f>",
        "<f><meta><instanceID/></meta></f>",
        '<!DOCTYPE f [<!ENTITY e "x">]><f><meta><instanceID>uuid:1</instanceID></meta>&e;</f>',
    ],
)
def test_what_is_no_submission_is_refused(text: str) -> None:
    """Text that is no submission, or one that hides entities in its head, is refused in plain words."""
    with pytest.raises(UserError, match="not a submission"):
        edited(text, {})


# What XML can hold, less the carriage return, which XML itself turns into a line feed.
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@given(_TEXT)
def test_any_words_survive_an_edit(words: str) -> None:
    """Whatever is typed into a text comes back as it was."""
    assert (ET.fromstring(edited(SENT, {"g/q": words})).findtext("g/q") or "") == words
