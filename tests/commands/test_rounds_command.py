"""`kobo-sync rounds` and `kobo-sync retention` as a coordinator meets them."""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from rights_world import NOW, Rights, interview, rights_world
from workspaces import SHORT

from kobo_sync.__main__ import run
from kobo_sync.kobo import session as kobo_session

Say = Callable[..., tuple[int, str]]
LATER = dt.datetime(2027, 8, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    monkeypatch.setattr(kobo_session, "Patience", lambda: SHORT)
    monkeypatch.setattr(logging.getLogger("kobo_sync"), "handlers", [])  # another test's terminal is closed by now
    with rights_world(tmp_path) as made:
        monkeypatch.setenv("KOBO_API_TOKEN", made.token)
        yield made


@pytest.fixture
def say(world: Rights, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run a command on a day, type lines if it asks; return exit code and what was said."""

    def call(*arguments: str, on: dt.datetime = NOW, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with time_machine.travel(on, tick=False):
            code = run(["--workspace", str(world.space.root), *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return call


def test_a_round_is_listed_closed_and_listed_again(world: Rights, say: Say) -> None:
    """A coordinator sees that a round is over, closes it with a yes, and sees until when its answers are kept."""
    code, said = say("rounds", "list")
    assert code == 0
    assert "2026-H1: over, may be closed; 8 accepted" in said
    code, said = say("rounds", "close", "2026-H1", typed="y\n")
    assert code == 0
    assert "kept until 2027-07-10" in said
    world.add(interview(20))
    assert say("sync")[0] == 0
    code, said = say("rounds", "list")
    assert "2026-H1: closed on 2026-07-10, answers kept until 2027-07-10; 8 accepted" in said
    assert "1 too late for it" in said


def test_closing_asks(world: Rights, say: Say) -> None:
    """Without a yes a round stays open."""
    assert say("rounds", "close", "2026-H1", typed="n\n")[0] == 1
    assert "may be closed" in say("rounds", "list")[1]


def test_a_round_under_way_is_exit_5(world: Rights, say: Say) -> None:
    """A round that is not over is closed with --force only: exit 5, and why."""
    june = dt.datetime(2026, 6, 30, 23, tzinfo=dt.UTC)
    code, said = say("rounds", "close", "2026-H1", "--yes", on=june)
    assert code == 5
    assert "is not over" in said
    assert say("rounds", "close", "2026-H1", "--yes", "--force", on=june)[0] == 0


def test_an_unknown_round_is_exit_2(world: Rights, say: Say) -> None:
    """A round that nobody has answers of: exit 2, and those that are open."""
    code, said = say("rounds", "close", "2031-H2", "--yes")
    assert code == 2
    assert "Open are: 2026-H1" in said


def test_quarantine_is_mentioned_before_it_is_too_late(world: Rights, say: Say) -> None:
    """Before a round is closed, it says how many in quarantine will stay out of it for good."""
    world.add(interview(20, consent="perhaps"))
    say("sync")
    assert "1 in quarantine stay out of this round for good" in say("rounds", "close", "2026-H1", typed="n\n")[1]


def test_an_empty_store_has_no_rounds(world: Rights, say: Say) -> None:
    """Before the first sync there is nothing to list, and it says what to do."""
    world.space.store_file.unlink()
    for path in world.space.root.glob("store.sqlite-*"):
        path.unlink()
    assert "kobo-sync sync" in say("rounds", "list")[1]


def test_retention_shows_first_and_deletes_with_yes(world: Rights, say: Say) -> None:
    """Without --yes it shows what would go and changes nothing; with it the answers go, and a sync stops reminding."""
    say("rounds", "close", "2026-H1", "--yes")
    code, said = say("retention")
    assert code == 0
    assert "No answers are too old to be kept. Next: 2026-H1, on 2027-07-10." in said
    code, said = say("sync", on=LATER)
    assert "kobo-sync retention" in said
    code, said = say("retention", on=LATER)
    assert code == 0
    assert "Round 2026-H1, due since 2027-07-10: 8 submissions (small 8)." in said
    assert "Nothing was deleted" in said
    assert len(world.held) == len(world.kept) == 8
    code, said = say("retention", "--yes", on=LATER)
    assert code == 0
    assert "8 submissions were deleted in KoboToolbox and here" in said
    assert world.held == world.kept == []
    code, said = say("sync", on=LATER)
    assert "kobo-sync retention" not in said
    listed = say("rounds", "list", on=LATER)[1]
    assert "answers deleted as their time was over; 8 accepted" in listed
    assert "No answers are too old to be kept.\n" in say("retention", "--yes", on=LATER)[1]


def test_retention_without_permission_says_whom_to_ask(
    world: Rights, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the account may not delete: exit 3, the numbers, whom to ask; once it may, --yes deletes them."""
    say("rounds", "close", "2026-H1", "--yes")
    monkeypatch.setenv("KOBO_API_TOKEN", world.reader)
    code, said = say("retention", "--yes", on=LATER)
    assert code == 3
    assert "small: 1, 2, 3, 4, 5, 6, 7, 8" in said
    assert "Ask the owner" in said
    assert len(world.held) == 8
    assert "small: 1, 2, 3" in say("retention", on=LATER)[1]
    monkeypatch.setenv("KOBO_API_TOKEN", world.token)
    assert say("retention", "--yes", on=LATER)[0] == 0
    assert world.held == world.kept == []


def test_the_months_are_a_setting(world: Rights, say: Say) -> None:
    """`raw_retention_months` in kobo-sync.toml says how long answers are kept after the closing."""
    config = world.space.root / "kobo-sync.toml"
    config.write_text(f"raw_retention_months = 2\n{config.read_text(encoding='utf-8')}", encoding="utf-8")
    assert "kept until 2026-09-10" in say("rounds", "close", "2026-H1", "--yes")[1]
    assert "due since 2026-09-10" in say("retention", on=dt.datetime(2026, 9, 10, tzinfo=dt.UTC))[1]
