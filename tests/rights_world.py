"""A small form with withdrawal codes, a stand-in that holds its interviews, a workspace: for deletions of all kinds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from small_forms import workbook
from workspaces import session, workspace

from kobo_sync.instrument import kept_framework
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.kobo.session import KoboSession
from kobo_sync.report import gather, public
from kobo_sync.report.gather import write_report
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.standin import Standin, seeds
from kobo_sync.store.rights import retired_ids
from kobo_sync.store.scores import scores
from kobo_sync.store.store import Store
from kobo_sync.sync import all_forms
from kobo_sync.sync import forget as forgetting
from kobo_sync.sync.all_forms import Result, framework_of, sync_workspace
from kobo_sync.sync.forget import Forgotten
from kobo_sync.sync.lock import lock
from kobo_sync.sync.rounds import close_round, may_close
from kobo_sync.workspace import Workspace

ASSET, VERSION, FORM, FORM_UUID = "aRightsForm000000000", "vRights000000000000", "small", "rightsform"
CANARY = "canary-7741"  # stands in her own words
ROUND, MONTH = "2026-H1", "2026-03"
NOW = dt.datetime(2026, 7, 10, 12, tzinfo=dt.UTC)
SERVICES = "code,label,locale\nS01,House of Women,North\nS02,Bus Stop,North\n"
SHEETS = """
| settings |
| | source |
| | C      |
| survey |
| | type              | name    | label | calculation | required | relevant           | role            | indicator |
| | calculate         | month   |       | '2026-03'   |          |                    | month           |           |
| | select_one agree  | consent | C     |             | yes      |                    | consent         |           |
| | begin_group       | g       | G     |             |          | ${consent} = 'yes' |                 |           |
| | select_one_from_file services.csv | place | P |    | yes      |                    | service         |           |
| | select_one agree  | hiv     | H     |             |          |                    |                 | pkg_hiv   |
| | text              | words   | W     |             |          |                    |                 |           |
| | calculate         | code    |       | '1'         |          |                    | withdrawal_code |           |
| | end_group         |         |       |             |          |                    |                 |           |
| choices |
| | list_name | name | label | score |
| | agree     | yes  | Yes   | 1     |
| | agree     | no   | No    | 0     |
"""


def code_of(id_: int) -> str:
    """Return the withdrawal code of an interview."""
    return f"{123450000 + id_}"


def interview(id_: int, **answers: str) -> dict[str, Any]:
    """Make an interview as KoboToolbox shows it: words of her own and a code, about the first service."""
    uuid = f"00000000-0000-4000-8000-{id_:012d}"
    row: dict[str, Any] = {
        "_id": id_,
        "formhub/uuid": FORM_UUID,
        "month": MONTH,
        "consent": "yes",
        "g/place": "S01",
        "g/hiv": "yes" if id_ % 2 else "no",
        "g/words": f"{CANARY}-{id_}-end",
        "g/code": code_of(id_),
        "__version__": VERSION,
        "meta/instanceID": f"uuid:{uuid}",
        "_xform_id_string": ASSET,
        "_uuid": uuid,
        "meta/rootUuid": f"uuid:{uuid}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": f"{answers.get('month', MONTH)}-01T10:00:00",
        "_validation_status": {},
        "_submitted_by": "team1",
    }
    return row | answers


@dataclass
class Rights:
    """The world of these tests. `token` is the owner's; `reader` may look and delete nothing."""

    server: Standin
    token: str
    reader: str
    space: Workspace
    using: str = field(default="")

    @property
    def session(self) -> KoboSession:
        """A session of the account in use."""
        return session(self.server.url, self.using or self.token)

    @property
    def held(self) -> list[int]:
        """The submissions that the server holds."""
        return sorted(self.server.world.assets[ASSET].submissions)

    @property
    def kept(self) -> list[int]:
        """The submissions that the store knows."""
        with Store(self.space.store) as store:
            return store.ids(FORM)

    @property
    def states(self) -> dict[str, int]:
        """How many submissions the store has in each state."""
        with Store(self.space.store) as store:
            return store.states(FORM)

    @property
    def retired(self) -> list[int]:
        """The submissions of which the store knows the number alone."""
        with Store(self.space.store) as store:
            return list(retired_ids(store).get(FORM, ()))

    def add(self, *rows: dict[str, Any]) -> None:
        """Let the server have more submissions."""
        with self.server.world.lock:
            seeds.add_rows(self.server.world, ASSET, rows)

    def drop(self, *ids: int) -> None:
        """Delete on the server, as somebody with a browser would."""
        with self.server.world.lock:
            for id_ in ids:
                self.server.world.assets[ASSET].drop(id_)

    def sync(self) -> Result:
        """Sync once."""
        return sync_workspace(self.space, progress=lambda _done, _total: None, session=self.session)

    def forget(self, id_: int) -> Forgotten:
        """Let her withdraw whose interview has this number."""
        return forgetting.forget(self.space, forgetting.find(self.space, code_of(id_)), session=self.session)

    def xml(self, id_: int) -> str:
        """Return what the phone sent."""
        return self.server.world.assets[ASSET].submissions[id_].xml

    def send(self, xml: str) -> int:
        """Send it as a phone does; returns the HTTP status."""
        answer = requests.post(
            f"{self.server.url}/submission",
            files={"xml_submission_file": ("xml_submission_file", xml, "text/xml")},
            headers={"Authorization": f"Token {self.token}"},
            timeout=30,
        )
        return answer.status_code

    def score(self, service: str = "S01", round_: str = ROUND) -> ServiceScore | None:
        """Return the score of a service."""
        with Store(self.space.store) as store:
            return next((one for one in scores(store, round_) if one.service == service), None)

    def women(self, service: str = "S01", round_: str = ROUND) -> int:
        """Return how many women the score of a service rests on, 0 where there is none."""
        found = self.score(service, round_)
        return found.n if found else 0

    def close(self, round_: str = ROUND, *, now: dt.datetime = NOW) -> None:
        """Close a round."""
        framework = framework_of(self.space)
        with lock(self.space), Store(self.space.store) as store:
            state = may_close(store, framework, round_, now.date(), force=False)
            close_round(self.space, store, framework, state, now)

    def report(self, out: Path | None = None, languages: Sequence[str] = (), *, pdf: bool = False) -> Path:
        """Write the team's report of the round; returns its folder."""
        return write_report(self.space, ROUND, out, languages, pdf=pdf).parent

    def on_disk(self, text: str = CANARY) -> bool:
        """Whether any file of the workspace holds these bytes."""
        files = [path for path in self.space.root.rglob("*") if path.is_file()]
        return any(text.encode() in path.read_bytes() for path in files)


@contextmanager
def read_once() -> Iterator[None]:
    """Read each framework once for all these tests: it is large, and a run reads it several times."""
    with ExitStack() as patches:
        for module in (all_forms, gather, kept_framework, public):
            patches.enter_context(patch.object(module, "read_framework", _framework))
        yield


def _framework(path: Path) -> Framework:
    text = path.read_bytes()
    if text not in _READ:
        _READ[text] = read_framework(path)
    return _READ[text]


_READ: dict[bytes, Framework] = {}


@contextmanager
def rights_world(folder: Path, count: int = 7, **settings: Any) -> Iterator[Rights]:
    """Run a stand-in with `count` interviews about the first service and one about the second, and sync them once.

    Pages are in English unless `languages` says more: what is made again is no other in six languages, and six times
    as slow.
    """
    xlsx = workbook(SHEETS)
    with read_once(), Standin(clock=lambda: NOW) as server:
        token, reader = server.add_user("owner1"), server.add_user("reader1")
        rows = [interview(n) for n in range(1, count + 1)]
        server.add_asset_rows(
            owner="owner1",
            uid=ASSET,
            workbooks=[xlsx],
            version_uids=[VERSION],
            rows=[*rows, interview(count + 1, **{"g/place": "S02"})],
            media={"services.csv": b"name,label,locale\nS01,House of Women,North\nS02,Bus Stop,North\n"},
            form_uuid=FORM_UUID,
        )
        asset = server.world.assets[ASSET]
        asset.grants |= {("reader1", permission): "" for permission in ("view_asset", "view_submissions")}
        space = workspace(folder / "space", server.url, FORM, ASSET, {VERSION: xlsx}, services=SERVICES)
        world = Rights(server, token, reader, replace(space, **{"languages": ("en",), **settings}))
        world.sync()
        yield world
