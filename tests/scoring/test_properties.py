"""Properties that every service-round keeps, drawn with the project's own framework."""

from __future__ import annotations

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_samples import Answer, Answers, Row, best, domain, flag_sheets, framework, reviewed, scale, scored, sheets

from kobo_sync.scoring.explain import explain
from kobo_sync.scoring.flags import find_flags
from kobo_sync.scoring.model import DomainScore, ServiceScore
from kobo_sync.scoring.naming import tier_of
from kobo_sync.scoring.service import score_service

RULES = framework()
MISSING = ("dk", "pns", "na")
GATES = [one.code for one in RULES.indicators if one.flag_rule and not one.averaged and "C" in one.flag_rule.raised_by]
ASKED = {source: list(best(source)) for source in "CPO"}


@st.composite
def interviews(draw: st.DrawFn, source: str = "C", *, at_least: int = 1, most: int = 8) -> list[dict[str, Answer]]:
    """Draw interviews: a seed for the bulk of the answers, and how kind and how silent they are."""
    n, seed = draw(st.integers(at_least, most)), draw(st.integers(0, 2**32 - 1))
    kind, silent = draw(st.floats(0, 1)), draw(st.sampled_from([0.0, 0.1, 0.5, 0.9]))
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Answer]] = []
    for _ in range(n):
        row: dict[str, Answer] = {}
        for code in ASKED[source]:
            choices = sorted(scale(code, source), key=lambda choice: scale(code, source)[choice])
            if rng.random() < silent:
                if rng.random() < 0.7:
                    row[code] = MISSING[rng.integers(len(MISSING))]
            else:
                row[code] = choices[-1] if rng.random() < kind else choices[rng.integers(len(choices))]
        rows.append(row)
    return rows


def _figures(score: ServiceScore) -> dict[str, float | None]:
    return {
        "": score.value,
        **{one.code: one.value for one in score.domains},
        **{f"i {one.code}": one.y for one in score.items},
    }


@given(interviews(at_least=5), st.integers(0, 7), st.sampled_from(ASKED["C"]))
def test_a_more_favourable_answer_lowers_no_uncapped_score(
    rows: list[dict[str, Answer]], which: int, code: str
) -> None:
    """Replacing a woman's answer by the most favourable one lowers no item, no domain and no overall score."""
    which %= len(rows)
    if rows[which].get(code) in {None, *MISSING}:
        rows[which][code] = min(scale(code, "C"), key=lambda choice: scale(code, "C")[choice])
    before = _figures(scored({"C": rows}))
    rows[which] = {**rows[which], code: best("C")[code]}
    after = _figures(scored({"C": rows}))
    for name, old in before.items():
        new = after[name]
        assert (old is None) == (new is None)
        assert old is None or new is None or new >= old - 1e-12


@settings(max_examples=40)
@given(interviews(), interviews("O", most=2), interviews("P", most=1), st.randoms(use_true_random=False))
def test_the_order_of_submissions_is_irrelevant(
    women: list[Row], observers: list[Row], providers: list[Row], random: object
) -> None:
    """Shuffled submissions with their ids give the same score, interval and flags, to the last byte."""
    rules = framework(50)
    answers = {"C": women, "O": observers, "P": providers}
    order = list(range(len(women)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    shuffled = {"P": providers, "C": [women[place] for place in order], "O": observers}
    ids = {"C": [place + 1 for place in order]}
    one = score_service("S", "R", rules, sheets(answers), flag_sheets=flag_sheets(answers))
    two = score_service("S", "R", rules, sheets(shuffled, ids=ids), flag_sheets=flag_sheets(shuffled))
    assert orjson.dumps(one) == orjson.dumps(two)


@settings(max_examples=30)
@given(interviews(), interviews())
def test_another_service_changes_nothing(women: list[Row], others: list[Row]) -> None:
    """A service's score is the same bytes whether another one was scored before it or not."""
    alone = orjson.dumps(scored({"C": women}, resamples=50))
    scored({"C": others}, resamples=50, service="S02")
    assert orjson.dumps(scored({"C": women}, resamples=50)) == alone


@given(interviews(at_least=2), interviews("O", most=2), st.sampled_from(["C", "O"]), st.data())
def test_a_missing_answer_is_never_a_no(
    women: list[dict[str, Answer]], observers: list[dict[str, Answer]], source: str, data: st.DataObject
) -> None:
    """A missing answer of a woman or an observer counts like no answer at all, in every item and domain."""
    rows = women if source == "C" else observers
    which = data.draw(st.integers(0, len(rows) - 1))
    code = data.draw(st.sampled_from(ASKED[source]))
    missing = data.draw(st.sampled_from(("dk", "pns", "na", "not_observed")))
    rows[which][code] = missing
    with_it = scored({"C": women, "O": observers})
    del rows[which][code]
    without = scored({"C": women, "O": observers})
    assert [item.y for item in with_it.items] == [item.y for item in without.items]
    assert with_it.flags == without.flags
    for one in with_it.domains:  # validity may see what was offered; a figure that there is, is the same
        other = domain(without, one.code)
        assert one.value is None or other.value is None or one.value == other.value


@given(interviews("P", most=2))
def test_a_manager_s_answers_alone_move_no_score(providers: list[Row]) -> None:
    """Without women and observers no answer of a manager makes a figure, an n or a valid domain."""
    score = scored({"P": providers})
    assert (score.value, score.n, score.valid, score.band) == (None, 0, False, None)
    assert not [one for one in score.domains if one.value is not None or one.n]
    assert not [one for one in score.items if one.y is not None or one.has_data]


def _outputs(answers: Answers) -> bytes:
    """Return everything that is made of a service-round, but the focal point's inbox."""
    score = scored(answers, resamples=50)
    rules = framework(50)
    made = (score, tier_of(score, None, rules), explain(score, rules))
    return orjson.dumps(made)


@settings(max_examples=60)
@given(interviews(at_least=2), st.integers(0, 7), st.sampled_from(GATES))
def test_a_reported_flag_moves_no_byte(women: list[dict[str, Answer]], which: int, code: str) -> None:
    """One woman's report of a harm on a gate changes nothing but the safety focal point's inbox."""
    rule = RULES.by_code[code].flag_rule
    assert rule is not None
    raising = rule.raised_by["C"]
    for row in women:  # nobody else says so
        row[code] = next(choice for choice in scale(code, "C") if choice not in raising)
    before, inbox = _outputs({"C": women}), find_flags(RULES, flag_sheets({"C": women}))
    women[which % len(women)][code] = raising[0]
    reported = find_flags(RULES, flag_sheets({"C": women}))
    assert _outputs({"C": women}) == before
    assert [flag.indicator for flag in reported if flag not in inbox] == [code]
    assert {flag.state for flag in reported if flag.indicator == code} == {"reported"}


@given(interviews(most=3), interviews("P", most=1), st.booleans())
def test_a_review_of_a_reported_flag_moves_no_byte(women: list[Row], providers: list[Row], first: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
    """Reviewing what is only reported opens nothing: the bytes are those without the review."""
    answers = {"C": women, "P": providers if first else []}
    reported = [flag.indicator for flag in find_flags(RULES, flag_sheets(answers)) if flag.state == "reported"]
    assert orjson.dumps(scored(answers, reviewed(*reported))) == orjson.dumps(scored(answers))


@settings(max_examples=60)
@given(interviews(), interviews("O", most=2), interviews("P", most=1), st.booleans())
def test_every_figure_is_in_0_to_1_or_absent_with_a_reason(
    women: list[Row],
    observers: list[Row],
    providers: list[Row],
    review: bool,  # noqa: FBT001 -- drawn by hypothesis
) -> None:
    """Scores, capped scores and bounds are numbers from 0 to 1, or absent with a reason; capped is never above."""
    answers = {"C": women, "O": observers, "P": providers}
    found = [flag.indicator for flag in find_flags(RULES, flag_sheets(answers))] if review else []
    score = scored(answers, reviewed(*found), resamples=50)
    figures: list[ServiceScore | DomainScore] = [score, *score.domains]
    for one in figures:
        assert (one.value is None) == bool(one.why_not)
        assert (one.value is None) == (one.capped is None)
        assert (one.value is None) == (one.grade == "")
        assert one.value is None or one.capped is None or 0 <= one.capped <= one.value + 1e-12 <= 1 + 2e-12
        assert one.interval is None or 0 <= one.interval.low <= one.interval.high <= 1 + 1e-12
    assert (score.band is None) == (not score.valid)
    assert all(item.y is None or 0 <= item.y <= 1 for item in score.items)
