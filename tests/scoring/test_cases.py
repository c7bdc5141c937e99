"""The cases that the method asks for by name (the test data in its section 6), as far as scores are concerned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest
from scoring_samples import PATH, Row, best, domain, flag_sheets, framework, reviewed, scored, sheets, women

from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.scoring.areas import area_of
from kobo_sync.scoring.disclosure import team_view, withheld
from kobo_sync.scoring.flags import find_flags, flag_sheet
from kobo_sync.scoring.items import answer_sheet, area_answers, flag_answers, lay_out
from kobo_sync.scoring.service import score_service
from kobo_sync.scoring.team import team_detail

CLIENT = PATH.with_name("client_interview.xlsx")


def test_no_red_flag_with_twelve_women() -> None:
    """Twelve women, no red flag: a score, an interval, grade B, a band, nothing capped, and nothing waits."""
    score = scored({"C": women(12, None, par_childcare="no"), "O": [best("O")]}, resamples=500)
    # par: par_oat_pregnancy (core) 2 · 1, antenatal care 1, support 1, childcare (0.5 · 0 + 0.3 · 1) / 0.8 = 0.375
    assert domain(score, "par").value == pytest.approx((2 + 1 + 1 + 0.375) / 5)
    assert (score.grade, score.flags, score.waiting, score.capped) == ("B", (), False, score.value)
    assert score.band is not None


def test_provider_only() -> None:
    """Where only the provider answered, there is no score, and her words are told as hers."""
    score = scored({"P": [best("P")]}, resamples=50)
    assert (score.value, score.why_not, score.n, score.band, score.interval) == (None, "few_women", 0, None, None)
    assert score.says
    assert not [one for one in score.domains if one.valid]


def test_four_women() -> None:
    """Four women make domains and no score, and nobody sees either."""
    score = scored({"C": women(4)}, resamples=50)
    assert (score.value, score.why_not, score.n) == (None, "few_women", 4)
    assert {one.grade for one in score.domains if one.valid} == {"D"}
    assert team_view(score, framework()) == withheld("S01", "2026-H2", framework())


@pytest.mark.parametrize("missing", ["dk", "pns", "na"])
def test_all_dk(missing: str) -> None:
    """Where all say that they do not know, or would rather not say, nothing is valid and nothing is nought."""
    score = scored({"C": women(12, dict.fromkeys(best("C"), missing))}, resamples=50)
    assert (score.value, score.why_not, score.n, score.band) == (None, "few_women", 0, None)
    assert not [one for one in score.items if one.y is not None]
    assert {one.value for one in score.domains} == {None}
    assert bool(score.unsafe) == (missing == "pns")


def test_one_against_two_reporters() -> None:
    """One woman's report leaves the score as it was; a second one makes it wait; the review opens and caps it."""
    harmed: Row = {**best("C"), "srh_coercion": "yes"}
    none, one = scored({"C": women(12)}), scored({"C": [*women(11), harmed]})
    assert orjson.dumps(none) == orjson.dumps(one)
    two = {"C": [*women(10), harmed, harmed]}
    assert (scored(two).waiting, scored(two).capped) == (True, none.value)
    assert (scored(two, reviewed("srh_coercion")).waiting, scored(two, reviewed("srh_coercion")).capped) == (
        False,
        0.44,
    )


def test_a_withdrawn_record_leaves_no_trace() -> None:
    """After a withdrawal the score is what it would be had she never answered, and a flag of two is one's again."""
    harmed: Row = {**best("C"), "srh_coercion": "yes"}
    rows = [*women(11), harmed]
    ids = {"C": [*range(1, 12), 13]}
    answers = {"C": rows}
    rules = framework(100)
    with_gap = score_service("S01", "2026-H2", rules, sheets(answers, ids=ids), flag_sheets=flag_sheets(answers))
    never = score_service("S01", "2026-H2", rules, sheets(answers), flag_sheets=flag_sheets(answers))
    assert orjson.dumps(with_gap) == orjson.dumps(never)
    assert not scored(answers, reviewed("srh_coercion")).flags


def test_an_edited_record_keeps_its_place() -> None:
    """An edited record has the same id, and so its row's place in the bootstrap: only its own answers change."""
    rows, rules = (
        [{**best("C"), "stf_respect": answer} for answer in ("always", "never", "mostly", "never", "always")],
        framework(100),
    )
    edited = [*rows[:1], {**rows[1], "stf_respect": "always"}, *rows[2:]]
    late = score_service(
        "S01", "R", rules, sheets({"C": [edited[i] for i in (0, 2, 3, 4, 1)]}, ids={"C": [1, 3, 4, 5, 2]})
    )
    assert late == score_service("S01", "R", rules, sheets({"C": edited}))


def test_the_complement_suppression_trap() -> None:
    """Four women's answers to one question could be worked out from the domain and its other questions: no figures."""
    rows = [
        {**row, **({"stf_language": "dk"} if i > 3 else {"stf_language": "never"})} for i, row in enumerate(women(12))
    ]
    score = scored({"C": rows}, resamples=50)
    # D = (2 · respect 1 + 2 · women workers 1 + 1 · language 0) / 5 = 0.8; who knows both ones finds the nought
    staff = next(one for one in team_view(score, framework()).domains if one.code == "stf")
    value = domain(score, "stf").value
    assert value is not None
    worked_out = 5 * value - 2 * 1 - 2 * 1
    assert worked_out == pytest.approx(0)
    assert [(one.code, one.percent, one.n) for one in staff.items] == [
        ("stf_respect", None, None),
        ("stf_language", None, None),
        ("stf_women", None, None),
    ]
    told = team_detail(score, None, framework())
    assert "stf" not in told.intervals
    assert told.interval is None
    assert not {one.code for one in (*told.strengths, *told.asks)} & {one.code for one in staff.items}


def test_two_form_versions() -> None:
    """Records of two versions of the real form are laid out by indicator, whatever their questions are called."""
    form = read_form(CLIENT, "client_interview")
    renamed = Form("f", "F", (), "", tuple(replace(q, name=f"{q.name}_2") for q in form.questions), source="C")
    documents = [{q.name: q.choices[0].name for q in form.scored if not q.multiple} for _ in range(2)]
    second = {f"{name}_2": answer for name, answer in documents[1].items()}
    codes = [one.code for one in framework().indicators]
    sheet = answer_sheet("C", codes, [(form, documents[0]), (renamed, second)], [1, 2])
    np.testing.assert_array_equal(sheet.x[0], sheet.x[1])
    assert (~np.isnan(sheet.x[0])).sum() > 40
    told = [flag_answers(form, documents[0]), flag_answers(renamed, second)]
    assert told[0] == told[1]
    assert find_flags(framework(), [flag_sheet("C", framework(), told)])


def test_everything_about_a_service_is_laid_out_at_once() -> None:
    """What the store holds of a service-round becomes the sheets of scores and of flags, in one step."""
    form = read_form(CLIENT, "client_interview")
    documents = [{q.name: q.choices[0].name for q in form.scored if not q.multiple} for _ in range(2)]
    laid, flags = lay_out(framework(), {"C": [(form, documents[0], 8), (form, documents[1], 3)], "P": []})
    assert [(sheet.source, sheet.x.shape[0]) for sheet in laid] == [("C", 2), ("P", 0)]
    assert laid[0].ids is not None
    assert laid[0].ids.tolist() == [8, 3]
    assert [flag.clients for flag in find_flags(framework(), flags)] == [2] * len(find_flags(framework(), flags))
    assert score_service("S", "R", framework(20), laid, flag_sheets=flags).n == 2


def test_the_real_form_about_an_area() -> None:
    """What a phone sends about an area is read by the roles of its questions; "don't know" is no answer."""
    form = read_form(PATH.with_name("locale_gap.xlsx"), "locale_gap")
    names = {q.role: q.name for q in form.questions if q.role in {"team", "reporters", "any_hr"}}
    gaps = {q.indicator: q.name for q in form.questions if q.role == "gap"}
    document = {
        names["team"]: "t2",
        names["reporters"]: "r5_9",
        names["any_hr"]: "dk",
        gaps["loc_nsp"]: "not_reachable",
    }
    told = area_answers(form, document)
    assert (told.team, told.reporters, told.any_hr) == ("t2", "r5_9", "")
    assert {code: answer for code, answer in told.gaps.items() if answer} == {"loc_nsp": "not_reachable"}
    states = {gap.code: gap.state for gap in area_of("D1", "R", [told], [], framework()).gaps}
    assert (states["loc_nsp"], states["loc_oat"]) == ("confirmed", "no_data")


def test_flags_of_the_real_form() -> None:
    """What a phone sends of the real form raises the flags that the framework names, follow-ups included."""
    form = read_form(CLIENT, "client_interview")
    asked = {q.indicator: q.name for q in form.scored}
    follow = {q.indicator: q.name for q in form.questions if q.role == "followup"}
    document = {asked["acc_no_conditions"]: "yes", follow["acc_no_conditions"]: "yes", asked["cnf_consent"]: "dk"}
    sheet = flag_sheet("C", framework(), [flag_answers(form, document)] * 2)
    assert [(flag.indicator, flag.level) for flag in find_flags(framework(), [sheet])] == [("acc_no_conditions", "R1")]
