"""Red flags (3.6): who raises one, who confirms it, its states, and what a reported one may never do."""

from __future__ import annotations

import pytest
from scoring_samples import Row, flag_sheets, framework, reviewed

from kobo_sync.scoring.flags import Flag, Review, any_waiting, find_flags, known_flags

YES: Row = {"cnf_breach": "yes"}
NO: Row = {"cnf_breach": "no"}


def flags(
    women: list[Row], provider: Row | None = None, observers: list[Row] | None = None, *reviews: Review
) -> tuple[Flag, ...]:
    answers = {"C": women, "P": [provider] if provider else [], "O": observers or []}
    return find_flags(framework(), flag_sheets(answers), {review.indicator: review for review in reviews})


def one(*args: object) -> Flag:
    (flag,) = flags(*args)  # type: ignore[arg-type]  # handed on as they come
    return flag


def test_one_woman_reports_two_substantiate() -> None:
    """One woman's report is a reported flag; those of two different women make a substantiated one."""
    assert flags([NO, NO]) == ()
    assert (one([YES, NO]).state, one([YES, NO]).clients) == ("reported", 1)
    assert (one([YES, NO, YES]).state, one([YES, NO, YES]).clients) == ("substantiated", 2)


@pytest.mark.parametrize(
    ("code", "answer", "level"),
    [
        ("acc_free", "yes", "R2"),
        ("par_pregnant_served", "no", "R1"),
        ("fbk_safe", "no", "R2"),
        ("par_oat_pregnancy", "no", "R2"),
        ("cnf_consent", "sometimes", "R1"),
        ("cnf_consent", "never", "R1"),
        ("gbv_safe_site", "never", "R2"),
        ("srh_coercion", "yes", "R1"),
    ],
)
def test_what_raises_one(code: str, answer: str, level: str) -> None:
    """Each indicator is raised by the answers that the method names, at its level."""
    flag = one([{code: answer}] * 2)
    assert (flag.indicator, flag.level, flag.by_service) == (code, level, True)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("par_pregnant_served", "partly"),
        ("fbk_safe", "partly"),
        ("par_oat_pregnancy", "elsewhere"),
        ("cnf_consent", "mostly"),
        ("gbv_safe_site", "sometimes"),
        ("cnf_breach", "dk"),
        ("cnf_breach", "pns"),
        ("inc_trans", "no"),
    ],
)
def test_what_raises_none(code: str, answer: str) -> None:
    """Answers that are less than the harm, and missing ones, raise nothing."""
    assert flags([{code: answer}] * 5) == ()


def test_a_provider_s_it_happens_only_confirms() -> None:
    """A provider's "it happens" confirms one woman, and by itself raises nothing."""
    assert flags([], {"cnf_mandatory": "happens"}) == ()
    flag = one([{"cnf_mandatory": "yes"}], {"cnf_mandatory": "happens"})
    assert (flag.state, flag.in_policy, flag.confirmed_by) == ("substantiated", False, ("P",))


def test_a_provider_s_rule_stands_by_itself() -> None:
    """A provider's "it is our rule" substantiates without any woman, and is written in policy."""
    flag = one([], {"cnf_mandatory": "rule"})
    assert (flag.state, flag.in_policy, flag.clients, flag.by_service) == ("substantiated", True, 0, True)


def test_a_group_excluded_by_rule() -> None:
    """Where a provider says that a group is not welcome, and that it is the rule, it is a hard flag in policy."""
    assert flags([], {"inc_trans": "no", "inc_trans+": "no"}) == ()
    flag = one([], {"inc_trans": "no", "inc_trans+": "yes"})
    assert (flag.level, flag.in_policy) == ("R1", True)


def test_observers_confirm_and_never_raise() -> None:
    """An observer confirms what one woman reports, and raises nothing without her."""
    seen: Row = {"gbv_safe_site": "never"}
    assert flags([], None, [seen, seen]) == ()
    assert one([{"gbv_safe_site": "never"}], None, [seen]).state == "substantiated"


def test_a_shared_register_raises_the_level() -> None:
    """Conditions are R2; they are R1 where two women, or the provider, say that the register goes to authorities."""
    asked: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "no"}
    shared: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "yes"}
    unsure: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "dk"}
    assert one([asked, unsure]).level == "R2"
    assert (one([asked, shared]).level, one([asked, shared]).worst) == ("R2", "R1")  # one woman's word raises no level
    assert one([shared, shared]).level == "R1"
    assert one([unsure], {"acc_no_conditions": "happens", "acc_no_conditions+": "yes"}).level == "R1"
    rule = one([], {"acc_no_conditions": "rule", "acc_no_conditions+": "yes"})
    assert (rule.level, rule.in_policy) == ("R1", True)


def test_policy_is_judged_at_the_level_of_the_flag() -> None:
    """A rule to show an ID is no rule to share the register: the hard flag of two women is not written in policy."""
    shared: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "yes"}
    rule: Row = {"acc_no_conditions": "rule", "acc_no_conditions+": "no"}
    assert (one([], rule).level, one([], rule).in_policy) == ("R2", True)
    assert (one([shared, shared], rule).level, one([shared, shared], rule).in_policy) == ("R1", False)


def test_police_are_blamed_on_the_police() -> None:
    """Police near or inside are the police's doing, unless two women, an observer or the provider say staff called."""
    near: Row = {"gbv_police": "nearby", "gbv_police+": "no"}
    inside: Row = {"gbv_police": "inside", "gbv_police+": "dk"}
    called: Row = {"gbv_police": "inside", "gbv_police+": "yes"}
    assert (one([near, near]).level, one([near, near]).by_service) == ("R2", False)
    assert (one([inside, inside]).level, one([inside, inside]).by_service) == ("R1", False)
    assert one([inside, called]).by_service is False
    assert one([called, called]).by_service is True
    assert one([inside], {"gbv_police": "inside", "gbv_police+": "yes"}).by_service is True
    assert one([inside], None, [{"gbv_police": "nearby", "gbv_police+": "no"}]).level == "R2"


def test_states_follow_the_reviews() -> None:
    """A substantiated flag waits until it is reviewed; then it is open until it is resolved."""
    women = [YES, YES]
    assert any_waiting(flags(women))
    assert known_flags(flags(women)) == ()
    (flag,) = known_flags(flags(women, None, None, *reviewed("cnf_breach")))
    assert flag.is_open
    done = Review("cnf_breach", reviewed_on="2026-12-01", resolved_on="2026-12-09", reason="Staff were trained.")
    (flag,) = known_flags(flags(women, None, None, done))
    assert (flag.state, flag.is_open) == ("resolved", False)
    assert not any_waiting(flags(women, None, None, done))


def test_a_review_opens_no_reported_flag() -> None:
    """A review of what only one woman reports, as when another withdrew, opens nothing and leaves no trace."""
    found = flags([YES], None, None, *reviewed("cnf_breach"))
    assert [flag.state for flag in found] == ["reported"]
    assert known_flags(found) == ()
    assert not any_waiting(found)


def test_a_worse_flag_waits_anew() -> None:
    """What was reviewed as a concern is not reviewed as a hard flag."""
    asked: Row = {"acc_no_conditions": "yes"}
    shared: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "yes"}
    review = Review("acc_no_conditions", reviewed_on="2026-12-01", what=one([asked, asked]).what)
    assert review.what == "R2 service"
    assert one([asked, asked], None, None, review).state == "reviewed"
    assert one([shared, shared], None, None, review).state == "substantiated"


def test_a_flag_that_became_lighter_stays_reviewed() -> None:
    """When women withdraw and a reviewed hard flag becomes a concern, it stays open: else its cap would fall away."""
    asked: Row = {"acc_no_conditions": "yes"}
    shared: Row = {"acc_no_conditions": "yes", "acc_no_conditions+": "yes"}
    review = Review("acc_no_conditions", reviewed_on="2026-12-01", what=one([shared, shared]).what)
    assert review.what == "R1 service"
    lighter = one([shared, asked], None, None, review)
    assert (lighter.level, lighter.state) == ("R2", "reviewed")


def test_a_flag_that_is_worse_in_one_way_waits_anew() -> None:
    """A flag with a lower level that is now the service's own doing or rule is worse: it waits for review."""
    near: Row = {"gbv_police": "nearby", "gbv_police+": "yes"}
    police = Review("gbv_police", reviewed_on="2026-12-01", what="R1 police")
    assert (one([near, near], None, None, police).what, one([near, near], None, None, police).state) == (
        "R2 service",
        "substantiated",
    )
    happens = Review("cnf_mandatory", reviewed_on="2026-12-01", resolved_on="2026-12-09", what="R1 service")
    assert one([], {"cnf_mandatory": "rule"}, None, happens).state == "substantiated"


def test_one_woman_s_word_raises_no_level_of_a_reported_flag_either() -> None:
    """A reported flag has its indicator's level and blames nobody on one woman's word; `worst` keeps what she said."""
    called = one([{"gbv_police": "inside", "gbv_police+": "yes"}])
    assert (called.state, called.level, called.by_service, called.worst) == ("reported", "R2", False, "R1")
    breach = one([YES])
    assert (breach.state, breach.level, breach.by_service, breach.worst) == ("reported", "R1", True, "R1")
