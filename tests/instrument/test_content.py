"""The instrument's content: the framework and the client interview are what they say they are."""

from __future__ import annotations

import copy
import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openpyxl import load_workbook
from pyxform.xls2json_backends import xlsx_to_dict
from pyxform.xls2xform import convert

from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "xlsform"
FRAMEWORK: dict[str, Any] = yaml.safe_load((FOLDER / "framework.yaml").read_text(encoding="utf-8"))
INDICATORS: dict[str, dict[str, Any]] = {entry["code"]: entry for entry in FRAMEWORK["indicators"]}
LANGUAGES = ("English (en)", "Bahasa Indonesia (id)")

SHEETS: dict[str, Any] = xlsx_to_dict(str(FOLDER / "client_interview.xlsx"))
SURVEY: list[dict[str, str]] = SHEETS["survey"]
SETTINGS: dict[str, str] = SHEETS["settings"][0]
LISTS: dict[str, list[dict[str, str]]] = {}
for _choice in SHEETS["choices"]:
    LISTS.setdefault(_choice["list_name"], []).append(_choice)
QUESTIONS = [row for row in SURVEY if row["type"].startswith("select")]
SCORED = [row for row in QUESTIONS if "indicator" in row and "role" not in row]
BY_NAME = {row["name"]: row for row in SURVEY if "name" in row}

# Words that label women; "korban" stands alone, as some organisations carry it in their names.
UNWANTED = re.compile(r"\b(addict|abuse[rd]?|clean|dirty|junkie|pecandu|penyalahguna\w*|korban)\b", re.IGNORECASE)


def choices(row: dict[str, str]) -> list[dict[str, str]]:
    """Return the choice rows of a question on the survey sheet."""
    return LISTS[row["type"].split()[1]]


def around(name: str) -> list[dict[str, str]]:
    """Return the groups that a row stands in, outermost first."""
    stack: list[dict[str, str]] = []
    for row in SURVEY:
        if row["type"] == "end_group":
            stack.pop()
        elif row["name"] == name:
            return list(stack)
        elif row["type"] == "begin_group":
            stack.append(row)
    raise KeyError(name)


def texts(node: object) -> Iterator[dict[str, str]]:
    """Yield every translated text of the framework."""
    if isinstance(node, dict):
        if set(node) & {"en", "id"} and all(isinstance(value, str) for value in node.values()):
            yield node
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def objects(node: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping of a document."""
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(value)


def verdict(document: object) -> bool:
    """Return whether the schema takes the document, after holding both validators to the same answer."""
    explained = Draft202012Validator(FRAMEWORK_SCHEMA).is_valid(document)
    assert jsonschema_rs.validator_for(FRAMEWORK_SCHEMA).is_valid(document) is explained
    return explained


def test_framework_counts() -> None:
    """12 domains hold 81 indicators; clients are asked 57, providers 66, observers 17; 29 of the clients' are core."""
    assert [domain["number"] for domain in FRAMEWORK["domains"]] == list(range(1, 13))
    per_domain = Counter(entry["domain"] for entry in INDICATORS.values())
    assert per_domain == {
        "pkg": 8, "acc": 8, "srh": 7, "par": 7, "gbv": 6, "cnf": 7,
        "stf": 6, "inc": 8, "mip": 6, "mhp": 6, "leg": 6, "fbk": 6,
    }  # fmt: skip
    assert len(FRAMEWORK["indicators"]) == len(INDICATORS) == 81
    asked = Counter(letter for entry in INDICATORS.values() for letter in entry["sources"])
    assert asked == {"C": 57, "P": 66, "O": 17, "L": 3}
    assert sum(entry["core"] and "C" in entry["sources"] for entry in INDICATORS.values()) == 29


def test_framework_order() -> None:
    """Indicators stand domain by domain, in the order of the domains, and carry their domain in their code."""
    order = [domain["code"] for domain in FRAMEWORK["domains"]]
    places = [order.index(entry["domain"]) for entry in FRAMEWORK["indicators"]]
    assert places == sorted(places)
    assert all(code.split("_")[0] == entry["domain"] for code, entry in INDICATORS.items())


def test_framework_fits_its_schema() -> None:
    """The framework fits its schema, which is itself a valid schema, whichever validator reads it."""
    Draft202012Validator.check_schema(FRAMEWORK_SCHEMA)
    assert verdict(FRAMEWORK)


@given(st.data())
def test_schema_takes_no_unknown_key(data: st.DataObject) -> None:
    """A key that the schema does not know is refused wherever in the file it stands."""
    document = copy.deepcopy(FRAMEWORK)
    data.draw(st.sampled_from(list(objects(document))))["Un expected"] = 1
    assert not verdict(document)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("pkg_nsp", {"k": 3}),  # k belongs to lists of which several may be chosen …
        ("pkg_condoms", {"k": 0}),
        ("pkg_nsp", {"scale": "ms"}),  # … which need it
        ("pkg_nsp", {"label": {"id": "Alat suntik"}}),
        ("pkg_nsp", {"label": {"en": "", "id": ""}}),
        ("pkg_nsp", {"sources": ["X"]}),
        ("pkg_nsp", {"core": "yes"}),
        ("pkg_nsp", {"code": "Needles"}),
        ("cnf_breach", {"flag": {"level": "R3", "raised_by": {"C": ["yes"]}, "note": "-"}}),
        ("cnf_breach", {"flag": {"level": "R1", "raised_by": {}, "note": "-"}}),
    ],
)
def test_schema_refuses_a_wrong_indicator(code: str, change: dict[str, Any]) -> None:
    """An indicator with a wrong or missing part is refused."""
    document = copy.deepcopy(FRAMEWORK)
    next(entry for entry in document["indicators"] if entry["code"] == code).update(change)
    assert not verdict(document)


@pytest.mark.parametrize("scale", [{"choices": {"yes": 1.5}}, {"choices": {"yes": -0.1}}, {}, {"multiple": False}])
def test_schema_refuses_a_wrong_scale(scale: dict[str, Any]) -> None:
    """A scale has scores from 0 to 1, or says that several may be chosen."""
    document = copy.deepcopy(FRAMEWORK)
    document["scales"]["ypn"] = {"label": {"en": "Scale"}, **scale}
    assert not verdict(document)


def test_yaml_keeps_yes_and_no_as_words() -> None:
    """No choice name was read as true or false, which happens when yes or no stands without quotes."""
    assert all(isinstance(key, str) for mapping in objects(FRAMEWORK) for key in mapping)
    raised = [
        name
        for entry in INDICATORS.values()
        for names in (entry["flag"] or {}).get("raised_by", {}).values()
        for name in names
    ]
    assert raised
    assert all(isinstance(name, str) for name in raised)


def test_kind_follows_the_sources() -> None:
    """Whose word counts follows from who is asked (3.11.2)."""
    by_sources = {
        "C": "experience",
        "CO": "observable",
        "PO": "observable",
        "CP": "provision",
        "CPO": "provision",
        "P": "declared",
    }
    exceptions = {"gbv_safe_site": "experience", "stf_language": "experience", "fbk_share": "context"}
    for code, entry in INDICATORS.items():
        asked = "".join(letter for letter in entry["sources"] if letter != "L")
        assert entry["kind"] == exceptions.get(code, by_sources[asked]), code


def test_gates_stay_out_of_means() -> None:
    """Hard red flags, two more gates, and what only a provider says are not averaged; everything else is (3.6)."""
    for code, entry in INDICATORS.items():
        hard = (entry["flag"] or {}).get("level") == "R1" and entry["domain"] != "inc"
        gate = hard or code in {"acc_no_conditions", "gbv_police"}
        assert entry["averaged"] is (not gate and entry["kind"] not in {"declared", "context"}), code


def test_flags_are_raised_by_real_answers() -> None:
    """A flag names sources that are asked, and answers that their scale or the provider's own list has."""
    of_provider = set(FRAMEWORK["scales"]["rule"]["choices"])
    flagged = {code: entry for code, entry in INDICATORS.items() if entry["flag"]}
    assert Counter(entry["flag"]["level"] for entry in flagged.values()) == {"R1": 18, "R2": 6}
    for code, entry in flagged.items():
        for letter, names in entry["flag"]["raised_by"].items():
            known = set(FRAMEWORK["scales"][entry["scale"]]["choices"]) | (of_provider if letter == "P" else set())
            assert letter in entry["sources"], code
            assert set(names) <= known, code


def test_scale_and_weight_bookkeeping() -> None:
    """Whatever is named exists; weights of a kind add up to 1, and an averaged item rests on women or observers."""
    for entry in INDICATORS.values():
        assert entry["scale"] in FRAMEWORK["scales"]
        weights = FRAMEWORK["kinds"][entry["kind"]]
        assert not entry["averaged"] or any(weights.get(letter) for letter in entry["sources"] if letter in "CO")
    for weights in FRAMEWORK["kinds"].values():
        assert sum(weights.values()) == pytest.approx(1 if weights else 0)
    domains = {domain["code"] for domain in FRAMEWORK["domains"]}
    assert set(FRAMEWORK["weights"]["domains"]) == domains
    assert {*FRAMEWORK["validity"]["required_domains"], *FRAMEWORK["validity"]["one_of"]} <= domains
    assert {key for entry in INDICATORS.values() for key in entry["source"]} == set(FRAMEWORK["sources"])


def test_framework_speaks_both_languages() -> None:
    """Every text of the framework stands in every language of the framework, short and respectful."""
    found = list(texts({key: FRAMEWORK[key] for key in FRAMEWORK if key != "languages"}))
    assert len(found) > 81
    for text in found:
        assert set(text) == set(FRAMEWORK["languages"]), text
        assert not any(UNWANTED.search(words) for words in text.values()), text
        assert all(unicodedata.is_normalized("NFC", words) and words.strip() == words for words in text.values())
    assert all(len(words) <= 60 for entry in INDICATORS.values() for words in entry["label"].values())


def test_translations_are_drafts_until_reviewed() -> None:
    """English is the source; every other language is a draft, or says who reviewed it and when."""
    assert FRAMEWORK["languages"]["en"]["status"] == "source"
    for code, language in FRAMEWORK["languages"].items():
        reviewed = language.get("reviewed_by") and language.get("reviewed_on")
        assert code == "en" or language["status"] == ("reviewed" if reviewed else "draft")


def test_interview_converts_without_warnings() -> None:
    """Pyxform makes an XForm of the interview and has nothing to complain about."""
    result = convert(str(FOLDER / "client_interview.xlsx"), validate=False)
    assert result.warnings == []
    assert result.xform.count("<translation ") == 2


def test_interview_asks_the_core_items_in_order() -> None:
    """The interview asks each of the 29 core items of clients once, in the framework's order, in its domain's group."""
    core = [code for code, entry in INDICATORS.items() if entry["core"] and "C" in entry["sources"]]
    assert [row["indicator"] for row in SCORED] == core
    for row in SCORED:
        assert row["name"] == row["indicator"] + "_c"
        assert [group["name"] for group in around(row["name"])] == ["interview", INDICATORS[row["indicator"]]["domain"]]


@pytest.mark.parametrize("row", SCORED, ids=lambda row: row["name"])
def test_interview_scores_agree_with_the_framework(row: dict[str, str]) -> None:
    """Choices are worth what the framework says; don't know and prefer not to say are always there."""
    entry = INDICATORS[row["indicator"]]
    scores = {choice["name"]: float(choice["score"]) for choice in choices(row) if "score" in choice}
    missing = {choice["name"]: choice["missing"] for choice in choices(row) if "missing" in choice}
    if entry["scale"] == "ms":
        assert scores.pop("none") == 0
        assert list(scores.values()) == [1] * entry["k"]
    else:
        assert scores == FRAMEWORK["scales"][entry["scale"]]["choices"]
    assert missing == {name: name for name in ("dk", "pns", *(("na",) if entry["na_when"] else ()))}
    assert (
        len(choices(row))
        == len({choice["name"] for choice in choices(row)})
        == len(scores) + len(missing) + (entry["scale"] == "ms")
    )
    assert row["required"] == "yes"


def test_interview_excludes_none_from_other_answers() -> None:
    """Where several may be chosen, none, don't know and prefer not to say stand alone."""
    several = [row for row in SURVEY if row["type"].startswith("select_multiple")]
    assert {INDICATORS[row["indicator"]]["scale"] for row in several} == {"ms"}
    for row in several:
        assert row["constraint"] == (
            "not((selected(., 'none') or selected(., 'dk') or selected(., 'pns')) and count-selected(.) > 1)"
        )
        assert all(row[f"constraint_message::{language}"] for language in LANGUAGES)


def test_interview_collects_nothing_that_identifies() -> None:
    """Nothing asks for names, dates, places, devices, pictures or free text: only choices, notes and two values."""
    kinds = Counter(row["type"].split()[0] for row in SURVEY)
    assert set(kinds) == {
        "calculate", "note", "select_one", "select_multiple", "select_one_from_file", "begin_group", "end_group",
    }  # fmt: skip
    calculated = {row["name"]: row["calculation"] for row in SURVEY if row["type"] == "calculate"}
    assert calculated == {"tool_version": "'2026.1'", "month": "format-date(today(),'%Y-%m')"}
    assert all("calculation" not in row for row in SURVEY if row["type"] != "calculate")
    assert SETTINGS["version"] == FRAMEWORK["version"] == "2026.1"
    assert SETTINGS["form_title"] == "Service survey"  # says nothing about drugs on a phone's list of forms


def test_a_refusal_sends_no_answer() -> None:
    """Whatever is asked, apart from the ending itself, is asked only after she agreed."""
    agrees = "${ending} = 'agrees'"
    ending = BY_NAME["ending"]
    assert {choice["name"]: choice["score"] for choice in choices(ending)} == {
        "agrees": "1",
        "refuses": "0",
        "cannot": "0",
    }
    assert around("ending") == []
    for row in QUESTIONS:
        if row is not ending:
            assert around(row["name"])[0]["relevant"] == agrees, row["name"]
    last = BY_NAME["closing_without"]
    assert last["relevant"] == "${ending} = 'refuses' or ${ending} = 'cannot'"
    assert [row["name"] for row in SURVEY if "name" in row and not around(row["name"])] == [
        "tool_version", "month", "privacy", "consent_who", "consent_kept", "ending", "closing_without", "interview",
    ]  # fmt: skip


def test_interview_roles() -> None:
    """The columns tell the program which row is the version, the month, the consent, the service and the follow-ups."""
    assert {row["name"]: row["role"] for row in SURVEY if "role" in row} == {
        "tool_version": "version", "month": "month", "ending": "consent", "service": "service",
        "acc_register_shared_c": "followup", "gbv_police_called_c": "followup",
    }  # fmt: skip
    assert BY_NAME["acc_register_shared_c"]["relevant"] == "${acc_no_conditions_c} = 'yes'"
    assert BY_NAME["gbv_police_called_c"]["relevant"] == "${gbv_police_c} = 'nearby' or ${gbv_police_c} = 'inside'"
    for name, indicator in (("acc_register_shared_c", "acc_no_conditions"), ("gbv_police_called_c", "gbv_police")):
        assert BY_NAME[name]["indicator"] == indicator
        assert not any("score" in choice for choice in choices(BY_NAME[name]))
    assert BY_NAME["service"]["type"] == "select_one_from_file services.csv"


def test_interview_speaks_both_languages() -> None:
    """Each text stands in both languages, in columns that KoboToolbox reads, and no translation is the source again."""
    assert SETTINGS["default_language"] == LANGUAGES[0]
    for sheet in ("survey", "choices"):
        headers = SHEETS[f"{sheet}_header"][0]
        assert {header.partition("::")[2] for header in headers if ":" in header} == set(LANGUAGES)
        for row in SHEETS[sheet]:
            for column in ("label", "hint", "constraint_message", "required_message"):
                said = [row.get(f"{column}::{language}") for language in LANGUAGES]
                assert (said[0] is None) == (said[1] is None), row
                assert said[0] is None or said[0] != said[1], row
            assert (
                row["type"] in {"calculate", "end_group"}
                if sheet == "survey" and f"label::{LANGUAGES[0]}" not in row
                else True
            )
    assert all(f"required_message::{LANGUAGES[0]}" in row for row in QUESTIONS)


def test_interview_is_easy_to_read_aloud() -> None:
    """Labels stay within 120 characters, choices 60, sentences 20 words; consent is about 150 words in short notes."""
    for language in LANGUAGES:
        for row in SURVEY:
            label = row.get(f"label::{language}", "")
            assert len(label) <= 120 or row["type"] == "note", label
            for text in (label, row.get(f"hint::{language}", "")):
                assert all(len(sentence.split()) <= 20 for sentence in re.split(r"[.?:!]", text)), text
                assert not UNWANTED.search(text), text
                assert unicodedata.is_normalized("NFC", text)
                assert "\u2019" not in text  # pyxform turns curly quotes straight: what is written is what is shown
        assert all(len(choice[f"label::{language}"]) <= 60 for choice in SHEETS["choices"])
        consent = [BY_NAME[name][f"label::{language}"].split() for name in ("consent_who", "consent_kept")]
        assert all(len(words) <= 80 for words in consent)
        assert 120 <= sum(map(len, consent)) <= 165


def test_interview_choice_lists_are_used_and_well_named() -> None:
    """No choice list lies about unused, and the names of choices and questions suit every engine."""
    assert {row["type"].split()[1] for row in QUESTIONS if "_from_file" not in row["type"]} == set(LISTS)
    names = [row["name"] for row in SURVEY if "name" in row]
    assert len(names) == len(set(names))
    for name in (*names, *(choice["name"] for choice in SHEETS["choices"])):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert "or_other" not in str(SURVEY)


def test_interview_is_tidy_in_excel() -> None:
    """The header of each sheet is bold and stays in sight, and long texts wrap."""
    workbook = load_workbook(FOLDER / "client_interview.xlsx")
    assert workbook.sheetnames == ["survey", "choices", "settings"]
    for sheet in workbook:
        assert sheet.freeze_panes in {"A2", "C2"}
        assert all(cell.font.bold for cell in sheet[1])
        assert all(cell.alignment.wrap_text for row in sheet.iter_rows() for cell in row)


def test_service_template_is_invented() -> None:
    """The service list that comes along has three invented rows; what identifies has columns of its own."""
    with (FOLDER / "services.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["code", "label", "locale", "type", "real_name", "address", "contact"]
    assert [row["code"] for row in rows] == ["S01", "S02", "S03"]
    assert all(row["label"] == f"Service {row['code'][1:]}" and "Example" in row["real_name"] for row in rows)
