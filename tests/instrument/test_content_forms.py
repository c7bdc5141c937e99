"""The forms' content: they ask what the framework says, nobody can be known from them, six languages say the same."""

from __future__ import annotations

import csv
import re
import unicodedata
from typing import Any

import pytest
from content_forms import (
    AREA,
    CLIENT,
    CODE,
    FOLDER,
    FORMS,
    FRAMEWORK,
    IN_GROUPS,
    INDICATORS,
    LANGUAGES,
    NAMES,
    OBSERVER,
    PROVIDER,
    ROLES,
    UNWANTED,
    Row,
    Sheets,
)
from openpyxl import load_workbook
from pyxform.xls2xform import convert

each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
each_rated = pytest.mark.parametrize("form", [CLIENT, PROVIDER, OBSERVER], ids=lambda form: form.name)

TEXTS = ("label", "hint", "constraint_message", "required_message")
# What people say when they do not answer: women and providers in words, observers that they could not see it.
SILENT = {"C": ("dk", "pns"), "P": ("dk", "pns"), "O": ("not_observed",)}
# Words that are the same in two languages.
SHARED = {"No", "HIV", "Hepatitis B", "Hepatitis C", "Syphilis", "Stigma"}


def gates(form: Sheets) -> list[Row]:
    """Return the questions that decide whether an interview begins."""
    return [row for row in form.asked if row.get("role") in {"screening", "consent"}]


def stops(form: Sheets) -> list[dict[str, str]]:
    """Return the answers to the gates, by question name, that each end an interview before it begins."""
    found: list[dict[str, str]] = []
    way: dict[str, str] = {}
    for gate in gates(form):
        names = [choice["name"] for choice in form.offers(gate)]
        found += [{**way, gate["name"]: name} for name in names[1:]]
        way[gate["name"]] = names[0]
    return found


def test_the_four_forms_are_there() -> None:
    """The instrument has the four forms that the framework names, each telling whose word it is, and no others."""
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.xlsx") if not path.name.startswith("~$"))
    assert {form.name: form.letter for form in FORMS} == {
        name: described["source"] for name, described in FRAMEWORK["forms"].items()
    }
    titles = [form.settings["form_title"] for form in FORMS]
    assert len(set(titles)) == 4
    assert all(title.startswith("Service survey") for title in titles)  # says nothing about drugs on a phone's list
    assert {form.settings["version"] for form in FORMS} == {FRAMEWORK["version"]} == {"2026.3"}


@each_form
def test_forms_convert_without_warnings(form: Sheets) -> None:
    """Pyxform makes an XForm of each form, in six languages, and has nothing to complain about."""
    result = convert(str(form.path), validate=False)
    assert result.warnings == []
    assert result.xform.count("<translation ") == 6


@each_rated
def test_each_indicator_is_asked_once_where_the_framework_says(form: Sheets) -> None:
    """Each form asks exactly the framework's indicators of its letter, each once, named after it."""
    wanted = sorted(code for code, entry in INDICATORS.items() if form.letter in entry["sources"])
    assert sorted(row["indicator"] for row in form.indicators) == wanted
    assert len(wanted) == {"C": 57, "P": 66, "O": 17}[form.letter]
    assert all(row["name"] == f"{row['indicator']}_{form.letter.lower()}" for row in form.indicators)
    assert {row.get("role") for row in form.indicators} <= {None, "context"}
    assert all(row.get("role") is None or INDICATORS[row["indicator"]]["kind"] == "context" for row in form.indicators)


def test_women_are_asked_the_core_first_and_modules_only_when_the_round_has_them() -> None:
    """The 29 core items come in the framework's order in their domains' groups; the others where a module asks them."""
    core = [code for code, entry in INDICATORS.items() if entry["core"] and "C" in entry["sources"]]
    more = [code for code, entry in INDICATORS.items() if not entry["core"] and "C" in entry["sources"]]
    assert [row["indicator"] for row in CLIENT.indicators] == core + more
    assert (len(core), len(more)) == (29, 28)
    for row in CLIENT.indicators:
        domain = INDICATORS[row["indicator"]]["domain"]
        groups = CLIENT.around(row["name"])
        asks_module = f"selected(${{modules}}, '{domain}')"
        if row["indicator"] in core:
            assert [group["name"] for group in groups] == ["interview", domain]
            assert "modules" not in groups[-1].get("relevant", "")
        else:
            assert [group["name"] for group in groups] == ["interview", f"{domain}_more"]
            assert groups[-1]["relevant"].split(" and ")[0] == asks_module
    chosen = CLIENT.by_name["modules"]["calculation"].strip("'").split()
    assert len(chosen) <= FRAMEWORK["modules"]["max"]
    assert set(chosen) <= {domain["code"] for domain in FRAMEWORK["domains"]}


def test_providers_are_asked_in_the_framework_s_order() -> None:
    """The provider's questions come in the framework's order, each in its domain's group."""
    order = [code for code, entry in INDICATORS.items() if "P" in entry["sources"]]
    assert [row["indicator"] for row in PROVIDER.indicators] == order
    for row in PROVIDER.indicators:
        groups = [group["name"] for group in PROVIDER.around(row["name"])]
        assert groups[:2] == ["interview", INDICATORS[row["indicator"]]["domain"]]


def test_the_area_s_form_asks_about_the_framework_s_gaps() -> None:
    """The area's form asks for each service of the framework's gaps, with the answers and bands that it counts."""
    gaps = FRAMEWORK["gaps"]
    asked = [row for row in AREA.asked if row.get("role") == "gap"]
    assert [row["indicator"] for row in asked] == [item["code"] for item in gaps["items"]] == AREA.with_role("gap")
    offered = [*AREA.lists["reach"], *AREA.lists["any_hr"]]
    for says in (gaps["answers"], gaps["any_hr"]):
        assert {*says["gap"], *says["contradicts"]} < {choice["name"] for choice in offered}
    assert {choice["name"] for choice in AREA.lists["reporters"]} == set(gaps["reporters"])
    assert {choice["name"] for choice in AREA.lists["duty_bearer"]} == {*FRAMEWORK["fixers"], "dk"}
    assert set(gaps["covers"]) == {code for code, entry in INDICATORS.items() if "L" in entry["sources"]}
    assert {name for names in gaps["covers"].values() for name in names} <= set(AREA.by_name)
    assert not any("score" in choice for row in asked for choice in AREA.offers(row))


@pytest.mark.parametrize(
    ("form", "row"), [pytest.param(form, row, id=row["name"]) for form in FORMS[:3] for row in form.indicators]
)
def test_scores_agree_with_the_framework(form: Sheets, row: Row) -> None:
    """Choices are worth what the framework says on that form; a way not to answer is always there."""
    entry = INDICATORS[row["indicator"]]
    scale = entry.get("scale_of", {}).get(form.letter, entry["scale"])
    offered = form.offers(row)
    scores = {choice["name"]: float(choice["score"]) for choice in offered if "score" in choice}
    missing = {choice["name"]: choice["missing"] for choice in offered if "missing" in choice}
    if scale == "ms":
        assert row["type"].startswith("select_multiple ")
        assert scores.pop("none") == 0
        assert list(scores.values()) == [1] * entry["k"]
    else:
        assert row["type"].startswith("select_one ")
        assert scores == FRAMEWORK["scales"][scale]["choices"]
    na = ("na",) if entry["na_when"] else ()
    assert missing == {name: name for name in (*SILENT[form.letter], *na)}
    unscored = 4 if scale == "unscored" else 0
    assert len({choice["name"] for choice in offered}) == len(offered)
    assert len(offered) == len(scores) + len(missing) + (scale == "ms") + unscored
    assert row["required"] == "yes"


@each_rated
def test_follow_ups_are_those_of_the_framework(form: Sheets) -> None:
    """What a flag's follow-up wants to know is asked once, right after the answers that open it, and has no score."""
    wanted = {
        code: entry["flag"]["followup"]
        for code, entry in INDICATORS.items()
        if form.letter in ((entry["flag"] or {}).get("followup") or {"when": {}})["when"]
    }
    rows = [row for row in form.survey if row.get("role") == "followup"]
    assert sorted(row["indicator"] for row in rows) == sorted(wanted)
    names = [row["name"] for row in form.asked]
    for row in rows:
        before = f"{row['indicator']}_{form.letter.lower()}"
        opened = wanted[row["indicator"]]["when"][form.letter]
        assert row["relevant"] == " or ".join(f"${{{before}}} = '{name}'" for name in opened)
        assert names.index(row["name"]) == names.index(before) + 1
        assert set(wanted[row["indicator"]]["answers"]) < {choice["name"] for choice in form.offers(row)}
        assert not any("score" in choice for choice in form.offers(row))
        assert {choice["missing"] for choice in form.offers(row) if "missing" in choice} == set(SILENT[form.letter])


@each_form
def test_none_stands_alone(form: Sheets) -> None:
    """Where several may be chosen, none and each way not to answer go with no other answer."""
    several = [
        row for row in form.asked if row["type"].startswith("select_multiple ") and row.get("role") != "left_out"
    ]
    assert several
    for row in several:
        alone = [choice["name"] for choice in form.offers(row) if choice["name"] == "none" or "missing" in choice]
        assert len(alone) >= 2
        either = " or ".join(f"selected(., '{name}')" for name in alone)
        assert row["constraint"] == f"not(({either}) and count-selected(.) > 1)"
        assert all(row[f"constraint_message::{language}"] for language in LANGUAGES)


@each_form
def test_nothing_identifies(form: Sheets) -> None:
    """Nothing asks for names, dates, places, devices or pictures; free texts are few, short and left to choice."""
    assert {row["type"].split()[0] for row in form.survey} <= {
        "calculate", "note", "select_one", "select_multiple", "select_one_from_file", "begin_group", "end_group",
        "text", "integer",
    }  # fmt: skip
    tables = {row["type"].split()[1] for row in form.asked if row["type"].startswith("select_one_from_file")}
    assert tables <= {"services.csv", "locales.csv", "referrals.csv"}
    texts = [row for row in form.asked if row["type"] == "text"]
    assert len(texts) == FRAMEWORK["forms"][form.name]["max_free_text"]
    assert {row["role"] for row in texts} <= {"service_name", "free_text"}
    for row in texts:
        assert "required" not in row
        limit = re.fullmatch(r"string-length\(\.\) <= (\d+)", row["constraint"])
        assert limit is not None
        assert int(limit[1]) <= 300
    assert {row["role"] for row in form.asked if row["type"] == "integer"} <= {"closed_since"}  # a year
    calculated = {"tool_version": f"'{FRAMEWORK['version']}'", "month": "format-date(today(),'%Y-%m')"}
    if form is CLIENT:
        calculated |= {"modules": "'mip mhp leg'", "withdrawal_code": CODE, "code_in_groups": IN_GROUPS}
    assert {row["name"]: row["calculation"] for row in form.survey if "calculation" in row} == calculated
    assert {row["name"] for row in form.survey if row["type"] == "calculate"} == set(calculated)
    assert {row["name"]: row["default"] for row in form.survey if "default" in row} == (
        {"locale_listed": "yes"} if form is AREA else {"locale_listed": "yes", "service_listed": "yes"}
    )


@each_form
def test_whatever_is_sent_hangs_on_consent(form: Sheets) -> None:
    """Consent is a choice that scores 1 for yes; what comes after stands in groups or rows that want that yes."""
    (name,) = form.with_role("consent")
    first, *others = form.offers(form.by_name[name])
    assert float(first["score"]) == 1
    assert {choice["score"] for choice in others} == {"0"}
    agrees = f"${{{name}}} = '{first['name']}'"
    names = [row["name"] for row in form.survey if "name" in row]
    after = names[names.index(name) + 1 :]
    for row in form.survey:
        shown = row.get("role") == "referrals" and row.get("read_only") == "yes"  # the list for who may not take part
        if row.get("name") in after and row["type"].split()[0] not in {"note", "begin_group"} and not shown:
            outermost = [*form.around(row["name"]), row][0]
            assert outermost["relevant"].split(" and ")[0] == agrees, row["name"]
            assert " or " not in outermost["relevant"]
    before = [row["name"] for row in form.asked if row["name"] in names[: names.index(name)]]
    assert before == form.with_role("screening")


@pytest.mark.parametrize(
    ("form", "stop"),
    [pytest.param(form, stop, id=f"{form.name}-{[*stop.values()][-1]}") for form in FORMS for stop in stops(form)],
)
def test_who_does_not_take_part_sends_nothing_but_that(form: Sheets, stop: dict[str, str]) -> None:
    """A phone sends of a refusal, or where nobody may be asked, only version, month and how it ended."""
    everything: dict[str, Any] = {row["name"]: form.offers(row)[0]["name"] for row in form.selects}
    assert len(everything) > 10
    sent = form.sent({**everything, "service_name": "x", **stop})
    assert sent == {"tool_version": FRAMEWORK["version"], "month": sent["month"], **stop}
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", sent["month"])


@each_form
def test_each_ending_has_its_words(form: Sheets) -> None:
    """For each way not to take part there is one note that says what comes next, shown for that answer alone."""
    notes = [row["relevant"] for row in form.survey if row["type"] == "note" and row["name"].startswith("end_")]
    assert sorted(notes) == sorted(f"${{{[*stop][-1]}}} = '{[*stop.values()][-1]}'" for stop in stops(form))


def test_the_harmless_questions_are_dropped_on_the_phone() -> None:
    """What was answered while somebody walked in is gone from what the phone sends; the interview itself is not."""
    decoys = CLIENT.with_role("decoy")
    answered = [row for row in CLIENT.selects if row.get("role") != "left_out"]
    given: dict[str, Any] = {row["name"]: CLIENT.offers(row)[0]["name"] for row in answered}
    sent = CLIENT.sent({**given, "locale": "area_a", "service": "S01"})
    assert not set(decoys) & set(sent)
    assert {"service", "pkg_nsp_c", "fbk_safe_c", "finish"} <= set(sent)
    helps = [CLIENT.by_name[name] for name in CLIENT.with_role("referrals")]
    assert all(row["read_only"] == "yes" for row in helps)
    near = "locale=${locale} or ${locale_listed} = 'no'"  # of the area; all of them where the area is not known
    assert [row.get("choice_filter", "all") for row in helps] == ["all", *[near] * (len(helps) - 1)]


@each_form
def test_roles(form: Sheets) -> None:
    """The column `role` tells the program which row is the version, the month, the consent, the service and so on."""
    common = {"version": ["tool_version"], "month": ["month"], "locale_listed": ["locale_listed"]}
    if form is not AREA:
        common |= {"service_listed": ["service_listed"], "service": ["service"], "service_name": ["service_name"]}
        assert form.by_name["service"]["type"] == "select_one_from_file services.csv"
        assert form.by_name["service"]["choice_filter"] == "locale=${locale}"
    (locale,) = form.with_role("locale")
    assert form.by_name[locale]["type"] == "select_one_from_file locales.csv"
    found = {row["role"]: form.with_role(row["role"]) for row in form.survey if "role" in row}
    assert found == {**common, **ROLES[form.name]}


@each_form
def test_forms_speak_all_languages(form: Sheets) -> None:
    """Each text stands in all six languages, in columns that KoboToolbox reads, and no translation is the source."""
    assert form.settings["default_language"] == LANGUAGES[0]
    for sheet, rows in (("survey", form.survey), ("choices", form.choices)):
        assert {header.partition("::")[2] for header in form.headers[sheet] if ":" in header} == set(LANGUAGES)
        for row in rows:
            for column in TEXTS:
                said = [row.get(f"{column}::{language}") for language in LANGUAGES]
                assert len({text is None for text in said}) == 1, row
                same = [text for text in said[1:] if text is not None and text == said[0]]
                assert not same or (sheet == "choices" and set(same) <= SHARED), row
            labelled = f"label::{LANGUAGES[0]}" in row
            page = {"begin_group"} if row.get("appearance") == "field-list" else set()  # several questions on one page
            assert labelled or (sheet == "survey" and row["type"] in {"calculate", "end_group"} | page), row
    for row in form.asked:
        assert ("required" in row) == (f"required_message::{LANGUAGES[0]}" in row)
        assert "required" in row or row["role"] in {
            "service_name", "free_text", "referrals", "identity", "decoy", "closed_since", "left_out",
        }  # fmt: skip


@each_form
@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_are_easy_to_read_aloud(form: Sheets, language: str) -> None:
    """Labels stay within 120 characters, choices 60, sentences 20 words; consent is about 150 words in two notes."""
    for row in form.survey:
        label = row.get(f"label::{language}", "")
        assert len(label) <= 120 or row["type"] == "note", label
        for text in (label, row.get(f"hint::{language}", "")):
            assert all(len(sentence.split()) <= 20 for sentence in re.split(r"[.?:!]", text)), text
            assert not UNWANTED.search(text), text
            assert unicodedata.is_normalized("NFC", text)
            assert "\u2019" not in text  # pyxform turns curly quotes straight: what is written is what is shown
    for choice in form.choices:
        assert len(choice[f"label::{language}"]) <= 60
        assert not UNWANTED.search(choice[f"label::{language}"])
    if form in (CLIENT, PROVIDER):
        notes = (form.by_name[name][f"label::{language}"] for name in ("consent_who", "consent_kept"))
        consent = [len(note.split()) for note in notes]
        assert max(consent) <= 95
        assert (120 if form is CLIENT else 80) <= sum(consent) <= 165


@each_form
def test_choice_lists_are_used_and_well_named(form: Sheets) -> None:
    """No choice list lies about unused, and the names of choices and questions suit every engine."""
    assert {row["type"].split()[1] for row in form.selects} == set(form.lists)
    names = [row["name"] for row in form.survey if "name" in row]
    assert len(set(names)) == len(names)
    for rows in form.lists.values():
        assert len({choice["name"] for choice in rows}) == len(rows)
    for name in (*names, *(choice["name"] for choice in form.choices)):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert "or_other" not in str(form.survey)


@each_form
def test_workbooks_are_tidy_in_excel(form: Sheets) -> None:
    """The header of each sheet is bold and stays in sight, and long texts wrap."""
    workbook = load_workbook(form.path)
    assert workbook.sheetnames == ["survey", "choices", "settings"]
    for sheet in workbook:
        assert sheet.freeze_panes in {"A2", "C2"}
        assert all(cell.font.bold for cell in sheet[1])
        assert all(cell.alignment.wrap_text for row in sheet.iter_rows() for cell in row)


def table(name: str) -> list[dict[str, str]]:
    """Read one of the lists that come along."""
    return list(csv.DictReader((FOLDER / name).read_text(encoding="utf-8").splitlines()))


def test_lists_that_come_along_are_invented() -> None:
    """Services, places and referrals are examples that say so; what identifies a service has columns of its own."""
    services, locales, referrals = table("services.csv"), table("locales.csv"), table("referrals.csv")
    assert list(services[0]) == ["code", "label", "locale", "type", "women_band", "real_name", "address", "contact"]
    assert [row["code"] for row in services] == ["S01", "S02", "S03"]
    assert all(row["label"] == f"Service {row['code'][1:]}" and "Example" in row["real_name"] for row in services)
    assert all("Invented" in row["address"] and "example" in row["contact"] for row in services)
    assert {row["women_band"] for row in services} <= set(FRAMEWORK["thresholds"]["women_bands"])
    assert all("(example)" in row["label"] for row in locales)
    codes = {row["code"] for row in locales}
    assert {row["locale"] for row in services} == {row["locale"] for row in referrals} == codes
    assert all("Example" in row["label"] and row["phone"].startswith("000 000") for row in referrals)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["checked_on"]) for row in referrals)
