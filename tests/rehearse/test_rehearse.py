"""A rehearsal goes the whole way and leaves nothing, whenever it is killed and whoever looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from rights_world import ASSET, FORM, ROUND, Rights, rights_world

from kobo_sync.__main__ import run
from kobo_sync.engine import Phone, changed, edited
from kobo_sync.errors import ConfigError
from kobo_sync.kobo.errors import NotAllowed
from kobo_sync.store.replica import known
from kobo_sync.store.scores import scores
from kobo_sync.store.store import Store
from kobo_sync.sync import rehearse as rehearsing
from kobo_sync.sync.rehearse import Planned, Rehearsed, plan, rehearse
from kobo_sync.sync.rehearsed import MARK, is_marked, marked_identity

CANARY = "canary-2209: not an interview"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    monkeypatch.setattr(rehearsing, "_WORDS", CANARY)
    with rights_world(tmp_path) as made:
        yield made


@contextmanager
def phone(world: Rights) -> Iterator[Phone]:
    opened = Phone(world.server.url, token=world.token)
    yield opened
    opened.close()


def rehearsed(world: Rights, planned: tuple[Planned, ...] | None = None, *, interviews: int = 2) -> Rehearsed:
    with phone(world) as opened:
        planned = planned or plan(world.space, world.session)
        (one,) = rehearse(world.space, world.session, opened, planned, interviews)
    return one


def snapshot(world: Rights) -> tuple[Any, ...]:
    """Everything that counts: what the server and the store hold, what is scored."""
    with Store(world.space.store) as store:
        kept = known(store, FORM, store.ids(FORM))
        return world.held, kept, scores(store, ROUND)


def test_it_arrives_is_judged_scored_and_gone(world: Rights) -> None:
    """Each test submission arrives, is accepted or a no, scores, and is gone; real interviews are not touched."""
    before = snapshot(world)
    one = rehearsed(world)
    assert (one.sent, one.arrived, one.accepted, one.refused, one.deleted) == (3, 3, 2, 1, 3)
    assert one.scored == ("pkg_hiv",)
    assert one.asked == 1
    assert one.fine
    assert snapshot(world) == before
    assert world.sync().scored == 0
    assert snapshot(world) == before
    assert not world.on_disk(CANARY)


class Killed(BaseException):
    """What no handler catches, as nothing survives a kill."""


@contextmanager
def killed(at: int, *, after: bool) -> Iterator[list[str]]:
    """Let everything that would be asked from the `at`-th call on fail; `after`: that one still reaches the server."""
    calls: list[str] = []
    send = requests.Session.send

    def once(self: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        calls.append(f"{request.method} {request.path_url.partition('?')[0]}")
        if len(calls) < at:
            return send(self, request, **how)
        if after and len(calls) == at:
            send(self, request, **how)
        raise Killed

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(requests.Session, "send", once)
        yield calls


def test_killed_at_any_call_the_next_sync_cleans_up(world: Rights) -> None:
    """Killed at each HTTP call in turn, before and after it reached the server, no test submission ever counts."""
    before, planned = snapshot(world), plan(world.space, world.session)
    with killed(1000, after=False) as calls:
        assert rehearsed(world, planned, interviews=1).fine
    assert sum(call == "POST /submission" for call in calls) == 2
    left = 0
    for at, call in enumerate(calls, 1):
        for after in (False, True) if call.startswith(("POST", "DELETE")) else (False,):
            with pytest.raises(Killed), killed(at, after=after):
                rehearsed(world, planned, interviews=1)
            left += world.held != before[0]
            world.sync()
            assert snapshot(world) == before, (at, call, after)
            assert not world.on_disk(CANARY), (at, call, after)
    assert left >= 5  # else this test would have killed nothing that matters


def test_the_next_rehearsal_cleans_up_as_well(world: Rights) -> None:
    """What a killed rehearsal left is deleted by the next one."""
    before, planned = snapshot(world), plan(world.space, world.session)
    with killed(1000, after=False) as calls:
        rehearsed(world, planned)
    last = max(at for at, call in enumerate(calls, 1) if call == "POST /submission")
    with pytest.raises(Killed), killed(last, after=True):
        rehearsed(world, planned)
    assert len(world.held) == len(before[0]) + 3
    assert rehearsed(world, planned).fine
    assert snapshot(world) == before


def left_behind(world: Rights) -> str:
    """Let a test submission stay on the server; returns what the phone sent."""
    xml = changed(world.xml(1), {"meta/instanceID": marked_identity(), "meta/rootUuid": None, "g/words": CANARY})
    assert world.send(xml) == 201
    return xml


@pytest.mark.file_store
def test_a_copy_that_is_sent_again_or_edited_does_not_come_back(world: Rights) -> None:
    """A test submission is turned away however often it is sent, also edited, also in a workspace that is new."""
    before = snapshot(world)
    xml = left_behind(world)
    world.sync()
    assert snapshot(world) == before
    assert world.send(xml) == 201
    assert world.send(edited(xml, {"g/hiv": "no"})) == 201
    world.sync()
    assert snapshot(world) == before
    left_behind(world)
    world.space.store_file.unlink()
    world.sync()
    assert world.kept == before[0] == world.held


def test_many_leftovers_do_not_trip_the_guard(world: Rights) -> None:
    """Test submissions were never held here, so that deleting many is no implausible deletion."""
    before = snapshot(world)
    for _ in range(12):
        left_behind(world)
    world.sync()
    assert snapshot(world) == before


def test_nothing_is_sent_where_it_could_not_be_deleted(world: Rights) -> None:
    """An account without the permission to delete is told so before anything is sent."""
    world.using = world.reader
    with pytest.raises(NotAllowed, match="Delete submissions"):
        plan(world.space, world.session)
    asset = world.server.world.assets[ASSET]
    asset.grants[("reader1", "add_submissions")] = ""
    with pytest.raises(NotAllowed, match="“Delete submissions”; or"):
        plan(world.space, world.session)
    assert not [one for one in world.server.requests if one.path == "/submission"]


def test_a_permission_lost_on_the_way_is_told_and_counts_nowhere(world: Rights) -> None:
    """Where deleting fails after all, it is told; a sync that may not delete either keeps the number alone."""
    planned, before = plan(world.space, world.session), snapshot(world)
    asset = world.server.world.assets[ASSET]
    asset.grants |= {("reader1", name): "" for name in ("add_submissions",)}
    world.using = world.reader
    one = rehearsed(world, planned)
    assert one.trouble is not None
    assert "may still be on the server" in str(one.trouble)
    assert not one.fine
    assert len(world.held) == len(before[0]) + 3
    world.sync()
    assert len(world.retired) == 3
    assert world.score() is not None
    assert snapshot(world)[2] == before[2]
    assert not world.on_disk(CANARY)
    world.using = ""
    world.sync()
    assert snapshot(world) == before


def test_a_form_that_is_not_open_or_not_from_here_is_not_rehearsed(world: Rights) -> None:
    """An archived form, or one whose version this workspace does not know, is refused with what to do."""
    next(world.space.versions.rglob("*.xlsx")).rename(world.space.root / "elsewhere.xlsx")
    with pytest.raises(ConfigError, match="kobo-sync deploy"):
        plan(world.space, world.session)


def test_a_service_that_phones_lack_is_told(world: Rights) -> None:
    """Where none of the services of services.csv is on the phones' list, the rehearsal says to deploy."""
    world.space.services_file.write_text("code,label,locale\nS09,Nine,North\n", encoding="utf-8")
    one = rehearsed(world)
    assert isinstance(one.trouble, ConfigError)
    assert "kobo-sync deploy" in str(one.trouble)
    assert one.sent == 0


def test_what_is_not_accepted_is_told_without_an_answer(world: Rights) -> None:
    """A test submission that is quarantined names field and rule, and the rehearsal is not fine."""
    world.space.services_file.write_text("code,label,locale\nS01,One,North\n", encoding="utf-8")
    planned = plan(world.space, world.session)
    planned[0].versions.services = frozenset()  # the list as it would be judged by
    for validator in planned[0].versions._made.values():
        assert validator is not None
        validator.services = frozenset()
    one = rehearsed(world, planned)
    assert (one.arrived, one.accepted, one.refused, one.deleted) == (3, 0, 1, 3)
    assert one.problems
    assert not one.fine
    assert CANARY not in str(one)


def test_the_mark_is_an_id_like_any_other() -> None:
    """The marked id is a proper random id, another each time, and no other id passes for it."""
    ids = {marked_identity() for _ in range(50)}
    assert len(ids) == 50
    for one in ids:
        assert re.fullmatch(r"uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        assert is_marked(one.removeprefix("uuid:"))
    assert not is_marked("00000000-0000-4000-8000-000000000001")
    assert not is_marked("")
    assert MARK.startswith("7e577e57")


def test_the_command_shows_a_plan_a_table_and_asks(
    world: Rights, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what it will do, stops at a no, and ends with a table of what became of each form."""
    monkeypatch.setenv("KOBO_API_TOKEN", world.token)
    before = snapshot(world)
    here = ["--workspace", str(world.space.root), "rehearse"]
    assert run(here) != 0  # nobody said yes
    assert not [one for one in world.server.requests if one.path == "/submission"]
    capsys.readouterr()
    assert run([*here, "--yes", "--interviews", "1"]) == 0
    shown = capsys.readouterr().out
    assert "7e577e57" in shown
    assert "1 of 1" in shown
    assert re.search(r"small\W+2\W+2\W+1\W+1\W+1 of 1\W+2", shown)
    assert snapshot(world) == before
    monkeypatch.setenv("KOBO_API_TOKEN", world.reader)
    assert run([*here, "--yes"]) == 3
    assert "nothing was sent" in capsys.readouterr().err
