"""The framework's content: it is what it says it is. The forms' stands in test_content_forms.py."""

from __future__ import annotations

import copy
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from content_forms import FRAMEWORK, INDICATORS, UNWANTED
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ["en", "id", "ru", "es", "fr", "sw"]


def scale(code: str, letter: str) -> dict[str, float]:
    """Return what the answers to an indicator are worth on the form of that letter."""
    entry = INDICATORS[code]
    name = entry.get("scale_of", {}).get(letter, entry["scale"])
    choices: dict[str, float] = FRAMEWORK["scales"][name]["choices"]
    return choices


def texts(node: object) -> Iterator[dict[str, str]]:
    """Yield every translated text of the framework."""
    if isinstance(node, dict):
        if set(node) & set(LANGUAGES) and all(isinstance(value, str) for value in node.values()):
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
        ("pkg_nsp", {"scale_of": {"X": "rule"}}),
        ("cnf_breach", {"flag": {**INDICATORS["cnf_breach"]["flag"], "level": "R3"}}),
        ("cnf_breach", {"flag": {**INDICATORS["cnf_breach"]["flag"], "raised_by": {"C": []}}}),
        ("cnf_breach", {"flag": {**INDICATORS["cnf_breach"]["flag"], "attributed_to": "nobody"}}),
        ("cnf_breach", {"flag": {"level": "R1"}}),
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
    said = [
        name
        for entry in INDICATORS.values()
        for place in ("raised_by", "confirmed_by", "in_policy")
        for names in (entry["flag"] or {}).get(place, {}).values()
        for name in names
    ]
    assert {"yes", "no"} <= set(said)
    assert all(isinstance(name, str) for name in said)


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
    """A flag names sources that are asked, and answers that the scale has on their form; each can be raised somehow."""
    flagged = {code: entry["flag"] for code, entry in INDICATORS.items() if entry["flag"]}
    assert Counter(flag["level"] for flag in flagged.values()) == {"R1": 18, "R2": 6}
    for code, flag in flagged.items():
        followup = flag.get("followup", {"when": {}})
        for told in (flag["raised_by"], flag["confirmed_by"], flag["in_policy"], followup["when"]):
            for letter, names in told.items():
                assert letter in INDICATORS[code]["sources"], code
                assert names, code
                assert set(names) <= set(scale(code, letter)), code
                # What raises a flag is a bad answer, never the best one.
                assert all(scale(code, letter)[name] < 1 for name in names), code
        assert set(flag.get("levels", {})) <= {name for names in flag["raised_by"].values() for name in names}, code
        assert flag["raised_by"] or flag["in_policy"] or followup["when"], code
        assert set(flag["raised_by"]) <= {"C"}, code  # whose word is enough to report one: a woman's


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
    named = [*INDICATORS.values(), *FRAMEWORK["rules"].values()]
    assert {key for entry in named for key in entry["source"]} == set(FRAMEWORK["sources"])
    assert {scale for entry in INDICATORS.values() for scale in entry.get("scale_of", {}).values()} == {"rule"}
    assert all(set(entry.get("scale_of", {})) <= set(entry["sources"]) for entry in INDICATORS.values())
    assert all(("k" in entry) is (entry["scale"] == "ms") for entry in INDICATORS.values())


def test_framework_speaks_all_languages() -> None:
    """Every text of the framework stands in each of its six languages, short and respectful."""
    assert list(FRAMEWORK["languages"]) == LANGUAGES
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
