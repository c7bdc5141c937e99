"""Where two countings differ: every difference is found, in few questions, whatever changes meanwhile."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.sync.ranges import differing

NUMBERS = st.sets(st.integers(1, 400), max_size=150)


def counting(numbers: set[int], asked: list[int] | None = None) -> Callable[[int, int], int]:
    """Count as a database does; `asked` gets an entry a question."""

    def count(after: int, upto: int) -> int:
        if asked is not None:
            asked.append(upto)
        ordered = sorted(numbers)
        return bisect_right(ordered, upto) - bisect_right(ordered, after)

    return count


def middle_of(numbers: set[int]) -> Callable[[int, int], int]:
    """Halve what is here."""

    def middle(after: int, upto: int) -> int:
        found = sorted(n for n in numbers if after < n <= upto)
        return found[(len(found) - 1) // 2]

    return middle


@given(here=NUMBERS, gone=st.sets(st.integers(0, 149), max_size=12), small=st.integers(1, 20))
def test_all_that_is_gone_lies_in_the_ranges(here: set[int], gone: set[int], small: int) -> None:
    """Whatever lacks over there lies in one small range, and finding it takes about d·log2 N questions."""
    lacks = {number for place, number in enumerate(sorted(here)) if place in gone}
    asked: list[int] = []
    found = list(differing(0, 400, counting(here - lacks, asked), counting(here), middle_of(here), small=small))
    assert all(sum(low < number <= high for low, high in found) == 1 for number in lacks)
    assert all(counting(here)(low, high) <= small for low, high in found)
    assert len(found) <= len(lacks)
    assert len(asked) <= 1 + len(lacks) * max(1, math.ceil(math.log2(max(1, len(here)) / small)) + 1)
    assert found == sorted(found)


@given(here=NUMBERS, there=NUMBERS, small=st.integers(1, 20))
def test_every_difference_that_counts_show_is_in_a_range(here: set[int], there: set[int], small: int) -> None:
    """Outside of the ranges, the two count the same everywhere that was counted: the sums of all differences agree."""
    found = list(differing(0, 400, counting(there), counting(here), middle_of(here), small=small))
    inside = sum(counting(there)(*one) - counting(here)(*one) for one in found)
    assert inside == len(there) - len(here)


@given(here=NUMBERS, answers=st.lists(st.integers(0, 200), min_size=1, max_size=40), small=st.integers(1, 5))
def test_it_ends_whatever_is_answered(here: set[int], answers: list[int], small: int) -> None:
    """Even if every count over there is nonsense, the halving ends, and each range is looked at once at most."""
    told = iter(answers * 200)
    found = list(differing(0, 400, lambda _low, _high: next(told), counting(here), middle_of(here), small=small))
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def test_equal_counts_are_one_question() -> None:
    """Where the two agree, a single question is asked."""
    asked: list[int] = []
    assert list(differing(0, 9, counting({1, 2}, asked), counting({1, 2}), middle_of({1, 2}), small=1)) == []
    assert asked == [9]
