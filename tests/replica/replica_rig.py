"""A server, a workspace, and everything that people do to submissions; the sync under test runs beside them."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

from replica_form import FORM, FORM_UUID, SERVICES, UID, V1, V2, workbooks
from replica_model import Expected, column, differences, expected, stored, tombstone
from werkzeug.test import Client
from workspaces import workspace

from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.standin import Standin
from kobo_sync.standin.state import Asset
from kobo_sync.sync.all_forms import Result, sync_workspace
from kobo_sync.workspace import Workspace, open_workspace

START = dt.datetime(2026, 7, 14, 12, tzinfo=dt.UTC)
STATUSES = ("validation_status_approved", "validation_status_not_approved", "validation_status_on_hold")
LONGEST_TRANSACTION = 300  # seconds; the real server gives up after 120
_FRAMEWORK = Path(__file__).resolve().parents[2] / "xlsform" / "framework.yaml"
OWN = "X-Rig"  # marks the requests of people, which are no part of a sync


@dataclass(repr=False)
class Server:
    """The stand-in of a test session, with a clock that only moves when it is told to."""

    standin: Standin
    token: str
    now: dt.datetime = START
    people: Client = field(init=False)
    phone_token: str = ""  # whose phones send; the owner's own without it
    framework: Framework = field(default_factory=lambda: read_framework(_FRAMEWORK))

    def __post_init__(self) -> None:
        self.people = Client(self.standin)

    @property
    def asset(self) -> Asset:
        return self.standin.world.assets[UID]

    def empty(self) -> None:
        """Make the form as it was when it was deployed first; ids go on from where they are."""
        asset = self.asset
        for memory in (asset.submissions, asset.by_uuid, asset.by_root, asset.by_hash, asset.past_uuids, asset.history):
            memory.clear()
        asset.in_progress.clear()
        asset.twice.clear()
        self.standin.before = None
        self.standin._records.clear()
        self.now = START

    def ask(self, method: str, path: str, body: object = None) -> int:
        """Send a request as somebody at a browser; returns the HTTP status."""
        return self.people.open(
            f"/api/v2/assets/{UID}/data/{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Token {self.token}", OWN: "1"},
        ).status_code

    def send(self, text: str) -> int:
        """Send a submission as a phone; returns the HTTP status."""
        part = {"xml_submission_file": (BytesIO(text.encode()), "submission.xml")}
        headers = {"Authorization": f"Token {self.phone_token or self.token}", OWN: "1"}
        return self.people.post("/submission", data=part, headers=headers).status_code


@contextmanager
def serving(start: dt.datetime = START) -> Iterator[Server]:
    """Run a stand-in that has the tiny form's two versions deployed."""
    standin = Standin(clock=lambda: START)
    token = standin.add_user("owner1")
    server = Server(standin, token, start)
    standin.clock = lambda: server.now
    standin.add_asset_rows(
        owner="owner1",
        uid=UID,
        workbooks=list(workbooks().values()),
        version_uids=list(workbooks()),
        rows=[],
        media={"services.csv": b"name,label\nS01,One\nS02,Two\nS03,Three\n"},
        form_uuid=FORM_UUID,
    )
    # Reading the same two workbooks takes longer than all else that a sync of ten submissions does.
    remembered = functools.cache(lambda _content, name, path: read_form(path, name))
    with (
        standin,
        mock.patch("kobo_sync.sync.versions.read_form", lambda path, name: remembered(path.read_bytes(), name, path)),
    ):
        yield server


def services_csv(codes: Sequence[str]) -> str:
    """Write services.csv."""
    return "code,label,locale\n" + "".join(f"{code},{code},North\n" for code in codes)


class Office:
    """One workspace on that server: what is deployed, what is listed, and the sync."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.services, self.versions = list(SERVICES), [V1]
        known = {V1: workbooks()[V1]}
        self.space: Workspace = workspace(
            folder, server.standin.url, FORM, UID, known, services=services_csv(self.services)
        )
        self.pauses: list[float] = []

    def copied(self, folder: Path) -> Office:
        """Return an office whose workspace is a copy of this one, as it is now; what was in the folder is gone."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        twin = copy.copy(self)
        twin.folder, twin.space, twin.pauses = folder, open_workspace(folder), []
        return twin

    def keep_second_version(self) -> None:
        """Put the workbook of the second version into the workspace, as deploying it does."""
        self.versions = [V1, V2]
        (self.space.versions / FORM / f"{V2}.xlsx").write_bytes(workbooks()[V2])

    def list_service(self, code: str) -> None:
        """Add a service to services.csv."""
        if code not in self.services:
            self.services.append(code)
            self.space.services_file.write_text(services_csv(self.services), encoding="utf-8")

    def sync(self, *, force: bool = False, opened: KoboSession | None = None) -> Result:
        """Run one sync as the command does."""
        opened = opened or session(self.server.standin.url, self.server.token, self.pauses.append)
        return run_sync(self.space, opened, force=force)

    @property
    def key(self) -> bytes:
        return bytes.fromhex(self.space.key_file.read_text(encoding="ascii").strip())

    def wanted(self) -> dict[int, Expected]:
        """Return what the store must hold now."""
        return expected(self.server.asset, self.versions, self.services, self.key)

    def local(self) -> dict[int, Expected]:
        """Return what it holds."""
        return stored(self.space.store) if self.has_store else {}

    @property
    def has_store(self) -> bool:
        """Whether there is a store: a file, or a database with tables."""
        where = self.space.store
        return where.exists() if isinstance(where, Path) else column(where, "SELECT to_regclass('meta')") != [None]

    def faults(self) -> list[str]:
        """Say where local and server differ, and what else a finished run must not leave behind."""
        return differences(self.wanted(), self.local()) + self.leftovers()

    def leftovers(self) -> list[str]:
        """Say what a finished run should not leave undone."""
        stale = column(self.space.store, "SELECT service FROM stale")
        due = column(self.space.store, "SELECT key FROM meta WHERE key = 'purge due'")
        return [f"{service} is not scored" for service in stale] + [f"left: {note}" for note in due]

    def tombstones(self) -> set[str]:
        """Return the keyed hashes of what is gone."""
        return set(column(self.space.store, "SELECT hash FROM tombstone"))

    def tombstone(self, root: str) -> str:
        """Return the hash that must stay of a submission that was deleted on the server."""
        return tombstone(root, self.key)


def session(url: str, token: str, sleep: Callable[[float], None] = lambda _: None) -> KoboSession:
    """Open a session that tries twice and does not pause, but waits for an answer on however busy a machine."""
    return KoboSession(url, Secret(token), patience=Patience(attempts=2, read=120), sleep=sleep)


def run_sync(space: Workspace, opened: KoboSession, *, force: bool = False) -> Result:
    """Run one sync; `force` confirms that many submissions are gone."""
    more: dict[str, Any] = {"force": True} if force else {}
    return sync_workspace(space, progress=lambda _done, _total: None, session=opened, **more)


def too_many(gone: int, local: int, before: int = 0, top: int = 0) -> bool:
    """Whether so many are too many to delete without asking, after `before` in a day in which there were `top`."""
    if not gone:
        return False
    return (gone == local > 1) or gone + before > max(5, max(local, top) // 10) or gone + before > 100
