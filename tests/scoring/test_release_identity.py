"""Who was asked: tables that nothing can be taken away from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from release_samples import AGE, ROUND, WHO, identities, listed, release, rules

from kobo_sync.scoring.release_identity import identity_tables
from kobo_sync.scoring.release_model import Identity, Known, Plain

Counts = Mapping[str, Mapping[str, int]]


def tables(where: Mapping[str, str], counts: Counts, variable: Identity = AGE) -> list[Plain]:
    """Return the tables of one question; `where` the area of each service."""
    services = tuple(one for code, area in where.items() for one in listed(code, area=area))
    known = Known(ROUND, "2026-08-01", services, variables=(variable,), identities=tuple(identities(variable, counts)))
    return identity_tables(known, rules())


def test_none_to_four_is_one_word() -> None:
    """A district with 9 young, 3 middle-aged and 8 old women says: five or more, few or none, five or more."""
    counts = {"S1": {"young": 4, "middle": 3, "old": 3}, "S2": {"young": 5, "middle": 0, "old": 5}}
    assert tables({"S1": "D1", "S2": "D1"}, counts) == [
        {
            "variable": "age_band",
            "areas": ["D1"],
            "cells": {"young": "five_or_more", "middle": "few_or_none", "old": "five_or_more"},
        }
    ]


def test_one_service_has_no_table() -> None:
    """Forty women of one service are no table, nor with four women of another one beside them."""
    many = {"young": 20, "middle": 10, "old": 10}
    assert not tables({"S1": "D1"}, {"S1": many})
    assert not tables({"S1": "D1", "S2": "D1"}, {"S1": many, "S2": {"young": 4}})
    assert tables({"S1": "D1", "S2": "D1"}, {"S1": many, "S2": {"young": 5}})


def test_a_table_needs_five_women_for_each_of_its_choices() -> None:
    """Fourteen women and three choices that exclude each other: no table; fifteen: a table."""
    for old, there in ((4, 0), (5, 1)):
        counts = {"S1": {"young": 5}, "S2": {"middle": 5, "old": old}}
        assert len(tables({"S1": "D1", "S2": "D1"}, counts)) == there


def test_where_several_may_be_ticked_ten_women_are_enough() -> None:
    """Choices that do not exclude each other leave their counts free, so ten women make a table, and nine do not."""
    for second, there in ((4, 0), (5, 1)):
        counts = {"S1": {"trans": 5}, "S2": {"migrant": second}}
        assert len(tables({"S1": "D1", "S2": "D1"}, counts, WHO)) == there


def test_areas_without_a_table_have_one_together() -> None:
    """Two districts with one service each have a table together; nothing is told of either."""
    each = {"young": 5, "middle": 5, "old": 0}
    found = tables({"S1": "D1", "S2": "D2"}, {"S1": each, "S2": each})
    assert [(table["areas"], table["cells"]["old"]) for table in found] == [(["D1", "D2"], "few_or_none")]


def test_one_area_that_is_left_over_has_no_table() -> None:
    """The complement of the tables that there are is never a single district: it would be that district's table."""
    each = {"young": 9, "middle": 5, "old": 5}
    found = tables({"S1": "D1", "S2": "D1", "S3": "D2"}, {"S1": each, "S2": each, "S3": each})
    assert [table["areas"] for table in found] == [["D1"]]


def test_no_woman_is_in_two_tables() -> None:
    """No table is a part or a sum of others, so nothing can be subtracted; there is none of the whole country."""
    each = {"young": 9, "middle": 5, "old": 5}
    where = {"S1": "D1", "S2": "D1", "S3": "D2", "S4": "D3", "S5": "D4", "S6": "D4"}
    areas = [area for table in tables(where, dict.fromkeys(where, each)) for area in table["areas"]]
    assert len(areas) == len(set(areas))


def test_one_identity_question_a_table() -> None:
    """Two identity questions are never crossed with each other, and each has its own tables."""
    counts = [
        *identities(AGE, {"S1": {"young": 9}, "S2": {"old": 9}}),
        *identities(WHO, {"S1": {"trans": 9}, "S2": {"migrant": 9}}),
    ]
    known = Known(ROUND, "2026-08-01", listed("S1", "S2"), variables=(AGE, WHO), identities=tuple(counts))
    found = release(known).release.content["identity"]
    assert [table["variable"] for table in found] == ["age_band", "identities"]


@given(st.lists(st.integers(0, 12), min_size=3, max_size=3), st.integers(0, 4), st.data())
def test_a_small_cell_changes_no_byte(first: list[int], few: int, data: st.DataObject) -> None:
    """Where a cell has four women or fewer, another such number gives the same bytes: nought too."""
    names = AGE.categories
    cells = dict(zip(names, [*first[:2], few], strict=True)) | {"young": first[0] + 9}
    other = {**cells, "old": data.draw(st.integers(0, 4))}
    other["young"] += cells["old"] - other["old"]  # the number of women stays
    where = {"S1": "D1", "S2": "D1"}
    beside = {"young": 5, "middle": 0, "old": 0}
    one, two = (tables(where, {"S1": one, "S2": beside}) for one in (cells, other))
    assert one == two


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.integers(5, 12))
def test_whoever_knows_the_number_of_women_cannot_solve_a_cell(rest: list[int], first: int) -> None:
    """By exact search: given the words and the exact number of women, each cell of few may be nought to four.

    Five choices that exclude each other, as the form's own ages with one more. All count vectors with the same sum and
    the same words are listed; each small cell takes all five values among them.
    """
    variable = replace(AGE, categories=("a", "b", "c", "d", "e"))
    counts = dict(zip(variable.categories, [first + 5, *rest], strict=True))
    total = sum(counts.values())
    found = tables({"S1": "D1", "S2": "D1"}, {"S1": {"a": 5}, "S2": {**counts, "a": first}}, variable)
    assert bool(found) == (total >= 25)
    if not found:
        return
    small = [name for name, word in found[0]["cells"].items() if word == "few_or_none"]
    large = len(variable.categories) - len(small)
    possible = [few for few in product(range(5), repeat=len(small)) if total - sum(few) >= 5 * large]
    for place in range(len(small)):
        assert {few[place] for few in possible} == {0, 1, 2, 3, 4}


def test_exact_search_finds_what_the_rule_prevents() -> None:
    """Without five women a choice, five small cells among twenty women would each be four: the search sees it."""
    possible = [few for few in product(range(5), repeat=5) if sum(few) == 20]
    assert possible == [(4, 4, 4, 4, 4)]
    counts = {"S1": dict.fromkeys("abcde", 2), "S2": dict.fromkeys("abcde", 2)}
    assert not tables({"S1": "D1", "S2": "D1"}, counts, Identity("age", tuple("abcde"), several=False))
