"""The functions that expressions call, found in the text, and those that both engines know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kobo_sync.instrument.checks.words import word_list

# Known to the web form only, each with what to write in its place.
REPLACED = {
    "substring": "substr(text, from, to), which counts from 0",
    "floor": "int()",
    "ceiling": "int() of the number plus 1, or round()",
}
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_REFERENCE = re.compile(r"\$\{[^}]*\}")
_CALL = re.compile(r"(?<![\w:.-])([A-Za-z_][\w:.-]*)\s*\(")
_OPERATORS = frozenset({"and", "or", "div", "mod", "node", "text"})  # text() and node() are steps of a path


def bare(text: str) -> str:
    """Return the expression with its texts and references emptied, so that only its grammar is left."""
    return _REFERENCE.sub("${}", _TEXT.sub("''", text))


def known() -> frozenset[str]:
    """Return the functions that JavaRosa and Enketo both know."""
    return word_list("functions")


def called(text: str) -> Iterator[str]:
    """Yield the functions that an expression calls, in order."""
    for found in _CALL.finditer(bare(text)):
        if found[1] not in _OPERATORS:
            yield found[1]
