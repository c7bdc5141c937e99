"""Workbook → XForm, with ODK Validate's verdict in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from recorded import RECORDINGS
from small_forms import CLIENT, workbook

from kobo_sync.errors import FormError
from kobo_sync.instrument.xform import convert_form, java_on_path

HEAD = "| survey |\n| | type | name | label | relevant |\n| | text | a | A | |\n"
MISTAKES = {
    "missing list": ("| | select_one nope | b | B | |", "choices"),
    "unknown question": ("| | text | b | B | ${nobody} = 'x' |", "nobody"),
    "unknown function": ("| | text | b | B | no_such_thing(${a}) |", "no_such_thing"),
    "a condition that is none": ("| | text | b | B | ${a} = = 'x' |", "display condition"),
    "a circle": ("| | text | b | B | ${c} = 'x' |\n| | text | c | C | ${b} = 'x' |", "Cycle"),
    "an empty group": ("| | begin_group | g | G | |\n| | end_group | | | |", "no children"),
    "unknown type": ("| | txet | b | B | |", "txet"),
}


def test_the_committed_form_opens_on_phones() -> None:
    """The committed form passes ODK Validate, and so do the recorded ones."""
    for path in (CLIENT, RECORDINGS / "v1.xlsx", RECORDINGS / "v2.xlsx"):
        assert convert_form(path).startswith("<?xml")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_form_that_phones_cannot_open_is_told_in_their_words(name: str, tmp_path: Path) -> None:
    """What pyxform or ODK Validate finds is told on one line, with the file, their own words and what to do."""
    row, words = MISTAKES[name]
    path = tmp_path / "bad.xlsx"
    path.write_bytes(workbook(f"{HEAD}{row}\n"))
    with pytest.raises(FormError) as caught:
        convert_form(path)
    message = str(caught.value)
    assert message.startswith("bad.xlsx: ")
    assert words in message
    assert message.endswith("Mend it in the workbook.")
    assert "\n" not in message
    assert not [word for word in ("java", "tmp", ">>", "Result", "Bad node") if word in message]


def test_a_file_that_is_no_workbook_is_told_before_any_phone(tmp_path: Path) -> None:
    """A missing, damaged or foreign file is told as such."""
    with pytest.raises(FormError, match=r"gone\.xlsx: cannot be read"):
        convert_form(tmp_path / "gone.xlsx")
    for name, data in {"text.xlsx": b"hello", "half.xlsx": CLIENT.read_bytes()[:5000]}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FormError, match=name):
            convert_form(tmp_path / name)


def test_the_path_is_put_back() -> None:
    """The Java that validation needs is found, and PATH is afterwards what it was."""
    before = os.environ["PATH"]
    with java_on_path() as java:
        assert java
        assert os.environ["PATH"].endswith(before)
    assert os.environ["PATH"] == before
