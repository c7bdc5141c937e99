"""The second half of the wall: intervals, bands, tiers, flags, gaps, places and changes as the team may see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scoring_samples import Row, best, framework, reviewed, scored, sheets, women, worst

from kobo_sync.scoring.areas import Area, AreaScore, Gap, area_of
from kobo_sync.scoring.changes import Round, compare
from kobo_sync.scoring.disclosure import team_view
from kobo_sync.scoring.model import Interval, ItemScore, ServiceScore
from kobo_sync.scoring.team import NOTHING, Bounds, outward, team_detail
from kobo_sync.scoring.team_places import team_area, team_changes

RULES = framework(50)
FLAG = "cnf_breach"
HARMED: Row = {**women(1)[0], FLAG: "yes"}
WHOLE = scored({"C": women(12), "O": [best("O")], "P": [worst("P")]}, resamples=50)


def with_item(score: ServiceScore, code: str, **changes: object) -> ServiceScore:
    """Return the score with one item changed."""
    made: list[ItemScore] = [replace(i, **changes) if i.code == code else i for i in score.items]  # type: ignore[arg-type] # any field
    return replace(score, items=tuple(made))


def test_fewer_than_five_women_tell_nothing() -> None:
    """Of too few women there is nothing beside, whatever they said and whoever else spoke."""
    for rows in (women(4), women(1, worst("C", harms=True))):
        assert team_detail(scored({"C": rows, "P": [best("P")]}, resamples=50), None, RULES) == NOTHING


def test_the_whole_is_told_where_all_of_it_is_shown() -> None:
    """Where every valid domain is shown, band, interval and tier are told; the gates without what they looked at."""
    detail = team_detail(WHOLE, None, RULES)
    assert detail.complete
    assert detail.interval
    assert detail.band
    assert detail.tier
    assert all(gate.value is None for gate in detail.band.gates)


def test_a_hidden_domain_hides_what_rests_on_it() -> None:
    """Where a valid domain is hidden, interval, capped figure, band and tier of the whole are not told."""
    domain = WHOLE.domains[2]
    small = replace(domain, n=3)
    hidden = replace(WHOLE, domains=tuple(small if one == domain else one for one in WHOLE.domains))
    detail = team_detail(hidden, None, RULES)
    assert team_view(hidden, RULES).domains[2].percent is None
    assert (detail.complete, detail.interval, detail.capped, detail.band, detail.tier) == (False, None, None, None, "")
    assert detail.missing == ()
    assert domain.code not in detail.intervals


def test_an_interval_with_a_question_of_few_women_is_not_told() -> None:
    """A domain with a question that one to four women answered keeps its figure, and has no interval."""
    domain = WHOLE.domains[0]
    few = with_item(WHOLE, domain.items[0], n=3)
    assert domain.code in team_detail(WHOLE, None, RULES).intervals
    assert domain.code not in team_detail(few, None, RULES).intervals


def test_nor_is_the_interval_of_what_rests_on_it() -> None:
    """With a question of one to four women the whole and its place keep figure and band, and have no interval."""
    few = with_item(WHOLE, WHOLE.domains[0].items[0], n=3)
    detail = team_detail(few, None, RULES)
    assert (detail.complete, detail.interval) == (True, None)
    assert detail.band
    made = replace(area((WHOLE,)), score=AreaScore(0.5, "", 3, Interval(0.4, 0.6), None))
    assert team_area(made, (WHOLE,), RULES, ()).interval == Bounds(40, 60)
    told = team_area(made, (WHOLE, few), RULES, ())
    assert (told.percent, told.interval) == (50, None)


def test_bounds_go_outward() -> None:
    """An interval is never told narrower than it is."""
    assert outward(Interval(0.519, 0.611)) == Bounds(51, 62)


@pytest.mark.parametrize(("women_asked", "told"), [(7, False), (10, True)])
def test_flags_are_words_from_ten_women_on(women_asked: int, told: bool) -> None:  # noqa: FBT001 -- a case of the table
    """A reviewed flag is told as a word from ten women on; below, neither it nor what it makes of the tier."""
    rows = [*women(women_asked - 2), HARMED, HARMED]
    detail = team_detail(scored({"C": rows}, reviewed(FLAG), resamples=50), None, RULES)
    assert bool(detail.flags) is told
    assert (detail.tier == "lacking") is told
    assert ("open_r1" in detail.because) is told
    assert told or "open_r1" not in detail.missing


def test_flags_that_wait_or_are_only_reported_change_nothing() -> None:
    """A flag that one woman reported, or that waits for its review, leaves no trace."""
    plain = team_detail(scored({"C": women(12)}, resamples=50), None, RULES)
    assert team_detail(scored({"C": [*women(11), HARMED]}, resamples=50), None, RULES) == plain
    assert team_detail(scored({"C": [*women(10), HARMED, HARMED]}, resamples=50), None, RULES) == plain


def test_a_gap_is_told_of_questions_with_figures_only() -> None:
    """What the service says and women say is told of a question whose figure is on the page anyway, and of no other."""
    score = scored({"C": women(12, worst("C")), "P": [best("P")]}, resamples=50)
    shown = {i.code for d in team_view(score, RULES).domains for i in d.items if i.percent is not None}
    told = {gap.code for gap in team_detail(score, None, RULES).gaps}
    assert told
    assert told == {gap.code for gap in score.gaps} & shown
    assert {gap.code for gap in score.gaps} - shown


def test_the_service_says_only_what_it_alone_is_asked() -> None:
    """That a question stands under "the service says" tells nothing of whether a woman answered it."""
    detail = team_detail(WHOLE, None, RULES)
    assert detail.says
    assert all(set(RULES.by_code[one.code].sources) == {"P"} for one in detail.says)


def test_strengths_and_asks_have_figures_and_are_no_harms() -> None:
    """Three at most of each, the highest and the lowest questions with figures; never a harm."""
    score = scored({"C": [*women(6), *women(6, worst("C"))], "O": [best("O")]}, resamples=50)
    detail = team_detail(score, None, RULES)
    for found in (detail.strengths, detail.asks):
        assert len(found) <= 3
        assert not [item for item in found if RULES.by_code[item.code].harm or item.percent is None]
    assert {i.code for i in detail.strengths}.isdisjoint(i.code for i in detail.asks)


# Places


def area(here: tuple[ServiceScore, ...] = ()) -> Area:
    """Return a place of which nobody says anything but its services."""
    return area_of("D1", WHOLE.round, (), here, RULES)


def test_a_question_of_few_women_contradicts_no_gap() -> None:
    """What one to four women said of a service within reach shows in no state of a gap, whichever way they said it."""
    rules = RULES.method.gaps
    assert rules
    item = rules.items[0]
    yes, no = (with_item(WHOLE, item.indicator, n=2, y=y) for y in (1.0, 0.0))
    told = [team_area(area((one,)), (one,), RULES, ()).gaps[item.code] for one in (yes, no)]
    assert told == ["no_data", "no_data"]
    assert team_area(area((WHOLE,)), (WHOLE,), RULES, ()).gaps[item.code] == "none"
    confirmed = replace(area(), gaps=(Gap(item.code, "confirmed", contradicted=False),))
    assert team_area(confirmed, (yes,), RULES, ()).gaps[item.code] == "reported"


def test_a_place_s_score_needs_all_its_rated_services_whole() -> None:
    """Where one rated service is not shown whole, the place's mean is not told: the others would give it away."""
    made = replace(area((WHOLE,)), score=AreaScore(0.5, "", 3, Interval(0.4, 0.6), None))
    hidden = replace(WHOLE, domains=(replace(WHOLE.domains[0], n=3), *WHOLE.domains[1:]))
    assert team_area(made, (WHOLE,), RULES, ()).percent == 50
    told = team_area(made, (WHOLE, hidden), RULES, ())
    assert (told.percent, told.interval, told.rated) == (None, None, 0)


# Changes


def test_a_change_is_told_in_figures_that_were_shown_before() -> None:
    """Both figures are those of each round's page, and the difference that was computed is a word only."""
    low = {"C": [*women(4), *women(8, worst("C"))], "O": [best("O")]}
    then = scored(low, resamples=50, round_="2026-H1")
    now = scored({"C": women(12), "O": [best("O")]}, resamples=50)
    made = compare(Round(then, sheets(low)), Round(now, sheets({"C": women(12), "O": [best("O")]})), RULES)
    told = team_changes(made, (then, RULES), (now, RULES))
    assert told
    views = [{d.code: d.percent for d in team_view(score, RULES).shown} for score in (then, now)]
    assert {one.code: (one.before, one.after) for one in told.domains} == {
        one.code: (views[0][one.code], views[1][one.code]) for one in told.domains
    }
    assert "better" in {one.verdict for one in told.domains}
    few = with_item(then, then.domains[0].items[0], n=2)
    less = team_changes(made, (few, RULES), (now, RULES))
    assert less
    assert then.domains[0].code not in {one.code for one in less.domains}
    assert team_changes(made, (replace(then, n=3), RULES), (now, RULES)) is None
