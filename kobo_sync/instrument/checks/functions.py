"""The functions that expressions call, found in the text, and those that both engines know."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Known to JavaRosa (KoboCollect) and to Enketo (web forms) alike; tests/checks asks JavaRosa about each.
KNOWN = frozenset(
    """
    abs acos asin atan atan2 boolean boolean-from-string checklist coalesce concat contains cos count count-non-empty
    count-selected current date date-time decimal-date-time decimal-time digest distance ends-with exp exp10 false
    format-date format-date-time if indexed-repeat instance int join jr:choice-name log log10 max min normalize-space
    not now number once pi position pow pulldata random randomize regex round selected selected-at sin sqrt starts-with
    string string-length substr substring-after substring-before sum tan today translate true uuid version
    weighted-checklist
    """.split()
)
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


def called(text: str) -> Iterator[str]:
    """Yield the functions that an expression calls, in order."""
    for found in _CALL.finditer(bare(text)):
        if found[1] not in _OPERATORS:
            yield found[1]
