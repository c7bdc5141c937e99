"""`kobo-sync forget` as a coordinator meets it, with the woman beside her."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import time_machine
from rights_world import NOW, Rights, code_of, interview, rights_world
from sqlalchemy import update
from werkzeug.wrappers import Request, Response
from workspaces import SHORT

from kobo_sync.__main__ import run
from kobo_sync.errors import ConfigError
from kobo_sync.kobo import session as kobo_session
from kobo_sync.kobo.session import KoboSession
from kobo_sync.store import tables
from kobo_sync.store.store import Store, StoreError
from kobo_sync.sync import forget as forgetting
from kobo_sync.sync import run as syncing
from kobo_sync.sync import tidy as tidying
from kobo_sync.sync import withdrawn
from kobo_sync.sync.lock import lock

Answer = Callable[..., tuple[int, str]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    monkeypatch.setattr(kobo_session, "Patience", lambda: SHORT)
    monkeypatch.setattr(logging.getLogger("kobo_sync"), "handlers", [])  # another test's terminal is closed by now
    with time_machine.travel(NOW), rights_world(tmp_path) as made:
        monkeypatch.setenv("KOBO_API_TOKEN", made.token)
        yield made


@pytest.fixture
def answer(world: Rights, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Answer:
    """Run `forget` and type these lines; return exit code and what was said."""

    def call(*lines: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        code = run(["--workspace", str(world.space.root), "forget"])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert code_of(3) not in out + err
        return code, out + err

    return call


def test_she_can_be_told_that_it_is_done(world: Rights, answer: Answer) -> None:
    """With her code and a yes: deleted on both sides, and sentences for her, with what cannot be undone."""
    code, said = answer(code_of(3), "y")
    assert code == 0
    assert "Found: an interview of 2026-03 about “House of Women”." in said
    assert "You can tell her: your answers are deleted" in said
    assert "backups" in said
    assert "printed" in said
    assert 3 not in world.held + world.kept


def test_without_a_yes_nothing_is_deleted(world: Rights, answer: Answer) -> None:
    """Whoever does not say yes has deleted nothing."""
    code, _ = answer(code_of(3), "n")
    assert code == 1
    assert 3 in world.held
    assert 3 in world.kept


def test_an_interview_on_its_way_is_found(world: Rights, answer: Answer) -> None:
    """What reached the server after the last sync is found: the command reads first."""
    world.add(interview(30))
    code, _ = answer(code_of(30), "y")
    assert code == 0
    assert 30 not in world.held + world.kept


def test_no_match_says_what_that_can_mean(world: Rights, answer: Answer) -> None:
    """A code that nothing has: exit 2, the reasons that there can be, and what to do about each."""
    code, said = answer("000000000")
    assert code == 2
    for words in ("mistyped", "not sent the interview yet", "did not take a code", "gone already", "kobo-sync sync"):
        assert words in said
    assert len(world.held) == 8


@pytest.fixture
def twins(world: Rights) -> Rights:
    """Give three interviews one code: of two months, and in one of them about two services."""
    same = {"g/code": code_of(3)}
    world.add(interview(30, month="2026-05", **same), interview(31, month="2026-05", **{**same, "g/place": "S02"}))
    return world


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        (["2026-03", "y"], 3),
        (["3/2026", "y"], 3),
        (["2026-5", "house", "y"], 30),
        (["2026-05", "S02", "y"], 31),
        (["2020-01", "2026-05", "nowhere", "Bus  stop", "y"], 31),
    ],
)
def test_several_are_told_apart_by_month_and_service(
    twins: Rights, answer: Answer, lines: list[str], gone: int
) -> None:
    """With several interviews of one code, month and service are asked, as far as needed; only hers goes."""
    code, _ = answer(code_of(3), *lines)
    assert code == 0
    assert {3, 30, 31} - {*twins.held} == {gone}
    assert {3, 30, 31} - {*twins.kept} == {gone}


def test_nothing_of_others_is_shown_before_she_tells(twins: Rights, answer: Answer) -> None:
    """The questions name no month and no service of the interviews that share her code."""
    code, said = answer(code_of(3), "1999-01", "1999-02", "1999-03")
    assert code == 2
    assert "2026-03" not in said
    assert "House of Women" not in said
    assert "nothing was deleted" in said
    assert len(twins.held) == 10


def test_those_that_cannot_be_told_apart_go_together_or_not_at_all(world: Rights, answer: Answer) -> None:
    """Two interviews alike in code, month and service: it says so, and deletes both only after a yes."""
    world.add(interview(30, **{"g/code": code_of(3)}))
    code, said = answer(code_of(3), "2026-03", "house", "n")
    assert code == 1
    assert "cannot be told apart" in said
    assert len(world.held) == 9
    code, _ = answer(code_of(3), "2026-03", "house", "y")
    assert code == 0
    assert not {3, 30} & {*world.held, *world.kept}


def test_without_permission_it_says_who_must_delete_what(
    world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that may not delete: exit 3, the form, the number, whom to ask, and that she is not to be told yet."""
    monkeypatch.setenv("KOBO_API_TOKEN", world.reader)
    code, said = answer(code_of(3), "y")
    assert code == 3
    assert "small: 3" in said
    assert "owner" in said
    assert "Delete submissions" in said
    assert "do not tell her yet" in said
    assert not world.on_disk("canary-7741-3-end")


def test_a_server_that_fails_is_told_and_taken_up_again(world: Rights, answer: Answer) -> None:
    """When the server does not answer: exit 3, what is done and what is not, and the command that goes on."""
    world.server.before = lambda request: Response("", 502) if request.method == "DELETE" else None
    code, said = answer(code_of(3), "y")
    assert code == 3
    assert "kobo-sync sync as soon as" in said
    world.server.before = None
    assert run(["--workspace", str(world.space.root), "sync"]) == 0
    assert 3 not in world.held + world.kept


def test_a_server_out_of_reach_hinders_no_withdrawal_here(world: Rights, answer: Answer) -> None:
    """With no server at all, what is here goes at once, and it says what is still to be done."""
    world.server.before = lambda _: Response("", 503)
    code, said = answer(code_of(3), "y")
    assert code == 3
    assert "Not everything could be read" in said
    assert not world.on_disk("canary-7741-3-end")
    code, said = answer("000000000")
    assert code == 3
    assert "not everything could be read" in said


def test_a_mass_deletion_elsewhere_hinders_no_withdrawal(world: Rights, answer: Answer) -> None:
    """When the sync before it stops because too much is gone on the server, she can withdraw all the same."""
    world.add(*(interview(n) for n in range(40, 70)))
    world.sync()
    world.drop(*range(40, 70))
    code, said = answer(code_of(3), "y")
    assert code == 0
    assert "kobo-sync sync --force" in said
    assert 3 not in world.held + world.kept
    assert 40 in world.kept


def test_something_broken_elsewhere_hinders_no_withdrawal(
    world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever keeps a sync from going through, a withdrawal of what is here does."""

    def fail(*_: object, **__: object) -> None:
        raise ConfigError("A workbook is gone.")

    monkeypatch.setattr(syncing, "_run", fail)
    code, said = answer(code_of(3), "y")
    assert code == 0
    assert "A workbook is gone." in said
    assert 3 not in world.held + world.kept


def test_another_run_at_work_is_exit_4(world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another run is at work nothing is asked: exit 4."""
    monkeypatch.setattr(forgetting, "_PATIENCE", 0)
    with lock(world.space):
        code, said = answer(code_of(3), "y")
    assert code == 4
    assert "is at work" in said


def test_a_run_that_ends_soon_is_waited_for(world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another run is at work, a withdrawal waits for it before it reads, and then goes through."""
    with ExitStack() as other:
        other.enter_context(lock(world.space))
        waited: list[float] = []

        def pause(_: KoboSession, seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                other.close()

        monkeypatch.setattr(KoboSession, "pause", pause)
        code, _ = answer(code_of(3), "y")
    assert code == 0
    assert len(waited) == 3
    assert 3 not in world.held + world.kept


@pytest.mark.parametrize("misplaced", [[code_of(3)], [f"--code={code_of(3)}"], ["-5", code_of(3)]])
@pytest.mark.parametrize("before", [[], ["--log-format", "json"]])
def test_a_code_is_no_argument(
    world: Rights, capfd: pytest.CaptureFixture[str], before: list[str], misplaced: list[str]
) -> None:
    """A code given as an argument is refused and not shown: it stands in the history of commands, which is said."""
    assert run([*before, "--workspace", str(world.space.root), "forget", *misplaced]) == 2
    out, err = capfd.readouterr()
    assert code_of(3) not in out + err
    assert "history now: clear it" in out + err
    assert 3 in world.held


@pytest.mark.parametrize("days_later", [False, True])
def test_what_was_deleted_before_she_asked_is_turned_away_from_then_on(
    world: Rights, answer: Answer, *, days_later: bool
) -> None:
    """Deleted in KoboToolbox before she asks: it is said, and the copy that a phone sends again is never kept."""
    xml = world.xml(3)
    world.drop(3)
    if days_later:
        world.sync()
    code, said = answer("123-450-003")
    assert code == 0
    assert "it was deleted already" in said
    assert "will now be turned away" in said
    assert world.send(xml) == 201
    world.sync()
    assert sorted(world.held) == world.kept == [1, 2, 4, 5, 6, 7, 8]
    assert not world.on_disk("canary-7741-3-end")
    assert answer(code_of(3))[0] == 2


def test_an_edit_that_took_her_code_away_hides_nothing(world: Rights, answer: Answer) -> None:
    """Her interview is found by the code that it had here before the command read, whatever an edit made of it."""
    find = forgetting.find

    def edited(*args: Any) -> Any:
        found = find(*args)
        if len(args) == 2:  # before the command reads
            with Store(world.space.store) as store, store.write() as connection:
                connection.execute(update(tables.submission).where(tables.submission.c.id == 3).values(code="other"))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forgetting, "find", edited)
        assert answer(code_of(3), "y")[0] == 0
    assert 3 not in world.held + world.kept


def test_a_mistake_in_a_file_hides_nothing(world: Rights, answer: Answer) -> None:
    """A mistake in services.csv: she is gone on both sides; what is still owed is said with the remedy; exit 2."""
    listed = world.space.services_file
    good = listed.read_text(encoding="utf-8")
    listed.write_text('code,label\nS01\n"oops', encoding="utf-8")
    code, said = answer(code_of(3), "y")
    assert code == 2
    for words in ("In KoboToolbox: her answers are deleted.", "Here: her answers are deleted.", "Still owed: scores"):
        assert words in said
    assert "services.csv" in said.split("hindered the rest")[1]
    assert "kobo-sync sync" in said
    assert 3 not in world.held + world.kept
    assert not world.on_disk("canary-7741-3-end")
    listed.write_text(good, encoding="utf-8")
    world.sync()
    assert world.women() == 6


def test_a_program_that_reads_the_store_leaves_bytes_owed(
    world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another program keeps the store's bytes busy: deleted on both sides, the traces are owed, exit 1."""

    def busy(_: Store) -> bool:
        raise StoreError("Another program keeps it open.")

    with monkeypatch.context() as patch:
        patch.setattr(tidying, "purge", busy)
        code, said = answer(code_of(3), "y")
    assert code == 1
    assert "In KoboToolbox: her answers are deleted." in said
    assert "Still owed: removing the last traces" in said
    world.sync()
    assert not world.on_disk("canary-7741-3-end")


@pytest.mark.parametrize("account", ["owner", "reader"])
def test_a_full_disk_after_the_server_deleted_is_told(
    world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    """When the store cannot be written any more: what the server has is looked up, and that here is still owed."""
    if account == "reader":
        monkeypatch.setenv("KOBO_API_TOKEN", world.reader)

    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(withdrawn, "erase", full)
        code, said = answer(code_of(3), "y")
    assert code == (3 if account == "reader" else 1)
    assert ("In KoboToolbox: her answers are deleted." in said) is (account == "owner")
    assert ("small: 3" in said) is (account == "reader")
    assert "Here: her answers could not be deleted yet" in said
    assert "The disk is full." in said
    world.sync()
    assert 3 not in world.held + world.kept


def test_the_code_is_sent_nowhere(world: Rights, answer: Answer) -> None:
    """No request of the whole command holds the code, in its address or in its body."""
    seen: list[bytes] = []

    def look(request: Request) -> None:
        seen.append(request.full_path.encode() + request.get_data())

    world.server.before = look
    assert answer(code_of(3), "y")[0] == 0
    assert seen
    assert not any(code_of(3).encode() in one for one in seen)


def test_what_the_server_kept_after_its_time_is_not_said_to_be_gone(
    world: Rights, answer: Answer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """After a retention that may not delete on the server, no code is known, and she is not to be told it is gone."""
    monkeypatch.setenv("KOBO_API_TOKEN", world.reader)
    world.close()
    with time_machine.travel(NOW.replace(year=2028)):
        assert run(["--workspace", str(world.space.root), "retention", "--yes"]) == 3
        out, err = capfd.readouterr()
        assert "See what would be deleted" not in out + err
        code, said = answer(code_of(3))
    assert code == 2
    assert "Do not tell her that it is gone" in said
    assert 3 in world.held


def test_a_sync_that_finishes_a_withdrawal_says_so(world: Rights, capfd: pytest.CaptureFixture[str]) -> None:
    """A withdrawal that broke off and is finished by the next sync is one line of its log."""
    world.server.before = lambda request: Response("", 502) if request.method == "DELETE" else None
    world.forget(3)
    world.server.before = None
    assert run(["--workspace", str(world.space.root), "sync"]) == 0
    out, err = capfd.readouterr()
    assert (out + err).count("finished a withdrawal that an earlier run began: 1 ") == 1
