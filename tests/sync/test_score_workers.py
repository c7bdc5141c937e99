"""Several processes score as one does: the same figures, the same sentences when something is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner
from elsewhere import served
from sqlalchemy import select
from sync_rig import quiet
from workspaces import workspace

from kobo_sync.cli import cli
from kobo_sync.errors import ConfigError, UserError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.store import tables
from kobo_sync.store.store import ACCEPTED, Row, Store
from kobo_sync.sync import score_workers
from kobo_sync.sync.all_forms import score_workspace
from kobo_sync.workspace import Workspace, open_workspace

CLIENT = Path(__file__).resolve().parent.parent.parent / "xlsform" / "client_interview.xlsx"
FORM, VERSION, ASSET = CLIENT.stem, "vScored", "aScored"
WOMEN = 6


def answers(form: Form, rng: np.random.Generator) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for question in form.scored:
        name = question.choices[int(rng.integers(len(question.choices)))].name
        made[question.name] = [name] if question.multiple else name
    return made


def filled(folder: Path, services: int, address: str = "") -> Workspace:
    """Make a workspace whose store holds interviews about so many services, none of them scored."""
    space = workspace(folder, "http://127.0.0.1:9", FORM, ASSET, {VERSION: CLIENT.read_bytes()})
    if address:
        config = folder / "kobo-sync.toml"
        config.write_text(f'store = "{address}"\n{config.read_text("utf-8")}', encoding="utf-8")
        space = open_workspace(folder)
    form, rng = read_form(CLIENT, FORM), np.random.default_rng(8)
    rows = [
        Row(
            id=number + 1,
            uuid=f"{number:032x}",
            root_uuid=f"{number:032x}",
            version=VERSION,
            status="",
            state=ACCEPTED,
            month="2026-03",
            service=f"S{number % services:04d}",
            document=answers(form, rng),
        )
        for number in range(services * WOMEN)
    ]
    with Store(space.store) as store:
        store.save_page(FORM, ASSET, rows, len(rows))
    return space


def figures(space: Workspace) -> list[tuple[str, str, Any]]:
    with Store(space.store) as store, store.read() as connection:
        score = tables.score.c
        found = connection.execute(select(score.service, score.round, score.result).order_by(score.service))
        return [(row.service, row.round, orjson.loads(row.result)) for row in found]


def same_figures(space: Workspace, services: int, workers: int) -> None:
    assert score_workspace(space, everything=True, progress=quiet) == services
    loop = figures(space)
    told: list[tuple[int, int]] = []
    done = score_workspace(space, everything=True, progress=lambda *now: told.append(now), workers=workers)
    assert done == len(loop) == services
    assert figures(space) == loop  # not to 1e-12: to the last digit
    assert told == [(number, services) for number in range(1, services + 1)]


@pytest.mark.file_store
def test_several_processes_give_the_same_figures(tmp_path: Path) -> None:
    """Scored by three processes, every figure of every service is the one that a single process gives."""
    same_figures(filled(tmp_path, 20), 20, 3)


@pytest.mark.soak
@pytest.mark.file_store
def test_several_processes_give_the_same_figures_of_a_thousand_services(tmp_path: Path) -> None:
    """The same for a thousand services."""
    same_figures(filled(tmp_path, 1000), 1000, 2)


def test_several_processes_give_the_same_figures_from_a_database(tmp_path: Path) -> None:
    """On PostgreSQL, too, where each process has a connection of its own."""
    with served() as databases:
        databases.run("CREATE DATABASE scored")
        same_figures(filled(tmp_path, 20, databases.address("scored")), 20, 2)


@pytest.mark.file_store
def test_what_is_wrong_is_said_as_by_one_process(tmp_path: Path) -> None:
    """Where a workbook is gone, the sentence says which and what to do; errors are not lost between processes."""
    space = filled(tmp_path, 3)
    (space.versions / FORM / f"{VERSION}.xlsx").unlink()
    with pytest.raises(ConfigError, match=f"{VERSION}.xlsx is gone"):
        score_workspace(space, everything=False, progress=quiet, workers=2)


def die(_plan: object) -> None:
    os._exit(9)


@pytest.mark.file_store
def test_a_process_that_is_killed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system ends a process, what was scored stays, the sentence names the remedy, and one process goes on."""
    space = filled(tmp_path, 3)
    monkeypatch.setattr(score_workers, "begin", die)
    with pytest.raises(UserError, match="fewer --workers"):
        score_workspace(space, everything=False, progress=quiet, workers=2)
    assert score_workspace(space, everything=False, progress=quiet) == 3


@pytest.mark.file_store
def test_workers_on_the_command_line(tmp_path: Path) -> None:
    """`score --workers 2` scores all services, and a number below one is refused."""
    filled(tmp_path, 3)
    done = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "score", "--workers", "2"])
    assert (done.exit_code, "3 service scores were computed" in done.output) == (0, True)
    assert CliRunner().invoke(cli, ["--workspace", str(tmp_path), "score", "--workers", "0"]).exit_code == 2
