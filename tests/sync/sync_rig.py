"""A stand-in with refusals of a short form, people who change them there, and a workspace that follows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import requests
from recorded import FORM_UUID
from sqlalchemy import select
from werkzeug.wrappers import Request, Response
from workspaces import session, workspace

from kobo_sync.kobo.session import KoboSession
from kobo_sync.standin import Standin, seeds
from kobo_sync.store import tables
from kobo_sync.store.seal import open_seal
from kobo_sync.store.store import RunCounts, Store
from kobo_sync.sync.all_forms import Result, sync_workspace, versions_of
from kobo_sync.sync.record import status_of, status_time
from kobo_sync.sync.run import sync_form
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parent.parent.parent
ASSET, VERSION = "aTestForm00000000000", "vTest0000000000000000"
FORM = "core_interview"  # a short form of 29 core questions, kept for these tests
FORMS = ROOT / "tests" / "data" / "forms"
SERVICES = "code,label,locale\nS01,One,North\nS02,Two,North\n"
MONTH = "2026-07"
START = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
STATUSES = ("validation_status_approved", "validation_status_not_approved", "validation_status_on_hold")

Answer = Callable[[Request], Response | None]


def quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def uuid_of(id_: int) -> str:
    """Return the first uuid of a submission of these tests."""
    return f"00000000-0000-4000-8000-{id_:012d}"


def raw(id_: int, **answers: Any) -> dict[str, Any]:
    """Make a refusal as KoboToolbox would show it, with other answers where a test gives them."""
    row: dict[str, Any] = {
        "_id": id_,
        "formhub/uuid": FORM_UUID,
        "tool_version": "2026.1",
        "month": MONTH,
        "ending": "refuses",
        "__version__": VERSION,
        "meta/instanceID": f"uuid:{uuid_of(id_)}",
        "_xform_id_string": ASSET,
        "_uuid": uuid_of(id_),
        "meta/rootUuid": f"uuid:{uuid_of(id_)}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": "2026-07-01T10:00:00",
        "_validation_status": {},
        "_submitted_by": "team1",
    }
    return row | answers


@dataclass
class Running:
    """A server, an account on it, and a workspace; `now` is the server's time."""

    server: Standin
    token: str
    space: Workspace
    now: dt.datetime = START
    used: set[int] = field(default_factory=set)  # numbers that were ever given: none is given twice
    _seen: int = field(default=0)

    def later(self, seconds: float) -> None:
        """Let time pass on the server."""
        self.now += dt.timedelta(seconds=seconds)

    def reopen(self) -> None:
        """Read the workspace's settings anew."""
        self.space = open_workspace(self.space.root)

    def pull(self, **how: Any) -> RunCounts:
        """Bring the store to what the server has, without the scores, and return what that changed."""
        with Store(self.space.store) as store, closing(self.session()) as opened:
            seal = open_seal(self.space.key_file, store)
            return sync_form(opened, store, FORM, ASSET, self.versions, seal=seal, **how).counts

    def sync(self, **how: Any) -> Result:
        """Run a whole sync, scores and all."""
        return sync_workspace(self.space, progress=quiet, session=self.session(), **how)

    @cached_property
    def versions(self) -> Versions:
        """The kept versions, as they are when this is asked first."""
        return versions_of(self.space)[FORM]

    def session(self) -> KoboSession:
        """Open a session that soon loses patience."""
        return session(self.server.url, self.token)

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        """Do something on the server, as somebody with the form open in a browser."""
        answer = requests.request(
            method,
            f"{self.server.url}/api/v2/assets/{ASSET}/data/{path}",
            json=body,
            headers={"Authorization": f"Token {self.token}", "Accept": "application/json", "X-Person": "1"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer

    def add(self, *rows: dict[str, Any]) -> None:
        """Put submissions on the server; of those with a low number, a slow transaction is over just now."""
        with self.server.world.lock:
            seeds.add_rows(self.server.world, ASSET, rows)

    def edit(self, *ids: int, **answers: str) -> None:
        """Edit submissions on the server; the month if nothing else is said."""
        self.call("PATCH", "bulk/", {"payload": {"submission_ids": list(ids), "data": answers or {"month": "2026-06"}}})

    def delete(self, *ids: int) -> None:
        """Delete submissions on the server."""
        self.call("DELETE", "bulk/", {"payload": {"submission_ids": list(ids)}})

    def mark(self, id_: int, status: str = STATUSES[0]) -> None:
        """Set a validation status, or clear it ("")."""
        if status:
            self.call("PATCH", f"{id_}/validation_status/", {"validation_status.uid": status})
        else:
            self.call("DELETE", f"{id_}/validation_status/")

    def asked(self) -> list[dict[str, Any]]:
        """Return what syncs asked the server since the last time this was asked: path, query, fields."""
        found = [record for record in self.server.requests[self._seen :] if record.method == "GET"]
        self._seen = len(self.server.requests)
        return [
            {"path": one.path} | {key: json.loads(values[0]) for key, values in parse_qs(one.query).items()}
            for one in found
        ]

    @property
    def there(self) -> dict[int, tuple[Any, ...]]:
        """What the server has, as far as the store should know: uuid, root, status and its time, month."""
        rows = (submission.row for submission in self.server.world.assets[ASSET].submissions.values())
        return {row["_id"]: _as_kept(row) for row in rows}

    @property
    def here(self) -> dict[int, tuple[Any, ...]]:
        """The same of the store."""
        row = tables.submission.c
        with Store(self.space.store) as store, store.read() as connection:
            found = connection.execute(
                select(row.id, row.uuid, row.root_uuid, row.status, row.status_at, row.month).where(row.form == FORM)
            ).all()
        return {one[0]: tuple(one[1:]) for one in found}


def _as_kept(row: dict[str, Any]) -> tuple[Any, ...]:
    root = row["meta/rootUuid"].removeprefix("uuid:")
    return (row["_uuid"], root, status_of(row), status_time(row), row["month"])


@contextmanager
def serving(folder: Path, number: int = 25) -> Iterator[Running]:
    """Run a stand-in with refusals of the committed form, and a workspace for it."""
    xlsx = (FORMS / f"{FORM}.xlsx").read_bytes()
    made: list[Running] = []
    with Standin(clock=lambda: made[0].now if made else START) as server:
        token = server.add_user("owner1")
        server.add_asset_rows(
            owner="owner1",
            uid=ASSET,
            workbooks=[xlsx],
            version_uids=[VERSION],
            rows=[raw(n) for n in range(1, number + 1)],
            media={"services.csv": b"name,label,locale\nS01,One,North\n"},
        )
        space = workspace(folder / "space", server.url, FORM, ASSET, {VERSION: xlsx}, services=SERVICES)
        made.append(Running(server, token, space))
        yield made[0]


def with_arguments(server: Standin, request: Request, **changed: str) -> Response:
    """Answer a request as if it had been asked with other arguments."""
    arguments = {**request.args.to_dict(), **changed}
    return server._answer(Request({**request.environ, "QUERY_STRING": urlencode(arguments), "REQUEST_URI": ""}))


def is_persons(request: Request) -> bool:
    """Whether somebody with a browser asks, and no sync."""
    return "X-Person" in request.headers


def query_of(request: Request) -> Mapping[str, Any]:
    """Return the query that a request asks with."""
    found: Mapping[str, Any] = json.loads(request.args.get("query", "{}"))
    return found
