"""The codebook holds all that forms and framework hold, in lines that a diff can show."""

from __future__ import annotations

import copy
import difflib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
    framework_document,
    in_order,
    write_codebook,
)
from kobo_sync.instrument.codebook_form import roles
from kobo_sync.instrument.outline import TRANSLATED, Outline, read_outline

PAGE = form_page("tea")


def pages(sheets: Mapping[str, Any] | None = None, framework: Mapping[str, Any] = samples.FRAMEWORK) -> dict[str, str]:
    return codebook_files([samples.outline(sheets)], framework)


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the lines that a diff shows as added or removed, each with its sign."""
    found: list[str] = []
    for path in sorted({*before, *after}):
        old, new = (side.get(path, "").splitlines() for side in (before, after))
        if len(old) == len(new):
            found += [
                f"{sign} {line}"
                for pair in zip(old, new, strict=True)
                if len(set(pair)) > 1
                for sign, line in zip("-+", pair, strict=True)
            ]
        else:
            found += [line for line in difflib.ndiff(old, new) if line[0] in "+-"]
    return found


@pytest.fixture(scope="module")
def committed() -> tuple[list[Outline], dict[str, Any], dict[str, str]]:
    """Return the project's own forms, its framework and their codebook."""
    framework = framework_document(samples.ROOT / "xlsform" / "framework.yaml")
    outlines = in_order([read_outline(path, path.stem) for path in samples.WORKBOOKS], framework)
    return outlines, framework, codebook_files(outlines, framework)


# All is there


def test_a_question_reads_as_people_need_it() -> None:
    """A question's part tells text, answers, indicator, condition in words and as written, and its messages."""
    part = pages()[PAGE].split(md.place("q", "tea", "which"))[1].split("####")[0].splitlines()
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
    page = pages()[PAGE]
    assert page.count("Please choose.") == 1
    assert page.count("Two at most.") == 1
    sheets = samples.sheets()
    sheets["survey"][5]["required_message::English (en)"] = "Do choose."
    assert "- **Said when left empty** (en): Do choose." in pages(sheets)[PAGE]
    del (
        sheets["survey"][5]["required_message::English (en)"],
        sheets["survey"][5]["required_message::Bahasa Indonesia (id)"],
    )
    assert "- **Said when left empty:** the phone's own words" in pages(sheets)[PAGE]


def test_answers_tell_their_score_or_why_they_have_none() -> None:
    """Each answer of a list stands on a line with score or reason, and its labels."""
    page = pages()[PAGE]
    assert "| `part` | 0.5 | Partly | Sebagian |" in page
    assert "| `dk` | none: [`dk`](../CODEBOOK.md#missing.dk) | Don't know | Tidak tahu |" in page
    assert "| `yes` |  | Yes | Ya |" in page


def test_languages_tell_their_status() -> None:
    """Each language stands with source, draft, or reviewed by whom and when; one that the framework lacks says so."""
    assert "| id | Bahasa Indonesia (id) | reviewed by A group on 2026-03-31 |" in pages()[PAGE]
    assert "| `id` | Bahasa Indonesia (id) | reviewed by A group on 2026-03-31 |" in pages()[CODEBOOK]
    framework = {**samples.FRAMEWORK, "languages": {"en": {"name": "English (en)", "status": "draft"}}}
    assert "| en | English (en) | draft |" in pages(framework=framework)[PAGE]
    assert "| id | Bahasa Indonesia (id) | not in the framework |" in pages(framework=framework)[PAGE]


def test_everything_of_the_forms_is_there(committed: tuple[list[Outline], dict[str, Any], dict[str, str]]) -> None:
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


def test_everything_of_the_framework_is_there(committed: tuple[list[Outline], dict[str, Any], dict[str, str]]) -> None:
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
    assert f"- **asked in:** [`tea`]({PAGE}#q.tea.which)" in pages()[CODEBOOK]
    assert f"[`abc_which`](../{CODEBOOK}#i.abc_which)" in pages()[PAGE]


def test_every_role_is_explained(committed: tuple[list[Outline], dict[str, Any], dict[str, str]]) -> None:
    """Each role that a form gives to a question is explained in the codebook; one that nobody knows stands as it is."""
    used = {line.cells["role"] for outline in committed[0] for line in outline.all_lines if "role" in line.cells}
    assert used <= set(roles())
    assert all(md.place("role", role) in committed[2][CODEBOOK] for role in roles())
    sheets = samples.sheets()
    sheets["survey"][2]["role"] = "stranger"
    assert "- **Role:** `stranger`" in pages(sheets)[PAGE].splitlines()


def test_every_link_leads_somewhere(committed: tuple[list[Outline], dict[str, Any], dict[str, str]]) -> None:
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


def test_tables_are_tables(committed: tuple[list[Outline], dict[str, Any], dict[str, str]]) -> None:
    """A code host reads every row of every table with as many cells as the head has."""
    for text in committed[2].values():
        rows = len([line for line in text.splitlines() if line.startswith("|") and not line.startswith("|--")])
        tokens = samples.rendered(text)
        assert len([token for token in tokens if token.type == "tr_open"]) == rows
        widths = [line.count(" | ") for line in text.splitlines() if line.startswith("|")]
        assert widths


def test_pages_are_small_enough_for_code_hosts(
    committed: tuple[list[Outline], dict[str, Any], dict[str, str]],
) -> None:
    """No page is beyond the half megabyte at which code hosts show Markdown as plain text."""
    assert max(len(text.encode()) for text in committed[2].values()) < 500_000


# A change is a line


def _text_cells(sheets: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Return sheet, row and column of every label, hint and message."""
    columns = {*TRANSLATED, "required_message", "constraint_message"}
    return [
        (sheet, number, column)
        for sheet in ("survey", "choices")
        for number, row in enumerate(sheets[sheet])
        for column, cell in row.items()
        if column.partition("::")[0] in columns and cell
    ]


@pytest.mark.parametrize("place", _text_cells(samples.sheets()))
def test_one_changed_text_is_one_changed_line(place: tuple[str, int, str]) -> None:
    """Whichever text of a form changes in whichever language, one line of the codebook changes."""
    sheet, row, column = place
    sheets = samples.sheets()
    sheets[sheet][row][column] = "Something else"
    signs = [line[0] for line in changed(pages(), pages(sheets))]
    # A message that was the usual one, and is no more, gets a line that was not there before.
    assert signs == (["+"] if column.startswith("required_message") else ["-", "+"])


def test_one_changed_text_of_the_project_is_one_changed_line(
    committed: tuple[list[Outline], dict[str, Any], dict[str, str]],
) -> None:
    """The same in the project's own forms, for labels and answers of all of them, here and there in the sheet."""
    from kobo_sync.instrument.workbook import read_sheets

    outlines, framework, files = committed
    for path in samples.WORKBOOKS:
        others = [outline for outline in outlines if outline.form.name != path.stem]
        sheets = read_sheets(path, path.stem)
        places = [place for place in _text_cells(sheets) if "message" not in place[2]]
        for sheet, row, column in places[:: max(1, len(places) // 6)]:
            kept = sheets[sheet][row][column]
            sheets[sheet][row][column] = "Something else"
            after = codebook_files(in_order([*others, samples.outline(sheets, path.stem)], framework), framework)
            sheets[sheet][row][column] = kept
            assert [line[0] for line in changed(files, after)] == ["-", "+"]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("survey", 6, "relevant"), "${tea}='yes'"),
        (("survey", 7, "constraint"), ". > 0"),
        (("survey", 1, "appearance"), "minimal"),
        (("survey", 2, "role"), "other"),
        (("survey", 0, "calculation"), "'2027'"),
        (("survey", 0, "comment"), "Changed."),
        (("choices", 3, "score"), "0.75"),
        (("choices", 5, "missing"), "pns"),
        (("settings", 0, "version"), "2026.2"),
        (("settings", 0, "form_title"), "Another title"),
    ],
)
def test_other_cells_are_lines_of_their_own_too(where: tuple[str, int, str], value: str) -> None:
    """A changed condition, score, role or setting is one changed line."""
    sheets = samples.sheets()
    sheets[where[0]][where[1]][where[2]] = value
    assert [line[0] for line in changed(pages(), pages(sheets))] == ["-", "+"]


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["indicators"][0]["label"].update(en="Coffee"),
        lambda document: document["indicators"][1].update(k=3),
        lambda document: document["sources"].update(BOOK="Another book"),
        lambda document: document["weights"].update(core=3),
        lambda document: document["bands"][0]["gate"][0].update(at_least=0.6),
        lambda document: document["scales"]["ypn"]["choices"].update(part=0.4),
        lambda document: document["domains"][0]["label"].update(id="Lain"),
        lambda document: document["missing"]["dk"]["label"].update(id="Lain"),
        lambda document: document["indicators"][0]["flag"].update(level="R1"),
    ],
)
def test_a_change_of_the_framework_is_one_changed_line(change: Any) -> None:
    """A changed label, number, title or weight of the framework is one changed line."""
    document = copy.deepcopy(dict(samples.FRAMEWORK))
    change(document)
    assert [line[0] for line in changed(pages(), pages(framework=document))] == ["-", "+"]


def test_a_new_question_only_adds_lines() -> None:
    """A question put in between changes no line of another: nothing counts rows or questions."""
    sheets = samples.sheets()
    sheets["survey"].insert(6, {"type": "integer", "name": "pots", "label::English (en)": "How many pots?"})
    diff = changed(pages(), pages(sheets))
    assert {line[0] for line in diff} == {"+"}
    assert len(diff) < 12


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
    page = pages(sheets)[PAGE]
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
    assert "- **Indicator:** `zzz_nothing`, which the framework does not define" in pages(sheets)[PAGE]


def test_a_form_that_has_nothing_but_notes_is_no_trouble() -> None:
    """A form without lists, settings and languages, and an empty framework, still make a codebook."""
    page = codebook_files([samples.outline({"survey": [{"type": "note", "name": "n", "label": "Hello"}]}, "x")], {})
    assert "| - | Hello |" in page[form_page("x")]


# Files


def test_the_folder_s_codebook_follows_the_framework_s_order(tmp_path: Path) -> None:
    """Forms come as the framework lists them, then by name."""
    outlines = [samples.outline(name=name) for name in ("c", "a", "b")]
    assert [outline.form.name for outline in in_order(outlines, {"forms": {"b": {}}})] == ["b", "a", "c"]
    assert list(codebook_of(samples.write_folder(tmp_path / "xlsform"))) == [CODEBOOK, PAGE]


def test_writing_says_what_changes_and_leaves_other_pages_alone(tmp_path: Path) -> None:
    """With check nothing is written; pages of forms that are gone go, pages of somebody else's making stay."""
    source = samples.write_folder(tmp_path / "xlsform")
    planned = write_codebook(source, tmp_path, check=True)
    assert planned.changed == planned.pages == (CODEBOOK, PAGE)
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
