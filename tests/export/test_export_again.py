"""Exports after a deletion: made again in the same run, or removed where nothing may be shown any more."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from export_world import ROUND, close, copied, fill, make, read_csv
from rights_world import Rights, rights_world

from kobo_sync.errors import ConfigError
from kobo_sync.export import files
from kobo_sync.export.files import Made
from kobo_sync.export.run import export
from kobo_sync.report.public import publish
from kobo_sync.report.refresh import refresh_reports
from kobo_sync.store import rights
from kobo_sync.store.store import Store
from kobo_sync.sync import retention
from kobo_sync.sync.all_forms import score_now
from kobo_sync.sync.forget import PAGES
from kobo_sync.workspace import Workspace

TEAM = Made("", "team", "csv", "")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make(tmp_path_factory.mktemp("filled") / "space")
    fill(made, {"S01": 6, "S02": 14}, content=True)
    return made


@pytest.fixture
def space(filled: Workspace, tmp_path: Path) -> Workspace:
    return copied(filled, tmp_path / "space")


def women(out: Path) -> dict[str, str]:
    return {row["service"]: row["women"] for row in read_csv(out / "team_services.csv")}


def erase(space: Workspace, number: int) -> None:
    """Delete the first interviews, and do what a run does after a deletion."""
    with Store(space.store) as store:
        ids = store.ids("client_interview")[:number]
        with store.write() as connection:
            rights.erase(connection, "client_interview", ids)
        score_now(space, store)
        refresh_reports(space, store)


def test_a_withdrawal_reaches_every_export(world: Rights, tmp_path: Path) -> None:
    """After a withdrawal each export that was written, in each format and folder, is made again without her."""
    export(world.space, TEAM)
    export(world.space, TEAM, tmp_path / "elsewhere")
    assert women(tmp_path / "elsewhere")["S01"] == "7"
    world.forget(3)
    assert women(world.space.root / "export")["S01"] == "6"
    assert women(tmp_path / "elsewhere")["S01"] == "6"
    for id_ in (1, 2):
        world.forget(id_)
    assert women(tmp_path / "elsewhere")["S01"] == ""


def test_an_export_goes_with_the_last_interview(world: Rights) -> None:
    """With the last interview of a round withdrawn, its export is removed, folder and all."""
    export(world.space, TEAM)
    for id_ in range(1, 9):
        world.forget(id_)
    assert not (world.space.root / "export").exists()


def test_answers_one_by_one_go_when_they_are_too_few(space: Workspace) -> None:
    """A service that falls under five women leaves the answers; so does every row of who withdrew."""
    export(space, TEAM)
    export(space, Made("", "team", "csv", "", restricted=True), force=True)
    out = space.root / "export"
    for prefix in ("team", "restricted"):
        assert {row["service"] for row in read_csv(out / f"{prefix}_answers_client_interview.csv")} == {"S01", "S02"}
    erase(space, 2)
    for prefix in ("team", "restricted"):
        rows = read_csv(out / f"{prefix}_answers_client_interview.csv")
        assert {row["service"] for row in rows} == {"S02"}
    erase(space, 14)
    assert not (out / "team_answers_client_interview.csv").exists()
    assert (out / "team_services.csv").exists()


def test_what_was_released_stays(space: Workspace) -> None:
    """An export of a frozen release is not touched by a withdrawal."""
    close(space)
    publish(space, ROUND)
    export(space, Made("", "public", "csv", ""))
    before = {path.name: path.read_bytes() for path in (space.root / "export").iterdir()}
    erase(space, 3)
    assert {path.name: path.read_bytes() for path in (space.root / "export").iterdir()} == before


def test_answers_do_not_outlive_their_time(space: Workspace) -> None:
    """Once the answers of a round are deleted because their time is over, exports of them go; its figures stay."""
    close(space, counts={})
    export(space, TEAM)
    out = space.root / "export"
    figures = read_csv(out / "team_domains.csv")
    with Store(space.store) as store:
        retention._no_new_scores(store, ROUND)
        (found,) = retention.due(store, 12, dt.date(2099, 1, 1))
        with store.write() as connection:
            rights.erase(connection, "client_interview", found.ids["client_interview"], right=False)
        refresh_reports(space, store)
    assert not (out / "team_answers_client_interview.csv").exists()
    assert read_csv(out / "team_domains.csv") == figures
    assert "time" in " ".join(export(space, TEAM).lines())


def test_an_export_in_use_stays_due(world: Rights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that Excel holds is one sentence; other exports are made again, and the next run finishes."""
    export(world.space, TEAM)
    export(world.space, TEAM, tmp_path / "mine")

    def held(path: Path) -> None:
        if path.parent.name == "export":
            raise PermissionError(13, "in use", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(files, "_claim", held)
        done = world.forget(3)
    assert isinstance(done.trouble, ConfigError)
    assert re.search(r"still shows figures.*open in Excel", str(done.trouble))
    assert PAGES in done.owed
    assert women(tmp_path / "mine")["S01"] == "6"
    assert women(world.space.root / "export")["S01"] == "7"
    world.sync()
    assert women(world.space.root / "export")["S01"] == "6"


def test_an_export_that_a_new_store_does_not_know_is_made_again(world: Rights) -> None:
    """The export in its usual place is made again even when the store was made anew since."""
    export(world.space, TEAM)
    with Store(world.space.store) as store:
        store.take_note("exports")
    world.forget(3)
    assert women(world.space.root / "export")["S01"] == "6"
