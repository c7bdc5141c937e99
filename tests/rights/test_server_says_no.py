"""A server that will not do one thing: the rest goes on, the end says so, and `status` tells what is owed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_world import CANARY, FORM, Rights, code_of, interview, rights_world
from werkzeug.wrappers import Request, Response

from kobo_sync.__main__ import run
from kobo_sync.kobo.errors import NotFound
from kobo_sync.store.store import Store
from kobo_sync.sync.forget import find
from kobo_sync.sync.withdrawn import WithdrawalOpen
from kobo_sync.workspace import CONFIG, open_workspace


def no(request: Request) -> Response | None:
    """Fail at every deletion, as a server with a fault of its own."""
    if request.method != "DELETE":
        return None
    return Response('{"error": "Server Error (500)"}', 500, mimetype="application/json")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


def test_a_failed_deletion_stops_nothing_else(world: Rights) -> None:
    """While the server fails at one withdrawal, new interviews are read; the end names the form, exit code 3."""
    world.server.before = no
    world.forget(3)
    world.add(interview(40))
    with pytest.raises(WithdrawalOpen, match=f"{FORM}: a withdrawal is still open") as caught:
        world.sync()
    assert caught.value.exit_code == 3
    assert (40 in world.kept, world.retired) == (True, [3])
    assert not find(world.space, code_of(3))
    world.server.before = None
    world.sync()
    assert 3 not in world.held
    assert not world.retired


def test_a_copy_that_the_server_fails_to_delete_stops_nothing(world: Rights) -> None:
    """A copy sent again that the server fails to delete leaves its number alone; what else came is read."""
    xml = world.xml(3)
    world.forget(3)
    world.send(xml)
    world.add(interview(60))
    world.server.before = no
    with pytest.raises(WithdrawalOpen):
        world.sync()
    assert 60 in world.kept
    assert len(world.retired) == 1
    assert not world.on_disk(f"{CANARY}-3-end")
    world.server.before = None
    world.sync()
    assert not world.retired


def test_a_form_that_is_not_to_be_seen_does_not_starve_the_others(world: Rights) -> None:
    """A form that the server does not show is told at the end, after the forms behind it were read."""
    config = world.space.root / CONFIG
    text = config.read_text(encoding="utf-8")
    gone = '[forms.gone]\nasset = "aGoneForm00000000000"\n\n'
    config.write_text(text.replace(f"[forms.{FORM}]", f"{gone}[forms.{FORM}]"), encoding="utf-8")
    world.space = open_workspace(world.space.root)
    world.add(interview(50))
    with pytest.raises(NotFound):
        world.sync()
    assert 50 in world.kept


def test_status_tells_what_is_owed(world: Rights, capsys: pytest.CaptureFixture[str]) -> None:
    """A withdrawal that is open on the server is told by `status`, exit code 1, until it is done."""
    where = ["--workspace", str(world.space.root)]
    assert run([*where, "status"]) == 0
    world.using = world.reader
    world.forget(3)
    capsys.readouterr()
    assert run([*where, "status"]) == 1
    assert "1 withdrawn submissions are still on the server" in capsys.readouterr().out
    world.using = ""
    world.sync()
    capsys.readouterr()
    assert run([*where, "status", "--json"]) == 0
    assert not any(json.loads(capsys.readouterr().out)["owed"].values())


@pytest.mark.parametrize("note", ["purge due", "reports due", "tidy error"])
def test_what_the_last_run_left_undone_is_told(world: Rights, note: str) -> None:
    """Bytes, pages and scores that a run left undone make `status` end with 1."""
    with Store(world.space.store) as store:
        store.leave_note(note, "StoreError")
    assert run(["--workspace", str(world.space.root), "status"]) == 1


def test_typing_in_place_of_a_version_or_a_uuid_is_not_kept(world: Rights) -> None:
    """What stands where a version's name or a uuid belongs, and is none, is in no file; nothing is read anew for it."""
    world.add(
        interview(20, __version__="call 0812 3456 789 Maria"),
        interview(22, __version__="Maria-08123456789"),
        interview(21, _uuid="maria 0812-99", **{"meta/rootUuid": "uuid:maria 0812-99"}),
    )
    world.sync()
    assert not world.on_disk("0812")
    assert {20, 21, 22} <= set(world.kept)
    assert not world.sync().outcomes[0].counts.edited
