"""Changes between two public releases: a function of the two files, and rarer than the truth."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
import release_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.scoring.model import Interval
from kobo_sync.scoring.release_changes import NOT_COMPARED, PublicChange, release_changes
from kobo_sync.scoring.release_model import Plain, Release
from kobo_sync.scoring.release_rounding import bounds, score_percent

FRAMEWORK = samples.rules()
METHOD: Plain = {"framework": "1", "weights_version": "", "weights": {"core": 2}, "thresholds": {"public_from": 10}}


def figure(percent: int, low: int, high: int) -> Plain:
    """Return a published figure."""
    return {"percent": percent, "low": low, "high": high, "grade": "B"}


def made(
    round_: str,
    *domains: Plain,
    overall: Plain | None = None,
    number: int = 1,
    method: Mapping[str, Any] = MappingProxyType({}),
) -> Release:
    """Return a release of one service with these domains; `method`: what is otherwise than in others."""
    block = {"code": "S1", "label": "One", "area": "D1", "status": "published", "overall": overall, "domains": domains}
    held = {"code": "S2", "label": "Two", "area": "D1", "status": "not_published"}
    return Release(round_, number, {"method": {**METHOD, **method}, "services": [block, held]})


def domain(code: str, one: Plain | None, *questions: str) -> Plain:
    """Return a published domain."""
    return {"code": code, "figure": one, "questions": [{"indicator": name, "share": 50} for name in questions]}


def words(before: Release, after: Release) -> dict[str, str]:
    """Return the word of each domain, and of the whole under ""."""
    found = release_changes(after, [before, after], FRAMEWORK)
    assert found is not None
    service = found.services[0]
    return {one.code: one.verdict for one in (*service.domains, *([service.overall] if service.overall else []))}


def test_without_an_earlier_release_nothing_is_compared() -> None:
    """Rounds that come later, and other releases of the same round, are no earlier ones."""
    now = made("2026-H2", domain("srh", figure(50, 40, 60)))
    assert release_changes(now, [now, made("2026-H2", number=2), made("2027-H1")], FRAMEWORK) is None


def test_the_last_release_of_the_round_before_counts() -> None:
    """Of all earlier rounds the last one is taken, and of its releases the last one: what was withdrawn is gone."""
    old = [made("2025-H2"), made("2026-H1", number=1), made("2026-H1", domain("srh", figure(20, 10, 30)), number=2)]
    found = release_changes(made("2026-H2", domain("srh", figure(50, 40, 60))), old, FRAMEWORK)
    assert found is not None
    assert (found.before, found.number) == ("2026-H1", 2)
    assert found.services[0].domains == (PublicChange("srh", figure(20, 10, 30), figure(50, 40, 60), "better"),)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (figure(40, 30, 45), figure(60, 50, 70), "better"),
        (figure(60, 50, 70), figure(40, 30, 45), "worse"),
        (figure(40, 30, 50), figure(60, 50, 70), "unclear"),  # the bounds touch
        (figure(40, 35, 45), figure(50, 50, 55), "unclear"),  # 0.425 and 0.475 would be printed so
        (figure(50, 45, 55), figure(50, 45, 55), "unclear"),
    ],
)
def test_a_change_needs_intervals_that_lie_apart(before: Plain, after: Plain, word: str) -> None:
    """Better or worse only where the published intervals are apart and the figures far enough."""
    assert words(made("a", domain("srh", before)), made("b", domain("srh", after))) == {"srh": word}


unit = st.floats(0, 1)


@given(unit, unit, st.floats(0, 0.3), st.floats(0, 0.3))
def test_a_public_word_is_true_of_the_exact_figures(one: float, two: float, wide: float, wider: float) -> None:
    """Whatever the exact figures were: where the public is told of a change, they differ enough, in that direction."""
    printed = []
    for value, width in ((one, wide), (two, wider)):
        shown = score_percent(value, FRAMEWORK)
        around = Interval(max(0.0, value - width), min(1.0, value + width))
        printed.append(figure(shown, *bounds(shown, around, FRAMEWORK)))
    word = words(made("a", domain("srh", printed[0])), made("b", domain("srh", printed[1])))["srh"]
    if word == "better":
        assert two - one >= FRAMEWORK.method.min_change - 1e-9
        assert two - wider > one + wide - 1e-9
    if word == "worse":
        assert one - two >= FRAMEWORK.method.min_change - 1e-9


@pytest.mark.parametrize("name", ["framework", "weights_version", "weights", "thresholds"])
def test_rounds_of_another_method_have_no_words(name: str) -> None:
    """Where framework, weights or thresholds changed, both figures stand there and no change is called one."""
    before = made("a", domain("srh", figure(10, 5, 15)), overall=figure(10, 5, 15), method={name: "other"})
    after = made("b", domain("srh", figure(90, 85, 95)), overall=figure(90, 85, 95))
    assert set(words(before, after).values()) == {NOT_COMPARED}
    found = release_changes(after, [before], FRAMEWORK)
    assert found is not None
    assert not found.alike


def test_other_questions_are_not_compared() -> None:
    """A domain whose published questions differ has no word, nor has the whole that is made of it."""
    low, high = figure(10, 5, 15), figure(90, 85, 95)
    before = made("a", domain("srh", low, "x", "y"), domain("leg", low, "z"), overall=low)
    after = made("b", domain("srh", high, "x"), domain("leg", high, "z"), overall=high)
    assert words(before, after) == {"srh": NOT_COMPARED, "leg": "better", "": NOT_COMPARED}


def test_other_domains_make_no_comparable_whole() -> None:
    """The overall figure has a word only where it is made of the same domains in both releases."""
    low, high = figure(10, 5, 15), figure(90, 85, 95)
    before = made("a", domain("srh", low), domain("leg", None), overall=low)
    after = made("b", domain("srh", high), domain("leg", high), overall=high)
    assert words(before, after) == {"srh": "better", "": NOT_COMPARED}


def test_what_is_held_back_in_one_round_is_in_no_comparison() -> None:
    """A service that one of the releases does not publish is not named among the changes."""
    before, after = made("a", domain("srh", figure(50, 40, 60))), made("b", domain("srh", figure(50, 40, 60)))
    after.content["services"][0] = {"code": "S1", "label": "One", "area": "D1", "status": "not_published"}
    found = release_changes(after, [before], FRAMEWORK)
    assert found is not None
    assert found.services == ()


def test_real_releases_can_be_compared() -> None:
    """Two rounds that went through the wall: the same answers, and so no change that is clear."""
    known = samples.known(samples.listed("S1"), [samples.plain_service("S1", 24)])
    first = samples.release(known).release
    again = Release("2027-H1", 1, {**first.content, "round": "2027-H1"})
    found = release_changes(again, [first], FRAMEWORK)
    assert found is not None
    assert {one.verdict for one in found.services[0].domains} == {"unclear"}
    assert found.services[0].overall is not None
