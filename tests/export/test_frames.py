"""pykobo's forms, filled from the store: all rows, and the very frames that pykobo makes of a small form."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pykobo
import pytest
import requests
from export_world import CLIENT, ROUND, SECRET, chance, client, fill, make
from small_forms import workbook
from workspaces import ROOT, session, workspace

from kobo_sync.errors import ConfigError, RefusedForSafety
from kobo_sync.frames import labelled, open_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.standin import Standin
from kobo_sync.sync.all_forms import sync_workspace
from kobo_sync.workspace import Workspace

ASSET, VERSION, FORM = "aFramesForm00000000", "vFrames000000000000", "small"
SHEETS = """
| settings |
| | source |
| | C      |
| survey |
| | type                | name   | label::English (en) | label::Français (fr) | calculation | role    | indicator |
| | calculate           | month  |                     |                      | '2026-03'   | month   |           |
| | select_one_from_file services.csv | place | Where | Où                   |             | service |           |
| | begin_group         | g      | G                   | G                    |             |         |           |
| | select_one agree    | hiv    | HIV test?           | Un test ?            |             |         | pkg_hiv   |
| | select_multiple got | got    | What did you get?   | Qu'avez-vous reçu ?  |             | context |           |
| | select_one agree    | again  | HIV test?           | Un test ?            |             | context |           |
| | integer             | times  | How often?          | Combien de fois ?    |             | context |           |
| | note                | thanks | Thank you           | Merci                |             |         |           |
| | end_group           |        |                     |                      |             |         |           |
| | begin_repeat        | visit  | Visits              | Visites              |             |         |           |
| | select_one agree    | good   | Was it good?        | C'était bien ?       |             | context |           |
| | integer             | hours  | Hours               | Heures               |             | context |           |
| | end_repeat          |        |                     |                      |             |         |           |
| | select_one agree    | nobody | Not asked           | Pas demandé          |             | context |           |
| choices |
| | list_name | name    | label::English (en) | label::Français (fr) | score |
| | agree     | yes     | Yes                 | Oui                  | 1     |
| | agree     | no      | No                  | Non                  | 0     |
| | got       | needles | Needles             | Seringues            |       |
| | got       | condoms | Condoms             | Préservatifs         |       |
"""


def submission(id_: int) -> dict[str, Any]:
    """Return an interview as KoboToolbox shows it; now and then a question was left out."""
    random, uuid = chance(id_), f"00000000-0000-4000-8000-{id_:012d}"
    row: dict[str, Any] = {
        "_id": id_,
        "formhub/uuid": "framesform",
        "month": "2026-03",
        "place": f"S0{id_ % 2 + 1}",
        "__version__": VERSION,
        "meta/instanceID": f"uuid:{uuid}",
        "_xform_id_string": ASSET,
        "_uuid": uuid,
        "meta/rootUuid": f"uuid:{uuid}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": "2026-03-01T10:00:00",
        "_validation_status": {},
        "_submitted_by": "team1",
    }
    answers = {
        "g/hiv": random.choice(["yes", "no"]),
        "g/got": random.choice(["needles", "condoms needles", "needles condoms"]),
        "g/again": random.choice(["yes", "no"]),
        "g/times": str(random.randint(0, 9)),
    }
    row |= {name: answer for name, answer in answers.items() if random.random() < 0.8}
    visits = [{"visit/good": random.choice(["yes", "no"]), "visit/hours": "2"} for _ in range(id_ % 3)]
    return row | ({"visit": visits, "visit_count": str(len(visits))} if visits else {})


@contextmanager
def both(folder: Path, count: int) -> Iterator[tuple[Any, Workspace]]:
    """Give pykobo's own form, read from a stand-in with so many interviews, and a workspace that was synced with it."""
    xlsx = workbook(SHEETS)
    with Standin() as server:
        token = server.add_user("owner1")
        server.add_asset_rows(
            owner="owner1",
            uid=ASSET,
            workbooks=[xlsx],
            version_uids=[VERSION],
            rows=[submission(id_) for id_ in range(1, count + 1)],
            media={"services.csv": b"name,label,locale\nS01,One,North\nS02,Two,North\n"},
        )
        services = "code,label,locale\nS01,One,North\nS02,Two,North\n"
        space = workspace(folder / "space", server.url, FORM, ASSET, {VERSION: xlsx}, services=services)
        opened = session(server.url, token)
        with closing(opened):
            sync_workspace(space, progress=lambda _done, _total: None, session=opened)
        manager = pykobo.Manager(server.url, 2, token)
        # The list of all forms, which pykobo reads first, ends in .json; the stand-in has it under its other name.
        told = requests.get(f"{server.url}/api/v2/assets/{ASSET}/", headers=manager.headers, timeout=30).json()
        yield manager._create_koboform({"data": f"{told['url']}data/", **told}), space


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Hold two frames to the same columns, rows and values; an empty cell is an empty cell."""
    assert list(ours.columns) == list(theirs.columns)
    pd.testing.assert_frame_equal(
        ours.astype(object).where(ours.notna(), None).reset_index(drop=True),
        theirs.astype(object).where(theirs.notna(), None).reset_index(drop=True),
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Let pykobo call pandas as it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.mark.parametrize("count", [1, 40])
def test_the_same_frames_as_pykobos_own(tmp_path: Path, count: int) -> None:
    """On a small form columns, rows, labels and repeats are those that pykobo makes of what the server says."""
    with both(tmp_path, count) as (theirs, space), quiet():
        theirs.fetch_data()
        ours = open_form(space.root, FORM, restricted=True, force=True)
        assert isinstance(ours, type(theirs))
        asked = [q.name for q in read_form(workbook(SHEETS), FORM).questions if not q.repeat]
        assert list(theirs.data.columns)[: len(asked)] == asked
        # KoboToolbox answers newest or oldest first, as it likes; the stand-in and the store begin with the oldest.
        assert list(theirs.data["_id"]) == list(range(1, count + 1))
        same(ours.data[asked], theirs.data[asked])
        same(ours.repeats["visit"], theirs.repeats["visit"])
        theirs.display(columns_as="label", choices_as="label")
        ours.display(columns_as="label", choices_as="label")
        assert "HIV test? (2)" in ours.data.columns
        same(ours.data.iloc[:, : len(asked)], theirs.data.iloc[:, : len(asked)])
        same(ours.repeats["visit"], theirs.repeats["visit"])
        theirs.display()
        ours.display()
        same(ours.data[asked], theirs.data[asked])


def test_all_rows_where_pykobo_stops_at_a_hundred(tmp_path: Path) -> None:
    """Of 2,500 interviews pykobo alone shows a hundred; the frames from the store show all, each once."""
    with both(tmp_path, 2500) as (theirs, space), quiet():
        theirs.fetch_data()
        assert len(theirs.data) == 100
        ours = open_form(space.root, FORM, "fr", restricted=True, force=True)
    assert len(ours.data) == 2500
    assert list(ours.data["_index"]) == list(range(1, 2501))
    expected = [submission(id_) for id_ in range(1, 2501)]
    assert list(ours.data["times"].astype(object).where(ours.data["times"].notna(), None)) == [
        row.get("g/times") for row in expected
    ]
    assert len(ours.repeats["visit"]) == sum(len(row.get("visit", ())) for row in expected)
    parents = ours.repeats["visit"]["_parent_index"].unique()
    assert list(parents) == [id_ for id_, row in enumerate(expected, 1) if row.get("visit")]
    ours.display(columns_as="label", choices_as="label")
    assert set(ours.data["Qu'avez-vous reçu ?"].dropna()) == {"Seringues", "Seringues|Préservatifs"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make(tmp_path_factory.mktemp("filled") / "space")
    fill(made, {"S01": 12, "S02": 2488, "S03": 3}, content=True)
    return made


def test_frames_stay_behind_the_wall(filled: Workspace) -> None:
    """Without more said, a frame holds the team's item level: 2,500 women, no harm, nothing of who they are."""
    made = open_form(filled.root, CLIENT, "sw")
    assert len(made.data) == 2500
    assert set(made.data["_service"]) == {"S01", "S02"}
    assert set(made.data["_round"]) == {ROUND}
    form = client()
    private = [q.name for q in form.questions if q.role or not q.indicator]
    assert made.data[private].isna().all(axis=None)
    assert SECRET not in made.data.to_csv()
    assert made.data["pkg_nsp_c"].notna().all()
    again = open_form(filled.root, CLIENT)
    assert list(again.data["_service"]) != list(made.data["_service"])
    made.display(columns_as="label", choices_as="label")
    assert form.by_name["pkg_nsp_c"].labels["Kiswahili (sw)"] in made.data.columns


def test_more_wants_force(filled: Workspace) -> None:
    """All answers of the store are had by saying so twice; ids, texts and codes are not in them even then."""
    with pytest.raises(RefusedForSafety, match="force=True"):
        open_form(filled.root, CLIENT, restricted=True)
    made = open_form(filled.root, CLIENT, restricted=True, force=True)
    assert len(made.data) == 2503
    text = made.data.drop(columns=["team", "tool_version", "modules", "locale"]).to_csv()
    assert SECRET not in text
    assert made.data["age_band"].notna().all()


def test_a_form_that_is_not_there_is_told(filled: Workspace) -> None:
    """An unknown form is one sentence with those that there are."""
    with pytest.raises(ConfigError, match="There is: client_interview"):
        open_form(filled.root, "other")


def test_no_answers_are_an_empty_frame(tmp_path: Path) -> None:
    """Before the first interview there is a frame with all columns and no row, and `display` works."""
    made = open_form(make(tmp_path / "space").root, CLIENT)
    assert len(made.data) == 0
    assert "pkg_nsp_c" in made.data.columns
    made.display(columns_as="label", choices_as="label")
    assert client().by_name["pkg_nsp_c"].labels["English (en)"] in made.data.columns


def test_a_repeat_that_nobody_answered_is_an_empty_frame() -> None:
    """A repeat without rows has its frame, with the labels, where pykobo alone would fail."""
    form = read_form(workbook(SHEETS), FORM)
    made = labelled([form], [{"hiv": "yes"}], "fr")
    made.display(columns_as="label", choices_as="label")
    assert list(made.repeats["visit"].columns) == ["C'était bien ?", "Heures", "_parent_index"]
    assert list(made.data["Un test ? (1)"]) == ["Oui"]


def test_answers_of_older_versions_keep_their_labels() -> None:
    """What an older version asked, or offered, has its column and its label behind those of the newest."""
    changed = SHEETS.replace("needles | Needles             | Seringues", "pipes   | Pipes               | Pipes    ")
    new = read_form(workbook(changed), FORM)
    old = read_form(workbook(SHEETS.replace("| nobody |", "| before |")), FORM)
    made = labelled([new, old], [{"got": ["needles"], "before": "no"}, {"got": ["pipes", "condoms"]}])
    made.display(columns_as="label", choices_as="label")
    assert list(made.data["What did you get?"]) == ["Needles", "Pipes|Condoms"]
    assert list(made.data.columns)[-2:] == ["Not asked (2)", "_index"]


def test_heavy_libraries_are_imported_in_one_place() -> None:
    """Only frames.py imports pykobo and pandas, and scoring by Spark its pandas: no other command waits for them."""
    found = set()
    for path in sorted((ROOT / "kobo_sync").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {name.split(".")[0] for name in names} & {"pykobo", "pandas"}:
                found.add(path.relative_to(ROOT).as_posix())
    assert found == {"kobo_sync/frames.py", "kobo_sync/sync/score_spark.py"}
