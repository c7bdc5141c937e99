"""`status` and `watch` at the command line, the watch as a process of its own that is told to stop."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ops_kit import FORM, NEW, Ops, row
from werkzeug.wrappers import Request, Response

from kobo_sync.store.store import Store

pytest_plugins = ["ops_fixture"]

ROOT = Path(__file__).resolve().parent.parent.parent


def _start(ops: Ops, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kobo_sync", "--workspace", str(ops.space.root), "--log-format", "json"]
    return subprocess.Popen(
        [*command, "watch", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ops.space.root,
    )


def _until(found: object, what: str) -> None:
    """Wait until a condition holds."""
    assert callable(found)
    for _ in range(1200):
        if found():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def test_status_of_a_workspace_that_is_in_time(ops: Ops) -> None:
    """After a sync: exit 0, when each form was read, what is kept, and what waits for a person."""
    ops.seed(row(1), row(2, visits="many"), row(3, words="own words"))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("status")
    assert code == 0
    assert f"{FORM}: read whole" in said
    assert "2 accepted, 1 quarantined" in said
    assert "kobo-sync quarantine list" in said
    assert "1 text to be redacted" in said
    assert "own words" not in said


def test_status_for_programs(ops: Ops) -> None:
    """With --json everything is one document, times in UTC and lengths in seconds."""
    ops.seed(row(1))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("status", "--json")
    found = json.loads(said)
    assert code == 0
    assert (found["stale"], found["quarantined"], found["texts_waiting"], found["retention_due"]) == (False, 0, 0, 0)
    form = found["forms"][FORM]
    assert form["counts"] == {"accepted": 1}
    assert form["last_error"] == ""
    assert 0 <= form["lag_seconds"] < 600
    assert dt.datetime.fromisoformat(form["last_success"])


def test_status_is_exit_one_when_it_is_late(ops: Ops) -> None:
    """Never synced, or longer ago than allowed: exit 1, and what to look at. An error is told by its kind alone."""
    assert ops.run("status")[0] == 1
    ops.seed(row(1))
    assert ops.run("sync")[0] == 0
    ops.server.before = lambda _: Response("busy", 503)
    assert ops.run("sync")[0] == 3
    time.sleep(1.1)
    code, said = ops.run("status", "--stale-after", "1s")
    assert code == 1
    assert "(late)" in said
    assert "ended with ServerBusy" in said
    assert "look whether it still runs" in said
    assert ops.run("status", "--stale-after", "2h")[0] == 0


def test_status_of_a_workspace_without_forms(ops: Ops) -> None:
    """Where nothing is deployed, that is said, and nothing is late."""
    (ops.space.root / "kobo-sync.toml").write_text('[server]\nurl = "https://kf.example.org"\n', encoding="utf-8")
    assert ops.run("status") == (0, "No form of this workspace is on the server yet. Next: kobo-sync deploy\n")


@pytest.mark.parametrize("arguments", [("watch", "--every", "soon"), ("status", "--stale-after", "0h")])
def test_a_length_of_time_that_is_none_is_one_sentence(ops: Ops, arguments: tuple[str, ...]) -> None:
    """What is no length of time is exit 2, with what would do."""
    code, said = ops.run(*arguments)
    assert code == 2
    assert "15m" in said


def test_the_watch_takes_up_what_was_mended_and_ends_at_what_was_spoilt(ops: Ops) -> None:
    """Each run reads the configuration anew; a mistake in it ends the watch with exit 2."""
    ops.seed(row(1))
    runs = 0

    def spoil(request: Request) -> Response | None:
        nonlocal runs
        runs += request.path == "/me/"
        if runs == 2:
            (ops.space.root / "kobo-sync.toml").write_text("spoilt", encoding="utf-8")
        return None

    ops.server.before = spoil
    code, said = ops.run("watch", "--every", "1s")
    assert (code, runs) == (2, 2)
    assert "cannot be read" in said
    assert ops.states() == {"accepted": 1}


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_that_is_told_to_stop_ends_cleanly(ops: Ops, kind: signal.Signals) -> None:
    """While it rests, SIGTERM or Ctrl-C ends the watch at once with exit 0; its log is JSON and holds no answer."""
    ops.seed(row(1, words="canary-words"), row(2, place="S02"))
    process = _start(ops, "--every", "1h")
    try:
        _until(lambda: ops.space.store_file.exists() and ops.states() == {"accepted": 2}, "nothing was synced")
        _until(lambda: not (ops.space.root / ".kobo-sync.lock.txt").exists(), "the run does not end")
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(kind)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert time.monotonic() - began < 20
    assert "Stopped after 1 runs" in out
    lines = [json.loads(line) for line in err.splitlines()]
    done = next(line for line in lines if line.get("form") == FORM and line.get("outcome") == "done")
    assert done["counts"]["read"] == 2
    assert done["seconds"] >= 0
    for secret in ("canary", "S01", "S02", "3 visits", ops.token, "query", NEW):
        assert secret not in err


def test_a_watch_stops_within_a_page_and_goes_on_there(ops: Ops) -> None:
    """Told to stop while it reads, the watch keeps the page it has, ends with exit 0, and the next sync is exact."""
    ops.seed(*(row(number) for number in range(1, 2501)))
    asked = 0
    process = _start(ops, "--every", "1h")

    def stop(request: Request) -> Response | None:
        nonlocal asked
        if "limit=1000" in request.full_path and "%24gt" in request.full_path:
            asked += 1
            if asked == 2:
                process.send_signal(signal.SIGTERM)
        return None

    ops.server.before = stop
    try:
        _, err = process.communicate(timeout=200)
    finally:
        process.kill()
    ops.server.before = None
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert asked == 2
    with Store(ops.space.store) as store:
        assert store.ids(FORM) in ([*range(1, 1001)], [*range(1, 2001)])
    assert ops.run("sync")[0] == 0
    assert ops.states() == {"accepted": 2500}
