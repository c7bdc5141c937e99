"""Items → domains → overall (3.2-3.4, 3.11 steps 1-4): examples by hand, on small frameworks made for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.instrument.framework import Domain, Framework, Indicator, Validity
from kobo_sync.scoring.model import DK, NA, NOT_ASKED, PNS, VALUE, AnswerSheet, DomainScore, ItemScore, ServiceScore
from kobo_sync.scoring.service import score_service

KINDS = {
    "experience": {"C": 1.0},
    "observable": {"C": 0.3, "P": 0.1, "O": 0.6},
    "provision": {"C": 0.5, "O": 0.3, "P": 0.2},
    "declared": {},
}
MISSING = {"dk": DK, "pns": PNS, "na": NA, "": NOT_ASKED}


def indicator(
    code: str,
    domain: str = "d1",
    *,
    core: bool = True,
    kind: str = "experience",
    averaged: bool = True,
    sources: tuple[str, ...] = ("C",),
) -> Indicator:
    return Indicator(code, domain, core, sources, "ypn", kind, averaged, "" if averaged else "R1", {}, ())


def framework(*indicators: Indicator, **validity: object) -> Framework:
    domains = dict.fromkeys(i.domain for i in indicators)
    rule = Validity((2, 3), (3, 5), 2, 1, len(domains), (), tuple(domains), 5)
    return Framework(
        version="test",
        note="",
        languages={},
        sources={},
        domains=tuple(Domain(code, number, {}) for number, code in enumerate(domains, 1)),
        indicators=indicators,
        core_weight=2,
        other_weight=1,
        domain_weights=dict.fromkeys(domains, 1.0),
        kinds=KINDS,
        validity=replace(rule, **validity),  # type: ignore[arg-type]  # each test names the fields that it changes
        suppress_below=5,
        public_from=10,
        round_months=6,
    )


def sheet(source: str, *rows: Sequence[float | str]) -> AnswerSheet:
    """Make a sheet of rows of scores; "dk", "pns", "na" and "" (not asked) are missing."""
    x = np.array([[cell if isinstance(cell, int | float) else np.nan for cell in row] for row in rows], dtype=float)
    reason = np.array([[MISSING[c] if isinstance(c, str) else VALUE for c in row] for row in rows], dtype=np.int8)
    return AnswerSheet(source, x, reason)


def score(rules: Framework, *sheets: AnswerSheet) -> ServiceScore:
    return score_service("S01", "2026-H2", rules, sheets)


def item(result: ServiceScore, code: str) -> ItemScore:
    return next(i for i in result.items if i.code == code)


def domain(result: ServiceScore, code: str) -> DomainScore:
    return next(d for d in result.domains if d.code == code)


def test_an_item_is_the_mean_of_what_women_said() -> None:
    """Experience: y is the mean over the women with a value; missing answers are out of it."""
    # (1 + 0.5 + 0) / 3; the "don't know" and the unasked are out
    result = score(framework(indicator("a")), sheet("C", [1], [0.5], [0], ["dk"], [""]))
    assert item(result, "a").y == pytest.approx(0.5)
    assert (item(result, "a").n, item(result, "a").asked, item(result, "a").dk) == (3, 4, 1)


def test_sources_combine_by_kind() -> None:
    """Observable: (0.6 O + 0.3 C + 0.1 P); provision: (0.5 C + 0.3 O + 0.2 P), over the sources that have a value."""
    rules = framework(
        indicator("seen", kind="observable", sources=("C", "O")),
        indicator("given", kind="provision", sources=("C", "P", "O")),
    )
    women, provider, observers = sheet("C", [1, 1], [0, 0]), sheet("P", ["", 1]), sheet("O", [1, 0], [1, 0.5])
    result = score(rules, women, provider, observers)
    # seen: C 0.5, O 1: (0.3·0.5 + 0.6·1) / 0.9 = 0.75 / 0.9
    assert item(result, "seen").y == pytest.approx(0.75 / 0.9)
    # given: C 0.5, P 1, O 0.25: 0.5·0.5 + 0.2·1 + 0.3·0.25 = 0.525
    assert item(result, "given").y == pytest.approx(0.525)


def test_a_manager_alone_moves_no_score() -> None:
    """A provider's answer alone never makes a score, an item, a validity or an n."""
    rules = framework(indicator("a", kind="provision", sources=("C", "P")), indicator("b"))
    result = score(rules, sheet("P", [1, ""], [1, ""]))
    assert item(result, "a").y is None
    assert not item(result, "a").has_data
    assert (result.valid, result.value, result.n, domain(result, "d1").value) == (False, None, 0, None)


def test_core_items_weigh_twice() -> None:
    """A domain is the mean of its averaged items, core items with weight 2."""
    rules = framework(indicator("core"), indicator("other", core=False))
    # (2·1 + 1·0.25) / 3 = 0.75
    result = score(rules, sheet("C", *[[1, 0.25]] * 5))
    assert domain(result, "d1").value == pytest.approx(0.75)


def test_gates_count_for_validity_and_stay_out_of_the_mean() -> None:
    """An R1 item counts as data, but never enters the mean."""
    rules = framework(indicator("a"), indicator("gate", averaged=False))
    result = score(rules, sheet("C", *[[0.5, 0]] * 5))
    assert domain(result, "d1").valid
    assert domain(result, "d1").value == pytest.approx(0.5)
    assert domain(result, "d1").items == ("a",)


def test_a_domain_needs_two_items_one_of_them_averaged() -> None:
    """One item alone, or gates alone, make no domain."""
    alone = score(framework(indicator("a")), sheet("C", *[[1]] * 5))
    assert (domain(alone, "d1").valid, domain(alone, "d1").why_not) == (False, "one_item")
    gates = framework(indicator("g", averaged=False), indicator("h", averaged=False))
    assert domain(score(gates, sheet("C", *[[1, 1]] * 5)), "d1").why_not == "no_average"


def test_a_domain_needs_two_thirds_of_its_core_items() -> None:
    """3 · have ≥ 2 · core, in integers: 2 of 3 is enough, 1 of 3 is not."""
    rules = framework(indicator("a"), indicator("b"), indicator("c"), indicator("d", core=False))
    enough = score(rules, sheet("C", *[(1, 1, "", "")] * 5))
    assert domain(enough, "d1").valid
    short = score(rules, sheet("C", *[(1, "", "", 1)] * 5))
    assert domain(short, "d1").why_not == "few_core"


def test_a_domain_needs_60_percent_of_what_was_offered() -> None:
    """5 · have ≥ 3 · offered: a "don't know" offers the item without giving data."""
    rules = framework(*[indicator(code, core=False) for code in "abcde"])
    enough = score(rules, sheet("C", *[(1, 1, 1, "dk", "pns")] * 5))
    assert domain(enough, "d1").valid  # 3 of 5
    short = score(rules, sheet("C", *[(1, 1, "dk", "dk", "pns")] * 5))
    assert domain(short, "d1").why_not == "few_items"  # 2 of 5


def test_what_does_not_apply_leaves_the_sums() -> None:
    """An item that does not apply for everybody leaves the core and the offered items."""
    rules = framework(indicator("a"), indicator("b"), indicator("c"), indicator("d"))
    result = score(rules, sheet("C", *[(1, 1, "na", "na")] * 5))
    assert domain(result, "d1").valid


def test_items_that_only_a_provider_can_answer_leave_the_sums() -> None:
    """Declared items are no part of a domain's validity, mean or n."""
    rules = framework(
        indicator("a"), indicator("b"), *[indicator(c, kind="declared", sources=("P",)) for c in ("x", "y", "z")]
    )
    assert domain(score(rules, sheet("C", *[(1, 1, "", "", "")] * 5)), "d1").valid


def _four_domains(**validity: object) -> Framework:
    return framework(*[indicator(f"{d}{n}", d) for d in ("p", "q", "r", "s") for n in (1, 2)], **validity)


def test_overall_is_the_mean_of_the_valid_domains() -> None:
    """S is the mean of the valid domains; the lowest of them is named."""
    rules = _four_domains(min_valid_domains=3)
    # p = 1, q = 0.5, r = 0; s has one item only and so is not valid: (1 + 0.5 + 0) / 3
    result = score(rules, sheet("C", *[(1, 1, 0.5, 0.5, 0, 0, 1, "")] * 5))
    assert result.value == pytest.approx(0.5)
    assert result.lowest == "r"


def test_overall_needs_enough_domains_the_named_ones_and_five_women() -> None:
    """Without enough domains, a named one, one of the group, or five women there is no figure, and never 0."""
    row: list[float | str] = [1, 1, 1, 1, 1, 1, "", ""]
    cases = [
        (_four_domains(min_valid_domains=4), 5, "few_domains"),
        (_four_domains(min_valid_domains=3, required_domains=("s",)), 5, "required_domain"),
        (_four_domains(min_valid_domains=3, one_of=("s",)), 5, "one_of"),
        (_four_domains(min_valid_domains=3), 4, "few_women"),
    ]
    for rules, women, why in cases:
        result = score(rules, sheet("C", *[row] * women))
        assert (result.valid, result.value, result.why_not) == (False, None, why)
    assert score(_four_domains(min_valid_domains=3), sheet("C", *[row] * 5)).valid


def test_n_counts_women_with_a_value_on_any_averaged_item() -> None:
    """The n counts the women with a value on an averaged item: gates, "don't know" and observers do not count."""
    rules = framework(indicator("a"), indicator("gate", averaged=False))
    women = sheet("C", [1, ""], ["dk", 1], ["", ""], [0, 0])
    assert domain(score(rules, women, sheet("O", [1, 1])), "d1").n == 2


def test_community_weights_are_renormalised_over_the_valid_domains() -> None:
    """Domain weights count among the valid domains only."""
    rules = replace(_four_domains(min_valid_domains=3), domain_weights={"p": 3.0, "q": 1.0, "r": 1.0, "s": 5.0})
    # (3·1 + 1·0.5 + 1·0) / 5
    result = score(rules, sheet("C", *[(1, 1, 0.5, 0.5, 0, 0, "", "")] * 5))
    assert result.value == pytest.approx(0.7)


def test_two_sheets_of_one_source_are_refused() -> None:
    """Answers of one source come in one sheet; two would be counted wrongly."""
    with pytest.raises(ValueError, match="one source"):
        score(framework(indicator("a")), sheet("C", [1]), sheet("C", [0]))


CELLS = st.sampled_from([0.0, 0.25, 0.5, 1.0, "dk", "pns", "na", ""])
ROWS = st.lists(st.lists(CELLS, min_size=8, max_size=8), min_size=1, max_size=12)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_submissions_does_not_matter(rows: list[list[float | str]], random: object) -> None:
    """Shuffled submissions give the same figures."""
    rules = _four_domains(min_valid_domains=1)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one, other = score(rules, sheet("C", *rows)), score(rules, sheet("C", *shuffled))
    assert (one.value is None) == (other.value is None)
    assert one.value == pytest.approx(other.value)
    assert [d.n for d in one.domains] == [d.n for d in other.domains]


@given(ROWS, st.integers(0, 11), st.integers(0, 7))
def test_a_better_answer_never_lowers_a_score(rows: list[list[float | str]], which: int, column: int) -> None:
    """Replacing an answer by the most favourable one never lowers item, domain or overall."""
    rules = _four_domains(min_valid_domains=1)
    better = [list(row) for row in rows]
    row = better[which % len(rows)]
    if isinstance(row[column], str):
        return
    row[column] = 1.0
    before, after = score(rules, sheet("C", *rows)), score(rules, sheet("C", *better))
    figures: list[tuple[ServiceScore | DomainScore, ServiceScore | DomainScore]] = [
        (before, after),
        *zip(before.domains, after.domains, strict=True),
    ]
    for old, new in figures:
        assert (old.value is None) == (new.value is None)
        assert old.value is None or new.value is None or new.value >= old.value - 1e-12


@given(ROWS)
def test_every_figure_is_in_0_to_1_or_absent_with_a_reason(rows: list[list[float | str]]) -> None:
    """A figure is a number from 0 to 1, or it is absent and says why."""
    result = score(_four_domains(), sheet("C", *rows))
    figures: list[ServiceScore | DomainScore] = [result, *result.domains]
    for figure in figures:
        assert (figure.value is None) == bool(figure.why_not)
        assert figure.value is None or 0 <= figure.value <= 1


@given(ROWS, st.lists(st.lists(CELLS, min_size=8, max_size=8), min_size=1, max_size=3))
def test_what_managers_say_moves_no_item_that_only_they_answered(
    women: list[list[float | str]], managers: list[list[float | str]]
) -> None:
    """With women's experience items, a manager's answers change nothing at all but the count of who answered."""
    rules = _four_domains(min_valid_domains=1)
    alone, both = score(rules, sheet("C", *women)), score(rules, sheet("C", *women), sheet("P", *managers))
    assert (alone.value, alone.domains) == (both.value, both.domains)
