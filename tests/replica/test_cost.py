"""A sync costs what changed, not what exists: requests are counted against a server of any size."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.no_change import DELETIONS, measure
from benchmarks.synthetic import Matching

HALVING = 4  # requests that one halving for one deletion may take, on average


@given(
    first=st.integers(1, 60),
    last=st.integers(0, 90),
    step=st.sampled_from((1, 4, 20)),
    rest=st.integers(0, 1),
    gone=st.sets(st.integers(1, 90)),
)
def test_the_formula_counts_what_it_lists(first: int, last: int, step: int, rest: int, gone: set[int]) -> None:
    """The synthetic server's arithmetic is that of going through the submissions one by one."""
    rest %= step
    made = Matching(first, last, step, rest, tuple(sorted(gone)))
    listed = [number for number in range(first, last + 1) if number % step == rest and number not in gone]
    assert list(made) == listed
    assert made.count() == len(listed)


def _holds(folder: Path, size: int, *, edited: bool) -> None:
    for one in measure(folder, size, edited=edited):
        if not one.deleted:
            assert one.requests <= one.allowed, one
        else:
            assert one.requests - one.allowed <= HALVING * one.deleted * math.log2(size), one


@pytest.mark.parametrize("edited", [False, True])
def test_what_did_not_change_costs_six_requests_and_one_for_a_thousand_edited(tmp_path: Path, *, edited: bool) -> None:
    """With 20,000 submissions and nothing changed, six requests suffice, and one more for each thousand ever edited."""
    _holds(tmp_path / "space", 20_000, edited=edited)


@pytest.mark.soak
@pytest.mark.parametrize("size", [1_000, 100_000, 1_000_000])
@pytest.mark.parametrize("edited", [False, True])
def test_the_same_at_every_size(tmp_path: Path, size: int, *, edited: bool) -> None:
    """At 1,000, 100,000 and 1,000,000 submissions, the same bounds hold, and deletions cost by the logarithm."""
    assert max(DELETIONS) == 100
    _holds(tmp_path / "space", size, edited=edited)
