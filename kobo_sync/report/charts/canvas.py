"""A drawing as SVG: shapes, patterns that print in black and white, and text that stays text.

The size is that of a slide, 16 to 9. Nothing is in the file but what is drawn and said: no program, no time, no data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

WIDTH, HEIGHT = 960, 540
INK, SOFT, LINE, FILL = "#1b1523", "#5b5466", "#bdb6c7", "#4c1d73"  # dark on white: 7 to 1 or more for all text
# Where the font of the PNG is not installed, an SVG is shown in one that is a little wider: there is room for it.
FONT = "'Source Sans Pro', Arial, sans-serif"
HATCH, DOTS = "url(#hatch)", "url(#dots)"

_PATTERNS = (
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="7" height="7" fill="#fff"/><path d="M1.5 0V7" stroke="{SOFT}" stroke-width="2.4"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" fill="#fff"/><circle cx="3" cy="3" r="0.9" fill="{SOFT}"/></pattern>'
)
_FORBIDDEN = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0
_NARROW, _WIDE = frozenset(" .,:;'|!()[]iljtfrI-«»·\u00a0\u2013\u2019"), frozenset("mwMWшщжюмфыШЩЖЮ\u041cФЫ@%—")


class Canvas:
    """Takes up shapes and texts, in pixels from the upper left corner."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def begin(self, code: str) -> None:
        """Begin a group that belongs together: it can be taken hold of in a drawing program, and be found by tests."""
        self._parts.append(f"<g id={quoteattr(clean(code))}>")

    def end(self) -> None:
        """End a group."""
        self._parts.append("</g>")

    def rect(self, x: float, y: float, width: float, height: float, *, fill: str, line: str = "") -> None:
        """Draw a rectangle."""
        stroke = f' stroke="{line}"' if line else ""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"{stroke}/>'
        )

    def path(self, drawn: str, *, fill: str = "none", line: str = "", width: float = 1) -> None:
        """Draw a path, as SVG writes it."""
        stroke = f' stroke="{line}" stroke-width="{_n(width)}"' if line else ""
        self._parts.append(f'<path d="{drawn}" fill="{fill}"{stroke}/>')

    def circle(self, x: float, y: float, radius: float, *, fill: str, line: str = INK) -> None:
        """Draw a circle."""
        self._parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" stroke="{line}" stroke-width="2"/>'
        )

    def interval(self, low: float, high: float, y: float, *, width: float = 2) -> None:
        """Draw a level line with ends, with a white border, so that it is seen on a bar and beside it."""
        drawn = f"M{_n(low)} {_n(y)}H{_n(high)}M{_n(low)} {_n(y - 4)}v8M{_n(high)} {_n(y - 4)}v8"
        self.path(drawn, line="#fff", width=width + 3)
        self.path(drawn, line=INK, width=width)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        bold: bool = False,
        anchor: str = "start",
        fill: str = INK,
        kind: str = "",
    ) -> None:
        """Write one line; `kind` names what it is, for whoever looks for it."""
        given = f' class="{kind}"' if kind else ""
        weight = ' font-weight="bold"' if bold else ""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{weight}{where} fill="{fill}"{given}>'
            f"{escape(clean(words))}</text>"
        )

    def lines(
        self, x: float, y: float, words: str, size: float, width: float, *, most: int = 2, bold: bool = False
    ) -> float:
        """Write words in as many lines as they need, smaller where `most` are not enough; returns the height used."""
        found, used = fitted(words, size, width, most, bold=bold)
        for number, line in enumerate(found):
            self.text(x, y + number * used * 1.2, line, used, bold=bold)
        return len(found) * used * 1.2

    def svg(self, title: str, said: Sequence[str], language: str) -> str:
        """Return the drawing, with a title and with what it says, for whoever cannot see it."""
        words = escape(clean("\n".join(said)))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title said" lang="{language}" '
            f'font-family="{FONT}"><title id="title">{escape(clean(title))}</title><desc id="said">{words}</desc>'
            f"<defs>{_PATTERNS}</defs>"
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(self._parts)}</svg>\n'
        )


def clean(text: str) -> str:
    """Return a text without what XML cannot hold; the narrow space that few fonts have becomes one that all have."""
    return _FORBIDDEN.sub("", text).replace("\u202f", "\u00a0")


def breadth(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how broad a text is, in pixels: a little more than it is in the font of the PNG."""
    ems = sum(0.3 if char in _NARROW else 0.83 if char in _WIDE else 0.62 if char.isupper() else 0.53 for char in text)
    return ems * size * (1.05 if bold else 1)


def fitted(text: str, size: float, width: float, most: int, *, bold: bool = False) -> tuple[list[str], float]:
    """Return a text in at most so many lines, and the size at which they are as broad as that."""
    while True:
        found = _wrapped(text, size, width, bold=bold)
        if len(found) <= most and all(breadth(line, size, bold=bold) <= width for line in found):
            return found, size
        if size <= 8:  # noqa: PLR2004 -- nobody reads smaller letters: the end is cut off instead
            return [*found[: most - 1], _cut(" ".join(found[most - 1 :]), size, width, bold=bold)], size
        size -= 0.5


def _wrapped(text: str, size: float, width: float, *, bold: bool) -> list[str]:
    found = [""]
    for word in text.split():
        line = f"{found[-1]} {word}".strip()
        if found[-1] and breadth(line, size, bold=bold) > width:
            found.append(word)
        else:
            found[-1] = line
    return found


def _cut(text: str, size: float, width: float, *, bold: bool) -> str:
    while text and breadth(f"{text}…", size, bold=bold) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
