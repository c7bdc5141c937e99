"""A store in a database: killed anywhere, the next run is exact; runs on different forms go side by side."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from elsewhere import Databases, look, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replica_form import FORM, FORM_UUID, UID, V1, Sent, workbooks
from replica_model import bytes_under, differences, expected, stored
from replica_people import Deed
from replica_rig import Office, Server, serving
from replica_rows import VANISHING, fill, row
from replica_story import Story, Sync
from small_forms import seeded
from test_chaos import HISTORY
from test_crash import Victim, _changed
from werkzeug.wrappers import Request

from kobo_sync.errors import LockHeld
from kobo_sync.standin import seeds
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import CONFIG, open_workspace

FORMS = ("one", "two", "three", "four")


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """Run a database server of one's own."""
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a stand-in of one's own."""
    with serving() as running:
        yield running


def _put(office: Office, databases: Databases, name: str, *, like: str = "template1") -> Office:
    """Put an office's store into a database, made anew as a copy of another."""
    databases.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    databases.run(f"CREATE DATABASE {name} TEMPLATE {like}")
    return _at(office, databases.address(name))


def _at(office: Office, address: str) -> Office:
    path = office.folder / CONFIG
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("store =")]
    path.write_text("\n".join([f'store = "{address}"', *lines, ""]), encoding="utf-8")
    office.space = open_workspace(office.folder)
    return office


def _kill_often(office: Office, databases: Databases, scratch: Path, kills: int) -> None:
    """Kill a sync so often, each time from the same state; the next run ends exact."""
    folder, lengths, killed, chance = scratch / "victim", [], 0, seeded(kills)

    def again() -> Office:
        return _put(office.copied(folder), databases, "victim", like="before")

    lengths += [Victim(again()).finish() for _ in range(2)]
    while killed < kills:
        assert len(lengths) < 3 + 2 * kills, "most runs were over before they were killed"
        moment = chance.uniform(0, statistics.median(lengths[-5:]))
        there = again()
        if not Victim(there).kill(moment):
            lengths.append(moment * 0.8)
            continue
        killed += 1
        there.sync()
        faults = there.faults()
        assert not faults, "\n".join(faults[:20])


def _later_sync(server: Server, databases: Databases, folder: Path, size: int, kills: int) -> None:
    office = _changed(server, folder, size, lambda office: _put(office, databases, "before"))
    _kill_often(office, databases, folder, kills)


def test_killed_among_changes_the_next_run_is_exact(server: Server, databases: Databases, tmp_path: Path) -> None:
    """Killed twice among edits, deletions and the removal of bytes, the next run makes the database exact."""
    _later_sync(server, databases, tmp_path, 800, 2)


@pytest.mark.soak
def test_killed_twenty_times_the_next_run_is_exact(server: Server, databases: Databases, tmp_path: Path) -> None:
    """Killed twenty times among changes to 5,000 submissions, each next run makes the database exact."""
    _later_sync(server, databases, tmp_path, 5000, 20)


@pytest.mark.soak
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=HISTORY, sweep=st.booleans())
def test_after_any_history_the_database_is_the_server(
    server: Server,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[Deed | Sync],
    *,
    sweep: bool,
) -> None:
    """After any history, one quiet sync makes the database what the server is, field by field."""
    server.empty()
    folder = tmp_path_factory.mktemp("history")
    schema = f"h{secrets.token_hex(6)}"  # made in a moment, where a database takes longer than its history
    databases.run(f"CREATE SCHEMA {schema}")
    Story(_at(Office(server, folder), databases.address("postgres", schema=schema))).play(history, sweep=sweep)
    databases.run(f"DROP SCHEMA {schema} CASCADE")
    shutil.rmtree(folder)


def test_what_was_deleted_leaves_the_files_of_the_database(databases: Databases, tmp_path: Path) -> None:
    """After a deletion and a sync, none of its words is in any file of the database, dead rows and all, but its log."""
    with serving() as server:
        fill(server, (row(n, Sent(number=n), words=VANISHING if n % 3 == 0 else "") for n in range(1, 31)))
        office = _put(Office(server, tmp_path / "space"), databases, "words")
        office.sync()
        databases.run("CHECKPOINT", "words")
        assert _files_with(databases, "words", VANISHING)
        ids = [n for n in range(1, 31) if n % 3 == 0]
        assert server.ask("DELETE", "bulk/", {"payload": {"submission_ids": ids}}) == 200
        office.sync(force=True)
        assert not office.faults()
        assert not _files_with(databases, "words", VANISHING)
        assert not [name for name, content in bytes_under(office.folder).items() if VANISHING.encode() in content]


def _files_with(databases: Databases, name: str, words: str) -> list[str]:
    """Return the files of a database, its log left out, that hold these words."""
    (root,) = databases.run("SHOW data_directory")
    (number,) = databases.run(f"SELECT oid FROM pg_database WHERE datname = '{name}'")  # noqa: S608 -- the test's own
    folder = Path(root["data_directory"]) / "base" / str(number["oid"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if words.encode() in path.read_bytes()]


# Side by side


def _uid(place: int) -> str:
    return f"{UID[:-1]}{'abcd'[place]}"


class Four:
    """Four forms on one server, in one workspace whose store is a database."""

    def __init__(self, server: Server, databases: Databases, folder: Path, each: int) -> None:
        self.server = server
        self.office = Office(server, folder)
        for place, form in enumerate(FORMS):
            uid = _uid(place)
            server.standin.add_asset_rows(
                owner="owner1",
                uid=uid,
                workbooks=list(workbooks().values()),
                version_uids=list(workbooks()),
                rows=[],
                media={},
                form_uuid=f"{FORM_UUID[:-1]}{place + 1}",
            )
            first = 1 + place * 100_000
            rows = (row(n, Sent(number=n)) for n in range(first, first + each))
            seeds.add_rows(server.standin.world, uid, rows)
            shutil.copytree(folder / "versions" / FORM, folder / "versions" / form)
        text = (folder / CONFIG).read_text(encoding="utf-8").split("[forms.")[0]
        tables = [f'[forms.{form}]\nasset = "{_uid(place)}"\n' for place, form in enumerate(FORMS)]
        (folder / CONFIG).write_text(text + "\n".join(tables), encoding="utf-8")
        _put(self.office, databases, "four")

    def start(self, form: str) -> subprocess.Popen[str]:
        """Sync one form in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "kobo_sync", "--workspace", str(self.office.folder), "sync", form],
            env=os.environ | {"KOBO_API_TOKEN": self.server.token},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def faults(self, forms: Sequence[str] = FORMS) -> list[str]:
        """Say what differs from the server, of these forms."""
        space, office = self.office.space, self.office
        found = office.leftovers()
        for place, form in enumerate(forms):
            asset = self.server.standin.world.assets[_uid(place)]
            wanted = expected(asset, [V1], office.services, office.key)
            found += [f"{form}: {said}" for said in differences(wanted, stored(space.store, form))]
        return found


def _beside(databases: Databases, folder: Path, each: int, kills: int) -> None:
    with serving() as server:
        four, chance = Four(server, databases, folder, each), seeded(kills)
        running = {form: four.start(form) for form in FORMS}
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.5))
            form = chance.choice(FORMS)
            running[form].send_signal(signal.SIGKILL)
            running[form].communicate()
            running[form] = four.start(form)
        for form, process in running.items():
            said = "".join(process.communicate(timeout=300))
            if process.returncode:  # it was started while another had the whole store
                assert process.returncode == 4, said
                again = four.start(form)
                said = "".join(again.communicate(timeout=300))
                assert again.returncode == 0, said
        assert four.faults() == []


def test_four_workers_on_four_forms_are_exact_though_one_is_killed(databases: Databases, tmp_path: Path) -> None:
    """Four processes sync four forms at once; one is killed and started again: all end exact, none waits for ever."""
    _beside(databases, tmp_path / "space", 150, 1)


@pytest.mark.soak
def test_four_workers_are_exact_however_often_they_are_killed(databases: Databases, tmp_path: Path) -> None:
    """The same with 2,000 submissions a form and thirty kills."""
    _beside(databases, tmp_path / "space", 2000, 30)


def test_runs_on_one_form_exclude_each_other(databases: Databases, server: Server, tmp_path: Path) -> None:
    """A second run on the same form is told who is at work; one on another form is not; what is about all waits."""
    space = _put(Office(server, tmp_path / "space"), databases, "locks").space
    with lock(space, ["one"]):
        with pytest.raises(LockHeld, match=rf"process {os.getpid()}.*Nothing was done"), lock(space, ["one", "two"]):
            pass
        with pytest.raises(LockHeld), lock(space):
            pass
        with lock(space, ["two"]):
            pass
    with lock(space), pytest.raises(LockHeld), lock(space, ["one"]):
        pass


def test_what_is_about_all_forms_waits_for_the_runs_on_others(
    databases: Databases, server: Server, tmp_path: Path
) -> None:
    """Scores are made once no other run is reading; two that are through at once do not wait for each other."""
    space = _put(Office(server, tmp_path / "space"), databases, "alone").space
    order: list[str] = []
    reading, go_on = threading.Event(), threading.Event()

    def other() -> None:
        with lock(space, ["two"]) as held:
            reading.set()
            assert go_on.wait(60)
            order.append("two read")
            with held.alone():
                order.append("two scored")

    thread = threading.Thread(target=other)
    thread.start()
    assert reading.wait(60)
    with lock(space, ["one"]) as held:
        threading.Timer(0.3, go_on.set).start()
        with held.alone():
            assert "two read" in order
            order.append("one scored")
    thread.join(60)
    assert sorted(order[1:]) == ["one scored", "two scored"]


def test_while_a_run_reads_another_on_another_form_goes_on(databases: Databases, tmp_path: Path) -> None:
    """A form whose server is slow holds up no other: the second form's pages are kept meanwhile."""
    with serving() as server:
        four = Four(server, databases, tmp_path / "space", 30)
        stuck, go_on = threading.Event(), threading.Event()

        def hold(request: Request) -> None:
            if f"{_uid(0)}/data" in request.path:
                stuck.set()
                assert go_on.wait(60)

        server.standin.before = hold
        with four.start("one") as first, four.start("two") as second:
            try:
                assert stuck.wait(60)
                soon = time.monotonic() + 60
                while not look(four.office.space.store, "SELECT id FROM submission WHERE form = 'two'"):
                    assert time.monotonic() < soon, "the second form was not read"
                    time.sleep(0.1)
                assert first.poll() is None
            finally:
                go_on.set()
            for process in (first, second):
                said = "".join(process.communicate(timeout=120))
                assert process.returncode == 0, said
        assert four.faults(FORMS[:2]) == []
