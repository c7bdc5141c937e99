"""The community's own weights (3.4): a versioned file beside the framework."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml
from small_forms import ROOT

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.frame import read_frame
from kobo_sync.instrument.checks.framework_rules import unusable
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.framework import Framework, read_framework

CODES = [domain.code for domain in read_framework(ROOT / "xlsform" / "framework.yaml").domains]
GOOD = {
    "version": "2026.1",
    "agreed_by": "Meeting of three networks",
    "agreed_on": "2026-03-01",
    "note": "By show of hands.",
    "domains": dict.fromkeys(CODES, 1) | {"cnf": 2.5},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the project's framework in it."""
    shutil.copy(ROOT / "xlsform" / "framework.yaml", tmp_path)
    return tmp_path


def _read(folder: Path, weights: object) -> Framework:
    (folder / "weights.yaml").write_text(yaml.safe_dump(weights), encoding="utf-8")
    return read_framework(folder / "framework.yaml")


def test_without_a_file_domains_count_alike(folder: Path) -> None:
    """Without weights of the community every domain counts the same."""
    framework = read_framework(folder / "framework.yaml")
    assert framework.community is None
    assert set(framework.domain_weights.values()) == {1}


def test_the_community_s_weights_are_in_force(folder: Path) -> None:
    """With a file its weights are in force, with version, day and who agreed; the fingerprint changes with them."""
    plain = read_framework(folder / "framework.yaml")
    framework = _read(folder, GOOD)
    assert framework.domain_weights["cnf"] == 2.5
    assert framework.community is not None
    assert (framework.community.version, framework.community.agreed_by) == ("2026.1", "Meeting of three networks")
    other = _read(folder, {**GOOD, "version": "2026.2"})
    assert len({plain.fingerprint, framework.fingerprint, other.fingerprint}) == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"domains": {**GOOD["domains"], "xyz": 1}}, "names, and the framework does not define, xyz"),  # type: ignore[dict-item]
        ({"domains": dict.fromkeys(CODES[1:], 1)}, "has no weight for pkg"),
        ({"domains": {**GOOD["domains"], "pkg": 0}}, "domains → pkg: 0 is less than or equal to the minimum of 0"),  # type: ignore[dict-item]
        ({"domains": {**GOOD["domains"], "pkg": float("inf")}}, "is not a number that can be counted with"),  # type: ignore[dict-item]
        ({"version": 2026.1}, "version: 2026.1 is not of type 'string'"),
        ({"colour": "red"}, "Additional properties are not allowed"),
    ],
)
def test_a_wrong_file_is_told_by_its_place(folder: Path, change: dict[str, object], told: str) -> None:
    """A file that leaves out a domain, names an unknown one or does not fit is refused, with its name and the place."""
    with pytest.raises(FormError) as caught:
        _read(folder, {**GOOD, **change})
    assert str(caught.value).startswith("weights.yaml: ")
    assert told in str(caught.value)


def test_a_file_that_is_no_yaml_is_told(folder: Path) -> None:
    """A file that cannot be read as YAML is refused with its name."""
    (folder / "weights.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(FormError, match=r"^weights\.yaml: is not readable as YAML"):
        read_framework(folder / "framework.yaml")


def test_check_names_the_file_of_the_weights(folder: Path) -> None:
    """`check` tells what is wrong with the weights under their own file's name, not the framework's."""
    with pytest.raises(FormError):
        _read(folder, {**GOOD, "colour": "red"})
    frame = read_frame(folder / "framework.yaml")
    (hit,) = unusable.look(Instrument((), frame, {}, date(2026, 3, 1), frozenset()))
    assert hit.at.file == "weights.yaml"
