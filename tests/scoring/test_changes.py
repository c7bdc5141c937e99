"""What changed between two rounds (3.9)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scoring_samples import Answers, Row, framework, reviewed, scored, sheets, women, worst

from kobo_sync.scoring.changes import Change, Round, compare, flag_events
from kobo_sync.scoring.uncertainty import seed_of

RULES = framework(400)


def _round(answers: Answers, name: str, *codes: str) -> Round:
    return Round(scored(answers, reviewed(*codes), of=RULES, round_=name), sheets(answers))


def _domain(before: Answers, after: Answers, code: str) -> Change:
    changes = compare(_round(before, "2026-H1"), _round(after, "2026-H2"), RULES)
    return next(change for change in changes.domains if change.code == code)


def _respect(*scores: float) -> Answers:
    """Return interviews whose domain stf rests on three items that all have the same score."""
    return {"C": [{"stf_respect": x, "stf_women": x, "stf_language": x, "stf_refused": "no"} for x in scores]}


def test_a_large_and_sure_difference_is_a_change() -> None:
    """A difference of at least 0.10 whose interval leaves out 0 is an improvement, or a worsening."""
    bad, good = _respect(*[0.0] * 10, *[1.0] * 2), _respect(*[1.0] * 11, 0.0)
    up, down = _domain(bad, good, "stf"), _domain(good, bad, "stf")
    # 2/12 → 11/12
    assert (up.before, up.after, up.difference) == pytest.approx((2 / 12, 11 / 12, 0.75))
    assert (up.verdict, down.verdict) == ("better", "worse")
    assert up.interval is not None
    assert up.interval.low > 0


def test_a_small_difference_is_no_clear_change() -> None:
    """A difference under 0.10 is no clear change, however sure."""
    change = _domain(_respect(*[0.5] * 20), _respect(*[0.58] * 20), "stf")
    assert change.interval is not None
    assert change.interval.low == pytest.approx(0.08)
    assert change.verdict == "unclear"
    # 0.10 is enough
    assert _domain(_respect(*[0.5] * 20), _respect(*[0.6] * 20), "stf").verdict == "better"


def test_an_unsure_difference_is_no_clear_change() -> None:
    """A difference whose interval holds 0 is no clear change, however large."""
    change = _domain(_respect(1, 0, 0, 0, 0), _respect(1, 1, 1, 0, 0), "stf")
    assert change.difference == pytest.approx(0.4)
    assert change.interval is not None
    assert change.interval.low <= 0
    assert change.verdict == "unclear"


def test_rounds_are_compared_on_the_items_they_share() -> None:
    """An item that only one round has is in neither figure: D of both is made of the common items."""
    before: Answers = {"C": [{"stf_respect": 0.5, "stf_women": 0.5, "stf_refused": "no"}] * 6}
    after: Answers = {"C": [{"stf_respect": 0.5, "stf_women": 1.0, "stf_language": 0.0, "stf_refused": "no"}] * 6}
    change = _domain(before, after, "stf")
    # common: stf_respect (core, 2) and stf_women (core, 2): 0.5 → (2 · 0.5 + 2 · 1) / 4 or with the weights in force
    weights = [RULES.item_weight(code) for code in ("stf_respect", "stf_women")]
    expected = (weights[0] * 0.5 + weights[1] * 1.0) / sum(weights)
    assert (change.before, change.after) == pytest.approx((0.5, expected))


def test_only_what_is_valid_in_both_rounds_is_compared() -> None:
    """A domain, and the overall score, that is not valid in one of the rounds is not compared."""
    changes = compare(_round({"C": women(6)}, "2026-H1"), _round(_respect(*[1.0] * 6), "2026-H2"), RULES)
    assert [change.code for change in changes.domains] == ["stf"]
    assert changes.overall is None


def test_the_overall_change_is_made_of_the_common_domains() -> None:
    """S of both rounds is the mean of the domains valid in both."""
    without = {code: answer for code, answer in women(1)[0].items() if not code.startswith("mip")}
    changes = compare(
        _round({"C": women(6, worst("C"))}, "2026-H1"), _round({"C": women(6, without)}, "2026-H2"), RULES
    )
    assert changes.overall is not None
    assert "mip" not in {change.code for change in changes.domains}
    mean = sum(change.before for change in changes.domains) / len(changes.domains)
    assert changes.overall.before == pytest.approx(mean)
    assert changes.overall.verdict == "better"


def test_each_round_is_resampled_with_its_own_seed() -> None:
    """The interval of a difference is made of both rounds' own resamples."""
    before, after = _respect(*np.linspace(0, 0.5, 8)), _respect(*np.linspace(0.3, 1, 9))
    draws = []
    for answers, name in ((before, "2026-H1"), (after, "2026-H2")):
        values = np.array([row["stf_respect"] for row in answers["C"]], dtype=float)
        rng = np.random.default_rng(seed_of("S01", name))
        draws.append(values[rng.integers(0, len(values), size=(400, len(values)))].mean(axis=1))
    low, high = np.percentile(draws[1] - draws[0], [2.5, 97.5])
    change = _domain(before, after, "stf")
    assert change.interval is not None
    assert (change.interval.low, change.interval.high) == pytest.approx((low, high))


def test_changes_are_uncapped_and_caps_are_events() -> None:
    """A cap that comes or goes is an event, and no trend."""
    harmed: Row = {**women(1)[0], "cnf_breach": "yes"}
    one, two = _round({"C": women(8)}, "2026-H1"), _round({"C": women(8, harmed)}, "2026-H2", "cnf_breach")
    assert two.score.capped == 0.44
    changes = compare(one, two, RULES)
    assert changes.overall is not None
    assert changes.overall.verdict == "unclear"
    assert [(event.flag.indicator, event.came) for event in changes.events] == [("cnf_breach", True)]
    assert [event.came for event in flag_events(two.score, one.score)] == [False]
    assert flag_events(two.score, replace(two.score, round="2027-H1")) == ()


def test_harms_are_compared_in_no_item() -> None:
    """Items are compared one by one, harms left out."""
    changes = compare(_round({"C": women(8)}, "2026-H1"), _round({"C": women(8)}, "2026-H2"), RULES)
    assert changes.items
    assert not [change.code for change in changes.items if RULES.by_code[change.code].harm]
    assert {change.verdict for change in changes.items} == {"unclear"}


def test_two_services_or_one_round_are_not_compared() -> None:
    """Only two rounds of one service are compared."""
    one = _round({"C": women(5)}, "2026-H1")
    with pytest.raises(ValueError, match="two rounds"):
        compare(one, one, RULES)


def test_without_women_nothing_is_clear() -> None:
    """Where only observers were there in a round, there is no interval and no clear change."""
    seen: Answers = {"O": [{"mhp_basic": 1.0, "cnf_room": "yes"}]}
    changes = compare(_round(seen, "2026-H1"), _round({"O": [{"mhp_basic": 0.0, "cnf_room": "no"}]}, "2026-H2"), RULES)
    assert {(change.interval, change.verdict) for change in changes.items} == {(None, "unclear")}
