"""Public figures are rounded: scores, bounds, shares, numbers of women."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_samples import rules

from kobo_sync.scoring.model import Interval
from kobo_sync.scoring.release_rounding import bounds, mean_range, score_percent, share, women


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (0.62, 60),  # 12.4 steps of five
        (0.63, 65),  # 12.6 steps
        (0.625, 65),  # 12.5 steps: halves up
        (0.6249999999, 65),  # … also where only float noise makes it less
        (0.44, 45),
        (0.0, 5),  # the ends are never told
        (0.07, 5),
        (0.08, 10),
        (0.93, 95),
        (1.0, 95),
    ],
)
def test_scores_stand_on_steps_of_five_and_never_on_the_ends(value: float, percent: int) -> None:
    """Scores are rounded to 5 points, halves up; 5 stands for 5 or less, 95 for 95 or more."""
    assert score_percent(value, rules()) == percent


@pytest.mark.parametrize(
    ("shown", "low", "high", "expected"),
    [
        (60, 0.47, 0.71, (45, 75)),  # outward: down to 45, up to 75
        (60, 0.45, 0.75, (45, 75)),  # on a step already
        (60, 0.60, 0.60, (55, 65)),  # no width: one step each way all the same
        (95, 1.0, 1.0, (90, 100)),
        (5, 0.0, 0.0, (0, 10)),
        (60, 0.6000000001, 0.6, (55, 65)),
    ],
)
def test_bounds_go_outward_and_have_a_width(shown: int, low: float, high: float, expected: tuple[int, int]) -> None:
    """Bounds are rounded outward and stand at least a step away from the figure, so that "all alike" never shows."""
    assert bounds(shown, Interval(low, high), rules()) == expected


@pytest.mark.parametrize(
    ("favourable", "n", "expected"),
    [
        (4, 10, "few_or_none"),  # 40 %, but four women
        (0, 15, "few_or_none"),  # nought looks like four
        (5, 10, 50),
        (6, 10, "most_or_all"),  # four are left
        (6, 14, 40),  # 42.9 % in steps of ten
        (7, 24, 30),  # 29.2 % in steps of five
        (20, 24, "most_or_all"),
        (19, 24, 80),  # 79.2 %; five are left
        (4, 200, "few_or_none"),
        (5, 300, 5),  # 1.7 %: never nought
        (295, 300, 95),
    ],
)
def test_shares_are_words_at_their_ends(favourable: int, n: int, expected: int | str) -> None:
    """Fewer than five women are "few or none", all but fewer than five "most or all"; steps of 10 below 20, else 5."""
    assert share(favourable, n, rules()) == expected


@pytest.mark.parametrize(
    ("n", "band"),
    [
        (10, "10-19"),
        (19, "10-19"),
        (20, "20-29"),
        (29, "20-29"),
        (30, "30-49"),
        (99, "50-99"),
        (100, "100 or more"),
        (999, "100 or more"),
    ],
)
def test_the_number_of_women_is_a_band(n: int, band: str) -> None:
    """No exact number of women is published, whatever its size: with it a share would be a count."""
    assert women(n, rules()) == band


def test_bands_of_women_begin_where_figures_do() -> None:
    """Where a framework publishes from more women on, the first band begins there."""
    assert women(26, replace(rules(), public_from=25)) == "25-29"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_bounds_hold_the_figure_and_the_interval(value: float, one: float, other: float) -> None:
    """Rounded bounds never cut into the interval, and always have the rounded figure strictly between them."""
    interval = Interval(min(one, other), max(one, other))
    shown = score_percent(value, rules())
    low, high = bounds(shown, interval, rules())
    assert 0 <= low < shown < high <= 100
    assert low <= interval.low * 100 + 1e-4
    assert high >= interval.high * 100 - 1e-4


@given(st.integers(10, 400), st.data())
def test_a_share_never_tells_a_count_of_one_to_four(n: int, data: st.DataObject) -> None:
    """Whatever the share says, a count of one to four, or its complement, could be another one of those, or nought."""
    few = data.draw(st.integers(0, 4))
    assert share(few, n, rules()) == share(0, n, rules())
    assert share(n - few, n, rules()) == share(n, n, rules())


@pytest.mark.parametrize(
    ("shown", "n", "second", "room"),
    [
        ("few_or_none", 10, 0.5, (0.0, 0.7)),  # at most four at 1, six at 0.5
        ("most_or_all", 10, 0.5, (0.6, 1.0)),  # at least six at 1
        (50, 11, 0.5, (5 / 11, 8.5 / 11)),  # 45 to 55 % of eleven are five or six; five more at 0.5
        (10, 60, 0.0, (5 / 60, 7 / 60)),  # 7.5 to 12.5 % of sixty: five to seven, and five at least in any case
    ],
)
def test_a_share_leaves_room_for_the_mean(shown: int | str, n: int, second: float, room: tuple[float, float]) -> None:
    """Who knows the number of women can say between which means a share leaves room: the figure has to respect it."""
    assert mean_range(shown, n, second, rules()) == pytest.approx(room)


@given(st.integers(10, 300), st.data())
def test_the_room_that_a_share_leaves_holds_the_truth(n: int, data: st.DataObject) -> None:
    """However many gave the best answer, and whatever the others did, the mean lies in the room of the share."""
    best = data.draw(st.integers(0, n))
    second = data.draw(st.sampled_from([0.0, 0.5, 0.67, 0.8]))
    mean = (best + data.draw(st.floats(0, 1)) * second * (n - best)) / n
    low, high = mean_range(share(best, n, rules()), n, second, rules())
    assert low - 1e-9 <= mean <= high + 1e-9
