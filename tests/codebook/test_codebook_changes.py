"""Whoever reviews a change of a form or of the framework sees that change, and nothing else."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from typing import Any

import codebook_samples as samples
import pytest

from kobo_sync.instrument.codebook import codebook_files, in_order
from kobo_sync.instrument.outline import TRANSLATED
from kobo_sync.instrument.workbook import read_sheets


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the lines that a diff shows as added or removed, each with its sign."""
    found: list[str] = []
    for path in sorted({*before, *after}):
        old, new = (side.get(path, "").splitlines() for side in (before, after))
        if len(old) == len(new):
            pairs = [pair for pair in zip(old, new, strict=True) if len(set(pair)) > 1]
            found += [f"{sign} {line}" for pair in pairs for sign, line in zip("-+", pair, strict=True)]
        else:
            found += [line for line in difflib.ndiff(old, new) if line[0] in "+-"]
    return found


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
    signs = [line[0] for line in changed(samples.pages(), samples.pages(sheets))]
    # A message that was the usual one, and is no more, gets a line that was not there before.
    assert signs == (["+"] if column.startswith("required_message") else ["-", "+"])


def test_one_changed_text_of_the_project_is_one_changed_line() -> None:
    """The same in the project's own forms, for labels and answers of all of them, here and there in the sheet."""
    outlines, framework, files = samples.committed()
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
    assert [line[0] for line in changed(samples.pages(), samples.pages(sheets))] == ["-", "+"]


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
    assert [line[0] for line in changed(samples.pages(), samples.pages(framework=document))] == ["-", "+"]


def test_a_new_question_only_adds_lines() -> None:
    """A question put in between changes no line of another: nothing counts rows or questions."""
    sheets = samples.sheets()
    sheets["survey"].insert(6, {"type": "integer", "name": "pots", "label::English (en)": "How many pots?"})
    diff = changed(samples.pages(), samples.pages(sheets))
    assert {line[0] for line in diff} == {"+"}
    assert len(diff) < 12
