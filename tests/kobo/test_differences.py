"""Each kind of change of a form is named as what it is, and called safe or breaking."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_forms import made_up, seeded, workbook

from kobo_sync.kobo import differences as kinds
from kobo_sync.kobo.differences import BREAKING, SAFE, Difference, differences, same
from kobo_sync.kobo.meaning import Meaning, of_workbook
from kobo_sync.standin.forms import to_xlsx

FORM = """
| survey |
| | type | name | label::English (en) | label::Español (es) | relevant | required | appearance | indicator | calculate |
| | calculate | tool | | | | | | | '1' |
| | select_one abc | first | First? | ¿Primera? | | yes | minimal | pkg_x | |
| | begin_group | g | Group | Grupo | | | | | |
| | integer | second | Second? | ¿Segunda? | ${first} = 'a' | | | | |
| | text | third | Third? | ¿Tercera? | | | | | |
| | end_group | | | | | | | | |
| | begin_group | h | Other | Otro | | | | | |
| | text | fourth | Fourth? | ¿Cuarta? | | | | | |
| | end_group | | | | | | | | |
| | begin_repeat | r | Repeat | Repetir | | | | | |
| | text | fifth | Fifth? | ¿Quinta? | | | | | |
| | end_repeat | | | | | | | | |
| | note | n | Thank you | Gracias | | | | | |
| choices |
| | list_name | name | label::English (en) | label::Español (es) | score |
| | abc | a | Ay | A | 1 |
| | abc | b | Bee | Be | 0 |
| | more | a | Ay | A | 1 |
| | more | b | Bee | Be | 0 |
| | more | c | Cee | Ce | |
| | other | x | Ex | Equis | |
| settings |
| | form_title | default_language | style |
| | A form | English (en) | pages |
"""


def read(markdown: str) -> Meaning:
    """Read a form written as Markdown."""
    return of_workbook(workbook(markdown), "form")


def told(*edits: tuple[str, str]) -> tuple[Difference, ...]:
    """Say what differs once these texts of the form are exchanged."""
    text = FORM
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return differences(read(FORM), read(text))


THIRD = "| | text | third | Third? | ¿Tercera? | | | | | |\n"
FOURTH = "| | text | fourth | Fourth? | ¿Cuarta? | | | | | |\n"
FIFTH = "| | text | fifth | Fifth? | ¿Quinta? | | | | | |\n"
NEW = "| | text | sixth | Sixth? | ¿Sexta? | | | | | |\n"
NOTE = "| | note | n | Thank you | Gracias | | | | | |\n"

MATRIX = [
    (kinds.QUESTION_REMOVED, [(THIRD, "")], "the question 'third' is gone"),
    (kinds.QUESTION_RENAMED, [("| third |", "| drei |")], "the question 'third' is now called 'drei'"),
    (kinds.QUESTION_RENAMED, [("| tool |", "| instrument |")], "the question 'tool' is now called 'instrument'"),
    (kinds.QUESTION_ADDED, [(THIRD, THIRD + NEW)], "there is a new question 'sixth'"),
    (kinds.TYPE_CHANGED, [("| text | third", "| integer | third")], "'third' is now integer, and was text"),
    (kinds.TYPE_CHANGED, [("select_one abc", "select_multiple abc")], "'first' is now select_multiple"),
    (kinds.LIST_CHANGED, [("select_one abc", "select_one other")], "offers the list 'other' in place of 'abc'"),
    (kinds.LIST_RENAMED, [("select_one abc", "select_one more")], "offers the list 'more' in place of 'abc'"),
    (kinds.MOVED, [(THIRD, ""), (FOURTH, FOURTH + THIRD)], "'third' moves from the group 'g' to the group 'h'"),
    (kinds.MOVED, [(THIRD, ""), (NOTE, THIRD + NOTE)], "from the group 'g' to outside of all groups"),
    (kinds.MOVED, [("begin_group | g |", "begin_group | gg |")], "2 questions (second, third) move from the group 'g'"),
    (kinds.REPEAT_CHANGED, [("begin_repeat | r ", "begin_group | r "), ("end_repeat", "end_group")], "'r' is now a"),
    (kinds.REPEAT_CHANGED, [(FIFTH, ""), (FOURTH, FOURTH + FIFTH)], "'fifth' moves from the group 'r' to the group"),
    (kinds.METADATA_ADDED, [(NOTE, NOTE + "| | deviceid | phone | | | | | | | |\n")], "phones record 'deviceid'"),
    (kinds.CHOICE_REMOVED, [("| | abc | b | Bee | Be | 0 |\n", "")], "in the list 'abc', the choice 'b' is gone"),
    (kinds.CHOICE_RENAMED, [("| abc | b |", "| abc | bb |")], "the choice 'b' is now called 'bb'"),
    (kinds.CHOICE_ADDED, [("| | abc | b", "| | abc | z | Zed | Zeta | |\n| | abc | b")], "there is a new choice 'z'"),
    (kinds.CHOICE_REMOVED, [("| abc | b | Bee | Be |", "| abc | z | Zed | Zeta |")], "the choice 'b' is gone"),
    (kinds.CHOICE_WORDING, [("| abc | b | Bee |", "| abc | b | Bea |")], "choice 'b': label::English (en)"),
    (kinds.CHOICE_MEANING, [("| abc | b | Bee | Be | 0 |", "| abc | b | Bee | Be | 0.5 |")], "choice 'b': score"),
    (
        kinds.CHOICE_ORDER,
        [("| | abc | b | Bee | Be | 0 |\n", ""), ("| | abc | a", "| | abc | b | Bee | Be | 0 |\n| | abc | a")],
        "the choices of the list 'abc' stand in another order",
    ),
    (kinds.CHOICE_ADDED, [("select_one abc", "select_one abc or_other")], "also offers “other”"),
    (kinds.WORDING, [("¿Tercera?", "¿La tercera?")], "'third': label::Español (es)"),
    (kinds.LOGIC, [("= 'a'", "= 'b'")], "'second': bind::relevant"),
    (kinds.LOGIC, [("| yes |", "| |")], "'first': bind::required"),
    (kinds.LOGIC, [("| '1' |", "| '2' |")], "'tool': bind::calculate"),
    (kinds.LOOKS, [("minimal", "quick")], "'first': control::appearance"),
    (kinds.COUNTED, [("pkg_x", "pkg_y")], "'first': indicator"),
    (kinds.ORDER, [(THIRD, ""), ("| | integer | second", THIRD + "| | integer | second")], "in another order"),
    (kinds.NOTES, [(NOTE, "")], "the note 'n' is gone"),
    (kinds.NOTES, [("Thank you", "Thanks")], "'n': label::English (en)"),
    (kinds.NOTES, [(NOTE, ""), (FOURTH, FOURTH + NOTE)], "'n' moves to the group 'h'"),
    (kinds.NOTES, [("| other | x | Ex |", "| other | x | Ix |")], "the list 'other' is different"),
    (kinds.TITLE, [("A form", "Another form")], "the title is “Another form”, and was “A form”"),
    (kinds.SETTING, [("| pages |", "| theme-grid |")], "the setting style is theme-grid, and was pages"),
    (kinds.SETTING, [("| A form | English (en) |", "| A form | Español (es) |")], "default_language is Español (es)"),
    (kinds.ENCRYPTION, [("| style |", "| style | public_key |"), ("| pages |", "| pages | MI |")], "public_key is MI"),
    (
        kinds.SENT_ELSEWHERE,
        [("| style |", "| style | submission_url |"), ("| pages |", "| pages | https://x.org |")],
        "submission_url is https://x.org, and was nothing",
    ),
]


@pytest.mark.parametrize(("kind", "edits", "words"), MATRIX)
def test_each_change_is_named(kind: str, edits: list[tuple[str, str]], words: str) -> None:
    """Each kind of change has its name, says in words what is different, and is the worst of what is told."""
    found = told(*edits)
    mine = [one for one in found if words in one.what]
    assert [one.kind for one in mine] == [kind]
    assert mine[0].breaking is (kind in BREAKING)
    assert mine[0].means
    assert all(one.kind in {kind, kinds.NOTES, kinds.QUESTION_ADDED, kinds.CHOICE_ADDED} for one in found), found


def test_a_language_is_told_once() -> None:
    """A language more or less is one difference, not one for every text."""
    both = differences(read(FORM), read(FORM.replace("label::Español (es)", "label::Français (fr)")))
    assert [(one.kind, one.where) for one in both] == [
        (kinds.LANGUAGE_ADDED, "Français (fr)"),
        (kinds.LANGUAGE_REMOVED, "Español (es)"),
    ]
    assert not any(one.breaking for one in both)


def test_breaking_changes_come_first() -> None:
    """Of several changes, those that break answers are told before the safe ones."""
    found = told(("pkg_x", "pkg_y"), (THIRD, NEW), ("minimal", "quick"))
    assert [one.breaking for one in found] == [True, False, False, False]


def test_every_kind_is_either_safe_or_breaking() -> None:
    """No kind is both safe and breaking, and the matrix leaves none out that a workbook can have."""
    names = {value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert names == BREAKING.keys() | SAFE.keys()
    assert not BREAKING.keys() & SAFE.keys()
    elsewhere = {kinds.LANGUAGE_ADDED, kinds.LANGUAGE_REMOVED, kinds.METADATA_REMOVED, kinds.UNREADABLE}
    assert names - elsewhere == {kind for kind, _, _ in MATRIX}


def test_metadata_taken_away_is_named() -> None:
    """What phones recorded and record no more is told as such."""
    more = read(FORM.replace(NOTE, NOTE + "| | deviceid | phone | | | | | | | |\n"))
    assert [one.kind for one in differences(more, read(FORM))] == [kinds.METADATA_REMOVED]


def test_a_form_that_nobody_can_read_equals_none() -> None:
    """A form on the server that cannot be read is told as that."""
    broken = replace(read(FORM), settings={"unreadable": "two columns mean the same"})
    [found] = differences(read(FORM), broken)
    assert (found.kind, found.breaking) == (kinds.UNREADABLE, True)
    assert "two columns" in found.what


def test_choices_of_one_name_are_compared_too() -> None:
    """Where a list has two choices of one name, a change of either is still a change."""
    twice = FORM.replace("| | other | x", "| | abc | a | Again | Otra | |\n| | other | x")
    assert not same(read(twice), read(FORM))
    assert not same(read(twice), read(twice.replace("| Again |", "| And again |")))


@given(st.integers(0, 2**32 - 1), st.data())
@settings(max_examples=25)
def test_any_change_is_noticed(seed: int, data: st.DataObject) -> None:
    """Whatever cell of whatever form is changed in a way that means something, at least one difference is told."""
    sheets = made_up(seeded(seed)).sheets
    before = of_workbook(to_xlsx(sheets), "form")
    assert differences(before, before) == ()
    rows = [row for row in sheets["survey"] if "name" in row]
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from(sorted({"name", "label", "relevant", "hint", "indicator"})))
    row[column] = f"{row.get(column, '')}x"
    after = of_workbook(to_xlsx(sheets), "form")
    assume(after.digest != before.digest)
    assert differences(before, after)
    assert not same(after, before)
