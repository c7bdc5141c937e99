"""The people who change submissions, and what they do, as values that a test can draw, shrink and print."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from replica_form import LATER_SERVICE, MONTH, UID, V1, Sent, instance_of, token, xml
from replica_rig import LONGEST_TRANSACTION, Office, Server

from kobo_sync.standin import seeds


class People:
    """Everybody who does something to the submissions of one office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.gone: list[str] = []  # the XML of what was deleted
        self.open: list[tuple[dt.datetime, Callable[[], None]]] = []  # transactions, and when they began
        self.last = 0
        self._numbers = itertools.count(1)
        self._chance = Random(1)  # noqa: S311 -- made-up ids

    @property
    def server(self) -> Server:
        """The server that they all use."""
        return self.office.server

    def next_number(self) -> int:
        """Draw the number that makes a submission's answers its own."""
        self.last = next(self._numbers)
        return self.last

    def submit(self, sent: Sent) -> None:
        """Send an interview."""
        assert self.server.send(xml(sent, instance_of(sent, self._uuid()))) == 201

    def edit(self, number: int, sent: Sent, *, with_root: bool = True) -> None:
        """Send other answers for a submission that is there."""
        before = self.server.asset.submissions[number]
        root = before.root if with_root else ""
        instance = instance_of(sent, self._uuid())
        assert self.server.send(xml(sent, instance, deprecated=before.row["_uuid"], root=root)) == 201

    def picked(self, *picks: int) -> list[int]:
        """Return ids of submissions that are there, some for these numbers; none when there is none."""
        there = sorted(self.server.asset.submissions)
        return sorted({there[pick % len(there)] for pick in picks}) if there else []

    def write(self, method: str, path: str, ids: list[int], **payload: object) -> None:
        """Send a request about several submissions, if there are any."""
        if ids:
            assert self.server.ask(method, path, {"payload": {"submission_ids": ids} | payload}) == 200

    def remember(self, ids: list[int]) -> list[int]:
        """Keep on the phones what is about to be deleted."""
        self.gone += [self.server.asset.submissions[number].xml for number in ids]
        return ids

    def tick(self, seconds: int) -> None:
        """Let time pass; no transaction stays open for longer than a server lets it."""
        later = self.server.now + dt.timedelta(seconds=seconds)
        while self.open and (later - self.open[0][0]).total_seconds() > LONGEST_TRANSACTION:
            self.open.pop(0)[1]()
        self.server.now = later

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


@dataclass(frozen=True)
class Deed(ABC):
    """Something that people do; nothing happens where there is nothing to do it to."""

    @abstractmethod
    def do(self, people: People) -> None:
        """Do it."""


@dataclass(frozen=True)
class Submit(Deed):
    """A phone sends an interview."""

    kind: str = "interview"
    version: str = V1

    def do(self, people: People) -> None:
        people.submit(Sent(self.kind, self.version, people.next_number()))


@dataclass(frozen=True)
class Edit(Deed):
    """A phone or a browser sends a submission again with other answers; older clients name no root."""

    pick: int
    kind: str = "interview"
    version: str = V1
    with_root: bool = True

    def do(self, people: People) -> None:
        for number in people.picked(self.pick):
            people.edit(number, Sent(self.kind, self.version, people.next_number()), with_root=self.with_root)


BULK: Mapping[str, Mapping[str, str]] = {
    "words": {"interview/words": ""},
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
class BulkEdit(Deed):
    """Somebody writes one answer into several submissions, which nobody validates."""

    picks: tuple[int, ...]
    what: str

    def do(self, people: People) -> None:
        changes = dict(BULK[self.what])
        if self.what == "words":
            changes["interview/words"] = f"{token(people.next_number())} anew"
        people.write("PATCH", "bulk/", people.picked(*self.picks), data=changes)


@dataclass(frozen=True)
class Status(Deed):
    """Somebody sets the validation status of one submission, or clears it (None)."""

    pick: int
    status: str | None

    def do(self, people: People) -> None:
        for number in people.picked(self.pick):
            method, body = ("PATCH", {"validation_status.uid": self.status}) if self.status else ("DELETE", None)
            assert people.server.ask(method, f"{number}/validation_status/", body) in {200, 204}


@dataclass(frozen=True)
class Statuses(Deed):
    """The same of several at once; a status that does not exist clears, with 200."""

    picks: tuple[int, ...]
    status: str | None

    def do(self, people: People) -> None:
        payload = {"validation_status.uid": self.status} if self.status else {}
        method = "PATCH" if self.status else "DELETE"
        people.write(method, "validation_statuses/", people.picked(*self.picks), **payload)


@dataclass(frozen=True)
class Delete(Deed):
    """One submission is deleted."""

    pick: int

    def do(self, people: People) -> None:
        for number in people.remember(people.picked(self.pick)):
            assert people.server.ask("DELETE", f"{number}/") == 204


@dataclass(frozen=True)
class DeleteMany(Deed):
    """Several are deleted at once."""

    picks: tuple[int, ...]

    def do(self, people: People) -> None:
        people.write("DELETE", "bulk/", people.remember(people.picked(*self.picks)))


@dataclass(frozen=True)
class Resend(Deed):
    """A phone sends a submission again that was deleted: a new `_id`, the same `_uuid`."""

    pick: int

    def do(self, people: People) -> None:
        if people.gone:
            people.server.send(people.gone[self.pick % len(people.gone)])  # 409 where it is there again already


@dataclass(frozen=True)
class Duplicate(Deed):
    """The server holds one `_uuid` twice, as old data do."""

    pick: int

    def do(self, people: People) -> None:
        for number in people.picked(self.pick):
            row = copy.deepcopy(people.server.asset.submissions[number].row)
            row["_id"] = people.server.standin.world.next_id()
            seeds.add_rows(people.server.standin.world, UID, [row])


@dataclass(frozen=True)
class Begin(Deed):
    """A phone sends, and the server's transaction stays open: the `_id` is drawn, nobody sees it yet."""

    kind: str = "interview"

    def do(self, people: People) -> None:
        with people.server.standin.slow_database() as opened:
            people.submit(Sent(self.kind, number=people.next_number()))
        people.open += [(people.server.now, commit) for commit in opened]


@dataclass(frozen=True)
class Commit(Deed):
    """Such a transaction ends: a lower `_id` appears after higher ones."""

    pick: int

    def do(self, people: People) -> None:
        if people.open:
            people.open.pop(self.pick % len(people.open))[1]()


@dataclass(frozen=True)
class Tick(Deed):
    """Time passes at the server."""

    seconds: int

    def do(self, people: People) -> None:
        people.tick(self.seconds)


@dataclass(frozen=True)
class KeepVersion(Deed):
    """The workbook of the second version arrives in the workspace."""

    def do(self, people: People) -> None:
        people.office.keep_second_version()


@dataclass(frozen=True)
class ListService(Deed):
    """The coordinator adds a service to services.csv."""

    def do(self, people: People) -> None:
        people.office.list_service(LATER_SERVICE)
