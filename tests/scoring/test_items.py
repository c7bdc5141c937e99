"""Answers → items: missing answers (3.1) and step 1 of the arithmetic (3.11)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.instrument.form import Choice, Form, Question
from kobo_sync.scoring.items import answer_sheet, flag_answers, score_answer
from kobo_sync.scoring.model import DK, NA, NOT_ASKED, NOT_OBSERVED, PNS, VALUE

PARTLY = Question(
    "q",
    "q",
    "select_one",
    choices=(
        Choice("yes", {}, 1.0),
        Choice("partly", {}, 0.5),
        Choice("no", {}, 0.0),
        Choice("dk", {}, None, "dk"),
        Choice("pns", {}, None, "pns"),
        Choice("na", {}, None, "na"),
        Choice("unseen", {}, None, "not_observed"),
        Choice("aside", {}),
    ),
    indicator="i",
)
SEVERAL = Question(
    "m",
    "m",
    "select_multiple",
    choices=(
        Choice("a", {}, 1.0),
        Choice("b", {}, 1.0),
        Choice("c", {}, 1.0),
        Choice("none", {}, 0.0),
        Choice("dk", {}, None, "dk"),
    ),
    indicator="j",
)


def test_one_choice_scores_what_the_form_says() -> None:
    """A single choice scores what stands beside it in the form."""
    assert score_answer(PARTLY, "yes") == (1.0, VALUE)
    assert score_answer(PARTLY, "partly") == (0.5, VALUE)
    assert score_answer(PARTLY, "no") == (0.0, VALUE)


def test_missing_answers_keep_their_reason() -> None:
    """A missing answer is never a number, and its reason is kept."""
    assert score_answer(PARTLY, None) == (None, NOT_ASKED)
    assert score_answer(PARTLY, "dk") == (None, DK)
    assert score_answer(PARTLY, "pns") == (None, PNS)
    assert score_answer(PARTLY, "na") == (None, NA)
    assert score_answer(PARTLY, "unseen") == (None, NOT_OBSERVED)


def test_a_choice_without_score_is_out_of_the_sum() -> None:
    """A choice that deliberately has no score, or that the form does not know, is out of the sum."""
    assert score_answer(PARTLY, "aside") == (None, NA)
    assert score_answer(PARTLY, "unheard of") == (None, NA)


def test_several_choices_score_their_share() -> None:
    """Several choices score the share of what the list counts."""
    # 2 of the 3 that count: (1 + 1) / (1 + 1 + 1)
    assert score_answer(SEVERAL, ["a", "c"]) == (2 / 3, VALUE)
    assert score_answer(SEVERAL, ["a", "b", "c"]) == (1.0, VALUE)
    assert score_answer(SEVERAL, ["none"]) == (0.0, VALUE)


def test_dont_know_excludes_the_rest() -> None:
    """A "don't know" among several choices makes the whole answer missing."""
    assert score_answer(SEVERAL, ["a", "dk"]) == (None, DK)


@given(st.sampled_from([choice.name for choice in PARTLY.choices if choice.missing]))
def test_no_missing_answer_of_a_woman_is_ever_a_no(name: str) -> None:
    """No missing answer is ever read as a no (or as a yes)."""
    assert score_answer(PARTLY, name)[0] is None


@given(st.lists(st.sampled_from(["a", "b", "c", "none"]), unique=True, min_size=1))
def test_scores_stay_between_0_and_1(chosen: list[str]) -> None:
    """A score is a number from 0 to 1, whatever is chosen."""
    value, _ = score_answer(SEVERAL, chosen)
    assert value is not None
    assert 0 <= value <= 1


def test_a_sheet_has_a_row_a_record_and_a_column_an_indicator() -> None:
    """The answers of one source are laid out by record and by indicator, in the order given."""
    form = Form("f", "F", (), "", (PARTLY, SEVERAL), source="C")
    sheet = answer_sheet("C", ["j", "other", "i"], [(form, {"q": "no"}), (form, {"m": ["a"], "q": "pns"})])
    assert sheet.x.shape == (2, 3)
    np.testing.assert_array_equal(sheet.x, [[np.nan, np.nan, 0.0], [1 / 3, np.nan, np.nan]])
    np.testing.assert_array_equal(sheet.reason, [[NOT_ASKED, NOT_ASKED, VALUE], [VALUE, NOT_ASKED, PNS]])


def test_follow_ups_and_unknown_indicators_enter_no_sheet() -> None:
    """Questions with a role of their own, and indicators outside the framework, enter no score."""
    follow_up = Question("f", "f", "select_one", choices=PARTLY.choices, indicator="i", role="followup")
    form = Form("f", "F", (), "", (follow_up, SEVERAL), source="C")
    sheet = answer_sheet("C", ["i"], [(form, {"f": "yes", "m": ["a"]})])
    assert np.isnan(sheet.x).all()


def test_a_sheet_keeps_the_ids_of_its_records() -> None:
    """The ids that the bootstrap sorts by stand beside the rows; without them there are none."""
    form = Form("f", "F", (), "", (PARTLY,), source="C")
    sheet = answer_sheet("C", ["i"], [(form, {"q": "no"}), (form, {"q": "yes"})], [9, 4])
    assert sheet.ids is not None
    assert sheet.ids.tolist() == [9, 4]
    assert answer_sheet("C", ["i"], [(form, {})]).ids is None


def test_two_form_versions_are_each_read_by_their_own() -> None:
    """Records of two versions of a form are scored each by the choices of the version that it was filled in with."""
    harder = Question(
        "q", "q", "select_one", choices=(Choice("yes", {}, 0.25), Choice("dk", {}, None, "pns")), indicator="i"
    )
    old, new = (Form("f", "F", (), "", (question,), source="C") for question in (PARTLY, harder))
    sheet = answer_sheet("C", ["i"], [(old, {"q": "yes"}), (new, {"q": "yes"}), (old, {"q": "dk"}), (new, {"q": "dk"})])
    np.testing.assert_array_equal(sheet.x[:, 0], [1.0, 0.25, np.nan, np.nan])
    assert sheet.reason[:, 0].tolist() == [VALUE, VALUE, DK, PNS]


def test_flags_read_choices_and_follow_ups() -> None:
    """What flags need of a record are its choices and follow-ups by indicator, without missing answers and lists."""
    follow_up = Question("f", "f", "select_one", choices=PARTLY.choices, indicator="i", role="followup")
    aside = Question("a", "a", "select_one", choices=PARTLY.choices, indicator="k", role="context")
    form = Form("f", "F", (), "", (PARTLY, SEVERAL, follow_up, aside), source="C")
    told = flag_answers(form, {"q": "no", "f": "yes", "m": ["a"], "a": "yes"})
    assert (told.choices, told.followups) == ({"i": "no"}, {"i": "yes"})
    silent = flag_answers(form, {"q": "dk", "f": "pns"})
    assert (silent.choices, silent.followups) == ({}, {})
