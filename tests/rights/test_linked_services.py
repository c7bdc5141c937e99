"""Interviews about a service that was not on the list count once it is; and a closed round never moves by that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rights_world
from rights_world import NOW, Rights, interview

from kobo_sync.__main__ import run
from kobo_sync.engine import edited
from kobo_sync.sync import rounds

SHEETS = rights_world.SHEETS.replace(
    "| | select_one agree  | hiv ",
    "| | text | called | W | | | ${place} = '' | service_name | |\n| | select_one agree  | hiv ",
).replace("| place   | P     |             | yes      |", "| place   | P     |             |          |").replace(
    "| place | P |    | yes      |", "| place | P |    |          |"
)  # fmt: skip


def unlisted(id_: int) -> dict[str, Any]:
    made = interview(id_, **{"g/called": "Zyxwabo Corner"})
    del made["g/place"]
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    monkeypatch.setattr(rights_world, "SHEETS", SHEETS)
    with rights_world.rights_world(tmp_path) as made:
        monkeypatch.setenv("KOBO_API_TOKEN", made.token)
        monkeypatch.setattr(rounds, "today", NOW.date)
        made.add(*(unlisted(n) for n in range(20, 26)))
        made.sync()
        yield made


def decide(world: Rights, *arguments: str) -> None:
    assert run(["--workspace", str(world.space.root), "services", *arguments, "--yes"]) == 0


@pytest.mark.file_store
def test_linked_interviews_are_scored_in_the_same_run(world: Rights) -> None:
    """Six women who named a service make its score as soon as it is accepted; matched ones join a listed one's."""
    assert world.women("S09") == 0
    assert world.women() == 7
    decide(world, "accept", "20", "--code", "S09", "--label", "Corner House", "--locale", "North")
    assert world.women("S09") == 6
    assert world.women() == 7
    assert not world.on_disk("Zyxwabo")


def test_matched_interviews_join_the_service(world: Rights) -> None:
    """Interviews that are matched to a listed service count in its score, and a withdrawal takes one out again."""
    decide(world, "match", "20", "--to", "S01")
    assert world.women() == 13
    world.forget(21)
    assert world.women() == 12
    world.sync()
    assert world.women() == 12


@pytest.mark.file_store
def test_a_closed_round_is_not_moved_by_a_match(world: Rights) -> None:
    """Matched after the closing, nothing joins a closed score, also not when a withdrawal makes that score again."""
    world.close()
    decide(world, "match", "20", "--to", "S01")
    assert world.women() == 7
    assert not world.on_disk("Zyxwabo")
    world.forget(1)
    assert world.women() == 6
    world.sync()
    assert world.women() == 6


def test_matched_before_the_closing_it_counts_for_good(world: Rights) -> None:
    """What was matched before the closing is frozen with the round, whatever an edit makes of it later."""
    decide(world, "match", "20", "--to", "S01")
    world.close()
    assert world.send(edited(world.xml(22), {"g/called": "Elsewhere"})) == 201
    world.sync()
    world.forget(1)
    assert world.women() == 12
