"""Two rounds that differ only in what is held back, of every kind at once: the same bytes in all files and pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_samples import AGE, WHO, form, identities, known, listed, mixed, release, rules, service
from report_pages import public_files
from scoring_samples import best, scale, women, worst

from kobo_sync.report.public_site import PublicData
from kobo_sync.report.reached import Labels
from kobo_sync.scoring.release_model import Known, Scored
from kobo_sync.scoring.release_tables import files_of

HARMS = [
    one.code for one in rules().indicators if one.flag_rule and not one.averaged and "C" in one.flag_rule.raised_by
]
LEGAL = [one.code for one in rules().of_domain("leg") if "C" in one.sources]
RARE = "mhp_group"  # a question of one to four women, which takes its domain along
FIRST, SECOND = "S1", "S2"  # published, in one district; the others are held back
SERVICES = (
    *listed(FIRST, SECOND, "FEW", "WAITS", area="D1"),
    *listed("SMALL", area="D1", band="20_to_49"),
    *listed("UNKNOWN", area="D1", band=""),
    *listed("ALONE", area="D2"),
)


def _told(raised: str) -> str:
    rule = rules().by_code[raised].flag_rule
    assert rule is not None
    return rule.raised_by["C"][0]


@st.composite
def published(draw: st.DrawFn, code: str, n: int) -> Scored:
    """Draw what is held back of a published service: a harm of one woman, a domain and a question of few."""
    rows: list[dict[str, Any]] = [{**row, RARE: "na"} for row in mixed(n)]
    for harm in draw(st.lists(st.sampled_from(HARMS), unique=True, max_size=3)):
        rows[draw(st.integers(0, n - 1))][harm] = _told(harm)
    for number in range(draw(st.integers(1, 4))):
        rows[number][RARE] = draw(st.sampled_from(list(scale(RARE, "C"))))
    few = draw(st.integers(0, 9))
    for number, row in enumerate(rows):
        for question in LEGAL:
            row[question] = draw(st.sampled_from([*scale(question, "C"), "dk", "pns"])) if number < few else "na"
    return service(code, {"C": rows, "O": [{**best("O"), "leg_rights_info": "not_observed"}], "P": [best("P")]})


@st.composite
def hidden(draw: st.DrawFn, code: str, least: int, most: int, *, waits: bool = False) -> list[Scored]:
    """Draw a service that is not published: of any answers, or none at all."""
    n = draw(st.integers(least, most))
    if not n:
        return []
    row = draw(st.sampled_from([best("C"), worst("C"), worst("C", harms=True)]))
    rows: list[Any] = women(n, row)
    if waits:
        harm = draw(st.sampled_from(HARMS))
        rows = [*rows[2:], *women(2, row, **{harm: _told(harm)})]
    others: dict[str, Any] = {"O": [best("O")], "P": [draw(st.sampled_from([best("P"), worst("P", harms=True)]))]}
    kept = {source: sheets for source, sheets in others.items() if draw(st.booleans())}
    return [service(code, {"C": rows, **kept}, named=draw(st.sampled_from([None, True, False])))]


@st.composite
def held_back(draw: st.DrawFn) -> Known:
    """Draw everything about a round that is held back; what is published of it is always the same."""
    few, enough = st.integers(0, 2), st.integers(12, 20)
    ages: Mapping[str, Mapping[str, int]] = {
        code: {"young": draw(few), "middle": draw(enough), "old": draw(few)} for code in (FIRST, SECOND)
    } | {"ALONE": {"young": draw(enough), "middle": draw(few), "old": draw(enough)}}
    who = {code: {"trans": draw(few), "migrant": draw(st.integers(3, 9))} for code in (FIRST, SECOND)}
    said = draw(st.sampled_from(["here", "same_day", "not_reachable", "dk", ""]))
    forms = {"D2": (form("T1", "r1_4", draw(st.sampled_from(["no", "men_only", ""])), ["cost"], loc_nsp=said),)}
    return known(
        SERVICES,
        [
            draw(published(FIRST, 16)),
            draw(published(SECOND, 24)),
            *draw(hidden("FEW", 0, 9)),
            *draw(hidden("WAITS", 2, 20, waits=True)),
            *draw(hidden("SMALL", 10, 24)),
            *draw(hidden("UNKNOWN", 0, 24)),
            *draw(hidden("ALONE", 0, 9)),
        ],
        variables=(AGE, WHO),
        identities=(*identities(AGE, ages), *identities(WHO, who, answered=draw(st.integers(12, 24)))),
        forms=forms if draw(st.booleans()) else {},
    )


def _files(round_: Known) -> dict[str, str]:
    made = release(round_).release
    return {**files_of(made), **public_files(PublicData(made, rules(), Labels()), ("en", "id"))}


@cache
def _plain() -> dict[str, str]:
    """Return the files of such a round in which hardly anything is held back."""
    rows = [{**row, **dict.fromkeys(LEGAL, "na"), RARE: "na"} for row in mixed(24)]
    rows[0] |= {RARE: "no"}
    of: dict[str, Any] = {"O": [{**best("O"), "leg_rights_info": "not_observed"}], "P": [best("P")]}
    found = [service(FIRST, {"C": rows[:16], **of}), service(SECOND, {"C": rows, **of})]
    ages = {code: {"young": 0, "middle": 15, "old": 0} for code in (FIRST, SECOND)}
    who = {code: {"trans": 0, "migrant": 5} for code in (FIRST, SECOND)}
    counts = (*identities(AGE, ages), *identities(WHO, who, answered=15))
    return _files(known(SERVICES, found, variables=(AGE, WHO), identities=counts))


@settings(max_examples=6, deadline=None)
@given(held_back())
def test_all_that_is_held_back_changes_no_byte(round_: Known) -> None:
    """Few women, flags that wait or one woman reported, small networks, small cells, a gap of few: all bytes stay."""
    assert _files(round_) == _plain()


@pytest.mark.soak
@settings(max_examples=60, deadline=None)
@given(held_back())
def test_in_the_long_run_it_changes_no_byte_either(round_: Known) -> None:
    """The same of ten times as many rounds."""
    assert _files(round_) == _plain()


def test_what_is_published_does_change_bytes() -> None:
    """The comparison can fail: one answer of a published question that a step of rounding shows makes other files."""
    rows = [{**row, **dict.fromkeys(LEGAL, "na"), "stf_respect": "never"} for row in mixed(24)]
    changed = _files(known(SERVICES, [service(FIRST, {"C": rows[:16]}), service(SECOND, {"C": rows})]))
    assert changed["release.json"] != _plain()["release.json"]
    assert '"status":"published"' in _plain()["release.json"].replace(" ", "")
    assert "five_or_more" in _plain()["who_was_asked.csv"]
