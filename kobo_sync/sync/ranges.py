"""Where two countings differ: ranges of numbers are halved until they are small enough to be looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Counting = Callable[[int, int], int]  # (after, upto) → how many numbers with after < number <= upto there are


def differing(
    after: int, upto: int, there: Counting, here: Counting, middle: Counting, *, small: int
) -> Iterator[tuple[int, int]]:
    """Yield, in order, the ranges (after, upto] with at most `small` numbers here in which the two countings differ.

    `middle` gives the number that halves what is here. Of two halves one is counted and the other is what remains: one
    question to the server a level, so that d differences among N cost about d·log2(N / small). While the counting goes
    on either side may change; then a range may be given in which nothing differs any more, or one be left out until
    the next run. So a range is a place to look at, and never a finding.
    """
    todo = [(after, upto, there(after, upto), here(after, upto))]
    while todo:
        low, high, there_count, here_count = todo.pop()
        if there_count == here_count:
            continue
        if here_count <= small:
            yield low, high
            continue
        half = middle(low, high)
        there_half, here_half = there(low, half), here(low, half)
        todo.append((half, high, max(there_count - there_half, 0), here_count - here_half))
        todo.append((low, half, there_half, here_half))
