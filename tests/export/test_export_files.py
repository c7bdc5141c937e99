"""Files of an export: what spreadsheets make of them, and how they are put in place."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError, UserError
from kobo_sync.export import files
from kobo_sync.export.files import LIST, Made, listed, remove_export, write_export
from kobo_sync.export.table import Column, Table, harmless, with_labels
from kobo_sync.export.writers import as_csv, as_parquet, as_xlsx, files_of

WIDE = "\N{FULLWIDTH EQUALS SIGN}"
CSV = Made("team", "team", "csv", "2026-H1")
XLSX = Made("team", "team", "xlsx", "2026-H1")


def table(*cells: str | int | None, name: str = "t") -> Table:
    columns = (Column("a", "about a"), Column("n", "a number", number=True))
    return Table(name, columns, tuple((str(cell), number) for number, cell in enumerate(cells)))


def test_excel_knows_the_letters() -> None:
    """A CSV begins with a byte order mark and is UTF-8, so that Excel shows Cyrillic and accents."""
    made = as_csv(table("Да, é", "x\ny"))
    assert made.startswith(b"\xef\xbb\xbfa,n\r\n")
    assert list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))[1:] == [["Да, é", "0"], ["x\ny", "1"]]


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", f"{WIDE}1", "a;=cmd()", 'a",=1', "x\n=1", "=HYPERLINK(1)"],
)
def test_no_cell_is_a_formula(cell: str) -> None:
    """What begins a formula, also after what another country's Excel takes for the end of a cell, is made harmless."""
    for text in (as_csv(table(cell)).decode("utf-8-sig"), harmless(cell)):
        for part in text.replace('"', ";").replace(",", ";").replace("\r", ";").replace("\n", ";").split(";"):
            assert part.strip()[:1] not in {*"=+-@", WIDE} or not part.strip()


@given(st.text(st.sampled_from("=+-@;,\t\r\n\"' ab1"), max_size=12))
def test_no_text_becomes_a_formula(text: str) -> None:
    """Whatever somebody typed: the cell, read by comma or by semicolon, begins with no sign of a formula."""
    made = harmless(text)
    assert made.lstrip()[:1] not in {*"=+-@"} or not made.strip()
    assert all(part.lstrip()[:1] not in {*"=+-@"} or not part.strip() for part in made.split(";"))
    assert made.replace("'", "") == text.replace("'", "")


def test_numbers_stay_numbers() -> None:
    """A number, a negative one too, is a number in each format and is not touched."""
    made = Table("t", (Column("n", "", number=True),), ((-3,), (None,), (7,)))
    assert as_csv(made).decode("utf-8-sig").split("\r\n") == ["n", "-3", '""', "7", ""]
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(as_xlsx([made]))).active
    assert sheet is not None
    assert [cell.value for cell in sheet["A"]] == ["n", -3, None, 7]


def test_a_workbook_has_a_sheet_a_table_with_a_frozen_header() -> None:
    """One sheet a table, the header frozen; long names and doubles get names that Excel takes; text stays text."""
    from openpyxl import load_workbook

    long = "answers_" + "x" * 40
    made = load_workbook(io.BytesIO(as_xlsx([table("=1"), table("http://x", name=long), table("3", name=long)])))
    assert made.sheetnames[0] == "t"
    assert len({name.casefold() for name in made.sheetnames}) == 3
    assert all(len(name) <= 31 for name in made.sheetnames)
    for sheet in made.worksheets:
        assert sheet.freeze_panes == "A2"
        assert sheet["A2"].data_type == "s"
        assert sheet["A2"].hyperlink is None


def test_metadata_names_nobody_and_no_time() -> None:
    """A workbook says neither who made it nor when: the same tables make the same bytes, now and later."""
    one = as_xlsx([table("x")])
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        core = packed.read("docProps/core.xml").decode()
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "<dc:creator></dc:creator>" in core
    assert "<cp:lastModifiedBy></cp:lastModifiedBy>" in core
    assert core.count("2000-01-01T00:00:00Z") == 2
    assert as_xlsx([table("x")]) == one
    assert as_parquet(table("x")) == as_parquet(table("x"))


def test_parquet_without_its_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyarrow is not installed the coordinator is told how to get it, or what else to choose."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install .*parquet.*--format csv"):
        as_parquet(table("x"))


def test_parquet_keeps_its_columns_types() -> None:
    """A column of numbers is one also where nothing is in it, so that a link of Power BI does not break."""
    from pyarrow import parquet

    made = Table("t", (Column("n", "", number=True), Column("w", "")), ((None, 5), (None, "x")))
    read = parquet.read_table(io.BytesIO(as_parquet(made)))
    assert [str(kind) for kind in read.schema.types] == ["int64", "string"]
    assert read.to_pylist() == [{"n": None, "w": "5"}, {"n": None, "w": "x"}]


def test_labels_stand_beside_codes() -> None:
    """Each column of codes gets one of labels behind it; several codes have several labels, unknown ones themselves."""
    made = Table("t", (Column("d", "", "domain"), Column("x", "")), (("pkg acc", "1"), ("zz", "2"), (None, "3")))
    shown = with_labels(made, {"domain": {"pkg": "Services", "acc": "Getting in"}})
    assert [column.name for column in shown.columns] == ["d", "d_label", "x"]
    assert [row[1] for row in shown.rows] == ["Services; Getting in", "zz", ""]


def test_file_names_depend_on_nothing_but_the_tables() -> None:
    """Names are stable: no round, no date, no number in them, so that links go on working."""
    tables = [table("x"), table("y", name="u")]
    assert sorted(files_of("team", tables, "csv")) == ["team_t.csv", "team_u.csv"]
    assert sorted(files_of("team", tables, "parquet")) == ["team_t.parquet", "team_u.parquet"]
    assert sorted(files_of("public", tables, "xlsx")) == ["public.xlsx"]


def test_an_export_replaces_its_own_files_alone(tmp_path: Path) -> None:
    """The next export replaces the files, removes those it has no more, and leaves other formats and her own files."""
    write_export(tmp_path, CSV, {"team_a.csv": b"1", "team_b.csv": b"1"})
    write_export(tmp_path, XLSX, {"team.xlsx": b"1"})
    (tmp_path / "my book.xlsx").write_bytes(b"mine")
    write_export(tmp_path, CSV, {"team_a.csv": b"2"})
    there = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != LIST}
    assert there == {"team_a.csv": b"2", "team.xlsx": b"1", "my book.xlsx": b"mine"}
    assert {one.key: one.files for one in listed(tmp_path)} == {
        ("team", "csv"): ("team_a.csv",),
        ("team", "xlsx"): ("team.xlsx",),
    }
    remove_export(tmp_path, CSV)
    for made in listed(tmp_path):
        remove_export(tmp_path, made)
    assert [path.name for path in tmp_path.iterdir()] == ["my book.xlsx"]


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    """A file that this program did not write there stays, nothing is written, and the remedy is told."""
    (tmp_path / "team_a.csv").write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"team_a\.csv was not written by kobo-sync"):
        write_export(tmp_path, CSV, {"team_a.csv": b"1", "team_b.csv": b"1"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"team_a.csv": b"mine"}


def test_a_list_that_points_elsewhere_is_not_believed(tmp_path: Path) -> None:
    """A list in which somebody wrote another folder's file names nothing of ours."""
    write_export(tmp_path / "out", CSV, {"team_a.csv": b"1"})
    place = tmp_path / "out" / LIST
    place.write_text(place.read_text("utf-8").replace("team_a.csv", "../store.sqlite"), encoding="utf-8")
    assert listed(tmp_path / "out") == ()
    place.write_text("not JSON", encoding="utf-8")
    assert listed(tmp_path / "out") == ()


def test_a_file_that_is_open_stops_all_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Excel has one of the files open (Windows), none is replaced, and the message says which and what to do."""
    write_export(tmp_path, CSV, {"team_a.csv": b"1", "team_b.csv": b"1"})

    def held(path: Path) -> None:
        if path.name == "team_b.csv":
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(files, "_claim", held)
    with pytest.raises(ConfigError, match=r"team_b\.csv .* open in Excel"):
        write_export(tmp_path, CSV, {"team_a.csv": b"2", "team_b.csv": b"2"})
    assert (tmp_path / "team_a.csv").read_bytes() == b"1"


@pytest.mark.parametrize("bad", ["team_a.csv", "team_b.csv", "team_c.csv"])
def test_what_fails_on_the_way_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    """A file that cannot be replaced at the last moment: those before it are put back, and no part is left."""
    write_export(tmp_path, CSV, {"team_a.csv": b"1", "team_b.csv": b"1"})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != LIST}
    original = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == bad and self.read_bytes() == b"2":
            raise PermissionError(13, "Permission denied", str(target))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(ConfigError, match="cannot be replaced"):
        write_export(tmp_path, CSV, {"team_a.csv": b"2", "team_b.csv": b"2", "team_c.csv": b"2"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != LIST} == before


def test_a_killed_export_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two files, the next export knows them as its own and goes through."""

    def put(path: Path, content: bytes) -> None:
        if path.name == "team_b.csv":
            raise KeyboardInterrupt
        original(path, content)

    original = files._put
    with monkeypatch.context() as patch:
        patch.setattr(files, "_put", put)
        with pytest.raises(KeyboardInterrupt):
            write_export(tmp_path, CSV, {"team_a.csv": b"1", "team_b.csv": b"1"})
    assert (tmp_path / "team_a.csv").exists()
    write_export(tmp_path, CSV, {"team_a.csv": b"2", "team_b.csv": b"2"})
    assert (tmp_path / "team_b.csv").read_bytes() == b"2"
