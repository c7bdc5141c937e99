"""What counted in a closed round counts there for good, or nowhere: whatever is edited or restored since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_world import ASSET, Rights, interview, rights_world
from sqlalchemy import select

from kobo_sync.store import tables
from kobo_sync.store.scores import round_counts
from kobo_sync.store.store import Store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    """Run a server with twelve interviews about the first service and one about the second; the round is closed."""
    with rights_world(tmp_path, 12) as made:
        made.add(*[interview(n, **{"g/place": "S02"}) for n in range(20, 31)])
        made.sync()
        made.close()
        yield made


def edit(world: Rights, id_: int, **answers: str) -> None:
    """Edit on the server: a new uuid, the old one named."""
    before = world.server.world.assets[ASSET].submissions[id_].row
    uuid = f"10000000-0000-4000-8000-{id_:012d}"
    new = {"_uuid": uuid, "meta/instanceID": f"uuid:{uuid}", "meta/deprecatedID": before["meta/instanceID"]}
    world.add({**before, **answers, **new})


@pytest.mark.parametrize(
    "answers", [{"g/place": "S02"}, {"month": "2026-07"}, {"newfield": "x"}], ids=["service", "month", "quarantine"]
)
def test_who_withdraws_after_an_edit_leaves_the_frozen_score(world: Rights, answers: dict[str, str]) -> None:
    """Edited to another service or month, or into quarantine, her interview still leaves the score it counted in."""
    edit(world, 3, **answers)
    world.sync()
    assert (world.women(), world.women("S02")) == (12, 12)
    world.forget(3)
    assert (world.women(), world.women("S02")) == (11, 12)
    assert not world.women(round_="2026-H2")


def test_what_is_deleted_after_it_went_into_quarantine_leaves_the_frozen_score(world: Rights) -> None:
    """Edited into quarantine and then deleted on the server, an interview leaves the score that it counted in."""
    edit(world, 3, newfield="x")
    world.sync()
    world.drop(3)
    world.sync()
    assert world.women() == 11


def test_a_rebuilt_score_takes_the_present_content_where_it_counted(world: Rights) -> None:
    """When a closed score is made again, an edited interview counts where it did, with its present answers."""
    edit(world, 5, **{"g/place": "S02", "g/hiv": "no"})
    world.sync()
    world.forget(3)
    assert (world.women(), world.women("S02")) == (11, 12)
    with Store(world.space.store) as store, store.read() as connection:
        row = tables.submission.c
        found = connection.execute(select(row.service, row.month, row.document).where(row.id == 5)).one()
    assert found[:2] == ("S01", "2026-03")
    assert '"S02"' in found[2]


def test_consent_taken_back_keeps_no_service_and_counts_no_more(world: Rights) -> None:
    """An edit that takes consent back takes the interview out of the frozen score, from quarantine too."""
    edit(world, 3, newfield="x")
    world.sync()
    before = world.server.world.assets[ASSET].submissions[3].row
    gone = {name: value for name, value in before.items() if not name.startswith("g/") and name != "newfield"}
    uuid = "20000000-0000-4000-8000-000000000003"
    named = {"_uuid": uuid, "meta/instanceID": f"uuid:{uuid}", "meta/deprecatedID": before["meta/instanceID"]}
    world.add({**gone, **named, "consent": "no"})
    world.sync()
    assert world.women() == 11
    with Store(world.space.store) as store, store.read() as connection:
        row = tables.submission.c
        assert tuple(connection.execute(select(row.state, row.service).where(row.id == 3)).one()) == ("refused", "")


def test_a_restored_server_brings_back_what_was_there(world: Rights) -> None:
    """The same number and first uuid, gone and there again, is not late: the closed score has it again."""
    rows = [world.server.world.assets[ASSET].submissions[id_].row for id_ in (3, 4)]
    world.drop(3, 4)
    world.sync()
    assert world.women() == 10
    world.add(rows[0], {**rows[1], "_id": 400})
    world.sync()
    assert world.women() == 11
    with Store(world.space.store) as store:
        assert round_counts(store, ["2026-03"]).late == 1  # another number: a new interview
