"""Charts as SVG. Each state differs in shape or pattern and in words, never in colour alone."""

from __future__ import annotations

import math

from kobo_sync.report.charts.canvas import DOTS, FILL, HATCH, HEIGHT, INK, LINE, SOFT, WIDTH, Canvas, fitted
from kobo_sync.report.charts.figures import GOOD, LACKING, Bars, Chart, Figure, Grid, Head, Moves, Named, Names, Tiers

_LEFT, _RIGHT = 36, WIDTH - 36
_BOTTOM = HEIGHT - 52  # the foot is below
_TITLE, _ABOUT, _SMALL = 26, 15, 12
_LABELS, _BARS, _MOVES = 318, 330, 270  # breadth of the labels, and of 100 % in the two kinds with an axis
_ZERO = _LEFT + _LABELS + 14
_NAMES_ON_A_SHEET, _PLACES_ON_A_SHEET = 6, 10

_TWO = 30  # height of a row from which two lines have room in it

SHEET = {"names": _NAMES_ON_A_SHEET, "places": _PLACES_ON_A_SHEET}  # how many a half, or a grid, holds


def draw(chart: Chart) -> str:
    """Return a chart as the text of an SVG file."""
    canvas = Canvas()
    top = _head(canvas, chart.head)
    match chart:
        case Bars():
            _bars(canvas, chart, top)
        case Moves():
            _moves(canvas, chart, top)
        case Tiers():
            _tiers(canvas, chart, top)
        case Grid():
            _grid(canvas, chart, top)
    return canvas.svg(chart.head.title, chart.said, chart.head.language)


def _head(canvas: Canvas, head: Head) -> float:
    """Write title, what is below it, and the foot; returns where the chart may begin."""
    y = 44 + canvas.lines(_LEFT, 44, head.title, _TITLE, _RIGHT - _LEFT, bold=True)
    y += canvas.lines(_LEFT, y - 8, head.about, _ABOUT, _RIGHT - _LEFT)
    for number, line in enumerate(reversed(head.foot)):
        canvas.text(_LEFT, HEIGHT - 16 - number * 15, line, 11.5, fill=SOFT)
    return y + 2


def _axis(canvas: Canvas, axis: tuple[str, ...], breadth: float, top: float, bottom: float) -> None:
    for number, words in enumerate(axis):
        x = _ZERO + breadth * number / (len(axis) - 1)
        canvas.path(f"M{x:g} {top:g}V{bottom:g}", line=LINE)
        canvas.text(x, top - 5, words, _SMALL, anchor="middle", fill=SOFT, kind="axis")


def _bars(canvas: Canvas, chart: Bars, top: float) -> None:
    top += 16
    step = (_BOTTOM - top) / max(1, len(chart.rows))
    _axis(canvas, chart.axis, _BARS, top, _BOTTOM)
    for number, row in enumerate(chart.rows):
        y, thick = top + number * step, min(20.0, step - 8)
        middle = y + step / 2
        canvas.begin(row.code)
        _label(canvas, row.label, middle, step)
        if row.figure is None:
            canvas.rect(_ZERO, middle - thick / 2, _BARS, thick, fill=HATCH, line=LINE)
            canvas.text(_ZERO + _BARS + 12, middle + 4.5, row.words, 13.5, kind="words")
        else:
            canvas.rect(_ZERO, middle - thick / 2, _BARS * row.figure.percent / 100, thick, fill=FILL)
            if row.figure.between:
                canvas.interval(_x(row.figure.low, _BARS), _x(row.figure.high, _BARS), middle)
            _figure(canvas, row.figure, middle, row.words)
        canvas.end()
    canvas.path(f"M{_ZERO} {top:g}V{_BOTTOM}", line=INK, width=1.5)


def _figure(canvas: Canvas, figure: Figure, middle: float, words: str) -> None:
    x = _ZERO + _BARS + 12
    canvas.text(x, middle + (5.5 if not words else 0), figure.value, 16, bold=True, kind="value")
    canvas.text(x + 62, middle + (5 if not words else -0.5), figure.between, 12.5, fill=SOFT, kind="between")
    if words:
        canvas.text(x, middle + 12.5, words, 11.5, kind="words")


def _moves(canvas: Canvas, chart: Moves, top: float) -> None:
    top += 34
    step = min(46.0, (_BOTTOM - top) / max(1, len(chart.rows)))
    bottom = top + step * len(chart.rows)
    _axis(canvas, chart.axis, _MOVES, top, bottom)
    columns = tuple(_ZERO + _MOVES + right for right in (26, 82, 138))
    for x, name, fill in ((columns[0], chart.before, "#fff"), (columns[1], chart.after, FILL)):
        canvas.circle(x + 6, top - 26, 5, fill=fill)
        canvas.text(x, top - 8, name, 11.5, bold=True)
    for number, row in enumerate(chart.rows):
        middle = top + (number + 0.5) * step
        canvas.begin(row.code or "overall")
        _label(canvas, row.label, middle, step, bold=not row.code)
        apart = min(7.0, step / 4.4)
        for one, y, fill in ((row.before, middle - apart, "#fff"), (row.after, middle + apart, FILL)):
            if one.between:
                canvas.interval(_x(one.low, _MOVES), _x(one.high, _MOVES), y, width=1.6)
            canvas.circle(_x(one.percent, _MOVES), y, 4.6, fill=fill)
        canvas.text(columns[0], middle + 5, row.before.value, 14, kind="before")
        canvas.text(columns[1], middle + 5, row.after.value, 14, bold=True, kind="value")
        _verdict(canvas, row.verdict, columns[2], middle)
        _centred(canvas, (columns[2] + 16, middle), row.words, 12, _RIGHT - columns[2] - 16, most=2)
        canvas.end()
        if number:
            canvas.path(f"M{_LEFT} {middle - step / 2:g}H{_RIGHT}", line="#e6e2ea")


def _verdict(canvas: Canvas, verdict: str, x: float, y: float) -> None:
    """Draw an arrow up, an arrow down, or two level lines: nothing that is clear."""
    shapes = {"better": f"M{x:g} {y + 5:g}h11l-5.5 -10z", "worse": f"M{x:g} {y - 5:g}h11l-5.5 10z"}
    if verdict in shapes:
        canvas.path(shapes[verdict], fill=INK)
    else:
        canvas.path(f"M{x:g} {y - 2.5:g}h11M{x:g} {y + 2.5:g}h11", line=INK, width=1.6)


def _tiers(canvas: Canvas, chart: Tiers, top: float) -> None:
    half = (_RIGHT - _LEFT - 32) / 2
    for number, names in enumerate(chart.halves):
        x = _LEFT + number * (half + 32)
        y = top + 14
        y += canvas.lines(x, y, names.title, 17, half, most=2, bold=True)
        canvas.path(f"M{x:g} {y - 12:g}h{half:g}", line=INK, width=1.5)
        _names(canvas, names, x, y + 8, half)


def _names(canvas: Canvas, names: Names, x: float, y: float, width: float) -> None:
    if not names.rows:
        canvas.lines(x, y + 4, names.none, 14, width, most=5)
    step = min(50.0, (_BOTTOM - y) / _NAMES_ON_A_SHEET)
    for number, one in enumerate(names.rows):
        middle = y + (number + 0.5) * step
        _mark(canvas, one, x + 9, middle - 11)
        canvas.lines(x + 28, middle - 8, one.label, 15, width - 30, most=1, bold=True)
        canvas.lines(x + 28, middle + 7, one.why, 11.5, width - 30, most=2)


def _mark(canvas: Canvas, one: Named, x: float, y: float) -> None:
    """Draw a hatched triangle that points down, a full star, or an empty one."""
    if one.mark == LACKING:
        canvas.path(f"M{x - 9:g} {y - 7:g}h18l-9 15z", fill=HATCH, line=INK, width=1.6)
        return
    corners = []
    for corner in range(10):
        radius, angle = (9.5, 4.0)[corner % 2], math.pi * (corner / 5 - 0.5)
        corners.append(f"{x + radius * math.cos(angle):.2f} {y + radius * math.sin(angle):.2f}")
    canvas.path(f"M{'L'.join(corners)}z", fill=FILL if one.mark == GOOD else "#fff", line=INK, width=1.4)


def _grid(canvas: Canvas, chart: Grid, top: float) -> None:
    left, head = _LEFT + 190, top + 62
    cell = (_RIGHT - left) / max(1, len(chart.columns))
    step = min(34.0, (_BOTTOM - 26 - head) / _PLACES_ON_A_SHEET)
    for number, label in enumerate(chart.columns):
        canvas.lines(left + number * cell + 2, top + 12, label, 11.5, cell - 6, most=4)
    for number, (label, states) in enumerate(chart.rows):
        y = head + number * step
        _centred(canvas, (_LEFT, y + step / 2), label, 13.5, 182, most=2 if step > _TWO else 1, bold=True)
        for place, state in enumerate(states):
            _cell(canvas, state, (left + place * cell + 2, y + 2), cell - 4, step - 4)
    x, y = float(_LEFT), head + step * len(chart.rows) + 10
    for state, words in chart.key:
        _cell(canvas, state, (x, y), 26, 16)
        canvas.text(x + 32, y + 12.5, words, 12.5)
        x += 46 + max(110.0, len(words) * 7.2)


def _cell(canvas: Canvas, state: str, at: tuple[float, float], width: float, height: float) -> None:
    """Draw a state: a gap dark with a cross, a reported one hatched, no data dotted with a line, a service a ring."""
    x, y = at
    middle, centre, size = y + height / 2, x + width / 2, min(5.0, height / 3)
    fill = {"confirmed": FILL, "reported": HATCH, "none": "#fff"}.get(state, DOTS)
    canvas.rect(x, y, width, height, fill=fill, line=INK if state != "no_data" else LINE)
    if state == "confirmed":
        a, b, c, d = centre - size, middle - size, centre + size, middle + size
        canvas.path(f"M{a:.2f} {b:.2f}L{c:.2f} {d:.2f}M{c:.2f} {b:.2f}L{a:.2f} {d:.2f}", line="#fff", width=2.6)
    elif state == "none":
        canvas.circle(centre, middle, size, fill="#fff")


def _label(canvas: Canvas, words: str, middle: float, step: float, *, bold: bool = False) -> None:
    """Write a row's label before its bar, in two lines where there is room for them."""
    _centred(canvas, (_LEFT, middle), words, 14.5, _LABELS, most=2 if step > _TWO else 1, bold=bold)


def _centred(
    canvas: Canvas, at: tuple[float, float], words: str, size: float, width: float, *, most: int, bold: bool = False
) -> None:
    """Write words in at most so many lines, from `at` on, around its height."""
    x, middle = at
    found, used = fitted(words, size, width, most, bold=bold)
    for number, line in enumerate(found):
        canvas.text(x, middle + used * (0.36 + (number - (len(found) - 1) / 2) * 1.12), line, used, bold=bold)


def _x(percent: int, breadth: float) -> float:
    return _ZERO + breadth * percent / 100
