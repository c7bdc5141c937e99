"""Intervals and grades (3.7, 3.11.6), held against scipy and statsmodels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from scoring_samples import Row, best, domain, framework, item, scored, sheets, women, worst

from kobo_sync.scoring import uncertainty
from kobo_sync.scoring.model import Interval
from kobo_sync.scoring.service import resample, score_service
from kobo_sync.scoring.uncertainty import (
    evidence_grade,
    percentile_interval,
    resampled_domains,
    resampled_items,
    resampled_overall,
    seed_of,
    wilson,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a dependency of a test dependency has to say
    from statsmodels.stats.proportion import proportion_confint


@given(st.integers(1, 500), st.integers(0, 500), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_equals_statsmodels(n: int, favourable: int, confidence: float) -> None:
    """The interval of a share is Wilson's."""
    favourable = min(favourable, n)
    low, high = proportion_confint(favourable, n, alpha=1 - confidence, method="wilson")
    made = wilson(favourable, n, confidence)
    assert made is not None
    assert (made.low, made.high) == pytest.approx((low, high), abs=1e-12)


def test_not_reported_is_never_absent() -> None:
    """With none of 10, 5 and 30 women the upper bound is 28 %, 43 % and 11 %; of nobody there is no interval."""
    # z²/(n + z²) with z² = 3.8415: 3.8415/13.8415, 3.8415/8.8415, 3.8415/33.8415
    bounds = [made.high for n in (10, 5, 30) if (made := wilson(0, n)) is not None]
    assert [round(bound * 100) for bound in bounds] == [28, 43, 11]
    assert wilson(0, 0) is None


def test_shares_are_of_the_best_answer() -> None:
    """The share of an item is that of the women who gave the best answer; gates and unheard items have none."""
    score = scored({"C": [{"pkg_nsp": "yes", "cnf_breach": "no"}, {"pkg_nsp": "partly"}, {"pkg_nsp": "dk"}]})
    one = item(score, "pkg_nsp")
    assert (one.favourable, one.n) == (1, 2)
    assert one.share == wilson(1, 2)
    assert (item(score, "cnf_breach").favourable, item(score, "cnf_breach").share) == (None, None)
    assert item(score, "pkg_hiv").favourable is None


def _mixed(n: int, seed: int) -> list[Row]:
    """Return n interviews with all sorts of answers and gaps, harms left aside."""
    rng = np.random.default_rng(seed)
    good, bad = best("C"), worst("C")
    return [
        {
            code: good[code] if u < 0.55 else bad[code] if u < 0.85 else "dk"
            for code, u in zip(good, rng.random(len(good)), strict=True)
        }
        for _ in range(n)
    ]


def _plain_overall(x: Any, fixed: dict[str, Any], held: dict[str, tuple[str, ...]], which: Any) -> float:
    """Return S of these women by hand: item by item, domain by domain; NaN-safe, slow and plain."""
    rules = framework()
    column = {one.code: number for number, one in enumerate(rules.indicators)}
    values = []
    for codes in held.values():
        total = weight = 0.0
        for code in codes:
            weights = rules.kinds[rules.by_code[code].kind]
            cells = {"C": x[which, column[code]], **{source: table[:, column[code]] for source, table in fixed.items()}}
            means = {s: float(np.nanmean(c)) for s, c in cells.items() if weights.get(s) and not np.isnan(c).all()}
            if not any(source in means for source in "CO"):
                continue
            y = sum(weights[s] * m for s, m in means.items()) / sum(weights[s] for s in means)
            u = 2.0 if rules.by_code[code].core else 1.0
            total, weight = total + u * y, weight + u
        if weight:
            values.append(total / weight)
    return sum(values) / len(values)


@pytest.mark.parametrize("n", [5, 13, 40])
def test_the_bootstrap_equals_scipy_s(n: int) -> None:
    """The interval of S is scipy's percentile bootstrap over the women, with the same generator."""
    rules = framework(300)
    answers = {"C": _mixed(n, n), "P": [best("P")], "O": [best("O"), worst("O")]}
    laid = sheets(answers)
    score = score_service("S01", "2026-H2", rules, laid)
    assert score.interval is not None
    by_source = {sheet.source: sheet.x for sheet in laid}
    held = {one.code: one.items for one in score.domains if one.valid}
    fixed = {source: x for source, x in by_source.items() if source != "C"}
    result = bootstrap(
        (np.arange(n),),
        lambda which: _plain_overall(by_source["C"], fixed, held, which),
        n_resamples=300,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(seed_of("S01", "2026-H2")),
    )
    expected = result.confidence_interval
    assert score.interval.low == pytest.approx(expected.low, abs=1e-9)
    assert score.interval.high == pytest.approx(expected.high, abs=1e-9)
    assert score.value == pytest.approx(_plain_overall(by_source["C"], fixed, held, np.arange(n)), abs=1e-12)


@pytest.mark.parametrize("block", [1, 7, 50, 10**6])
def test_blocks_do_not_change_the_draws(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few resamples are held in memory at once, the draws are those of one matrix."""
    laid = sheets({"C": _mixed(9, 1)})
    whole = resampled_items(framework(), laid, 5, 100)
    monkeypatch.setattr(uncertainty, "_BLOCK", block)
    np.testing.assert_allclose(resampled_items(framework(), laid, 5, 100), whole, rtol=0, atol=1e-12)


def test_resamples_are_those_of_one_matrix_of_women() -> None:
    """Each resample is the mean of the women whom the generator drew, the same for every item."""
    rows: list[Row] = [
        {"stf_respect": 1.0, "acc_travel": 0.0},
        {"stf_respect": 0.0, "acc_travel": 0.5},
        {"stf_respect": 0.33},
    ]
    y = resampled_items(framework(), sheets({"C": rows}), 7, 4)
    drawn = np.random.default_rng(7).integers(0, 3, size=(4, 3))
    column = [one.code for one in framework().indicators].index
    np.testing.assert_allclose(y[:, column("stf_respect")], np.array([1.0, 0.0, 0.33])[drawn].mean(axis=1))
    travel = np.array([0.0, 0.5, np.nan])[drawn]
    expected = [np.nan if np.isnan(row).all() else np.nanmean(row) for row in travel]
    np.testing.assert_allclose(y[:, column("acc_travel")], expected)


def test_a_domain_without_a_value_leaves_its_resample() -> None:
    """Where nobody drawn answered a domain, the resample's S is made of the others."""
    y = np.array([[1.0, np.nan], [0.5, 0.1]])
    rules = framework()
    codes = [one.code for one in rules.indicators]
    table = np.full((2, len(codes)), np.nan)
    table[:, codes.index("pkg_nsp")], table[:, codes.index("stf_respect")] = y[:, 0], y[:, 1]
    domains = resampled_domains(rules, table, {"pkg": ("pkg_nsp",), "stf": ("stf_respect",)})
    np.testing.assert_array_equal(domains["stf"], [np.nan, 0.1])
    # all of pkg in the first; (0.5 + 0.1) / 2 in the second
    np.testing.assert_allclose(resampled_overall({"pkg": 1.0, "stf": 1.0}, domains), [1.0, 0.3])


def test_percentiles_are_linear_and_leave_out_what_has_no_value() -> None:
    """The bounds are the 2.5th and 97.5th percentile, method linear, of the resamples with a value."""
    # of 0 … 100 hundredths: positions 2.5 and 97.5
    series = np.append(np.arange(101) / 100, np.nan)
    assert percentile_interval(series, 0.95) == Interval(0.025, 0.975)
    assert percentile_interval(np.array([np.nan]), 0.95) is None


def test_seeds_are_the_same_for_ever() -> None:
    """The seed of a service and a round never changes, nor does that of another service become the same."""
    # sha256 of "S01\n2026-H2" begins with these 6 bytes
    assert seed_of("S01", "2026-H2") == seed_of("S01", "2026-H2")
    assert f"{seed_of('S01', '2026-H2'):012x}" == "ed4906997393"
    assert seed_of("S0", "12026-H2") != seed_of("S01", "2026-H2")
    assert seed_of("S01", "2026-H2") < 2**48


def test_intervals_are_reproducible() -> None:
    """The same answers give the same bytes, and the seed is kept beside them."""
    one, two = (scored({"C": _mixed(12, 3)}, resamples=200) for _ in range(2))
    assert one == two
    assert one.sampling is not None
    assert (one.sampling.seed, one.sampling.resamples, one.sampling.numpy) == (
        seed_of("S01", "2026-H2"),
        200,
        np.__version__,
    )


def test_managers_and_observers_are_not_resampled() -> None:
    """A domain that only observers saw moves in no resample, and has no interval: nothing of it was sampled."""
    score = scored({"C": women(12, {"stf_respect": "always"}), "O": [best("O"), worst("O")]}, resamples=100)
    seen = [one for one in score.domains if one.valid and not one.n]
    assert all(one.interval is None and one.grade == "D" for one in seen)
    made = resample(
        score, framework(100), sheets({"C": women(12, {"stf_respect": "always"}), "O": [best("O"), worst("O")]})
    )
    assert all(np.ptp(series) < 1e-12 for code, series in made.domains.items() if not domain(score, code).n)


def test_nobody_asked_gives_no_interval() -> None:
    """Observers alone make figures of items, and no interval."""
    score = scored({"O": [best("O")]}, resamples=100)
    assert (score.interval, score.grade) == (None, "")


@pytest.mark.parametrize(
    ("n", "width", "grade"),
    [
        (30, 0.3, "A"),
        (30, 0.301, "B"),
        (29, 0.1, "B"),
        (10, 0.9, "B"),
        (9, 0.1, "C"),
        (5, 0.1, "C"),
        (4, 0.1, "D"),
        (0, 0, "D"),
    ],
)
def test_grades(n: int, width: float, grade: str) -> None:
    """A: 30 women and a width of 0.30 at most; B: 10; C: 5; D: fewer."""
    assert evidence_grade(n, Interval(0.2, 0.2 + width), framework()) == grade
    assert evidence_grade(n, None, framework()) == ("B" if grade == "A" else grade)


def test_n_of_a_domain_grades_the_domain() -> None:
    """A domain is graded by its own women."""
    rows = [*women(4), *women(8, {"stf_respect": "always", "stf_language": "always", "stf_women": "always"})]
    score = scored({"C": rows}, resamples=100)
    assert (domain(score, "stf").grade, domain(score, "cnf").grade) == ("B", "D")
