"""The coordinator's practice.csv (3.10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobo_sync.errors import ConfigError
from kobo_sync.practice import read_practice
from kobo_sync.scoring.naming import Practice

HEAD = "service,round,confirmed_by_women,agrees_named\n"


def _read(folder: Path, text: str) -> tuple[Practice, ...]:
    path = folder / "practice.csv"
    path.write_text(text, encoding="utf-8")
    return read_practice(path)


def test_rows_are_read_with_their_answers(tmp_path: Path) -> None:
    """Yes and no are read in any case, and an empty cell is a no."""
    rows = _read(tmp_path, HEAD + "S01,2026-H2,Yes,no\nS01,2026-H1,yes,\n")
    assert rows == (
        Practice("S01", "2026-H2", confirmed_by_women=True, agrees_named=False),
        Practice("S01", "2026-H1", confirmed_by_women=True, agrees_named=False),
    )


def test_no_file_names_nobody(tmp_path: Path) -> None:
    """Without the file no service is confirmed, and none agrees to be named."""
    assert read_practice(tmp_path / "practice.csv") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("service,round\nS01,2026-H2\n", "confirmed_by_women"),
        (HEAD + "S01,2026-H2,perhaps,no\n", "row 2: write yes or no into the column confirmed_by_women"),
        (HEAD + "S01,2026-H2,yes,no\nS01,2026-H2,no,no\n", "row 3: S01 stands twice for 2026-H2"),
        (HEAD + ",2026-H2,yes,no\n", "row 2: write the code of a service and a round"),
    ],
)
def test_a_wrong_row_is_told(tmp_path: Path, text: str, told: str) -> None:
    """A missing column, an answer that is neither yes nor no, and a service that stands twice are told by their row."""
    with pytest.raises(ConfigError, match=r"practice\.csv") as caught:
        _read(tmp_path, text)
    assert told in str(caught.value)
