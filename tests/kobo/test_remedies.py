"""A form that the server refuses: its own words, with the sheet and the row of the workbook, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_samples import Place, made_place
from drift_kit import quick
from kobo_samples import workbook as small
from recorded import exchanges
from small_forms import workbook

from kobo_sync.errors import FormError
from kobo_sync.kobo.errors import FormRefused
from kobo_sync.kobo.meaning import Meaning, of_workbook
from kobo_sync.kobo.remedies import in_place

# The metadata at the end makes the server count its rows otherwise than Excel does.
FORM = """
| survey |
| | type | name | label | calculation | relevant |
| | text | a | A | | |
| | select_one nowhere | b | B | | |
| | text | c | | | |
| | text | d | D | | ${nope} = 1 |
| | calculate | e | | if(${a} > 1 | |
| | calculate | f | | ${g} + 1 | |
| | calculate | g | | ${f} + 1 | |
| | integer | bad name | H | | |
| | frobnicate | i | I | | |
| | begin_group | k | K | | |
| | text | a | Again | | |
| | end_group | | | | |
| | start | start | | | |
| choices |
| | list_name | name | label |
| | l | y | Y |
| | l | z | Z |
| | l | y | Again |
| settings |
| | default_language |
| | Klingon (tlh) |
"""

# What pyxform, ODK Validate and KoboToolbox say of such forms.
NO_SHEET = (
    "There should be a choices sheet in this xlsform. Please ensure that the choices sheet has the mandatory columns "
    "'list_name', 'name', and 'label'."
)
NO_ELEMENT = (
    "There has been a problem trying to replace ${nope} with the XPath to the survey element named 'nope'. There is no "
    "survey element with this name."
)
NO_NAME = (
    "[row : 3] On the 'survey' sheet, the 'relevant' value is invalid. Reference variables must contain a name from "
    "the 'survey' sheet. Could not find the name 'nope'."
)
TWICE = (
    "[row : 9] On the 'choices' sheet, the 'name' value is invalid. Choice names must be unique for each choice list. "
    "If this is intentional, use the setting 'allow_choice_duplicates'."
)
BRACKETS = (
    'ODK Validate Errors: >> XForm is invalid. : Invalid calculate for the bind attached to "${e}" : Mismatched '
    "brackets or parentheses in expression if( ${a} > 1 The following files failed validation: ${tmpx} Result: Invalid"
)
CYCLE = (
    "ODK Validate Errors: >> XForm is invalid. : Cycle detected in form's relevant and calculation logic! The "
    "following nodes are likely involved in the loop: ${g} ${__version__} ${f}"
)
KLINGON = (
    "`Klingon (tlh)` is specified as the default language, but only these translations are present in the form: ``"
)

SAID = [
    ("[row : 5] List name not in choices sheet: nowhere", "survey", 3, "offers the list 'nowhere'"),
    (NO_SHEET, "survey", 3, "has no sheet choices"),
    (NO_ELEMENT, "survey", 5, "refers to ${nope}, and no question has that name"),
    (NO_NAME, "survey", 5, "refers to ${nope}"),
    ("The survey element named 'c' has no label or hint.", "survey", 4, "no text in the column label"),
    (TWICE, "choices", 4, "two choices of that name"),
    (BRACKETS, "survey", 6, "The formula cannot be read"),
    (CYCLE, "survey", 8, "need one another's answer"),
    ("Invalid node name: bad name", "survey", 9, "begins with a letter"),
    ("unknown type ['frobnicate']", "survey", 10, "There is no type 'frobnicate'"),
    ("Duplicate node name: a", "survey", 12, "Two questions have the name 'a'"),
    ("Unsupported format, or corrupt file", "", None, "save it again from Excel"),
    (KLINGON, "settings", 2, "default_language names a language that no column"),
    ("Something quite new about 'd'", "survey", 5, "Mend it in the workbook"),
    ("Something quite new about the list 'l'", "choices", 2, "Mend it in the workbook"),
    ("Something quite new", "", None, "Mend it in the workbook"),
]


@pytest.fixture(scope="module")
def form() -> Meaning:
    """Read the form with all these faults."""
    return of_workbook(workbook(FORM), "form")


def refused(words: str) -> FormRefused:
    """Make the refusal as the client of the server makes it."""
    return FormRefused(f"KoboToolbox will not deploy this form: {words}", file="x", remedy="Mend it in the workbook.")


@pytest.mark.parametrize(("words", "sheet", "row", "remedy"), SAID)
def test_the_server_s_words_get_a_place_and_a_remedy(
    form: Meaning, words: str, sheet: str, row: int | None, remedy: str
) -> None:
    """Each known refusal names sheet and row as Excel shows them, keeps the words, and says what to do."""
    told = in_place(refused(words), form, "form.xlsx")
    assert remedy in str(told)
    assert str(told).startswith("form.xlsx")
    assert "run kobo-sync deploy again" in str(told)
    assert words.partition("] ")[2] in str(told)
    assert "[row" not in str(told)  # the server's own count would lead astray
    assert (told.sheet, told.row) == (sheet, row)
    assert told.exit_code == 2


def test_what_a_real_server_said_is_known() -> None:
    """Every refusal of a real server, of the import and of the deployment, has a remedy of its own."""
    bodies = [one["response"]["body"].get("json") for one in exchanges() if one["step"].startswith("16")]
    said = [body.get("error") or body.get("messages", {}).get("error") for body in bodies if isinstance(body, dict)]
    said = [words for words in said if words]
    assert len(said) == 5
    meant = of_workbook(workbook(FORM), "form")
    assert not [words for words in said if "Mend it" in str(in_place(refused(words), meant, "form.xlsx"))]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Make a workspace whose forms are looked at by the server alone."""
    with quick(), made_place(tmp_path / "space") as made:
        yield made


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("text", "a", "A"), ("note", "n", "See ${nope}")], r"survey\.xlsx, sheet survey, row 3: .*\$\{nope\}"),
        ([("start", "s", ""), ("text", "a", "A"), ("text", "b", "")], r"sheet survey, row 4: .*column label"),
    ],
)
def test_a_refused_form_says_where(place: Place, rows: list[tuple[str, str, str]], words: str) -> None:
    """A form that only the server finds fault with ends with the row to mend; phones keep what they had."""
    first = place.run()
    place.form.write_bytes(small(*rows))
    with pytest.raises(FormRefused, match=words):
        place.run()
    assert place.on_server.deployed_versions[0].uid == first.deployed_version


def test_what_phones_could_not_open_says_where_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ODK Validate finds here, before anything is sent, gets its row as well; a row that is told stays."""
    rows = (("text", "a", "A"), ("text", "b", "B"), ("note", "e", "Formula"))
    place.form.write_bytes(small(*rows))
    said = {"words": BRACKETS}

    def refuse(_: Path) -> str:
        raise FormError(said["words"], file="survey.xlsx", remedy="Mend it in the workbook.")

    monkeypatch.setattr("kobo_sync.kobo.deploying.convert_form", refuse)
    with pytest.raises(FormError, match=r"survey\.xlsx, sheet survey, row 4: .*The formula cannot be read"):
        place.plan()
    said["words"] = "[row : 7] something of its own"
    with pytest.raises(FormError, match=r"survey\.xlsx: \[row : 7\] something of its own"):
        place.plan()
    assert place.writes() == []
