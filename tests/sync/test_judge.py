"""Submission → the row that is kept: accepted, refused or quarantined, and what of it may be kept at all."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_forms import AROUND, form, problems, workbook

from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Row
from kobo_sync.sync.judge import judge
from kobo_sync.sync.versions import Versions

CANARY = "canary-99e1"
SEAL = Seal(b"a key for tests")
SHEETS = """
| survey |
| | type              | name    | label | calculation | required | relevant           | role    |
| | calculate         | tool    |       | '2026.1'    |          |                    | version |
| | calculate         | month   |       | '2026-03'   |          |                    | month   |
| | text              | before  | B     |             |          |                    |         |
| | select_one agree  | consent | C     |             | yes      |                    | consent |
| | select_one agree  | other   | O     |             |          |                    |         |
| | begin_group       | g       | G     |             |          | ${consent} = 'yes' |         |
| | select_one_from_file s.csv | place | P |           | yes      |                    | service |
| | text              | words   | W     |             |          |                    |         |
| | begin_repeat      | child   | C     |             |          |                    |         |
| | text              | called  | N     |             |          |                    |         |
| | integer           | age     | A     |             |          |                    |         |
| | begin_repeat      | visit   | V     |             |          |                    |         |
| | text              | where   | W     |             |          |                    |         |
| | end_repeat        |         |       |             |          |                    |         |
| | end_repeat        |         |       |             |          |                    |         |
| | end_group         |         |       |             |          |                    |         |
| choices |
| | list_name | name | label | score |
| | agree     | yes  | Yes   | 1     |
| | agree     | no   | No    | 0     |
"""
REFUSAL = {**AROUND, "tool": "2026.1", "month": "2026-03", "consent": "no"}
INTERVIEW = {
    **AROUND,
    "tool": "2026.1",
    "month": "2026-03",
    "before": "early words",
    "consent": "yes",
    "other": "no",
    "g/place": "S01",
    "g/words": "her words",
    "g/child": [
        {"g/child/called": "Ana", "g/child/age": "3"},
        {"g/child/age": "5", "g/child/visit": [{"g/child/visit/where": "here"}]},
    ],
}


def versions(folder: Path, sheets: str = SHEETS, services: Collection[str] | None = None) -> Versions:
    """Keep one version of a form, and return the kept ones."""
    kept = Versions(folder / "versions", "small", services)
    kept.keep(AROUND["__version__"], workbook(sheets))
    return kept


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Return the kept versions of the form above."""
    return versions(tmp_path_factory.mktemp("kept"), services=["S01"])


def test_a_good_interview_is_accepted(kept: Versions) -> None:
    """An accepted interview has its month, service and status, its answers without free text, and the text apart."""
    row = judge({**INTERVIEW, "_validation_status": {"uid": "validation_status_approved"}}, kept, SEAL)
    assert (row.id, row.state, row.month, row.service) == (7, ACCEPTED, "2026-03", "S01")
    assert (row.status, row.version) == ("validation_status_approved", "vSmall")
    assert (row.uuid[-1], row.root_uuid[-1], row.problems) == ("7", "1", ())
    assert row.document is not None
    assert {key: value for key, value in row.document.items() if not key.startswith("_")} == {
        "tool": "2026.1",
        "month": "2026-03",
        "consent": "yes",
        "other": "no",
        "place": "S01",
        "child": [{"age": 3}, {"age": 5, "visit": [{}]}],
    }
    assert tuple((words.question, words.text) for words in row.texts) == (
        ("before", "early words"),
        ("words", "her words"),
        ("child[1]/called", "Ana"),
        ("child[2]/visit[1]/where", "here"),
    )


def test_a_refusal_keeps_nothing_but_itself(kept: Versions) -> None:
    """Without consent only the version, the month and the refusal stay, even where a form asked something before."""
    row = judge({**REFUSAL, "before": CANARY, "other": "yes"}, kept, SEAL)
    assert row.state == REFUSED
    assert row.document is not None
    assert set(row.document) == {"_id", "_uuid", "_root_uuid", "_version", "tool", "month", "consent"}
    assert (row.texts, row.service, row.month) == ((), "", "2026-03")
    assert CANARY not in repr(row)


def test_whoever_was_not_asked_for_consent_has_not_consented(tmp_path: Path) -> None:
    """No answer to the question of consent is no consent; a form without such a question has nothing to refuse."""
    optional = versions(
        tmp_path / "a", SHEETS.replace("| yes      |                    | consent |", "| | | consent |")
    )
    row = judge({key: value for key, value in REFUSAL.items() if key != "consent"}, optional, SEAL)
    assert (row.state, row.problems) == (REFUSED, ())
    plain = versions(tmp_path / "b", "| survey |\n| | type | name | label |\n| | text | q | Q |\n")
    assert judge({**AROUND, "q": "x"}, plain, SEAL).state == ACCEPTED


def test_what_is_wrong_is_quarantined_without_its_answers(kept: Versions) -> None:
    """A quarantined row says why, keeps month and status, and none of the answers."""
    row = judge({**INTERVIEW, "g/words": CANARY, "consent": CANARY, "_submitted_by": CANARY}, kept, SEAL)
    assert (row.state, row.month, row.document, row.texts, row.service) == (QUARANTINED, "2026-03", None, (), "")
    assert ("consent", "choice") in {(problem.field, problem.rule) for problem in row.problems}
    assert CANARY not in repr(row)
    assert judge({**INTERVIEW, "month": CANARY}, kept, SEAL).month == ""


def test_an_encrypted_submission_waits(kept: Versions) -> None:
    """What was encrypted on the phone cannot be read, and waits with a word on its key."""
    row = judge({**AROUND, "base64EncryptedKey": CANARY, "encryptedXmlFile": "submission.xml.enc"}, kept, SEAL)
    assert [problem.rule for problem in row.problems] == ["encrypted"]
    assert "private key" in row.problems[0].remedy
    assert CANARY not in repr(row)


def test_an_unknown_version_says_which_file_is_wanted(kept: Versions) -> None:
    """A submission of a version that is not kept waits, and the remedy names the file to put where."""
    (problem,) = judge({**INTERVIEW, "__version__": "vOther000000000000000a"}, kept, SEAL).problems
    assert (problem.field, problem.rule) == ("__version__", "unknown_version")
    assert "form version vOther000000000000000a" in problem.what
    assert "versions/small/vOther000000000000000a.xlsx" in problem.remedy


@pytest.mark.parametrize("version", [None, "", "../../etc/passwd", "a b", "x" * 65, 5, ["v"], "v\n"])
def test_a_version_that_is_no_name_is_no_path(version: Any, kept: Versions) -> None:
    """What cannot be a version's name is not looked for on the disk, nor told back."""
    (problem,) = judge({**INTERVIEW, "__version__": version}, kept, SEAL).problems
    assert problem.rule == "unknown_version"
    assert "does not say with which version" in problem.what
    assert ".xlsx" not in problem.remedy
    assert "etc" not in repr(problem)


OUTSIDE = st.sampled_from(
    ["_submitted_by", "_geolocation", "_notes", "_tags", "_attachments", "start", "end", "deviceid", "g/gps/geopoint",
     "username", "meta/instanceName", "stranger", "g/stranger", "called", "formhub/uuid"],
)  # fmt: skip


@given(
    outside=st.dictionaries(OUTSIDE, st.sampled_from([CANARY, [CANARY], {"a": {"b": CANARY}}]), max_size=5),
    agreed=st.booleans(),
)
def test_no_row_holds_what_is_not_on_the_list(kept: Versions, outside: dict[str, Any], *, agreed: bool) -> None:
    """Accepted, refused or quarantined: no value from outside the allow-list comes into a row or its problems."""
    row = judge({**(INTERVIEW if agreed else REFUSAL), **outside}, kept, SEAL)
    assert CANARY not in repr(row)
    assert isinstance(row, Row)
    strangers = {"stranger", "g/stranger", "called"} & set(outside)
    assert (row.state == QUARANTINED) == bool(strangers)
    assert {problem.field for problem in row.problems} == strangers


AREAS = """
| survey |
|  | type               | name    | label   | required | relevant            | role          | indicator |
|  | select_one yn      | consent | Agree?  | yes      |                     | consent       |           |
|  | select_one yn      | listed  | Listed? | yes      | ${consent} = 'yes'  | locale_listed |           |
|  | select_one_from_file locales.csv | area | Area? | yes | ${listed} = 'yes' | locale        |           |
|  | select_one yn      | needles | Needles? | yes     | ${consent} = 'yes'  | gap           | loc_nsp   |
| choices |
|  | list_name | name | label | score |
|  | yn        | yes  | Yes   | 1     |
|  | yn        | no   | No    | 0     |
| settings |
|  | source |
|  | L      |
"""


@pytest.mark.parametrize(
    ("source", "raw", "waits"),
    [
        ("L", {"consent": "yes", "listed": "no", "needles": "no"}, True),
        ("L", {"consent": "yes", "listed": "yes", "area": "north", "needles": "no"}, False),
        ("L", {"consent": "no"}, False),
        ("C", {"consent": "yes", "listed": "no", "needles": "no"}, False),
    ],
)
def test_a_gap_without_a_listed_area_waits(source: str, raw: dict[str, str], waits: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """What a team says of an area that is not on the list waits, with a remedy; a woman's answers need no area."""
    found = problems(form(AREAS.replace("| L ", f"| {source} ")), raw)
    assert [(problem.field, problem.rule) for problem in found] == ([("area", "locale")] if waits else [])
    assert all("locales.csv" in problem.remedy and "submission 7" in problem.remedy for problem in found)
