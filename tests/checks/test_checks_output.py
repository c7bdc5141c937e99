"""What `kobo-sync check` prints, in which order, and how it ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from checks_broken import BROKEN
from checks_sample import ES, Sample, ask, save
from click.testing import CliRunner, Result
from small_forms import seeded

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.checks.command import check
from kobo_sync.instrument.checks.instrument import read_instrument
from kobo_sync.instrument.checks.page import page
from kobo_sync.instrument.checks.show import as_json, as_text
from kobo_sync.instrument.checks.table import RULES

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = min((ROOT / "xlsform").glob("*.xlsx"), key=lambda path: path.stat().st_size)


def _broken_twice() -> Sample:
    sample = Sample()
    sample.c("ypn", "no").pop(f"label::{ES}")
    sample.settings["form_title"] = "HIV survey"
    sample.q("visits")["appearance"] = "minimall"
    sample.lists["referrals.csv"] += "north,Day line,,always,no,2020-10-01\n"
    return sample


def test_text_is_grouped_by_file_and_says_what_to_do(tmp_path: Path) -> None:
    """Per file and rule the text says what it is, what it means, where, and what to do; errors come first."""
    said = "\n".join(as_text(_broken_twice().look(tmp_path), 1))
    small, referrals = said.index("small.xlsx\n"), said.index("referrals.csv\n")
    error, warning = said.index("F101 error: A translation is missing"), said.index("F205 warning:")
    assert small < error < said.index("F507 error:") < warning < referrals < said.index("F808 warning:")
    assert f"    - sheet choices, row 6, label::{ES}: “No” has no translation." in said
    assert "    What it means: Whoever is asked in that language" in said
    assert "    What to do: Write the translation into the empty cell." in said
    assert said.endswith("1 form checked: 2 errors, 2 warnings. Mend the errors before you deploy, then check again.")


def test_remedies_that_differ_stand_beside_their_places(tmp_path: Path) -> None:
    """Where two places of one rule want different things done, each has its own."""
    sample = Sample()
    sample.q("visits")["appearance"] = "minimall"
    sample.q("wish")["appearance"] = "multilne"
    said = "\n".join(as_text(sample.look(tmp_path), 1))
    assert "'minimall'. → Is 'minimal' meant? Write that." in said
    assert "'multilne'. → Is 'multiline' meant? Write that." in said
    assert "What to do" not in said


def test_many_warnings_of_one_rule_are_counted_and_errors_are_not(tmp_path: Path) -> None:
    """The text lists the first dozen warnings of a rule and counts the others; errors it lists all."""
    sample = Sample()
    sample.add(*(ask("note", f"n{number}", "More.", "Más.", appearance=f"odd{number}") for number in range(15)))
    sample.add(*(ask("note", f"m{number}", "More.") for number in range(15)))
    said = list(as_text(sample.look(tmp_path), 1))
    assert sum("no engine knows" in line for line in said) == 12
    assert "    - and 3 more (--format json lists them all)" in said
    assert sum("has no translation" in line for line in said) == 15


def test_nothing_to_say_is_said(tmp_path: Path) -> None:
    """Without findings one line says that all is well."""
    assert list(as_text(Sample().look(tmp_path), 1)) == ["1 form checked: 0 errors, 0 warnings. All is well."]


def test_json_has_all_that_is_known(tmp_path: Path) -> None:
    """The JSON is one document with every field of every finding, null where there is nothing to say."""
    document = json.loads(as_json(_broken_twice().look(tmp_path), ["small"]))
    assert (document["forms"], document["errors"], document["warnings"]) == (["small"], 2, 2)
    first, *_, last = document["findings"]
    assert first == {
        "code": "F101",
        "severity": "error",
        "title": "A translation is missing",
        "file": "small.xlsx",
        "sheet": "choices",
        "row": 6,
        "column": f"label::{ES}",
        "language": ES,
        "what": "“No” has no translation.",
        "why": first["why"],
        "remedy": "Write the translation into the empty cell.",
    }
    assert (last["code"], last["sheet"], last["language"]) == ("F808", None, None)


def test_the_order_never_changes(tmp_path: Path) -> None:
    """The same mistakes give the same findings in the same order, in whatever order they were made."""
    chosen = [one for one in BROKEN if one.code in {"F205", "F412", "F504", "F610", "F703", "F811", "F813"}]
    seen = set()
    for turn in range(3):
        sample = Sample()
        for one in seeded(turn).sample(chosen, len(chosen)):
            one.do(sample)
        folder = tmp_path / str(turn)
        folder.mkdir()
        seen.add(tuple((one.code, one.file, one.row) for one in sample.look(folder)))
    (order,) = seen
    assert [file for _, file, _ in order] == sorted(
        (file for _, file, _ in order),
        key=["small.xlsx", "framework.yaml", "services.csv", "locales.csv", "referrals.csv"].index,
    )


def test_what_a_coordinator_keeps_private_is_never_printed(tmp_path: Path) -> None:
    """However services.csv is wrong, no message repeats a real name, an address or a contact."""
    sample = Sample()
    sample.lists["services.csv"] = (
        "code,label,locale,type,women_band,real_name,address,contact\n"
        "S01,Marigold,nowhere,drop-in centre,some,Marigold Home,7 Poplar Lane,Tulip 0700123456\n"
        "S01,Poplar Lane,north,drop-in centre,some,Marigold Home,7 Poplar Lane,Tulip 0700123456\n"
        ",Call Tulip 0700123456,north,drop-in centre,some,Marigold Home,7 Poplar Lane,Tulip 0700123456\n"
    )
    found = sample.look(tmp_path)
    assert {one.code for one in found} == {"F802", "F803", "F804", "F813"}
    said = "\n".join(as_text(found, 1)) + as_json(found, ["small"])
    for private in ("Marigold", "Poplar", "Tulip", "0700"):
        assert private not in said


def test_the_page_of_codes_is_that_of_the_rules() -> None:
    """docs/checks.md is what the rules say of themselves (python -m kobo_sync.instrument.checks.page)."""
    written = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert written == page()
    for rule in RULES:
        assert f"### {rule.code} {rule.title}\n" in written


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Make a workspace with the committed framework and the smallest of the forms."""
    (tmp_path / "xlsform").mkdir()
    for path in (ROOT / "xlsform").iterdir():
        if path.suffix != ".xlsx" or path == SMALLEST:
            shutil.copy(path, tmp_path / "xlsform")
    return tmp_path


Run = Callable[..., Result]


def _run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(check, list(arguments), obj=folder, standalone_mode=False)


@pytest.fixture
def run(workspace: Path) -> Run:
    """Return a function that runs the command in the workspace."""
    return partial(_run, workspace)


def test_the_committed_instrument_has_no_error() -> None:
    """The forms, the framework and the lists that the program comes with have no error, and phones can open them."""
    result = _run(ROOT, "--format", "json")
    document: dict[str, Any] = json.loads(result.stdout)
    assert [one for one in document["findings"] if one["severity"] == "error"] == []
    assert result.return_value == 0
    assert document["forms"] == sorted(path.stem for path in (ROOT / "xlsform").glob("*.xlsx"))


def test_errors_end_with_2_and_only_the_forms_asked_about_are_shown(run: Run, workspace: Path) -> None:
    """An error in a form ends with exit code 2; who asks about another form hears nothing of it."""
    sample = Sample()
    sample.q("open_c").pop("indicator")
    sample.settings["default_language"] = "English"
    save(
        workspace / "xlsform" / "small.xlsx",
        {"survey": sample.survey, "choices": sample.choices, "settings": [sample.settings]},
    )
    result = run("small")
    assert result.return_value == 2
    assert result.stdout.startswith("small.xlsx\n")
    assert "F106 error" in result.stdout
    other = run(SMALLEST.name)
    assert other.return_value == 0
    assert "small.xlsx" not in other.stdout


def test_a_form_that_phones_cannot_open_is_found(run: Run, workspace: Path) -> None:
    """What only ODK Validate notices is an error too, with its words."""
    sample = Sample()
    sample.add(ask("calculate", "a", calculation="${b}", role="context"))
    sample.add(ask("calculate", "b", calculation="${a}", role="context"))
    save(
        workspace / "xlsform" / "small.xlsx",
        {"survey": sample.survey, "choices": sample.choices, "settings": [sample.settings]},
    )
    said = json.loads(run("small", "--format", "json").stdout)["findings"]
    (found,) = [one for one in said if one["code"] == "F002"]
    assert "cycl" in found["what"].lower()


def test_a_form_that_is_not_there_is_named_with_those_that_are(run: Run, workspace: Path, tmp_path: Path) -> None:
    """Asked about a form that it does not have, the command says which there are; so it does without any form."""
    result = run("interviews")
    assert isinstance(result.exception, ConfigError)
    assert "There is no interviews.xlsx" in str(result.exception)
    assert SMALLEST.stem in str(result.exception)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match="no form"):
        read_instrument(empty, empty, (), Sample().instrument(tmp_path).today)


def test_without_a_framework_the_forms_are_still_looked_at(run: Run, workspace: Path) -> None:
    """A framework that is missing or damaged is one error, and what can be said of the forms is said all the same."""
    sample = Sample()
    sample.settings["default_language"] = "English"
    sheets = {"survey": sample.survey, "choices": sample.choices, "settings": [sample.settings]}
    save(workspace / "xlsform" / "small.xlsx", sheets)
    framework = workspace / "xlsform" / "framework.yaml"
    for damage in (lambda: framework.write_text("version: [", encoding="utf-8"), framework.unlink):
        damage()
        result = run("--format", "json")
        found = {(one["code"], one["file"]) for one in json.loads(result.stdout)["findings"]}
        assert {("F701", "framework.yaml"), ("F106", "small.xlsx")} <= found
        assert not any(code.startswith("F6") for code, _ in found)
        assert result.return_value == 2
