"""Versions from deployment to score: judged by what the phone had, scored on the items that it has."""

from __future__ import annotations

from typing import Any

import pytest
from small_forms import form as form_from
from small_forms import workbook

from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework
from kobo_sync.store.scores import scores
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, Row, Store
from kobo_sync.sync.judge import judge
from kobo_sync.sync.scores import rescore
from kobo_sync.sync.versions import Versions

SEAL = Seal(b"a key for tests")
OLD, NEW = "vOld", "vNew"


def _sheet(questions: list[tuple[str, str, str]]) -> str:
    """Write a client form whose questions are (name, indicator, list); the list `ab` has a third choice in `abc`."""
    rows = "\n".join(f"| | select_one {list_} | {name} | {name}? | | {code} | |" for name, code, list_ in questions)
    return f"""
| survey | | | | | | |
| | type | name | label | role | indicator | calculation |
| | calculate | month | | month | | format-date(today(),'%Y-%m') |
| | select_one places | place | Which? | service | | |
{rows}
| choices | | | | |
| | list_name | name | label | score |
| | places | S01 | One | |
| | ab | a | A | 1 |
| | ab | b | B | 0 |
| | abc | a | A | 1 |
| | abc | b | B | 0 |
| | abc | c | C | 0 |
| settings |
| | source |
| | C |
"""


def _raw(id_: int, version: str, **answers: Any) -> dict[str, Any]:
    return {
        "_id": id_,
        "_uuid": f"u{id_}",
        "__version__": version,
        "_submission_time": "2026-07-15T10:00:00",
        "_validation_status": {},
        "month": "2026-07",
        "place": "S01",
        **answers,
    }


@pytest.fixture
def codes(framework: Framework) -> tuple[str, str]:
    """Return two indicators that a client's answers can score."""
    found = [one.code for one in framework.indicators if "C" in one.sources and one.averaged and not one.flag]
    return found[0], found[1]


@pytest.fixture
def kept(tmp_path: Any, codes: tuple[str, str]) -> Versions:
    """Keep two versions: the new one asks one question more, and has a choice more in the first."""
    versions = Versions(tmp_path / "versions", "small")
    versions.keep(OLD, workbook(_sheet([("one", codes[0], "ab")])))
    versions.keep(NEW, workbook(_sheet([("one", codes[0], "abc"), ("two", codes[1], "ab")])))
    return versions


def _states(kept: Versions, *raws: dict[str, Any]) -> list[Row]:
    return [judge(raw, kept, SEAL) for raw in raws]


def test_each_is_judged_by_the_version_it_was_filled_in_with(kept: Versions) -> None:
    """A choice that only the new version has is fine in the new one and waits in the old one, whenever it comes."""
    rows = _states(kept, _raw(1, NEW, one="c", two="a"), _raw(2, OLD, one="c"), _raw(3, OLD, one="a"))
    assert [row.state for row in rows] == [ACCEPTED, QUARANTINED, ACCEPTED]
    assert [problem.rule for problem in rows[1].problems] == ["choice"]


def test_a_question_that_the_old_version_lacks_is_unknown_there(kept: Versions) -> None:
    """An answer to a question that came later, in a submission of the old version, is named and not kept."""
    (row,) = _states(kept, _raw(1, OLD, one="a", two="canary"))
    assert row.state == QUARANTINED
    assert [(problem.field, problem.rule) for problem in row.problems] == [("two", "unknown_field")]
    assert "canary" not in str(row)


@pytest.mark.parametrize("version", ["vNever", "", "../x", None, 5])
def test_an_unknown_version_waits_with_a_remedy(kept: Versions, version: Any) -> None:
    """Without the workbook of its version a submission is not judged by another: it waits, and says what to do."""
    (row,) = _states(kept, _raw(1, NEW, one="a", two="a") | {"__version__": version})
    assert row.state == QUARANTINED
    (problem,) = row.problems
    assert problem.rule == "unknown_version"
    assert "kobo-sync sync" in problem.remedy
    assert row.document is None


def test_late_ones_of_an_old_version_score_on_the_items_they_have(
    kept: Versions, framework: Framework, codes: tuple[str, str], tmp_path: Any
) -> None:
    """Old and new submissions of one round are scored together: each item from those that were asked about it."""
    new = [_raw(number, NEW, one="a", two="a") for number in range(1, 7)]
    old = [_raw(number, OLD, one="b") for number in range(11, 17)]
    with Store(tmp_path / "s.sqlite") as store:
        store.save_page("small", "a", _states(kept, *new, *old), 16)
        assert rescore(store, framework, {"small": kept}) == 1
        (score,) = scores(store, "2026-H2")
    items = {item.code: item for item in score.items}
    assert dict(items[codes[0]].n_by_source)["C"] == 12
    assert dict(items[codes[1]].n_by_source)["C"] == 6


def test_the_forms_of_these_tests_say_what_they_should() -> None:
    """The sheets that these tests write are read as client forms with a month and a service."""
    form: Form = form_from(_sheet([("one", "x", "ab")]))
    assert form.source == "C"
    assert form.with_role("month") is not None
    assert form.with_role("service") is not None
