"""Caps (3.6), bands and gates (3.5), worked by hand."""

from __future__ import annotations

import pytest
from scoring_samples import Answer, Row, best, domain, framework, reviewed, scored, women, worst

from kobo_sync.scoring.bands import band_of, capped_domains, capped_overall, geometric_mean_of, mean_of, reaches
from kobo_sync.scoring.model import ServiceFlag

D = dict.fromkeys(("pkg", "acc", "cnf", "stf", "mip", "fbk"), 0.9)
GATES: dict[str, float | None] = {"acc_women_time": 0.5, "stf_women": 0.5}


def flag(
    code: str, level: str = "R1", *, service: bool = True, policy: bool = False, state: str = "reviewed"
) -> ServiceFlag:
    return ServiceFlag(code, level, service, policy, state)


def band(capped: float, *flags: ServiceFlag, items: dict[str, float | None] = GATES, **domains: float) -> int:
    result = band_of(capped, {**D, **domains}, items, flags, framework())
    assert result is not None
    return result.number


@pytest.mark.parametrize(
    ("capped", "number"),
    [(0.0, 1), (0.199, 1), (0.2, 2), (0.449, 2), (0.45, 3), (0.649, 3), (0.65, 4), (0.849, 4), (0.85, 5), (1.0, 5)],
)
def test_bands_start_where_the_method_says(capped: float, number: int) -> None:
    """The five bands begin at 0, 0.20, 0.45, 0.65 and 0.85."""
    assert band(capped) == number


def test_float_noise_moves_no_band() -> None:
    """A mean that is 0.65 but for the last digits of a float is 0.65."""
    assert 0.1 * 6.5 - 2e-16 < 0.65
    assert reaches(0.1 * 6.5 - 2e-16, 0.65)
    assert not reaches(0.65 - 1e-8, 0.65)


def test_a_gate_that_is_not_met_costs_one_band() -> None:
    """Failing the gate of the fifth band gives the fourth, if that one's gate is met."""
    result = band_of(0.9, {**D, "mip": 0.7}, GATES, (), framework())
    assert result is not None
    assert (result.number, result.by_score) == (4, 5)
    assert [(g.band, g.code, g.outcome) for g in result.gates] == [
        (5, "mip", "not_met"), (5, "fbk", "met"), (5, "", "met"), (4, "acc_women_time", "met"), (4, "stf_women", "met"),
    ]  # fmt: skip


def test_then_the_lower_gate_is_checked() -> None:
    """Failing the gates of the fifth and of the fourth band gives the third."""
    assert band(0.9, items={"acc_women_time": 0.49, "stf_women": 1.0}, mip=0.7) == 3
    assert band(0.9, items={"acc_women_time": 0.49, "stf_women": 1.0}) == 5  # its own gates are met: no other is asked


def test_a_gate_without_data_is_not_met() -> None:
    """A gate without data is not met, and says that it had none."""
    result = band_of(0.7, D, {"acc_women_time": 0.8, "stf_women": None}, (), framework())
    assert result is not None
    assert result.number == 3
    assert [gate.outcome for gate in result.gates] == ["met", "no_data"]
    without = {code: value for code, value in D.items() if code != "fbk"}
    assert getattr(band_of(0.9, without, GATES, (), framework()), "number", 0) == 4


def test_an_open_hard_flag_closes_the_top_band() -> None:
    """With an open R1, the police's too, no service is in the fifth band; one of a concern does not matter."""
    assert band(0.9, flag("gbv_police", service=False)) == 4
    assert band(0.9, flag("acc_free", "R2")) == 5
    assert band(0.9, flag("gbv_police", service=False, state="resolved")) == 5


def test_two_hard_flags_or_one_in_policy_put_it_into_the_lowest() -> None:
    """Two different open R1 that the service caused, or one written in its policy, make it harmful at any score."""
    assert band(0.7, flag("cnf_breach")) == 4
    assert band(0.7, flag("cnf_breach"), flag("srh_coercion")) == 1
    assert band(0.7, flag("cnf_breach"), flag("gbv_police", service=False)) == 4
    assert band(0.7, flag("cnf_mandatory", policy=True)) == 1
    assert band(0.7, flag("cnf_mandatory", policy=True, state="resolved")) == 4
    assert band(0.7, flag("acc_no_conditions", "R2", policy=True)) == 4


def test_caps_by_level() -> None:
    """An open R1 caps its domain at 0.25 and the whole at 0.44; an R2 its domain at 0.50."""
    values = {"cnf": 0.9, "acc": 0.8, "stf": 0.2}
    hard, concern = flag("cnf_breach"), flag("acc_free", "R2")
    assert capped_domains(values, [hard, concern], framework()) == {"cnf": 0.25, "acc": 0.5, "stf": 0.2}
    # the mean of the capped domains is (0.25 + 0.5 + 0.2) / 3 = 0.3166…, already under the cap of 0.44
    assert capped_overall(0.95 / 3, [hard, concern], framework()) == pytest.approx(0.95 / 3)
    assert capped_overall(0.9, [hard], framework()) == 0.44
    assert capped_overall(0.9, [concern], framework()) == 0.9


def test_only_open_flags_of_the_service_cap() -> None:
    """A resolved flag, and one attributed to the police, cap nothing."""
    for one in (flag("gbv_police", service=False), flag("cnf_breach", state="resolved")):
        assert capped_domains({"cnf": 0.9, "gbv": 0.8}, [one], framework()) == {"cnf": 0.9, "gbv": 0.8}
        assert capped_overall(0.9, [one], framework()) == 0.9


def test_means_are_weighted_and_renormalised() -> None:
    """The arithmetic mean, and the geometric one over at least 0.01, take the weights of the domains that there are."""
    weights = {"a": 2.0, "b": 1.0, "c": 5.0}
    assert mean_of({"a": 0.5, "b": 0.2}, weights) == pytest.approx((2 * 0.5 + 0.2) / 3)
    # (0.5² · 0.01)^(1/3) = 0.0025^(1/3) = 0.135720…
    assert geometric_mean_of({"a": 0.5, "b": 0.0}, weights) == pytest.approx(0.1357208808)


def _excellent(**changes: Answer) -> dict[str, list[Row]]:
    return {"C": women(12), "O": [best("O")] * 2, "P": [{**best("P"), **changes}]}


def test_an_excellent_service_is_in_the_top_band() -> None:
    """Where every answer is the best one, every domain that women or observers know is 1, and so is the whole."""
    score = scored(_excellent())
    assert {one.value for one in score.domains if one.valid} == {1.0}
    assert (score.value, score.capped) == (1.0, 1.0)
    assert score.band is not None
    assert (score.band.number, score.band.code) == (5, "transformative")


def test_capped_excellent_service() -> None:
    """An excellent service with an open hard flag in its policy keeps its uncapped score, and is in the lowest band."""
    rule = _excellent(cnf_mandatory="rule")
    waiting = scored(rule)
    assert (waiting.waiting, waiting.capped, waiting.flags) == (True, 1.0, ())
    score = scored(rule, reviewed("cnf_mandatory"))
    assert (score.waiting, score.value, domain(score, "cnf").value) == (False, 1.0, 1.0)
    assert domain(score, "cnf").capped == 0.25
    assert score.capped == 0.44  # the mean of capped domains is (10 · 1 + 0.25) / 11 = 0.93, then capped
    assert score.band is not None
    assert (score.band.number, score.band.by_score, score.band.imposed) == (1, 2, "in_policy")


def test_no_band_without_a_score() -> None:
    """Without enough information there is no band, capped or not, and never the lowest."""
    score = scored({"C": women(4), "P": [{**best("P"), "cnf_mandatory": "rule"}]}, reviewed("cnf_mandatory"))
    assert (score.valid, score.band, score.capped, score.grade) == (False, None, None, "")


def test_the_worst_service_is_in_the_lowest_band_by_its_score() -> None:
    """Where every answer is the worst one, harms left aside, the score alone gives the lowest bands."""
    score = scored({"C": women(12, worst("C")), "O": [worst("O")] * 2})
    assert score.value is not None
    assert score.band is not None
    assert score.band.number <= 2
    assert score.band.imposed == ""


@pytest.mark.parametrize("worth", [0.3, 0.7])
def test_domains_that_are_equal_stand_in_the_order_of_their_codes(worth: float) -> None:
    """Of domains with the same figure the lowest is the first by code, whatever adding up leaves in the last digits."""
    row = {one.code: worth for one in framework().indicators if "C" in one.sources}
    score = scored({"C": [row] * 7})
    assert {round(one.value, 9) for one in score.domains if one.value is not None} == {worth}
    assert len({one.value for one in score.domains if one.value is not None}) > 1  # so it is the noise that is met
    assert score.lowest == min(one.code for one in score.domains if one.valid)
