"""Nobody can prove from a published figure that all women answered alike, not even who knows all that others said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_samples import block, known, listed, release, rules, service
from scoring_samples import best, item, scale, scored, women, worst

from kobo_sync.scoring.release_ends import Ends, domain_ends, item_ends, women_means
from kobo_sync.scoring.release_model import Plain

AVERAGED = [one for one in rules().indicators if one.averaged and "C" in one.sources and scale(one.code, "C")]
STEPS = {one.code: sorted({*scale(one.code, "C").values()}, reverse=True) for one in AVERAGED}


def test_the_ends_leave_room_for_a_single_woman() -> None:
    """Worked example: twelve women, one question of experience; one of them can move 1/12 = 0.083: the margin."""
    found = item(scored({"C": women(12)}), "stf_respect")
    ends = item_ends(found, {}, rules())
    assert ends is not None
    assert (ends.low, ends.high) == pytest.approx((1 / 12, 11 / 12))


def test_the_ends_are_those_of_the_womens_part() -> None:
    """Worked example: women 0.5, observers 0.3, manager 0.2. Both others say no: y is at most 0.5, and told as 0.45.

    y = (0.5·m + 0.3·0 + 0.2·0) / 1 with m in [0, 1]; of twenty women one can move 0.5/20 = 0.025, a twentieth of the
    range is 0.025 too: the ends are 0.025 and 0.475.
    """
    answers: Any = {"C": women(20), "O": [worst("O")], "P": [worst("P")]}
    found = item(scored(answers), "acc_women_time")
    assert found.y == pytest.approx(0.5)
    ends = item_ends(found, {"acc_women_time": 1.0}, rules())
    assert ends is not None
    assert (ends.low, ends.high) == pytest.approx((0.025, 0.475))


def test_without_the_womens_mean_there_are_no_ends() -> None:
    """Where others count too and the women's mean is not at hand, nothing can be moved in, so nothing is published."""
    answers: Any = {"C": women(20), "O": [worst("O")]}
    found = item(scored(answers), "acc_women_time")
    assert item_ends(found, {}, rules()) is None
    assert domain_ends([found], {}, rules()) is None
    named = service("S1", answers)
    bare = type(named)(named.score, named.draws)
    assert {one["code"] for one in block(release(known(listed("S1"), [bare])))["domains"]} < {
        one["code"] for one in block(release(known(listed("S1"), [named])))["domains"]
    }


def test_shares_of_other_questions_draw_the_ends_nearer() -> None:
    """Half of twelve women give the best answer to one question of two: what is left for the other one is less.

    Weights 2 and 1; the first question may be anything in [0, 1], the second, told as 50 %, lies in [6/12, 9/12]:
    low 1/3 · 0.5 = 0.167, high 2/3 + 1/3 · 0.75 = 0.917. Margin: one woman moves 2/3 / 12 = 0.056. So 0.222 and 0.861:
    a figure above that would say that all twelve are content with the first question. (Found by the adversary.)
    """
    rows = [*women(6), *women(6, stf_language="mostly")]
    score = scored({"C": rows})
    pair = [item(score, "stf_respect"), item(score, "stf_language")]
    ends = domain_ends(pair, {}, rules(), {"stf_language": (6 / 12, 9 / 12)})
    assert ends is not None
    assert (ends.low, ends.high) == pytest.approx((0.5 / 3 + 2 / 36, 2 / 3 + 0.25 - 2 / 36))


def test_a_figure_is_moved_in_and_no_further() -> None:
    """Only what lies beyond an end is moved."""
    ends = Ends(0.1, 0.8)
    assert [ends.of(value) for value in (0.0, 0.1, 0.5, 0.8, 1.0)] == [0.1, 0.1, 0.5, 0.8, 0.8]


def test_means_are_of_women_who_answered() -> None:
    """The women's mean leaves out who did not answer, and is not there where nobody did."""
    from scoring_samples import sheets

    rows: list[Any] = [{"stf_respect": "always"}, {"stf_respect": "never"}, {"stf_respect": "dk"}]
    assert women_means(sheets({"C": rows}), rules()) == {"stf_respect": 0.5}
    assert women_means(sheets({"O": [best("O")]}), rules()) == {}


def _figures(found: Plain) -> Plain:
    return {name: found[name] for name in ("overall", "band", "tier")} | {
        one["code"]: one["figure"] for one in found["domains"]
    }


@settings(max_examples=40, deadline=None)
@given(
    st.integers(10, 24),
    st.booleans(),
    st.sampled_from(AVERAGED),
    st.lists(st.sampled_from([one.code for one in AVERAGED]), max_size=20),
    st.integers(0, 2),
)
def test_one_woman_who_answered_otherwise_changes_no_figure(
    n: int,
    all_best: Any,
    indicator: Any,
    others: list[str],
    observers: int,
) -> None:
    """All women say the best, or the worst, of everything: a step aside by one of them, anywhere, changes no figure.

    So whoever knows what the manager says and what observers saw (here: anything) cannot conclude from any figure,
    bound, band or tier that there was no such woman.
    """
    row = dict(best("C")) if all_best else worst("C", harms=False)
    for code in STEPS:
        row[code] = STEPS[code][0 if all_best else -1]
    aside = {**row, indicator.code: STEPS[indicator.code][1 if all_best else -2]}
    known_parts: Any = {"P": [{**best("P"), **{code: "no" for code in others if "no" in scale(code, "P")}}]}
    if observers:
        known_parts["O"] = [best("O"), worst("O")][:observers]
    found = [
        block(release(known(listed("S1"), [service("S1", {"C": rows, **known_parts})])))
        for rows in ([row] * n, [*[row] * (n - 1), aside])
    ]
    assert _figures(found[0]) == _figures(found[1])
