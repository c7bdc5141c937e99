"""What happens to submissions, as values that a test can draw, shrink and print; and the people who do it."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from replica_form import LATER_SERVICE, MONTH, UID, Sent, code, token, xml
from replica_model import bytes_under
from replica_rig import LONGEST_TRANSACTION, OWN, Office, too_many
from werkzeug.wrappers import Request, Response

from kobo_sync.errors import RefusedForSafety
from kobo_sync.kobo.errors import KoboError
from kobo_sync.standin import seeds


@dataclass(frozen=True)
class Submit:
    """A phone sends an interview."""

    kind: str = "interview"
    version: str = "vTinyOne0000000000000"


@dataclass(frozen=True)
class Edit:
    """A phone or a browser sends a submission again with other answers; older clients name no root."""

    pick: int
    kind: str = "interview"
    version: str = "vTinyOne0000000000000"
    with_root: bool = True


@dataclass(frozen=True)
class BulkEdit:
    """Somebody writes one answer into several submissions, which nobody validates."""

    picks: tuple[int, ...]
    what: str


BULK = {
    "visits": {"interview/visits": "3"},
    "spoiled visits": {"interview/visits": "a lot"},
    "unknown question": {"interview/nothing": "x"},
    "another service": {"interview/service": "S02"},
    "later service": {"interview/service": LATER_SERVICE},
    "no words": {"interview/words": ""},
    "no more consent": {"ending": "refuses"},
    "consent": {"ending": "agrees"},
    "month": {"month": MONTH},
    "month before": {"month": "2026-06"},
    "no month": {"month": "July"},
}


@dataclass(frozen=True)
class Status:
    """Somebody sets the validation status of one submission, or clears it (None)."""

    pick: int
    status: str | None


@dataclass(frozen=True)
class Statuses:
    """The same of several at once; a status that does not exist clears, with 200."""

    picks: tuple[int, ...]
    status: str | None


@dataclass(frozen=True)
class Delete:
    """One submission is deleted."""

    pick: int


@dataclass(frozen=True)
class DeleteMany:
    """Several are deleted at once."""

    picks: tuple[int, ...]


@dataclass(frozen=True)
class Resend:
    """A phone sends a submission again that was deleted: a new `_id`, the same `_uuid`."""

    pick: int


@dataclass(frozen=True)
class Duplicate:
    """The server holds one `_uuid` twice, as old data do."""

    pick: int


@dataclass(frozen=True)
class Begin:
    """A phone sends, and the server's transaction stays open: the `_id` is drawn, nobody sees it yet."""

    kind: str = "interview"


@dataclass(frozen=True)
class Commit:
    """Such a transaction ends: a lower `_id` appears after higher ones."""

    pick: int


@dataclass(frozen=True)
class Tick:
    """Time passes at the server."""

    seconds: int


@dataclass(frozen=True)
class KeepVersion:
    """The workbook of the second version arrives in the workspace."""


@dataclass(frozen=True)
class ListService:
    """The coordinator adds a service to services.csv."""


@dataclass(frozen=True)
class Sync:
    """A run. `during`: what happens before which of its requests; `breaks`: from which request on the server is down."""

    during: tuple[tuple[int, Deed], ...] = ()
    breaks: int | None = None
    sweep: bool = False


Deed = (
    Submit | Edit | BulkEdit | Status | Statuses | Delete | DeleteMany | Resend | Duplicate | Begin | Commit | Tick
    | KeepVersion | ListService
)  # fmt: skip


@dataclass
class People:
    """Everybody who does something to the submissions of one office."""

    office: Office
    chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311 -- made-up ids
    gone: list[str] = field(default_factory=list)
    open: list[tuple[dt.datetime, Callable[[], None]]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    last: int = 0

    def do(self, deed: Deed) -> None:
        """Do it, if there is anything to do it to."""
        server = self.office.server
        match deed:
            case Submit(kind, version):
                assert server.send(self._xml(Sent(kind, version, self._number()))) == 201
            case Edit():
                self._edit(deed)
            case BulkEdit(picks, what):
                changes = BULK.get(what) or {"interview/words": f"{token(self._number())} anew"}
                self._several("PATCH", "bulk/", picks, {"data": changes})
            case Status(pick, status):
                for number in self._picked((pick,)):
                    path = f"{number}/validation_status/"
                    body = {"validation_status.uid": status}
                    assert server.ask(*(("PATCH", path, body) if status else ("DELETE", path))) in {200, 204}
            case Statuses(picks, status):
                payload = {"validation_status.uid": status} if status else {}
                self._several("PATCH" if status else "DELETE", "validation_statuses/", picks, payload)
            case Delete(pick):
                for number in self._picked((pick,)):
                    self._remember([number])
                    assert server.ask("DELETE", f"{number}/") == 204
            case DeleteMany(picks):
                self._remember(self._picked(picks))
                self._several("DELETE", "bulk/", picks, {})
            case Resend(pick):
                if self.gone:
                    server.send(self.gone[pick % len(self.gone)])  # 409 where it is there again already
            case Duplicate(pick):
                for number in self._picked((pick,)):
                    row = copy.deepcopy(server.asset.submissions[number].row)
                    row["_id"] = server.standin.world.next_id()
                    seeds.add_rows(server.standin.world, UID, [row])
            case Begin(kind):
                with server.standin.slow_database() as opened:
                    assert server.send(self._xml(Sent(kind, number=self._number()))) == 201
                self.open += [(server.now, commit) for commit in opened]
            case Commit(pick):
                if self.open:
                    self.open.pop(pick % len(self.open))[1]()
            case Tick(seconds):
                self.tick(seconds)
            case KeepVersion():
                self.office.keep_second_version()
            case ListService():
                self.office.list_service(LATER_SERVICE)

    def tick(self, seconds: int) -> None:
        """Let time pass; no transaction stays open for longer than a server lets it."""
        server = self.office.server
        later = server.now + dt.timedelta(seconds=seconds)
        while self.open and (later - self.open[0][0]).total_seconds() > LONGEST_TRANSACTION:
            self.open.pop(0)[1]()
        server.now = later

    def _number(self) -> int:
        self.last = next(self.numbers)
        return self.last

    def _xml(self, sent: Sent) -> str:
        return xml(sent, self._uuid())

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def _picked(self, picks: tuple[int, ...]) -> list[int]:
        there = sorted(self.office.server.asset.submissions)
        return sorted({there[pick % len(there)] for pick in picks}) if there else []

    def _several(self, method: str, path: str, picks: tuple[int, ...], payload: dict[str, object]) -> None:
        ids = self._picked(picks)
        if ids:
            body = {"payload": {"submission_ids": ids} | payload}
            assert self.office.server.ask(method, path, body) == 200

    def _remember(self, numbers: list[int]) -> None:
        self.gone += [self.office.server.asset.submissions[number].xml for number in numbers]

    def _edit(self, edit: Edit) -> None:
        for number in self._picked((edit.pick,)):
            before = self.office.server.asset.submissions[number]
            text = xml(
                Sent(edit.kind, edit.version, self._number()),
                self._uuid(),
                deprecated=before.row["_uuid"],
                root=before.root if edit.with_root else "",
            )
            assert self.office.server.send(text) == 201


class Story:
    """Plays a history, and after every quiet sync holds the store against the server."""

    def __init__(self, office: Office) -> None:
        self.office, self.people = office, People(office)
        self.requests = 0
        self._errors: list[BaseException] = []
        self._one_at_a_time = threading.Lock()

    def play(self, history: list[Deed | Sync], *, sweep: bool = False) -> None:
        """Play it, then let everything come to rest, sync, and compare."""
        for deed in history:
            if isinstance(deed, Sync):
                self.sync(deed)
            else:
                self.people.do(deed)
        while self.people.open:
            self.people.do(Commit(0))
        self.sync(Sync(sweep=sweep))

    def sync(self, sync: Sync) -> None:
        """Run one sync, with all that happens meanwhile."""
        if sync.sweep:
            self.people.tick(2 * 24 * 3600)
        before = self.office.local()
        self.requests = 0
        self.office.server.standin.before = lambda request: self._meanwhile(request, sync)
        try:
            if sync.during or sync.breaks is not None:
                self._disturbed()
            else:
                self._quiet(before.keys())
        finally:
            self.office.server.standin.before = None
        for error in self._errors:
            raise error

    def _meanwhile(self, request: Request, sync: Sync) -> Response | None:
        if request.headers.get(OWN):
            return None
        with self._one_at_a_time:
            self.requests += 1
            try:
                for place, deed in sync.during:
                    if place == self.requests:
                        self.people.do(deed)
            except AssertionError as error:
                self._errors.append(error)
        down = sync.breaks is not None and self.requests >= sync.breaks
        return Response("<html>Bad Gateway</html>", 502, mimetype="text/html") if down else None

    def _disturbed(self) -> None:
        before = self.office.local()
        try:
            self.office.sync()
        except RefusedForSafety:
            assert too_many(len(before.keys() - self._there()), len(before)), "refused, and few are gone"
        except KoboError as error:
            assert error.exit_code == 3
        lost = (before.keys() & self._there()) - self.office.local().keys()
        assert not lost, f"lost: {sorted(lost)}"

    def _quiet(self, before: set[int] | object) -> None:
        known = self.office.local()
        gone = known.keys() - self._there()
        roots = [known[number].root_uuid for number in gone]
        if too_many(len(gone), len(known)):
            try:
                self.office.sync()
            except RefusedForSafety as refused:
                assert refused.exit_code == 5
                assert known.keys() <= self.office.local().keys(), "refused, and deleted all the same"
            else:
                raise AssertionError(f"{len(gone)} of {len(known)} are gone and nobody was asked")
            self.office.sync(force=True)
        else:
            self.office.sync()
        faults = self.office.faults()
        assert not faults, "\n".join(faults)
        stones = self.office.tombstones()
        assert all(self.office.tombstone(root) in stones for root in roots), "a tombstone is missing"
        self._bytes()

    def _bytes(self) -> None:
        """Hold every byte of the workspace against what may be there: free text of what was accepted, nothing else."""
        there = " ".join(text for row in self.office.local().values() for text in row.texts.values())
        for name, content in bytes_under(self.office.folder).items():
            for number in range(1, self.people.last + 1):
                hidden = [code(number), f"device-{number:07}", f"55.{number:06}", f"many{number}times"]
                hidden += [] if token(number) in there else [token(number)]
                found = [word for word in hidden if word.encode() in content]
                assert not found, f"{found} in {name}"

    def _there(self) -> set[int]:
        return set(self.office.server.asset.submissions)
