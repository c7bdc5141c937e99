"""What a form means is the same in the workbook and in what KoboToolbox makes of it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from recorded import exchanges
from recorded import workbook as recorded_workbook
from small_forms import ROOT, made_up, seeded, workbook

from kobo_sync.errors import FormError
from kobo_sync.kobo.differences import differences, same
from kobo_sync.kobo.meaning import Meaning, of_content, of_workbook
from kobo_sync.standin.content import as_stored, normalise, read_workbook
from kobo_sync.standin.forms import to_sheets, to_xlsx

FORMS = sorted((ROOT / "xlsform").glob("*.xlsx"))


def on_server(xlsx: bytes) -> Meaning:
    """Read a workbook as the server keeps it after it was deployed."""
    content, title = normalise(read_workbook(xlsx))
    return of_content(as_stored(content), title or "Any name", "form")


def exported(xlsx: bytes) -> bytes:
    """Return the workbook that the server makes of one, with $… columns gone and true and false as booleans."""
    return to_xlsx(to_sheets(normalise(read_workbook(xlsx))[0], {}))


def recorded_contents() -> list[dict[str, Any]]:
    """Return the forms that a real server showed, in order."""
    bodies = [one["response"]["body"].get("json") for one in exchanges()]
    assets = [body.get("asset", body) for body in bodies if isinstance(body, dict)]
    return [asset for asset in assets if isinstance(asset, dict) and "content" in asset and "version_count" in asset]


def test_a_real_server_s_form_means_what_its_workbook_means() -> None:
    """What a real KoboToolbox made of each recorded workbook means that workbook, before and after deploying."""
    contents = recorded_contents()
    assert len(contents) > 3
    books = {name: of_workbook(recorded_workbook(name), "form") for name in ("v1.xlsx", "v2.xlsx")}
    for asset in contents:
        told = of_content(asset["content"], asset["name"], "form")
        newest = "v1.xlsx" if asset["version_count"] == 1 else "v2.xlsx"
        assert [name for name, book in books.items() if book.digest == told.digest] == [newest]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_instrument_s_forms_mean_the_same_on_the_server(path: Path) -> None:
    """Each form of the instrument is equal to what the server makes of it, and to what the server exports."""
    xlsx = path.read_bytes()
    here = of_workbook(xlsx, path.stem)
    assert here.digest == on_server(xlsx).digest
    assert same(here, of_workbook(exported(xlsx), path.stem))
    assert len(here.rows) > 20
    assert {row.list_name for row in here.rows if row.kind == "select_one"} <= here.lists.keys()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_made_up_forms_mean_the_same_on_the_server(seed: int) -> None:
    """Any form of groups, repeats, selects and conditions is equal to what the server makes of it, there and back."""
    xlsx = to_xlsx({**made_up(seeded(seed)).sheets, "settings": [{"form_title": "Made up"}]})
    here = of_workbook(xlsx, "form")
    assert here.digest == on_server(xlsx).digest
    assert same(here, of_workbook(exported(xlsx), "form"))


SPELLINGS = """
| survey |
| | type | name | label::English (en) | label::Español (es) | hint | required | relevance | read only | indicator | x |
| | text | a | A | Á | A hint | yes | | | pkg_x | |
| | begin group | g | G | Ge | | | | | | |
| | select one from abc or_other | b | B | Be | | no | ${a} != '' | no | | |
| | dateTime | when | When | Cuando | | TRUE | | | | |
| | end group | | | | | | | | | |
| | begin repeat | r | R | Erre | | | | | | |
| | note | | Only words | Solo palabras | | | | | | |
| | end_repeat | | | | | | | | | |
| | start | start | | | | | | | | |
| choices |
| | list name | name | label::English (en) | label::Español (es) | score |
| | abc | x | X | Equis | 0.5 |
| settings |
| | form_title | form_id | version | default_language | style |
| | Spellings | mine | 2026.1 | English (en) | pages |
"""


def test_spellings_are_no_differences() -> None:
    """Old spellings, metadata at the end, a note without a name, a plain hint: all equal to what the server keeps."""
    xlsx = workbook(SPELLINGS)
    here, there = of_workbook(xlsx, "form"), on_server(xlsx)
    assert here.digest == there.digest
    assert differences(here, of_workbook(exported(xlsx), "form")) == ()  # where the note got a name
    kinds = [row.kind for row in here.rows]
    assert kinds == ["text", "begin_group", "select_one", "dateTime", "begin_repeat", "note", "start"]
    assert {row.name: row.repeat for row in here.rows if row.kind == "note"} == {"": "r"}


def test_how_a_workbook_is_saved_is_no_difference() -> None:
    """Other bytes, a sheet of notes, empty columns and rows, another version number: the same form."""
    before = workbook(SPELLINGS)
    book = load_workbook(BytesIO(before))
    book.create_sheet("my notes")["A1"] = "call Ana"
    sheet = book["survey"]
    sheet.insert_rows(3)
    sheet.insert_cols(4)
    sheet.cell(2, 3).value = "  A "
    book["settings"]["B2"], book["settings"]["C2"] = "other", "2027.9"
    stream = BytesIO()
    book.save(stream)
    assert stream.getvalue() != before
    assert of_workbook(stream.getvalue(), "form").digest == of_workbook(before, "form").digest


def test_any_title_will_do_for_a_workbook_without_one() -> None:
    """A workbook that names no title is equal whatever the project is called; one that does is not."""
    plain = workbook("| survey |\n| | type | name | label |\n| | text | a | A |\n")
    assert same(of_workbook(plain, "form"), on_server(plain))
    title = "| settings |\n| | form_title |\n| | T |\n"
    named = workbook(f"| survey |\n| | type | name | label |\n| | text | a | A |\n{title}")
    assert not same(of_workbook(named, "form"), on_server(plain))


def test_what_the_server_adds_itself_is_no_part_of_a_form() -> None:
    """`__version__` and its older names, which the server writes, make no difference."""
    content, title = normalise(read_workbook(workbook(SPELLINGS)))
    before = of_content(content, str(title), "form")
    for name in ("__version__", "_version_", "_version__001"):
        content["survey"].append({"type": "calculate", "name": name, "calculation": "'v1'"})
    assert of_content(content, str(title), "form").digest == before.digest


def test_content_that_is_no_form_is_told() -> None:
    """A server's form with two columns of one meaning is told as one that cannot be read."""
    with pytest.raises(FormError, match="in KoboToolbox"):
        of_content({"survey": [{"type": "text", "name": "a", "relevant": "1", "relevance": "2"}]}, "T", "form")
