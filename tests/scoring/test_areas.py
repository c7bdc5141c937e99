"""A locale in one round (2, 3.10, 3.11.7): gaps, severely lacking, its score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_samples import best, framework, scored, women, worst

from kobo_sync.scoring.areas import Area, AreaAnswers, Gap, area_of
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.uncertainty import Floats, seed_of

RULES = framework(100)
GONE = "not_reachable"
GOOD = scored({"C": women(12), "O": [best("O")]}, resamples=100)
BAD = scored({"C": women(12, worst("C")), "O": [worst("O")]}, resamples=100)


def form(team: str = "t1", reporters: str = "r1_4", any_hr: str = "", **gaps: str) -> AreaAnswers:
    return AreaAnswers(team, reporters, any_hr, gaps)


def area(*forms: AreaAnswers, scores: tuple[ServiceScore, ...] = (), not_lawful: tuple[str, ...] = ()) -> Area:
    return area_of("D1", "2026-H2", forms, scores, RULES, not_lawful=not_lawful)


def state(code: str, *forms: AreaAnswers, scores: tuple[ServiceScore, ...] = ()) -> str:
    return next(gap.state for gap in area(*forms, scores=scores).gaps if gap.code == code)


def named(score: ServiceScore, service: str) -> ServiceScore:
    return replace(score, service=service)


def test_a_gap_is_confirmed_by_two_teams_or_five_women() -> None:
    """Two independent teams, or one that consulted at least five women, confirm a gap; else it is reported."""
    assert state("loc_nsp", form(loc_nsp=GONE)) == "reported"
    assert state("loc_nsp", form(loc_nsp=GONE), form("t2", loc_nsp=GONE)) == "confirmed"
    assert state("loc_nsp", form(reporters="r5_9", loc_nsp=GONE)) == "confirmed"
    assert state("loc_nsp", form(reporters="r10_up", loc_nsp=GONE)) == "confirmed"


def test_one_team_twice_is_one_team() -> None:
    """Two forms of one team, or forms without a team's code, are no two teams; nor are their women added up."""
    assert state("loc_nsp", form(loc_nsp=GONE), form(loc_nsp=GONE)) == "reported"
    assert state("loc_nsp", form("", loc_nsp=GONE), form("t1", loc_nsp=GONE)) == "reported"
    assert state("loc_nsp", *[form("", loc_nsp=GONE)] * 6) == "reported"


@pytest.mark.parametrize("answer", ["here", "same_day"])
def test_what_contradicts_a_gap_leaves_it_reported(answer: str) -> None:
    """A form that has the service here or within the day contradicts the gap."""
    found = area(form(loc_nsp=GONE), form("t2", loc_nsp=GONE), form("t3", loc_nsp=answer))
    assert found.gaps[0] == Gap("loc_nsp", "reported", contradicted=True)
    assert state("loc_nsp", form(loc_nsp=GONE), form("t2", loc_nsp=GONE), form("t3", loc_nsp="dk")) == "confirmed"


def test_a_rated_service_that_has_it_contradicts_a_gap() -> None:
    """A rated service of the area whose women and observers have it contradicts the gap; one that lacks it does not."""
    gone = form(reporters="r10_up", loc_nsp=GONE)
    assert state("loc_nsp", gone, scores=(GOOD,)) == "reported"
    assert state("loc_nsp", gone, scores=(BAD,)) == "confirmed"
    unrated = replace(GOOD, grade="C")
    assert state("loc_nsp", gone, scores=(unrated,)) == "confirmed"


def test_no_data_never_looks_like_fine() -> None:
    """Where nobody knows there is no data; where something is in reach there is no gap."""
    assert state("loc_nsp") == "no_data"
    assert state("loc_nsp", form(loc_nsp="dk")) == "no_data"
    assert state("loc_nsp", form(loc_nsp="same_day")) == "none"
    assert state("loc_nsp", scores=(GOOD,)) == "none"


def test_a_locale_gap_with_no_service() -> None:
    """An area without any service has its gaps, is severely lacking, and has no score; least of all nought."""
    found = area(form(reporters="r5_9", any_hr="no", loc_nsp=GONE))
    assert found.lacking == ("any_hr",)
    assert (found.score.value, found.score.why_not, found.score.services) == (None, "few_rated", 0)


def test_lacking_by_any_harm_reduction() -> None:
    """Confirmed "no", or "men only in practice", is severely lacking; reported is not, nor where a service is rated."""
    assert area(form(reporters="r5_9", any_hr="men_only")).lacking == ("any_hr",)
    assert area(form(any_hr="men_only"), form("t2", any_hr="no")).lacking == ("any_hr",)
    assert area(form(any_hr="no")).lacking == ()
    assert area(form(reporters="r5_9", any_hr="no"), form("t2", any_hr="yes")).lacking == ()
    assert area(form(reporters="r5_9", any_hr="no"), scores=(GOOD,)).any_hr.state == "reported"


def test_lacking_by_two_confirmed_gaps() -> None:
    """Two confirmed gaps among needles, OAT where lawful, naloxone, HIV, SRH are severely lacking; others are not."""
    many = "r5_9"
    assert area(form("t1", many, loc_nsp=GONE, loc_hiv=GONE)).lacking == ("gaps",)
    assert area(form("t1", many, loc_nsp=GONE)).lacking == ()
    assert area(form("t1", many, loc_nsp=GONE, loc_shelter=GONE, loc_legal=GONE, loc_antenatal=GONE)).lacking == ()
    oat = form("t1", many, loc_nsp=GONE, loc_oat=GONE)
    assert area(oat).lacking == ("gaps",)
    assert area(oat, not_lawful=("loc_oat",)).lacking == ()
    assert area(form("t1", many, loc_nsp=GONE, loc_hiv=GONE), not_lawful=("loc_hiv",)).lacking == ("gaps",)


def test_lacking_by_all_its_services() -> None:
    """Three rated services, all severely lacking, make the area so; two, or one that is not, do not."""
    three = tuple(named(BAD, code) for code in ("S1", "S2", "S3"))
    assert area(scores=three).lacking == ("services",)
    assert area(scores=three[:2]).lacking == ()
    assert area(scores=(*three, named(GOOD, "S4"))).lacking == ()


def test_a_locale_s_score_is_the_mean_of_its_rated_services() -> None:
    """The score of an area is the uncapped mean of at least three rated services, each counted once."""
    scores = tuple(
        replace(GOOD, service=code, value=value, capped=0.44) for code, value in (("A", 0.9), ("B", 0.6), ("C", 0.3))
    )
    assert area(scores=scores).score.value == pytest.approx(0.6)
    assert area(scores=scores[:2]).score.why_not == "few_rated"
    unrated = replace(GOOD, service="D", value=0.0, grade="C")
    found = area(scores=(*scores, unrated)).score
    assert found.services == 3
    assert found.value == pytest.approx(0.6)
    assert found.interval is None  # nobody gave the resamples


def test_a_locale_s_interval_draws_services_and_then_women() -> None:
    """Each resample draws services, and for each one of its own resamples of women."""
    rng = np.random.default_rng(0)
    series: dict[str, Floats] = {code: rng.random(100) for code in "ABC"}
    scores = tuple(named(GOOD, code) for code in "BCA")
    found = area_of("D1", "2026-H2", [], scores, RULES, resampled=series).score
    chance = np.random.default_rng(seed_of("D1", "2026-H2"))
    pick, draw = chance.integers(0, 3, size=(100, 3)), chance.integers(0, 100, size=(100, 3))
    means = [
        np.mean([series["ABC"[p]][d] for p, d in zip(ps, ds, strict=True)]) for ps, ds in zip(pick, draw, strict=True)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    assert found.sampling is not None
    assert found.sampling.seed == seed_of("D1", "2026-H2")


ANSWERS = st.sampled_from(["here", "same_day", GONE, "dk", ""])
FORMS = st.builds(
    AreaAnswers,
    st.sampled_from(["t1", "t2", ""]),
    st.sampled_from(["r1_4", "r5_9", "r10_up", ""]),
    st.sampled_from(["yes", "no", "men_only", "dk", ""]),
    st.dictionaries(st.sampled_from(["loc_nsp", "loc_oat", "loc_hiv"]), ANSWERS),
)


@given(st.lists(FORMS, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_forms_does_not_matter(forms: list[AreaAnswers], random: object) -> None:
    """Forms about an area give the same in any order."""
    shuffled = list(forms)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert area(*forms) == area(*shuffled)


@given(st.lists(FORMS, max_size=5))
def test_a_contradiction_never_confirms(forms: list[AreaAnswers]) -> None:
    """One more form that has the service in reach never makes a gap confirmed."""
    assert state("loc_nsp", *forms, form("t9", loc_nsp="here")) in {"reported", "none"}
