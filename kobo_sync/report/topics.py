"""Pictures of what a page is about, for those who do not read: one drawing a file in `pictures/`, black on white.

A drawing has the name of the domain, or of the indicator, that it stands for: an indicator without one has its
domain's. Whoever adds a domain to the framework adds a drawing beside it, and needs no program for it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from kobo_sync.instrument.framework import Framework

_PICTURES = Path(__file__).parent / "pictures"
ANY = "any"  # any harm reduction at all, and whatever has no drawing of its own
_OUTER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def topic(code: str, framework: Framework) -> Markup:
    """Return the drawing of an indicator, a domain or a gap ("": any harm reduction), as an SVG without words.

    The words stand beside it, so that it says nothing to whoever listens to a page. Raises ValueError when a drawing is
    no SVG.
    """
    gaps = framework.method.gaps
    asked = {item.code: item.indicator for item in gaps.items} if gaps else {}
    name = asked.get(code, code)
    known = framework.by_code.get(name)
    choice = (name, known.domain if known else "", ANY)
    drawing = next(found for one in choice if one and (found := _drawing(one)))
    return Markup(  # noqa: S704 -- a drawing of the package's own
        '<svg class="topic" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="3" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{drawing}</svg>'
    )


@cache
def _drawing(name: str) -> str:
    """Return what is inside a drawing's file, "" where there is no such file."""
    path = _PICTURES / f"{name}.svg"
    if not path.is_file():
        return ""
    found = _OUTER.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"pictures/{name}.svg is no SVG")
    return found.group(1).replace("\n", "")
