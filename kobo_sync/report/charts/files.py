"""A chart as files: SVG, PNG and text. The PNG is drawn from the SVG by resvg, in a font that comes with it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kobo_sync.errors import UserError
from kobo_sync.report.charts.draw import draw
from kobo_sync.report.charts.figures import Chart
from kobo_sync.report.making import Content

FOLDER = "charts"  # in the folder of a report
COST = 20  # of a chart, in pages (measured): nearly all of it is the PNG
_ENDINGS = ("svg", "png", "txt")
_LIBRARIES = ("resvg-py", "font-source-sans-pro")
_SCALE = 2  # 1920 by 1080 pixels
# The font has Latin and Cyrillic; a label in other letters is drawn in what the system has.
_OWN_LETTERS = 0x0530
_SIGNS = range(0x2000, 0x2200)


def can_draw() -> bool:
    """Whether what draws the PNG files is installed."""
    try:
        return bool(picture_key())
    except PackageNotFoundError:
        return False


def check_pictures() -> None:
    """Raise UserError when what draws the PNG files is not installed."""
    if not can_draw():
        raise UserError(
            "Charts need two small libraries (resvg-py and font-source-sans-pro) that are not installed, so nothing "
            "was written. Install them with: pip install 'a-gender-monitor[charts]'. Then run the same command again, "
            "or leave out --charts."
        )


def picture_key() -> tuple[str, ...]:
    """Return what stands for the libraries that draw. Raises PackageNotFoundError."""
    return tuple(version(name) for name in _LIBRARIES)


def names_of(stem: str) -> tuple[str, ...]:
    """Return the names of the files of a chart."""
    return tuple(f"{stem}.{ending}" for ending in _ENDINGS)


def sheets(rows: Sequence[object], on_one: int) -> int:
    """Return how many sheets so many rows need."""
    return math.ceil(len(rows) / on_one)


def as_files(chart: Chart) -> tuple[Content, ...]:
    """Return a chart as SVG, PNG and text."""
    svg = draw(chart)
    text = "\n".join(chart.said).replace("\u202f", "\u00a0")
    return svg, as_png(svg), f"{text}\n"


def as_png(svg: str) -> bytes:
    """Return an SVG as a PNG of 1920 by 1080 pixels. It names no program and no time."""
    import resvg_py

    own = all(ord(char) < _OWN_LETTERS or ord(char) in _SIGNS for char in svg)
    return resvg_py.svg_to_bytes(
        svg_string=svg, zoom=_SCALE, font_files=_fonts(), skip_system_fonts=own, sans_serif_family="Source Sans Pro"
    )


@functools.cache
def _fonts() -> list[str]:
    import font_source_sans_pro

    folder = Path(font_source_sans_pro.__file__).parent / "files"
    return [str(folder / f"SourceSansPro-{style}.ttf") for style in ("Regular", "Bold")]
