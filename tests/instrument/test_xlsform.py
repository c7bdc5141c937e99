"""Reading XLSForms: names, places, types and texts as the phone will have them, and errors that say where."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from recorded import RECORDINGS
from small_forms import CLIENT, form, made_up, workbook, xform

from kobo_sync.errors import FormError
from kobo_sync.instrument.form import Choice, Form
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import form_from_sheets, read_form

if TYPE_CHECKING:
    from random import Random

WORKBOOKS = [CLIENT, RECORDINGS / "v1.xlsx", RECORDINGS / "v2.xlsx"]
XFORMS = "{http://www.w3.org/2002/xforms}"


def in_xform(text: str) -> dict[str, str]:
    """Return path → bind type of each question of an XForm (a bind that is no group), the phone's own data left out."""
    tree = ET.fromstring(text)
    model = tree.find(f".//{XFORMS}model")
    assert model is not None
    instance = next(iter(model.find(f"{XFORMS}instance") or ()))
    leaves: set[str] = set()

    def visit(element: ET.Element, path: str) -> None:
        for child in element:
            below = f"{path}/{child.tag.split('}')[1]}".lstrip("/")
            if len(child):
                visit(child, below)
            else:
                leaves.add(below)

    visit(instance, "")
    binds = {
        bind.attrib["nodeset"].split("/", 2)[2]: bind.attrib.get("type", "") for bind in model.findall(f"{XFORMS}bind")
    }
    return {path: binds.get(path, "") for path in leaves if not path.startswith("meta/")}


BIND_TYPES = {
    "integer": {"int"}, "decimal": {"decimal"}, "range": {"int", "decimal"}, "date": {"date"}, "time": {"time"},
    "dateTime": {"dateTime"}, "rank": {"odk:rank"}, "geopoint": {"geopoint"}, "image": {"binary"},
}  # fmt: skip


def agrees(read: Form, converted: str) -> None:
    """Hold what was read against what pyxform makes of the same sheets."""
    found = in_xform(converted)
    assert {question.path for question in read.questions} == set(found)
    for question in read.questions:
        assert found[question.path] in BIND_TYPES.get(question.type, {"string"}), question


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.name)
def test_questions_are_those_of_the_xform(path: Path) -> None:
    """What is read from a workbook and what pyxform makes of it agree on every name, place and type."""
    agrees(read_form(path, path.stem), convert_form(path))


@given(st.randoms(use_true_random=False))
def test_made_up_forms_are_read_as_pyxform_makes_them(random: Random) -> None:
    """Also for forms made up at random, with groups, repeats and or_other, both agree on names, places and types."""
    made = made_up(random)
    agrees(made.form, xform(made.sheets))


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.name)
def test_rows_are_those_of_excel(path: Path) -> None:
    """The row that a question remembers is the one that Excel shows, and its path spells the groups around it."""
    from pyxform.xls2json_backends import xlsx_to_dict

    survey = xlsx_to_dict(str(path))["survey"]
    for question in read_form(path, "f").questions:
        assert question.row is not None
        assert survey[question.row - 2]["name"] == question.name == question.path.rsplit("/", 1)[-1]


def test_empty_rows_do_not_shift_the_numbers() -> None:
    """After empty rows in the middle of a sheet, row numbers are still those of Excel, in errors too."""
    book = Workbook()
    survey = book.active
    assert survey is not None
    survey.title = "survey"
    for row in (["type", "name", "label"], ["text", "first", "One"], [], [], ["text", "second", "Two"], []):
        survey.append(row)
    survey.append(["integre", "third", "Three"])
    choices: Any = book.create_sheet("choices")
    for cells in (["list_name", "name", "label", "score"], [], ["l", "a", "A", 2]):
        choices.append(cells)
    assert broken(saved(book)).startswith("f.xlsx, sheet survey, row 7: ")
    survey.cell(7, 1, "integer")
    assert broken(saved(book)).startswith("f.xlsx, sheet choices, row 3: ")
    choices.cell(3, 4, 1)
    assert [question.row for question in read_form(saved(book), "f").questions] == [2, 5, 7]


def saved(book: Any) -> bytes:
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def broken(data: bytes) -> str:
    with pytest.raises(FormError) as caught:
        read_form(data, "f")
    return str(caught.value)


def test_columns_have_many_names() -> None:
    """Aliases, capitals and spaces in headers mean the same columns as in pyxform, extra columns included."""
    one = form("""
    | survey |
    | | Type    | Name | Label :: English (en) | Relevance | required | Constraint | calculate | Indicator | ROLE  |
    | | integer | n    | How many?             | 1 = 1     | TRUE     | . > 0      |           | pkg_x     | month |
    | settings |
    | | form_title | Default Language | Source |
    | | A title    | English (en)     | C      |
    """)
    assert (one.title, one.default_language, one.source) == ("A title", "English (en)", "C")
    question = one.by_name["n"]
    assert (question.labels, question.relevant) == ({"English (en)": "How many?"}, ("1 = 1",))
    assert (question.required, question.constraint) == (True, ". > 0")
    assert (question.indicator, question.role) == ("pkg_x", "month")
    old = form_from_sheets(
        {
            "survey": [{"command": "select one from l", "value": "q", "caption": "L", "bind:relevant": "true()"}],
            "choices": [{"list name": "l", "value": "a", "caption": "A", "Score": "0.5", "Missing": ""}],
        },
        "old",
    )
    assert old.questions[0].choices == (Choice("a", {"": "A"}, 0.5, None, 2),)
    assert (old.questions[0].labels, old.questions[0].relevant) == ({"": "L"}, ("true()",))


def test_curly_quotes_are_straight_in_conditions_and_stay_in_texts() -> None:
    """Word turns quotes curly; conditions are read as pyxform reads them, and people's texts stay as written."""
    one = form("""
    | survey |
    | | type | name | label      | relevant     |
    | | text | a    | “Yes”?     |              |
    | | text | b    | She\u2019s here | ${a} = \u2018yes\u2019 |
    """)
    assert one.by_name["b"].relevant == ("${a} = 'yes'",)
    assert [question.labels[""] for question in one.questions] == ["“Yes”?", "She\u2019s here"]


def test_translations_are_kept_by_language() -> None:
    """Labels, hints and choices come in every language of the form; the first one is the default."""
    one = form("""
    | survey |
    | | type         | name | label::English (en) | label::Bahasa Indonesia (id) | hint::English (en) |
    | | select_one l | q    | Which?              | Mana?                        | One.               |
    | choices |
    | | list_name | name | label::English (en) | label::Bahasa Indonesia (id) |
    | | l         | a    | Yes                 | Ya                           |
    """)
    assert one.languages == ("English (en)", "Bahasa Indonesia (id)")
    assert one.default_language == "English (en)"
    question = one.by_name["q"]
    assert question.labels == {"English (en)": "Which?", "Bahasa Indonesia (id)": "Mana?"}
    assert question.hints == {"English (en)": "One."}
    assert question.choices[0].labels == {"English (en)": "Yes", "Bahasa Indonesia (id)": "Ya"}


def test_groups_and_repeats_nest() -> None:
    """A question knows its path, its innermost repeat, and the conditions of all groups around it, outermost first."""
    one = form("""
    | survey |
    | | type         | name  | label | relevant |
    | | begin group  | g     | G     | 1 = 1    |
    | | begin repeat | child | C     | 2 = 2    |
    | | begin_group  | in    | I     |          |
    | | text         | q     | Q     | 3 = 3    |
    | | begin_repeat | visit | V     | 4 = 4    |
    | | text         | deep  | D     |          |
    | | end_repeat   |       |       |          |
    | | end_group    |       |       |          |
    | | end repeat   |       |       |          |
    | | end group    |       |       |          |
    | | text         | last  | L     |          |
    """)
    assert one.repeats == ("g/child", "g/child/in/visit")
    assert [one.parent_repeat(path) for path in one.repeats] == ["", "g/child"]
    assert [(q.path, q.repeat, q.relevant) for q in one.questions] == [
        ("g/child/in/q", "g/child", ("1 = 1", "2 = 2", "3 = 3")),
        ("g/child/in/visit/deep", "g/child/in/visit", ("1 = 1", "2 = 2", "4 = 4")),
        ("last", "", ()),
    ]


def test_or_other_adds_a_choice_and_a_question() -> None:
    """With or_other the list offers "other" wherever it is used, and a text asks which one."""
    one = form("""
    | survey |
    | | type                  | name | label | relevant |
    | | select_one l          | p    | P     |          |
    | | select_one l or_other | q    | Q     | 1 = 1    |
    | choices |
    | | list_name | name | label |
    | | l         | a    | A     |
    """)
    assert [question.name for question in one.questions] == ["p", "q", "q_other"]
    assert {choice.name for choice in one.by_name["p"].choices} == {"a", "other"}
    assert one.by_name["q_other"].relevant == ("1 = 1", "selected(${q}, 'other')")
    assert one.by_name["q_other"].type == "text"


def test_rows_that_are_no_questions_are_passed_over() -> None:
    """Disabled rows, comment rows, settings on the survey sheet and KoboToolbox's own fields are no questions."""
    one = form("""
    | survey |
    | | type      | name        | label | calculation | disabled | remark |
    | | text      | off         | Off   |             | yes      |        |
    | |           |             |       |             |          | Hello  |
    | | form_id   | x           |       |             |          |        |
    | | calculate | __version__ |       | 'v1'        |          |        |
    | | note      |             | Hi    |             |          |        |
    | | text      | on          | On    |             | no       |        |
    """)
    assert [question.name for question in one.questions] == ["generated_note_name_6", "on"]


def test_required_may_be_a_condition() -> None:
    """A plain yes or no in `required` is that; anything else is a condition."""
    one = form("""
    | survey |
    | | type | name | label | required   |
    | | text | a    | A     | Yes        |
    | | text | b    | B     | false()    |
    | | text | c    | C     | ${a} = 'x' |
    """)
    assert [(q.required, q.required_when) for q in one.questions] == [(True, ""), (False, ""), (False, "${a} = 'x'")]


def test_what_copies_a_secret_is_withheld() -> None:
    """What carries a place, a device, an exact time or somebody's words is not stored; a month, or a yes, may be."""
    one = form("""
    | survey |
    | | type      | name    | label | calculation                   | default    | role  |
    | | start     | begun   |       |                               |            |       |
    | | deviceid  | phone   |       |                               |            |       |
    | | geopoint  | where   | Where |                               |            |       |
    | | calculate | month   |       | format-date(${begun}, '%Y-%m') |           | month |
    | | calculate | place   |       | concat(${where}, '')          |            |       |
    | | calculate | again   |       | if(${place} = '', '', 1)      |            |       |
    | | calculate | moment  |       | string(now())                 |            |       |
    | | hidden    | handset |       |                               | ${phone}   |       |
    | | text      | words   | Words |                               |            |       |
    | | calculate | long    |       | string-length(${words})       |            |       |
    | | calculate | copied  |       | concat(${words}, '!')         |            |       |
    | | calculate | further |       | ${copied}                     |            |       |
    | | calculate | part    |       | if(${long} > 5, substr(${words}, 0, 5), 'short') | | |
    | | calculate | unknown |       | instance('x')/root[${words}]  |            |       |
    | | calculate | digits  |       | ${words} * 1                  |            |       |
    | | calculate | told    |       | if(${words} = '', 'no', 'yes') |           |       |
    | | calculate | on      |       | if(${copied} != '' and not(contains(${words}, 'x')), ${told}, '') | | |
    """)
    stored = [question.name for question in one.questions if question.stored]
    assert stored == ["month", "words", "long", "told", "on"]


GROUP = "| | begin_group | g | G |"
Q = "| | text | q | L |"
MISTAKES = {
    "no name": ("| | text | | L |", 2, "has no name", "Give it a name"),
    "no type": (f"{Q}\n| | | p | L |", 3, "has no type", "clear the row"),
    "unknown type": ("| | txet | q | L |", 2, "'txet'", "xlsform.org"),
    "a select without list": ("| | select_one | q | L |", 2, "choice list", "Correct it"),
    "missing list": ("| | select_one nope | q | L |", 2, "'nope'", "Add the list"),
    "a loop": ("| | begin loop over l | q | L |", 2, "loops", "Correct it"),
    "unclosed group": (f"{GROUP}\n{Q}", 2, "'g' is never closed", "end_group"),
    "unclosed repeat": ("| | begin_repeat | r | R |", 2, "repeat 'r' is never closed", "end_repeat"),
    "closes nothing": (f"{Q}\n| | end_group | | |", 3, "closes nothing", "Remove it"),
    "closes another": (f"{GROUP}\n| | end_repeat | | |", 3, "closes nothing", "open the group"),
    "twice": (f"{Q}\n{GROUP}\n{Q}\n| | end_group | | |", 4, "'q' stands in row 2 already", "another name"),
    "question and repeat": (f"{Q}\n| | begin_repeat | q | R |", 3, "row 2 already", "another name"),
    "reserved": ("| | text | _id | L |", 2, "underscore", "another name"),
    "metadata's name": ("| | text | _submitted_by | L |", 2, "underscore", "another name"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_on_the_survey_sheet_say_where(name: str) -> None:
    """Each mistake on the survey sheet is told with file, sheet, row, what is wrong, and the remedy."""
    rows, row, what, remedy = MISTAKES[name]
    message = broken(workbook(f"| survey |\n| | type | name | label |\n{rows}\n"))
    assert message.startswith(f"f.xlsx, sheet survey, row {row}: ")
    assert what in message
    assert remedy in message


CHOICE_MISTAKES = {
    "2": "is not a number from 0 to 1. Write 0, 1 or a number between",
    "-0.5": "is not a number from 0 to 1. Write 0, 1 or a number between",
    "0,5": "is not a number from 0 to 1. Write 0, 1 or a number between",
    "nan": "is not a number from 0 to 1. Write 0, 1 or a number between",
}


@pytest.mark.parametrize("score", CHOICE_MISTAKES)
def test_bad_scores_say_where(score: str) -> None:
    """A score that is no number from 0 to 1 is told with file, sheet, row and remedy."""
    message = broken(workbook(with_choice(f"| {score} | |")))
    assert message.startswith(f"f.xlsx, sheet choices, row 3: the score {score!r} {CHOICE_MISTAKES[score]}")


def with_choice(cells: str) -> str:
    return f"""
    | survey |
    | | type         | name | label |
    | | select_one l | q    | Q     |
    | choices |
    | | list_name | name | label | score | missing |
    | | l         | a    | A     | 1     |         |
    | | l         | b    | B     {cells}
    """


def test_reasons_for_no_score_are_a_short_list() -> None:
    """The column `missing` knows the reasons that the scoring knows, however they are capitalised, and no other."""
    from kobo_sync.instrument.form import MISSING
    from kobo_sync.scoring.model import REASONS

    assert REASONS[-len(MISSING) :] == MISSING
    assert form(with_choice("| | Not observed |")).questions[0].choices[1].missing == "not_observed"
    message = broken(workbook(with_choice("| | dunno |")))
    assert message.startswith("f.xlsx, sheet choices, row 3: 'dunno' in the column missing")
    assert "dk, pns, na, not_observed" in message


def test_two_columns_of_one_meaning_are_refused() -> None:
    """Two headers that mean the same column would hide one of them, so neither is read."""
    with pytest.raises(FormError, match=r"sheet survey, row 1: the columns 'relevant' and 'relevance' mean the same"):
        form("| survey |\n| | type | name | relevant | relevance |\n| | text | q | 1 = 1 | 2 = 2 |\n")
    book = Workbook()
    assert book.active is not None
    book.active.title = "survey"
    book.active.append(["type", "name", "type"])
    assert "Remove or rename" in broken(saved(book))


def test_no_survey_sheet_is_told_with_the_sheets_that_are_there() -> None:
    """A workbook without a survey sheet, or with an empty one, is told, and which sheets it has."""
    message = broken(
        workbook("| Sheet1 |\n| | a | b |\n| | 1 | 2 |\n| choices |\n| | list_name | name |\n| | l | a |\n")
    )
    assert message.startswith("f.xlsx, sheet survey: there is no survey sheet")
    assert "It has the sheets: Sheet1, choices." in message
    assert "there is no survey sheet, or it is empty" in broken(workbook("| survey |\n| | type | name |\n"))
    assert "there is no column 'type'" in broken(workbook("| survey |\n| | kind | name |\n| | text | q |\n"))


def test_a_file_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    """Whatever a file named .xlsx really is, the message names it and says what to do."""
    good = CLIENT.read_bytes()
    hollow = BytesIO()
    with zipfile.ZipFile(hollow, "w") as archive:
        archive.writestr("hello.txt", "hello")
    for name, data in {
        "text.xlsx": b"type,name,label\ntext,q,Q\n",
        "empty.xlsx": b"",
        "old.xlsx": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
        "half.xlsx": good[: len(good) // 2],
        "hollow.xlsx": hollow.getvalue(),
        "scratched.xlsx": good[:3000] + b"\xff" * 2000 + good[5000:],
    }.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(FormError) as caught:
            read_form(path, "f")
        assert str(caught.value).startswith(f"{name}: is ")
        assert "Save it" in str(caught.value)
    with pytest.raises(FormError, match=r"gone\.xlsx: cannot be read\. Is it there, and closed in Excel"):
        read_form(tmp_path / "gone.xlsx", "f")


@settings(max_examples=60)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_never_ends_in_a_traceback(place: int, damage: bytes) -> None:
    """A workbook that is damaged somewhere is still read, or refused in words."""
    good = CLIENT.read_bytes()
    place %= len(good)
    try:
        read = read_form(good[:place] + damage + good[place + len(damage) :], "f")
    except FormError as error:
        said = str(error)
    else:
        said = "f.xlsx" if read.questions else "nothing"
    assert said.startswith("f.xlsx")
