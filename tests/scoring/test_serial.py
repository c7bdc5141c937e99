"""Scores as JSON and back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from scoring_samples import Answers, best, framework, reviewed, scored, women

from kobo_sync.scoring.areas import Area, AreaAnswers, area_of
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.serial import from_plain


def _again(kind: type[Any], value: object) -> object:
    made: object = from_plain(kind, orjson.loads(orjson.dumps(value)))
    return made


def test_a_score_comes_back_as_it_was() -> None:
    """What is written as JSON is read back as the same value, intervals, band and flags included."""
    answers: Answers = {
        "C": women(12, None, par_childcare="no"),
        "O": [best("O")],
        "P": [{**best("P"), "cnf_mandatory": "rule"}],
    }
    score = scored(answers, reviewed("cnf_mandatory"), resamples=100)
    assert score.band is not None
    assert score.flags
    assert score.gaps
    assert score.says
    assert _again(ServiceScore, score) == score


def test_an_area_comes_back_as_it_was() -> None:
    """Any of the scoring's frozen values can be written and read."""
    area = area_of("D1", "2026-H2", [AreaAnswers("t1", "r5_9", "no", {"loc_nsp": "here"})], [], framework())
    assert _again(Area, area) == area


def test_what_an_earlier_version_kept_is_read() -> None:
    """Fields that were not there yet take their defaults, and fields that are gone are passed over."""
    new = orjson.loads(orjson.dumps(scored({"C": women(6)})))
    old = {name: value for name, value in new.items() if name not in {"capped", "interval", "grade", "band", "flags"}}
    score = from_plain(ServiceScore, {**old, "gone": 1})
    assert (score.value, score.capped, score.band, score.flags) == (1.0, None, None, ())


def test_a_field_that_is_needed_is_missed() -> None:
    """An object that lacks what has no default is refused, and not half read."""
    with pytest.raises(TypeError, match="service"):
        from_plain(ServiceScore, {"round": "2026-H2"})
