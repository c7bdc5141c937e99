"""The codebook holds all that forms and framework hold, in lines that a diff can show."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import codebook_samples as samples
import pytest

from kobo_sync.errors import FormError
from kobo_sync.instrument import markdown as md
from kobo_sync.instrument.codebook import (
    CODEBOOK,
    codebook,
    codebook_files,
    codebook_of,
    form_page,
    in_order,
    write_codebook,
)
from kobo_sync.instrument.codebook_form import roles
from kobo_sync.instrument.outline import Outline

Committed = tuple[list[Outline], dict[str, Any], dict[str, str]]


@pytest.fixture(scope="module")
def committed() -> Committed:
    """Return the project's own forms, its framework and their codebook."""
    return samples.committed()


# All is there


def test_a_question_reads_as_people_need_it() -> None:
    """A question's part tells text, answers, indicator, condition in words and as written, and its messages."""
    part = samples.pages()[samples.PAGE].split(md.place("q", "tea", "which"))[1].split("####")[0].splitlines()
    assert part == [
        "`which`",
        "",
        "|  | Text | Hint |",
        "|---|---|---|",
        "| en | Which of these? | Choose all. |",
        "| id | Yang mana? |  |",
        "",
        "- **Type:** any number of answers of [`things`](#c.tea.things)",
        "- **Indicator:** [`abc_which`](../CODEBOOK.md#i.abc_which)",
        "- **Domain:** [`abc`](../CODEBOOK.md#d.abc)",
        "- **Sources:** [`INF`](../CODEBOOK.md#s.INF)",
        "- **Asked only if** [`tea`](#q.tea.tea) is not `no`: `${tea}!='no'`",
        "- **Must be answered**",
        "- **Accepted only if** the number of answers chosen at this answer is less than 3: `count-selected(.)<3`",
        "- **Said when an answer is not accepted** (en): Two at most.",
        "",
    ]


def test_the_usual_message_is_said_once() -> None:
    """A message that three questions or more share stands at the form; only others stand at their question."""
    page = samples.pages()[samples.PAGE]
    assert page.count("Please choose.") == 1
    assert page.count("Two at most.") == 1
    sheets = samples.sheets()
    sheets["survey"][5]["required_message::English (en)"] = "Do choose."
    assert "- **Said when left empty** (en): Do choose." in samples.pages(sheets)[samples.PAGE]
    del (
        sheets["survey"][5]["required_message::English (en)"],
        sheets["survey"][5]["required_message::Bahasa Indonesia (id)"],
    )
    assert "- **Said when left empty:** the phone's own words" in samples.pages(sheets)[samples.PAGE]


def test_answers_tell_their_score_or_why_they_have_none() -> None:
    """Each answer of a list stands on a line with score or reason, and its labels."""
    page = samples.pages()[samples.PAGE]
    assert "| `part` | 0.5 | Partly | Sebagian |" in page
    assert "| `dk` | none: [`dk`](../CODEBOOK.md#missing.dk) | Don't know | Tidak tahu |" in page
    assert "| `yes` |  | Yes | Ya |" in page


def test_languages_tell_their_status() -> None:
    """Each language stands with source, draft, or reviewed by whom and when; one that the framework lacks says so."""
    assert "| id | Bahasa Indonesia (id) | reviewed by A group on 2026-03-31 |" in samples.pages()[samples.PAGE]
    assert "| `id` | Bahasa Indonesia (id) | reviewed by A group on 2026-03-31 |" in samples.pages()[CODEBOOK]
    framework = {**samples.FRAMEWORK, "languages": {"en": {"name": "English (en)", "status": "draft"}}}
    assert "| en | English (en) | draft |" in samples.pages(framework=framework)[samples.PAGE]
    assert "| id | Bahasa Indonesia (id) | not in the framework |" in samples.pages(framework=framework)[samples.PAGE]


def test_everything_of_the_forms_is_there(committed: Committed) -> None:
    """Every question, text in every language, condition, answer, score and other cell of the forms is there."""
    outlines, _, files = committed
    for outline in outlines:
        page = files[form_page(outline.form.name)]
        lines = set(page.splitlines())
        for line in outline.all_lines:
            assert md.code(line.name) in page
            for texts in line.texts.values():
                assert all(md.text(text) in page for text in texts.values())
            for column, cell in line.cells.items():
                plain = {"yes", "true()", "no"} if column == "bind::required" else set()
                assert cell in plain or md.code(cell) in page or md.text(cell) in page or cell in page
        for list_name, choices in outline.lists.items():
            assert md.place("c", outline.form.name, list_name) in page
            for choice in choices:
                score = [] if choice.score is None else [f"{choice.score:g}"]
                said = [md.code(choice.name), *score, choice.missing or "", *map(md.text, choice.labels.values())]
                assert any(all(piece in row for piece in said) for row in lines)


def test_everything_of_the_framework_is_there(committed: Committed) -> None:
    """Every value of the framework stands in the codebook, also under keys that the program does not know."""
    _, framework, files = committed
    grown = copy.deepcopy(framework) | {"unheard_of": {"deep": [{"x": "something quite new"}, 17.25]}}
    page = codebook_files([], grown)[CODEBOOK]
    text = " ".join("\n".join(samples.blocks(page)).casefold().split())
    for value in _leaves(grown):
        assert value.casefold() in text, value
    codes = [*framework["sources"], *framework["scales"], *framework["missing"], *framework["kinds"]]
    assert all(code in text for code in (code.casefold() for code in codes))
    assert all(md.place("i", entry["code"]) in files[CODEBOOK] for entry in framework["indicators"])


def _leaves(node: object) -> Iterator[str]:
    """Yield every value below a node as text."""
    match node:
        case dict():
            for value in node.values():
                yield from _leaves(value)
        case list():
            for value in node:
                yield from _leaves(value)
        case None | bool():
            return
        case float():
            yield f"{node:g}"
        case _:
            yield " ".join(str(node).split())


def test_indicators_lead_to_their_questions() -> None:
    """An indicator names the questions that ask it, and a question its indicator."""
    assert f"- **asked in:** [`tea`]({samples.PAGE}#q.tea.which)" in samples.pages()[CODEBOOK]
    assert f"[`abc_which`](../{CODEBOOK}#i.abc_which)" in samples.pages()[samples.PAGE]


def test_every_role_is_explained(committed: Committed) -> None:
    """Each role that a form gives to a question is explained in the codebook; one that nobody knows stands as it is."""
    used = {line.cells["role"] for outline in committed[0] for line in outline.all_lines if "role" in line.cells}
    assert used <= set(roles())
    assert all(md.place("role", role) in committed[2][CODEBOOK] for role in roles())
    sheets = samples.sheets()
    sheets["survey"][2]["role"] = "stranger"
    assert "- **Role:** `stranger`" in samples.pages(sheets)[samples.PAGE].splitlines()


def test_every_link_leads_somewhere(committed: Committed) -> None:
    """Each link leads to a place that exists, once, on the page that it names; in the one-page codebook as well."""
    outlines, framework, files = committed
    for texts in (files, {CODEBOOK: codebook(outlines, framework)}):
        places = {path: re.findall(r'<a id="([^"]*)">', text) for path, text in texts.items()}
        for path, text in texts.items():
            assert len(places[path]) == len(set(places[path]))
            links = re.findall(r"\]\(([^)#]*)#([^)]+)\)", text)
            assert links
            for target, place in links:
                leads = str(Path(path).parent / target) if target else path
                leads = leads.replace("codebook/../", "")
                assert place in places[leads], (path, target, place)


def test_tables_are_tables(committed: Committed) -> None:
    """A code host reads every row of every table with as many cells as the head has."""
    for text in committed[2].values():
        rows = len([line for line in text.splitlines() if line.startswith("|") and not line.startswith("|--")])
        tokens = samples.rendered(text)
        assert len([token for token in tokens if token.type == "tr_open"]) == rows
        widths = [line.count(" | ") for line in text.splitlines() if line.startswith("|")]
        assert widths


def test_pages_are_small_enough_for_code_hosts(
    committed: Committed,
) -> None:
    """No page is beyond the half megabyte at which code hosts show Markdown as plain text."""
    assert max(len(text.encode()) for text in committed[2].values()) < 500_000


def test_the_same_forms_make_the_same_bytes() -> None:
    """Whatever order the program's sets have today, the codebook is the same."""
    code = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]; import codebook_samples as s;"
        "from kobo_sync.instrument.codebook import codebook_files;"
        "files = codebook_files([s.outline()], s.FRAMEWORK);"
        "sys.stdout.write(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())"
    )
    here = [str(samples.ROOT), str(Path(__file__).parent)]
    said = {
        subprocess.run(
            [sys.executable, "-c", code, *here],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


# Forms of other people


def test_a_form_without_our_columns_has_a_codebook() -> None:
    """A form in one language that it does not name, without scores and indicators, reads just as well."""
    sheets = {
        "survey": [
            {"type": "select_one yn or_other", "name": "a", "label": "Well | or `not`?", "guidance_hint": "Ask twice."},
            {"type": "begin_repeat", "name": "r", "label": "Each"},
            {"type": "decimal", "name": "b", "required": "${a}='y'", "relevant": "pulldata('x','y','z',${a})='1'"},
            {"type": "end_repeat"},
            {"type": "select_one_from_file places.csv", "name": "c", "label": "Where?"},
            {"type": "geopoint", "name": "d", "label": "Point"},
        ],
        "choices": [{"list_name": "yn", "name": "y", "label": "Yes", "colour": "green"}],
    }
    page = samples.pages(sheets)[samples.PAGE]
    assert "| - | Well &#124; or \\`not\\`? | Ask twice. |" in page
    assert "- **Type:** one answer of [`yn`](#c.tea.yn); or another answer, as free text" in page
    assert "- **Type:** one answer of the file `places.csv`" in page
    assert "- **Must be answered if** [`a`](#q.tea.a) is `y`: `${a}='y'`" in page
    assert "- **Asked only if** `pulldata('x','y','z',${a})='1'`" in page
    assert "Group `r` (repeats)" in page
    assert "- **Type:** `geopoint`" in page
    assert "| `y` |  | Yes | green |" in page


def test_an_indicator_that_nobody_knows_says_so() -> None:
    """An indicator that the framework does not define is named as such, not passed over."""
    sheets = samples.sheets()
    sheets["survey"][5]["indicator"] = "zzz_nothing"
    assert "- **Indicator:** `zzz_nothing`, which the framework does not define" in samples.pages(sheets)[samples.PAGE]


def test_a_form_that_has_nothing_but_notes_is_no_trouble() -> None:
    """A form without lists, settings and languages, and an empty framework, still make a codebook."""
    page = codebook_files([samples.outline({"survey": [{"type": "note", "name": "n", "label": "Hello"}]}, "x")], {})
    assert "| - | Hello |" in page[form_page("x")]


# Files


def test_the_folder_s_codebook_follows_the_framework_s_order(tmp_path: Path) -> None:
    """Forms come as the framework lists them, then by name."""
    outlines = [samples.outline(name=name) for name in ("c", "a", "b")]
    assert [outline.form.name for outline in in_order(outlines, {"forms": {"b": {}}})] == ["b", "a", "c"]
    assert list(codebook_of(samples.write_folder(tmp_path / "xlsform"))) == [CODEBOOK, samples.PAGE]


def test_writing_says_what_changes_and_leaves_other_pages_alone(tmp_path: Path) -> None:
    """With check nothing is written; pages of forms that are gone go, pages of somebody else's making stay."""
    source = samples.write_folder(tmp_path / "xlsform")
    planned = write_codebook(source, tmp_path, check=True)
    assert planned.changed == planned.pages == (CODEBOOK, samples.PAGE)
    assert list(tmp_path.iterdir()) == [source]
    write_codebook(source, tmp_path)
    (tmp_path / "codebook" / "gone.md").write_text("# Codebook: `gone`\n")
    (tmp_path / "codebook" / "mine.md").write_text("# My notes\n")
    again = write_codebook(source, tmp_path)
    assert (again.changed, again.stale) == ((), ("codebook/gone.md",))
    assert sorted(path.name for path in (tmp_path / "codebook").iterdir()) == sorted(
        [*(Path(path).name for path in again.pages if path != CODEBOOK), "mine.md"]
    )


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    """A file where the folder of pages should be makes a message, no traceback."""
    (tmp_path / "codebook").write_text("a file")
    with pytest.raises(FormError, match="cannot be written"):
        write_codebook(samples.write_folder(tmp_path / "xlsform"), tmp_path)
