"""Rounds (3.9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.scoring.rounds import months_of, round_of


def test_half_years_unless_configured() -> None:
    """Rounds are half-years: January to June, July to December."""
    assert [round_of(f"2026-{m:02d}") for m in (1, 6, 7, 12)] == ["2026-H1", "2026-H1", "2026-H2", "2026-H2"]
    assert months_of("2026-H2") == ("2026-07", "2026-08", "2026-09", "2026-10", "2026-11", "2026-12")


def test_other_lengths() -> None:
    """A round can be a year, four months, a quarter or a month."""
    assert [round_of("2026-09", months) for months in (12, 4, 3, 1)] == ["2026", "2026-T3", "2026-Q3", "2026-M09"]


def test_lengths_that_do_not_divide_a_year_are_refused() -> None:
    """A length that does not divide the year is refused."""
    with pytest.raises(ValueError, match="does not divide"):
        round_of("2026-09", 5)


@given(st.integers(2000, 2100), st.integers(1, 12), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_every_month_is_in_its_own_round_and_order_is_kept(year: int, month: int, months: int) -> None:
    """Every month lies in the months of its round, and rounds sort in time."""
    text = f"{year}-{month:02d}"
    assert text in months_of(round_of(text, months), months)
    assert round_of(text, months) <= round_of(f"{year}-12", months) < round_of(f"{year + 1}-01", months)
