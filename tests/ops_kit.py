"""A small workspace on a stand-in, and the command line as its coordinator uses it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from small_forms import workbook
from workspaces import SHORT, workspace

from kobo_sync.__main__ import run
from kobo_sync.kobo import session as kobo_session
from kobo_sync.standin import Standin, seeds
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace, open_workspace

FORM, ASSET, OTHER = "small", "aSmallForm0000000000", "owner1"
OLD, NEW = "vOld00000000000000000", "vNew00000000000000000"
NOW = dt.datetime(2026, 7, 20, 12, tzinfo=dt.UTC)

SMALL = """
| survey |                                  |         |                   |                |                              |                   |
|        | type                             | name    | label             | role           | calculation                  | relevant          |
|        | calculate                        | period  |                   | month          | format-date(today(),'%Y-%m') |                   |
|        | select_one yes_no                | agrees  | Do you agree?     | consent        |                              |                   |
|        | select_one yes_no                | on_list | Is it listed?     | service_listed |                              | ${agrees} = 'yes' |
|        | select_one_from_file services.csv | place  | Which one?        | service        |                              | ${on_list} = 'yes' |
|        | text                             | called  | What is it called? | service_name  |                              | ${on_list} = 'no' |
|        | integer                          | visits  | How many visits?  |                |                              | ${agrees} = 'yes' |
|        | text                             | words   | In your own words | free_text      |                              | ${agrees} = 'yes' |
| choices |
|        | list_name | name | label | score |
|        | yes_no    | yes  | Yes   | 1     |
|        | yes_no    | no   | No    | 0     |
"""  # noqa: E501 -- a form is read as a table
SERVICES = (
    "code,label,locale,type,real_name,address,contact\n"
    "S01,Service 01,north,drop-in,Klinik Mawar,12 Palm Road,Wanjiku\n"
    "S02,Service 02,north,mobile,Blue Bus,,\n"
)
SECRET = "call 0812 3456 789"


def row(id_: int, **answers: Any) -> dict[str, Any]:
    """Make an interview as KoboToolbox would show it; an answer of None is left out."""
    uuid = f"00000000-0000-4000-8000-{id_:012d}"
    made: dict[str, Any] = {
        "_id": id_,
        "formhub/uuid": "f" * 32,
        "period": "2026-07",
        "agrees": "yes",
        "on_list": "yes",
        "place": "S01",
        "visits": "3",
        "__version__": NEW,
        "meta/instanceID": f"uuid:{uuid}",
        "_xform_id_string": ASSET,
        "_uuid": uuid,
        "meta/rootUuid": f"uuid:{uuid}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": "2026-07-20T10:00:00",
        "_validation_status": {},
        "_submitted_by": "team1",
    } | answers
    return {key: value for key, value in made.items() if value is not None}


@dataclass
class Ops:
    """A running stand-in, a workspace for it, and the command line."""

    server: Standin
    token: str
    space: Workspace
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    clock: list[dt.datetime] = field(default_factory=lambda: [NOW])

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """Run a command with what a person types; return the exit code and all that was said."""
        self.capture.readouterr()
        self.patch.setattr("sys.stdin", io.StringIO(typed))
        code = run(["--workspace", str(self.space.root), *arguments])
        said = "".join(self.capture.readouterr())
        assert "Traceback" not in said
        assert self.token not in said
        return code, said

    def seed(self, *rows: dict[str, Any]) -> None:
        """Let submissions arrive on the server."""
        seeds.add_rows(self.server.world, ASSET, list(rows))

    def call(self, method: str, path: str, body: object = None, *, token: str = "") -> requests.Response:
        """Do something on the server, as a person would."""
        answer = requests.request(
            method,
            f"{self.server.url}/api/v2/assets/{ASSET}/data/{path}",
            json=body,
            headers={"Authorization": f"Token {token or self.token}", "Accept": "application/json"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer

    def edit(self, ids: list[int], **answers: str) -> None:
        """Edit answers in bulk on the server."""
        self.call("PATCH", "bulk/", {"payload": {"submission_ids": ids, "data": answers}})

    def status(self, id_: int) -> dict[str, Any]:
        """Return the validation status that the server shows."""
        status: dict[str, Any] = self.call("GET", f"{id_}/").json()["_validation_status"]
        return status

    def states(self) -> dict[str, int]:
        """Return what the store holds, by state."""
        with Store(self.space.store) as store:
            return store.states(FORM)

    def set(self, *settings: str) -> None:
        """Put settings at the top of the workspace's configuration."""
        config = self.space.root / "kobo-sync.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text("\n".join(settings) + "\n" + text[text.index("[server]") :], encoding="utf-8")
        self.space = open_workspace(self.space.root)


@contextmanager
def running(tmp_path: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> Iterator[Ops]:
    """Run a stand-in that holds the small form without submissions, and a workspace for it."""
    patch.setattr(kobo_session, "Patience", lambda: SHORT)
    xlsx, clock = workbook(SMALL), [NOW]
    with Standin(clock=lambda: clock[0]) as server:
        token = server.add_user(OTHER)
        server.add_asset_rows(
            owner=OTHER,
            uid=ASSET,
            workbooks=[xlsx],
            version_uids=[NEW],
            rows=[],
            media={"services.csv": b"name,label,locale\nS01,One,north\nS02,Two,north\n"},
        )
        space = workspace(tmp_path / "space", server.url, FORM, ASSET, {NEW: xlsx}, services=SERVICES)
        (space.xlsform / f"{FORM}.xlsx").write_bytes(xlsx)
        (space.locales_file).write_text("code,label\nnorth,Kibera North\n", encoding="utf-8")
        patch.setenv("KOBO_API_TOKEN", token)
        yield Ops(server, token, space, patch, capture, clock)
