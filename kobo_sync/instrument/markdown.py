"""Markdown for code hosts: any text stays a text, a line of it stays one line, links work within the page."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

# An underscore within a word is one; elsewhere it would begin or end emphasis.
_MARKS = re.compile(r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_PICTURE = re.compile(r":(?=[A-Za-z0-9_+-]+:)")  # code hosts make :smile: a picture
_REFERENCE = re.compile(r"\$\{\s*[^}\s]+\s*\}")
_JOINERS = "\u200c\u200d"  # part of how Persian, Hindi and others are written
_PLAIN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def text(words: object) -> str:
    """Escape a text, so that it is shown as it is; line ends become <br>, `${name}` is set as code.

    Characters that turn the reading direction or cannot be seen are written as entities: a diff shows them.
    """
    return spaced(str(words).strip())


def spaced(said: str) -> str:
    """Escape like `text`, and keep the spaces at either end."""
    parts: list[str] = []
    end = 0
    for found in _REFERENCE.finditer(said):
        parts += [_escape(said[end : found.start()]), code(found[0])]
        end = found.end()
    return "".join([*parts, _escape(said[end:])])


def code(words: object) -> str:
    """Set a name or an expression as code, on one line."""
    said = " ".join(str(words).split())
    if not said:
        return ""
    if "`" in said or "|" in said or not all(_seen(char) for char in said):
        return f"<code>{_escape(said)}</code>"
    return f"`{said}`"


def _escape(words: str) -> str:
    lines = (_escape_line(line) for line in _LINE_ENDS.split(words.replace("\t", " ")))
    return "<br>".join(lines)


def _escape_line(words: str) -> str:
    marked = _MARKS.sub(r"\\\g<0>", "".join(_ENTITIES.get(char, char) for char in words))
    marked = _PICTURE.sub("&#58;", marked)
    return "".join(char if _seen(char) else _written_out(char) for char in marked)


def _written_out(char: str) -> str:
    """Return the entity; control characters have none, and no business in a text."""
    return "\ufffd" if unicodedata.category(char) == "Cc" else f"&#x{ord(char):04X};"


def _seen(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in {"Cc", "Cf"}


def anchor(*parts: str) -> str:
    """Return a name for a place in the page; different parts give different names, whatever is in them.

    The first part says what it is, in a letter: pages have thousands of places, and large ones are not rendered.
    """
    written = [
        part if _PLAIN.fullmatch(part) else f"x{hashlib.sha256(part.encode()).hexdigest()[:12]}" for part in parts
    ]
    return ".".join(written)


def place(*parts: str) -> str:
    """Mark a place that `link` can lead to."""
    return f'<a id="{anchor(*parts)}"></a>'


def link(shown: str, *parts: str) -> str:
    """Link to a place in the page; `shown` is Markdown already."""
    return f"[{shown}](#{anchor(*parts)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, a line a row, with a blank line after it; nothing for no rows. Cells are Markdown."""
    body = [_row(row) for row in rows]
    if body:
        yield _row(head)
        yield f"|{'---|' * len(head)}"
        yield from body
        yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(level: int, shown: str, *parts: str) -> Iterator[str]:
    """Yield a heading, with its place if it has one, and the blank line after it. `shown` is Markdown already."""
    yield f"{'#' * level} {place(*parts) if parts else ''}{shown}"
    yield ""
