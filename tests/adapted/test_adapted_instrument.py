"""A country adapts the instrument, and everything follows without a line of code: phones, scores, exports, pages."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from adapted_instrument import CATALOGUE, CODE, DOMAIN, DOMAIN_LABEL, FORM, ITEMS, LANGUAGE, OVERVIEW, adapt

from kobo_sync.__main__ import run
from kobo_sync.demo.people import Service, interviews
from kobo_sync.engine import Phone
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.standin import Standin
from kobo_sync.store.scores import rounds, scores
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace, open_workspace

WOMEN = {"S01": 9, "S02": 7, "S03": 5}  # the last is below the country's own threshold, and not below the usual one


@dataclass(frozen=True)
class Country:
    """The adapted workspace after a round of interviews."""

    space: Workspace
    token: str
    languages: tuple[str, ...]  # that the phones offered

    def run(self, *arguments: str) -> int:
        with pytest.MonkeyPatch.context() as patches:
            patches.setenv("KOBO_API_TOKEN", self.token)
            return run(["--workspace", str(self.space.root), *arguments])

    @property
    def scores(self) -> Mapping[str, ServiceScore]:
        with Store(self.space.store) as store:
            (round_,) = rounds(store)
            return {score.service: score for score in scores(store, round_)}

    def page(self, name: str) -> str:
        return (self.space.report / CODE / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    root = tmp_path_factory.mktemp("country")
    adapt(root / "xlsform")
    with Standin() as server, pytest.MonkeyPatch.context() as patches:
        token = server.add_user("owner1")
        patches.setenv("KOBO_API_TOKEN", token)
        (root / "kobo-sync.toml").write_text(f'[server]\nurl = "{server.url}"\n', encoding="utf-8")
        rows = "".join(f"{code},Service {code},area_a,drop-in\n" for code in WOMEN)
        (root / "services.csv").write_text(f"code,label,locale,type\n{rows}", encoding="utf-8")
        assert run(["--workspace", str(root), "build"]) == 0
        assert run(["--workspace", str(root), "deploy", FORM, "--yes"]) == 0
        space = open_workspace(root)
        filler = (phone := Phone(server.url, token=token)).filler(space.forms[FORM])
        framework = read_framework(space.xlsform / "framework.yaml")
        for answers in interviews(read_form(space.xlsform / f"{FORM}.xlsx", FORM), framework, asked(framework), 7):
            phone.send(filler.fill(answers, LANGUAGE).xml)
        phone.close()
        made = Country(space, token, filler.languages)
        assert made.run("sync") == 0
        yield made


def asked(framework: Framework) -> list[Service]:
    """Return the made-up services."""
    quality = {domain.code: 0.7 for domain in framework.domains}
    return [Service(code, code, "area_a", "", quality, women) for code, women in WOMEN.items()]


def test_schema_and_codebook_follow(country: Country) -> None:
    """The new questions and the new domain stand in the schema and in the codebook, in the new language too."""
    schema = json.loads((country.space.schemas / f"{FORM}.schema.json").read_text(encoding="utf-8"))
    assert {f"{code}_c" for code in ITEMS} <= schema["properties"].keys()
    book = (country.space.root / "codebook" / f"{FORM}.md").read_text(encoding="utf-8")
    assert ITEMS["dig_phone"][3] in book
    assert DOMAIN_LABEL in (country.space.root / "CODEBOOK.md").read_text(encoding="utf-8")


def test_phones_speak_the_seventh_language(country: Country) -> None:
    """The deployed form offers the new language beside the six."""
    assert LANGUAGE in country.languages
    assert len(country.languages) == 7


def test_the_thirteenth_domain_is_scored_with_its_weight_and_thresholds(country: Country) -> None:
    """Services have a figure in the new domain, and the country's own threshold decides about which may be seen."""
    found = country.scores
    domain = {one.code: one for one in found["S01"].domains}[DOMAIN]
    assert domain.valid
    assert set(domain.items) == set(ITEMS)
    assert found["S01"].valid
    assert found["S02"].valid
    assert found["S03"].why_not == "few_women"
    assert len(found["S01"].domains) == 13
    framework = read_framework(country.space.xlsform / "framework.yaml")
    weights = framework.domain_weights
    valid = [one for one in found["S01"].domains if one.valid]
    mean = sum(weights[one.code] * (one.value or 0) for one in valid) / sum(weights[one.code] for one in valid)
    assert found["S01"].value == pytest.approx(mean)
    assert weights[DOMAIN] == 2


def test_exports_hold_the_domain_in_the_language(country: Country) -> None:
    """The team's tables hold the new domain, labelled in the new language, and nothing of a service below six women."""
    assert country.run("export", "--labels", CODE) == 0
    with (country.space.root / "export" / "team_domains.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["domain"] == DOMAIN]
    assert {row["domain_label"] for row in rows} == {DOMAIN_LABEL}
    assert {row["service"]: bool(row["percent"]) for row in rows} == {"S01": True, "S02": True, "S03": False}


def test_pages_stand_from_right_to_left_and_say_in_english_what_is_not_translated(country: Country) -> None:
    """Without a catalogue, pages of the new language have its direction and labels; the rest is in English."""
    assert country.run("report", "--language", "en", "--language", CODE) == 0
    page = country.page("domains.html")
    assert f'<html lang="{CODE}" dir="rtl">' in page
    assert DOMAIN_LABEL in page
    assert ITEMS["dig_phone"][1] in country.page("services/S01.html")
    assert "\u2066Overview\u2069" in page  # English words keep their own direction
    assert OVERVIEW not in page
    assert f'hreflang="{CODE}"' in (country.space.report / "en" / "index.html").read_text(encoding="utf-8")


def test_a_catalogue_of_the_country_is_used(country: Country) -> None:
    """A file texts/ar.po beside the framework gives the pages their sentences; no score is made again for it."""
    folder = country.space.xlsform / "texts"
    folder.mkdir()
    (folder / f"{CODE}.po").write_text(CATALOGUE, encoding="utf-8")
    try:
        assert country.run("report", "--language", CODE) == 0
        page = country.page("index.html")
        assert OVERVIEW in page
        assert "\u2066Overview\u2069" not in page
        assert "الجولة 20" in page
        assert "\u2066" in page  # what the catalogue lacks is still said in English
    finally:
        (folder / f"{CODE}.po").unlink()
        folder.rmdir()


def test_paper_stands_from_right_to_left(country: Country) -> None:
    """The questionnaire to print has the language's direction and words."""
    assert country.run("paper", FORM, "--language", CODE) == 0
    page = next((country.space.root / "questionnaires").glob(f"*{CODE}*.html")).read_text(encoding="utf-8")
    assert 'dir="rtl"' in page
    assert ITEMS["dig_private"][3] in page


def test_the_rehearsal_scores_the_new_domain(country: Country, capfd: pytest.CaptureFixture[str]) -> None:
    """A rehearsal on the adapted form scores the new indicators and leaves the round as it was."""
    before = country.scores
    assert country.run("rehearse", FORM, "--yes", "--interviews", "2") == 0
    assert "dig_phone" in capfd.readouterr().out
    assert country.run("sync") == 0
    assert country.scores == before
