"""`build`: schemas made of forms, and the check that the committed ones are of today."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_forms import ROOT, workbook

from kobo_sync.errors import FormError
from kobo_sync.instrument.build import build, form_files
from kobo_sync.workspace import CONFIG_SCHEMA

SMALL = "| survey |\n| | type | name | label | relevant |\n| | text | q | Q | |\n| | text | p | P | today() > 1 |\n"


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    """Return a folder with one small form and the framework."""
    folder = tmp_path / "xlsform"
    folder.mkdir()
    shutil.copy(ROOT / "xlsform" / "framework.yaml", folder)
    (folder / "small.xlsx").write_bytes(workbook(SMALL))
    return folder


def test_the_committed_schemas_are_of_today() -> None:
    """What is committed under schemas/ is exactly what build makes of the committed forms."""
    built = build(ROOT / "xlsform", ROOT / "schemas", {"config": CONFIG_SCHEMA}, check=True)
    assert (built.changed, built.stale) == ((), ())
    forms = [path.stem for path in form_files(ROOT / "xlsform")]
    assert len(forms) == 4
    assert {f"{name}.schema.json" for name in (*forms, "framework", "weights", "config")} == set(built.files)
    # One rule is left to the phone: it cuts the year out of the month, which the program does not evaluate.
    assert [(name, rule.question.role, rule.kind) for name, rule in built.unchecked] == [
        ("locale_gap.xlsx", "closed_since", "constraint")
    ]


def test_a_check_writes_nothing(forms: Path, tmp_path: Path) -> None:
    """With check, build says what it would change and leaves the disk alone."""
    built = build(forms, tmp_path / "schemas", {"config": {}}, check=True)
    names = ("small", "framework", "weights", "config")
    assert built.changed == built.files == tuple(f"{name}.schema.json" for name in names)
    assert not (tmp_path / "schemas").exists()


def test_a_build_writes_what_changed_and_removes_what_no_form_makes(forms: Path, tmp_path: Path) -> None:
    """Build writes schemas, does nothing the second time, takes away those of removed forms, and heals scratches."""
    schemas = tmp_path / "schemas"
    built = build(forms, schemas, {"config": {}})
    assert json.loads((schemas / "small.schema.json").read_text(encoding="utf-8"))["title"] == "small"
    assert [(name, rule.question.name) for name, rule in built.unchecked] == [("small.xlsx", "p")]
    assert build(forms, schemas, {"config": {}}).changed == ()
    (schemas / "small.schema.json").write_bytes(b"\xff\xfe scratched")
    (forms / "small.xlsx").rename(forms / "other.xlsx")
    built = build(forms, schemas, {})
    assert (built.changed, built.stale) == (("other.schema.json",), ("config.schema.json", "small.schema.json"))
    assert {path.name for path in schemas.iterdir()} == {
        "other.schema.json",
        "framework.schema.json",
        "weights.schema.json",
    }


def test_excel_s_lock_files_are_no_forms(forms: Path) -> None:
    """While a form is open in Excel, the lock file beside it is not taken for a form."""
    (forms / "~$small.xlsx").write_bytes(b"lock")
    assert [path.name for path in form_files(forms)] == ["small.xlsx"]


def test_what_cannot_be_built_is_told(forms: Path, tmp_path: Path) -> None:
    """No form, a form with a name that is taken, a broken framework, and a place that cannot be written to are told."""
    with pytest.raises(FormError, match=r"there is no form .* right workspace"):
        build(tmp_path / "nowhere", tmp_path / "schemas", {})
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(FormError, match="cannot be written"):
        build(forms, tmp_path / "file", {})
    (forms / "config.xlsx").write_bytes(workbook(SMALL))
    with pytest.raises(FormError, match=r"config\.xlsx: the name 'config' is taken .* Rename"):
        build(forms, tmp_path / "schemas", {"config": {}})
    (forms / "framework.yaml").write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(FormError, match=r"framework\.yaml"):
        build(forms, tmp_path / "schemas", {})
