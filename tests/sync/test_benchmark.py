"""The benchmark compares what can be compared: all ways are given the same, and come to the same verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.canned import write_canned
from benchmarks.pipeline import ROW, WAYS, apart, main, served

pytestmark = pytest.mark.soak
SIZE, DIFFERENT = 400, 200


@pytest.fixture(scope="module")
def canned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of canned interviews, two of them spoiled."""
    path = tmp_path_factory.mktemp("bench") / "canned.json"
    write_canned(path, DIFFERENT)
    return path


@pytest.mark.file_store
def test_all_ways_are_given_the_same_and_judge_it_alike(canned: Path, tmp_path: Path) -> None:
    """Each way reads every interview; this program and jsonschema on pykobo's rows refuse the same number."""
    found = {}
    for what, way in WAYS.items():
        with served(canned, SIZE) as url:
            (tmp_path / way).mkdir()
            found[what] = apart(way, url, tmp_path / way)
    assert {took.rows for took in found.values()} == {SIZE}
    ours, rival, *floors = (took.fine for took in found.values())
    assert ours == rival == SIZE - 4
    assert set(floors) == {SIZE}


@pytest.mark.file_store
def test_one_command_prints_one_table_and_writes_it(canned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make bench` prints a table in Markdown with a line for each measurement, and leaves the same in a file."""
    out = canned.parent / "bench.md"
    main([str(SIZE), "--sizes", "200", "--unchanged", "50", "--out", str(out)])
    text = out.read_text("utf-8")
    assert capsys.readouterr().out == text
    lines = text.splitlines()
    assert len(lines) == 2 + len(WAYS) + 2 + 1 + 1
    assert len({line.count("|") for line in lines}) == 1
    assert any(line.startswith(f"| {ROW} | {SIZE} |") for line in lines)
