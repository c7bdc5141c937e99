"""`kobo-sync sync` as a coordinator sees it: what it says, and the question before many deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sync_rig import Running, raw, serving

from kobo_sync.__main__ import run

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Run a server with 25 refusals that were read once, and a workspace for it."""
    with serving(tmp_path) as made:
        monkeypatch.setenv("KOBO_API_TOKEN", made.token)
        made.pull()
        yield made


@pytest.fixture
def say(running: Running, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run a command in the workspace; return its exit code and what it said."""

    def call(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        code = run(["--workspace", str(running.space.root), *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return call


def test_a_sync_says_what_changed(running: Running, say: Say) -> None:
    """New, edited, restated and deleted submissions are counted in words, and what did not occur is not mentioned."""
    running.edit(4)
    running.mark(6)
    running.mark(7)
    running.delete(9)
    running.add(raw(60))
    code, said = say("sync")
    assert code == 0
    assert (
        "core_interview: 1 new (0 accepted, 1 without consent, 0 quarantined), 1 edited, 2 with another validation "
        "status, 1 deleted." in said
    )
    assert "released" not in said


def test_many_deletions_are_exit_5_and_force_goes_on(running: Running, say: Say) -> None:
    """Too many gone at once: exit 5, one sentence with the way on, and `--force` is that way."""
    running.delete(*range(1, 13))
    code, said = say("sync")
    assert code == 5
    assert "12 of 25 submissions are gone" in said
    assert "nothing was deleted here" in said
    assert len(running.here) == 25
    code, said = say("sync", "--force")
    assert code == 0
    assert "12 deleted" in said
    assert running.here == running.there
