"""One source for meaning: forms and framework; the program knows no question and no indicator by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from small_forms import ROOT

from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.xlsform import read_form

SOURCES = sorted((ROOT / "kobo_sync").rglob("*.py"))


def texts(source: str) -> Iterator[str]:
    """Yield the text literals of a module; docstrings may give examples."""
    tree = ast.parse(source)
    comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments:
            yield node.value


@cache
def forbidden() -> frozenset[str]:
    """Return the names of the committed forms' questions and of the framework's indicators.

    Roles are words of the program, which a question may bear as its name (`consent`), and what the phone computes
    (month, version) nobody is asked.
    """
    questions = [q for path in form_files(ROOT / "xlsform") for q in read_form(path, path.stem).questions]
    framework = read_framework(ROOT / "xlsform" / "framework.yaml")
    names = {question.name for question in questions if not question.computed} | set(framework.by_code)
    return frozenset(names - {question.role for question in questions})


def named(source: str, names: frozenset[str]) -> set[str]:
    """Return the names that stand in a text literal: as all of it, in a condition, or, if no plain word, anywhere."""
    found: set[str] = set()
    for text in texts(source):
        words = {text, *re.findall(r"\$\{\s*(\w+)\s*\}", text), *(w for w in re.findall(r"\w+", text) if "_" in w)}
        found |= words & names
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_question_and_no_indicator_is_known_by_name(path: Path) -> None:
    """No question name of the committed forms and no indicator code stands in the program's code."""
    assert not named(path.read_text(encoding="utf-8"), forbidden())


def test_the_names_that_are_looked_for_are_really_there() -> None:
    """The list of forbidden names is that of the whole instrument, and the search finds one when it stands there."""
    names = forbidden()
    assert len(names) > 300
    assert {"pkg_nsp", "pkg_nsp_c", "pkg_nsp_p", "pkg_nsp_o", "loc_nsp", "end_refused", "quote"} <= names
    assert not {"consent", "service", "locale", "month", "tool_version"} & names
    assert named("x = answers['quote']\ny = f'{q}/pkg_nsp_c'\nz = '${service_x} ${quote} = 1'", names) == {
        "quote",
        "pkg_nsp_c",
    }
