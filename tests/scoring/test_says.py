"""What the service says and what women say (3.2), and questions that may be unsafe to ask (3.1)."""

from __future__ import annotations

import pytest
from scoring_samples import Row, framework, item, scored, women

from kobo_sync.scoring.model import SaysDoes, ServiceSays

CHILDCARE = "par_childcare"


def _gaps(provider: str, *answers: str) -> tuple[SaysDoes, ...]:
    return scored({"C": [{CHILDCARE: answer} for answer in answers], "P": [{CHILDCARE: provider}]}).gaps


def test_a_gap_is_provider_minus_women() -> None:
    """The gap is the provider's answer minus the women's mean, shown from 0.25 on."""
    # provider yes = 1; women (1 + 0.5 + 0 + 0 + 0) / 5 = 0.3; gap 0.7
    (gap,) = _gaps("yes", "yes", "partly", "no", "no", "no")
    assert (gap.code, gap.provider, gap.n) == (CHILDCARE, 1.0, 5)
    assert (gap.women, gap.gap) == pytest.approx((0.3, 0.7))
    # provider 0.5; women (1 + 1 + 1 + 0.5 + 0.5 + 0.5) / 6 = 0.75; gap -0.25, just large enough
    assert [round(g.gap, 9) for g in _gaps("partly", "yes", "yes", "yes", "partly", "partly", "partly")] == [-0.25]
    # women (1 · 4 + 0.5) / 5 = 0.9; gap 0.1, too small
    assert _gaps("yes", "yes", "yes", "yes", "yes", "partly") == ()


def test_a_gap_needs_five_women_and_a_provider() -> None:
    """Fewer than five women with a value, or a provider who does not know, show no gap."""
    assert _gaps("yes", "no", "no", "no", "no", "dk") == ()
    assert _gaps("dk", *["no"] * 6) == ()
    assert scored({"C": [{CHILDCARE: "no"}] * 6}).gaps == ()


def test_harms_and_gates_have_no_gap() -> None:
    """No gap is made of a harm or a gate: it would give the women's figure away."""
    for code, says, does in (
        ("acc_free", "no", "yes"),
        ("cnf_mandatory", "no", "yes"),
        ("par_pregnant_served", "no", "no"),
    ):
        assert scored({"C": [{code: does}] * 6, "P": [{code: says}]}).gaps == ()


def test_what_only_the_provider_answered_is_what_the_service_says() -> None:
    """A value that neither women nor observers gave is told as the service's word, and makes no score."""
    provider: Row = {"pkg_hepstitb": 0.6, CHILDCARE: "yes", "mip_decide": "no"}
    score = scored({"C": [{CHILDCARE: "dk"}] * 6, "P": [provider]})
    assert set(score.says) == {
        ServiceSays("pkg_hepstitb", 0.6),
        ServiceSays(CHILDCARE, 1.0),
        ServiceSays("mip_decide", 0.0),
    }
    assert item(score, CHILDCARE).y is None
    heard = scored({"C": [{CHILDCARE: "no"}], "P": [provider]})
    assert CHILDCARE not in {one.code for one in heard.says}


def test_a_provider_s_dont_know_is_shown_as_such() -> None:
    """That a provider does not know her own service's rule is told, never read as a no."""
    score = scored({"C": [{"fbk_complaint": 1.0}], "P": [{"fbk_complaint": "dk", "mip_paid": "pns"}]})
    assert set(score.says) == {ServiceSays("fbk_complaint", None, "dk"), ServiceSays("mip_paid", None, "pns")}


def test_what_a_provider_says_of_a_harm_is_told_to_nobody() -> None:
    """A provider's answer about a harm is for the safety focal point alone."""
    score = scored({"P": [{"cnf_police_data": "rule", "acc_no_conditions": "happens", "cnf_mandatory": "dk"}]})
    assert score.says == ()


def test_questions_that_many_would_rather_not_answer() -> None:
    """From 20 % of "prefer not to say", of at least five women asked, a question may be unsafe."""
    rows = [
        *[{"gbv_raise": "pns", "stf_respect": "pns"}],
        *[{"gbv_raise": "yes"}] * 4,
        *[{"stf_respect": "always"}] * 5,
    ]
    # gbv_raise: 1 of 5 = 20 %; stf_respect: 1 of 6
    assert scored({"C": rows}).unsafe == ("gbv_raise",)
    assert scored({"C": rows[:4]}).unsafe == ()
    assert scored({"C": women(6)}).unsafe == ()


def test_women_did_not_know() -> None:
    """How many women did not know is counted beside those who were asked."""
    one = item(scored({"C": [{CHILDCARE: "dk"}] * 3 + [{CHILDCARE: "yes"}]}), CHILDCARE)
    assert (one.dk, one.asked, one.n, one.y) == (3, 4, 1, 1.0)


def test_no_indicator_of_a_harm_is_told_one_by_one() -> None:
    """No harm or gate has a figure anywhere in a score: not y where it is a gate, not a gap, not the service's word."""
    rules = framework()
    provider: Row = dict.fromkeys(rules.by_code, 1.0)
    seen: Row = dict.fromkeys(rules.by_code, 0.5)
    score = scored({"C": women(12), "P": [provider], "O": [seen]})
    harms = {one.code for one in rules.indicators if one.harm}
    assert not harms & ({gap.code for gap in score.gaps} | {one.code for one in score.says})
    gates = {one.code for one in rules.indicators if not one.averaged}
    assert all(one.y is None and one.favourable is None for one in score.items if one.code in gates)
