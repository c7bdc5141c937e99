"""Two services, interviews with every question that makes a score, red flags with follow-ups, a provider, places.

For what is wired together around the scores: the inbox of flags, frozen figures, what is explained and published.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
from rights_world import read_once
from small_forms import workbook
from workspaces import ROOT, SHORT, session, workspace

from kobo_sync.__main__ import run
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.kobo import session as kobo_session
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.standin import Standin, seeds
from kobo_sync.store.scores import score_of
from kobo_sync.store.store import Store
from kobo_sync.sync import forget as forgetting
from kobo_sync.sync.all_forms import Result, sync_workspace
from kobo_sync.workspace import Workspace, open_workspace

FIRST, SECOND = "2025-H2", "2026-H1"
MONTHS = {FIRST: "2025-09", SECOND: "2026-03"}
NOW = dt.datetime(2026, 7, 10, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2027, 8, 1, 12, tzinfo=dt.UTC)
SERVICES = (
    "code,label,locale,women_band\nS01,House of Women,north,100_or_more\nS02,Bus Stop,north,100_or_more\n"
    "S03,Far Away,south,100_or_more\n"
)
LOCALES = "code,label\nnorth,North\nsouth,South\n"
PHONES = {
    "services.csv": b"name,label,locale\nS01,House,north\nS02,Bus,north\nS03,Far,south\n",
    "locales.csv": b"name,label\nnorth,North\nsouth,South\nwest,West\n",
}
_TOP = """
| settings |
| | source |
| | {source} |
| survey |
| | type | name | label | required | relevant | calculation | role | indicator |
| | text | month | Month | yes | | | month | |
"""
_WHO = """| | select_one yesno | consent | C | yes | | | consent | |
| | begin_group | g | G | | ${consent} = 'yes' | | | |
| | select_one_from_file services.csv | place | P | yes | | | service | |
"""
_LISTS = """| choices |
| | list_name | name | label | score |
| | yesno | yes | Yes | 1 |
| | yesno | no | No | 0 |
| | neg | yes | Yes | 0 |
| | neg | no | No | 1 |
| | rule | no | No | 1 |
| | rule | happens | It happens | 0 |
| | rule | rule | It is our rule | 0 |
"""
_PLACES = """| | select_one_from_file locales.csv | area | A | yes | | | locale | |
| | select_one team | team | T | | | | team | |
| | select_one band | women | W | | | | reporters | |
| | select_one any | any | H | | | | any_hr | |
| | select_one gap | nsp | N | | | | gap | loc_nsp |
| | select_one gap | oat | O | | | | gap | loc_oat |
| | select_one gap | hiv | V | | | | gap | loc_hiv |
| choices |
| | list_name | name | label |
| | team | t1 | T1 |
| | team | t2 | T2 |
| | band | r1_4 | R1 |
| | band | r5_9 | R5 |
| | any | yes | Y |
| | any | no | N |
| | gap | here | H |
| | gap | not_reachable | N |
"""


@cache
def framework() -> Framework:
    """Return the project's framework."""
    return read_framework(ROOT / "xlsform" / "framework.yaml")


@cache
def harms() -> tuple[str, ...]:
    """Return the indicators whose best answer is no, that women are asked about here."""
    return tuple(one.code for one in framework().indicators if "C" in one.sources and one.scale == "neg")


@cache
def asked() -> tuple[str, ...]:
    """Return the indicators whose best answer is yes, that women are asked about here."""
    return tuple(one.code for one in framework().indicators if "C" in one.sources and one.scale != "neg")


@cache
def harmless() -> tuple[str, ...]:
    """Return those of which a no raises no flag."""
    return tuple(code for code in asked() if framework().by_code[code].flag_rule is None)


@cache
def workbooks() -> Mapping[str, bytes]:
    """Return the workbooks of the three forms."""
    rows = [f"| | select_one yesno | q_{code} | Q | | | | | {code} |" for code in asked()]
    rows += [f"| | select_one neg | q_{code} | Q | | | | | {code} |" for code in harms()]
    rows.append("| | select_one yesno | q_shared | Q | | | | followup | acc_no_conditions |")
    rows += ["| | text | words | W | | | | | |", "| | text | code | K | | | | withdrawal_code | |"]
    women = _TOP.format(source="C") + _WHO + "\n".join(rows) + "\n| | end_group | | | | | | | |\n" + _LISTS
    manager = "| | select_one rule | q_cnf_mandatory | Q | | | | | cnf_mandatory |\n| | end_group | | | | | | | |\n"
    provider = _TOP.format(source="P") + _WHO + manager + _LISTS
    places = _TOP.format(source="L") + _PLACES
    return {"women": workbook(women), "provider": workbook(provider), "places": workbook(places)}


def _row(form: str, id_: int, round_: str, answers: Mapping[str, str]) -> dict[str, Any]:
    uuid = f"00000000-0000-4000-8000-{id_:012d}"
    return {
        "_id": id_,
        "formhub/uuid": f"{form}uuid",
        "month": MONTHS[round_],
        **answers,
        "__version__": f"v{form}",
        "meta/instanceID": f"uuid:{uuid}",
        "_xform_id_string": asset(form),
        "_uuid": uuid,
        "meta/rootUuid": f"uuid:{uuid}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": f"{MONTHS[round_]}-01T10:00:00",
        "_validation_status": {},
        "_submitted_by": "team1",
    }


def code_of(id_: int) -> str:
    """Return the withdrawal code of an interview."""
    return f"{123450000 + id_}"


def asset(form: str) -> str:
    """Return the asset of a form."""
    return f"a{form}".ljust(22, "0")


def woman(id_: int, service: str = "S01", round_: str = SECOND, **changes: str) -> dict[str, Any]:
    """Make an interview: the best answers, but for one in three questions of every third woman; with `changes`."""
    answers = dict.fromkeys(asked(), "yes") | dict.fromkeys(harms(), "no")
    if id_ % 3 == 0:
        answers |= dict.fromkeys(harmless()[::3], "no")
    answers |= changes
    told = {f"g/q_{code}": answer for code, answer in answers.items()}
    return _row("women", id_, round_, {"consent": "yes", "g/place": service, **told, "g/code": code_of(id_)})


def manager(id_: int, service: str = "S01", round_: str = SECOND, answer: str = "rule") -> dict[str, Any]:
    """Make an interview with a manager about mandatory tests."""
    told = {"consent": "yes", "g/place": service, "g/q_cnf_mandatory": answer}
    return _row("provider", id_, round_, told)


def place(id_: int, area: str, round_: str = SECOND, **answers: str) -> dict[str, Any]:
    """Make a form about a place."""
    return _row("places", id_, round_, {"area": area, **answers})


@dataclass
class Flags:
    """The world of these tests; `said` is what the last command said."""

    server: Standin
    token: str
    space: Workspace
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]
    said: str = ""

    def add(self, form: str, *rows: dict[str, Any]) -> None:
        """Let the server have more submissions, and sync."""
        with self.server.world.lock:
            seeds.add_rows(self.server.world, asset(form), rows)
        self.sync()

    def drop(self, form: str, *ids: int) -> None:
        """Delete on the server, as somebody with a browser would, and sync."""
        with self.server.world.lock:
            for id_ in ids:
                self.server.world.assets[asset(form)].drop(id_)
        self.sync()

    def sync(self) -> Result:
        """Sync once."""
        with time_machine.travel(NOW, tick=False):
            return sync_workspace(
                self.space, progress=lambda _done, _total: None, session=session(self.server.url, self.token)
            )

    def forget(self, *ids: int) -> None:
        """Let women withdraw whose interviews have these numbers."""
        for id_ in ids:
            found = forgetting.find(self.space, code_of(id_))
            forgetting.forget(self.space, found, session=session(self.server.url, self.token))

    def say(self, *arguments: str, on: dt.datetime = NOW, typed: str = "") -> int:
        """Run a command on a day, type lines if it asks; returns the exit code, and keeps what was said."""
        self.monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with time_machine.travel(on, tick=False):
            code = run(["--workspace", str(self.space.root), *arguments])
        out, err = self.capfd.readouterr()
        self.said = " ".join((out + err).split())
        assert "Traceback" not in self.said
        return code

    def close(self, round_: str = SECOND, *more: str) -> None:
        """Close a round."""
        assert self.say("rounds", "close", round_, "--yes", *more) == 0, self.said

    def review(self, indicator: str = "cnf_breach", service: str = "S01", why: str = "Two told me.") -> None:
        """Review a flag."""
        assert self.say("flags", "review", service, indicator, typed=f"{why}\n") == 0, self.said

    def resolve(self, indicator: str = "cnf_breach", service: str = "S01", why: str = "Staff were trained.") -> None:
        """Resolve a flag."""
        assert self.say("flags", "resolve", service, indicator, typed=f"{why}\n") == 0, self.said

    def score(self, service: str = "S01", round_: str = SECOND) -> ServiceScore:
        """Return the score of a service."""
        with Store(self.space.store) as store:
            found = score_of(store, service, round_)
        assert found is not None
        return found

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return the rows of a table of the store."""
        with Store(self.space.store) as store, store.bare() as connection:
            return sorted(connection.execute(f"select {', '.join(columns) or '*'} from {name}"))  # noqa: S608

    def files(self, folder: str) -> dict[str, bytes]:
        """Return the files of a folder of the workspace, by name."""
        there = self.space.root / folder
        return {path.relative_to(there).as_posix(): path.read_bytes() for path in there.rglob("*") if path.is_file()}

    def on_disk(self, text: str) -> bool:
        """Whether any file of the workspace holds these bytes."""
        files = [path for path in self.space.root.rglob("*") if path.is_file()]
        return any(text.encode() in path.read_bytes() for path in files)

    def again(self) -> None:
        """Read the configuration again."""
        self.space = open_workspace(self.space.root)


@contextmanager
def flag_world(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Flags]:
    """Run a stand-in with twelve interviews about the first service and six about the second, and sync them once."""
    monkeypatch.setattr(kobo_session, "Patience", lambda: SHORT)
    monkeypatch.setattr(logging.getLogger("kobo_sync"), "handlers", [])  # another test's terminal is closed by now
    with read_once(), Standin(clock=lambda: NOW) as server:
        token = server.add_user("owner1")
        monkeypatch.setenv("KOBO_API_TOKEN", token)
        rows = [woman(n) for n in range(1, 13)] + [woman(n, "S02") for n in range(21, 27)]
        for form, xlsx in workbooks().items():
            server.add_asset_rows(
                owner="owner1",
                uid=asset(form),
                workbooks=[xlsx],
                version_uids=[f"v{form}"],
                rows=rows if form == "women" else [],
                media=PHONES,
                form_uuid=f"{form}uuid",
            )
        space = _workspace(folder / "space", server.url)
        world = Flags(server, token, space, monkeypatch, capfd)
        world.sync()
        yield world


def _workspace(folder: Path, url: str) -> Workspace:
    made = workspace(folder, url, "women", asset("women"), {"vwomen": workbooks()["women"]}, services=SERVICES)
    (folder / "locales.csv").write_text(LOCALES, encoding="utf-8")
    config = folder / "kobo-sync.toml"
    text = 'languages = ["en"]\n' + config.read_text(encoding="utf-8")  # six take six times as long
    for form in ("provider", "places"):
        (made.versions / form).mkdir(parents=True)
        (made.versions / form / f"v{form}.xlsx").write_bytes(workbooks()[form])
        text += f'\n[forms.{form}]\nasset = "{asset(form)}"\n'
    config.write_text(text, encoding="utf-8")
    framework_file = folder / "xlsform" / "framework.yaml"
    yaml = framework_file.read_text(encoding="utf-8")
    framework_file.write_text(yaml.replace("resamples: 2000", "resamples: 100", 1), encoding="utf-8")
    return open_workspace(folder)
