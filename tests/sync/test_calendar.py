"""The month of a submission decides its round: one that is missing or impossible waits, and harms nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_forms import form as form_from

from kobo_sync.instrument.form import Form
from kobo_sync.store.scores import service_months, stale_pairs
from kobo_sync.store.store import ACCEPTED, Row, Store
from kobo_sync.sync.record import make_record
from kobo_sync.sync.validate import RecordValidator

FORM = """
| survey |           |       |            |                                  |       |
|        | type      | name  | label      | calculation                      | role  |
|        | calculate | month |            | format-date(today(),'%Y-%m')     | month |
|        | text      | words | Your words |                                  |       |
"""


def _problems(first_month: str = "", **fields: Any) -> list[str]:
    form: Form = form_from(FORM)
    raw = {
        "_id": 1,
        "_uuid": "u",
        "__version__": "v",
        "_submission_time": "2026-07-15T10:00:00",
        "words": "x",
        **fields,
    }
    return [problem.rule for problem in RecordValidator(form, None, first_month).problems(make_record(raw, form))]


@pytest.mark.parametrize("month", ["2026-07", "2026-06", "2024-07"])
def test_a_month_that_can_be_is_accepted(month: str) -> None:
    """Phones may be offline for long."""
    assert _problems(month=month) == []


@pytest.mark.parametrize(
    ("received", "month", "rules"),
    [
        ("2026-07-31T10:00:00", "2026-08", []),
        ("2026-07-30T11:00:00", "2026-08", []),
        ("2026-07-30T09:00:00", "2026-08", ["month"]),
        ("2026-07-01T00:00:00", "2026-08", ["month"]),
        ("2026-12-31T23:59:59", "2027-01", []),
        ("2026-12-31T23:59:59", "2027-02", ["month"]),
        ("not a time", "2026-08", []),
    ],
)
def test_a_phone_may_be_a_day_ahead_at_the_end_of_a_month(received: str, month: str, rules: list[str]) -> None:
    """The next month is accepted when it can have begun on the phone: first zone of the earth, clock a day ahead."""
    assert _problems(month=month, _submission_time=received) == rules


@pytest.mark.parametrize(("month", "rules"), [("2025-12", ["first_round"]), ("2026-01", []), ("2026-07", [])])
def test_a_month_before_the_first_round_waits(month: str, rules: list[str]) -> None:
    """With a first round set, an earlier month is a wrong clock or a trial: quarantine, with the setting named."""
    assert _problems(month=month, first_month="2026-01") == rules


@pytest.mark.parametrize("month", ["2026-08", "2026-09", "9999-12", "1999-01", "0000-01", "2024-06"])
def test_a_month_that_cannot_be_waits(month: str) -> None:
    """A month after the submission was received, or years before, is a wrong clock: quarantine."""
    assert _problems(month=month) == ["month"]


@pytest.mark.parametrize("fields", [{}, {"month": ""}, {"month": "  "}, {"month": None}])
def test_a_submission_without_a_month_waits(fields: dict[str, Any]) -> None:
    """Without a month a submission belongs to no round: quarantine, with a remedy."""
    assert _problems(**fields) == ["month"]


@given(st.text(max_size=12))
def test_no_month_ever_breaks_the_judging(month: str) -> None:
    """Whatever stands in the month, the record is judged and nothing is raised."""
    _problems(month=month)


def test_a_store_with_an_answer_without_a_month_still_scores(tmp_path: Any) -> None:
    """An answer without a month, from wherever it came, is no service-month that waits for a score."""
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("f", "a", [Row(1, "u", "r", "v", "", ACCEPTED, "", "S01", {"_id": 1})], 1)
        assert stale_pairs(store) == []
        assert service_months(store) == []
