"""The kept versions of a form: written whole, read once, never a path from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_forms import workbook

from kobo_sync.errors import FormError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.sync.versions import Versions

ONE = workbook("| survey |\n| | type | name | label |\n| | text | one | One |\n")
TWO = workbook("| survey |\n| | type | name | label |\n| | text | two | Two |\n")


def names(kept: Versions, version: str) -> list[str]:
    validator = kept.validator(version)
    assert validator is not None
    return [question.name for question in validator.form.questions]


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    """A kept version is read as the form that it is, by the workspace's name; another is not there."""
    kept = Versions(tmp_path, "small", ["S01"])
    kept.keep("v1", ONE)
    assert kept.path("v1").read_bytes() == ONE
    assert names(kept, "v1") == ["one"]
    validator = kept.validator("v1")
    assert validator is not None
    assert (validator.form.name, validator.services) == ("small", ["S01"])
    assert kept.validator("v2") is None
    assert (kept.holds("v1", ONE), kept.holds("v1", TWO), kept.holds("v2", ONE)) == (True, False, False)


def test_a_version_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many submissions come, a version's workbook is read and compiled once; keeping it again reads it anew."""
    kept = Versions(tmp_path, "small")
    kept.keep("v1", ONE)
    read: list[Path] = []

    def counted(path: Path, name: str) -> Form:
        read.append(path)
        return read_form(path, name)

    monkeypatch.setattr("kobo_sync.sync.versions.read_form", counted)
    first = kept.validator("v1")
    assert kept.validator("v1") is first
    assert len(read) == 1
    kept.keep("v1", TWO)
    assert names(kept, "v1") == ["two"]
    assert len(read) == 2


def test_a_version_that_comes_later_is_found(tmp_path: Path) -> None:
    """A version that was missing is found once it is kept."""
    kept = Versions(tmp_path, "small")
    assert kept.validator("v1") is None
    kept.keep("v1", ONE)
    assert names(kept, "v1") == ["one"]


def test_a_damaged_version_is_told(tmp_path: Path) -> None:
    """A kept workbook that cannot be read is told by its name, not taken for missing."""
    kept = Versions(tmp_path, "small")
    kept.keep("v1", ONE[:300])
    with pytest.raises(FormError, match=r"v1\.xlsx: is not a workbook"):
        kept.validator("v1")


@pytest.mark.parametrize(
    "version", ["", "..", "../v1", "a/b", "a\\b", "C:v1", "v1\n", "v 1", "\u0430bc", "x" * 65, "v1\0"]
)
def test_names_from_outside_are_never_paths(version: str, tmp_path: Path) -> None:
    """A version that is no plain name is neither looked for nor written anywhere."""
    kept = Versions(tmp_path / "versions", "small")
    kept.keep("v1", ONE)
    (tmp_path / "versions" / "v1.xlsx").write_bytes(TWO)
    before = sorted(tmp_path.rglob("*"))
    assert not kept.can_be(version)
    assert kept.validator(version) is None
    with pytest.raises(FormError, match="cannot be the name of a file"):
        kept.keep(version, ONE)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_version_is_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the version that was there stays, nothing half-written is left, and it is told."""
    kept = Versions(tmp_path, "small")
    kept.keep("v1", ONE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FormError, match=r"could not be kept here \(No space left on device\)\. Make room"):
        kept.keep("v1", TWO)
    assert kept.path("v1").read_bytes() == ONE
    assert [path.name for path in (tmp_path / "small").iterdir()] == ["v1.xlsx"]


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """Where the folder cannot be made, it is told what was deployed and what to do."""
    (tmp_path / "small").write_text("in the way", encoding="utf-8")
    with pytest.raises(FormError, match=r"v1 was deployed, but could not be kept here"):
        Versions(tmp_path, "small").keep("v1", ONE)
