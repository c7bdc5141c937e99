"""Histories: what people do and the syncs between, and how the store is held against the server after each."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from replica_form import code, token
from replica_model import bytes_under, column
from replica_people import Commit, Deed, People
from replica_rig import OWN, Office, too_many
from werkzeug.wrappers import Request, Response

from kobo_sync.errors import RefusedForSafety
from kobo_sync.kobo.errors import KoboError


@dataclass(frozen=True)
class Sync:
    """A run; `during`: what happens before which of its requests, `breaks`: from which on the server is down."""

    during: tuple[tuple[int, Deed], ...] = ()
    breaks: int | None = None
    sweep: bool = False


class Story:
    """Plays a history, and after every quiet sync holds the store against the server."""

    def __init__(self, office: Office) -> None:
        self.office, self.people = office, People(office)
        self.requests = 0
        self._errors: list[BaseException] = []
        self._one_at_a_time = threading.Lock()

    def play(self, history: Sequence[Deed | Sync], *, sweep: bool = False) -> None:
        """Play it, then let everything come to rest, sync, and compare."""
        for deed in history:
            if isinstance(deed, Sync):
                self.sync(deed)
            else:
                deed.do(self.people)
        while self.people.open:
            Commit(0).do(self.people)
        self.sync(Sync(sweep=sweep))

    def sync(self, sync: Sync) -> None:
        """Run one sync, with all that happens meanwhile."""
        if sync.sweep:
            self.people.tick(2 * 24 * 3600)
        self.requests = 0
        self.office.server.standin.before = lambda request: self._meanwhile(request, sync)
        try:
            if sync.during or sync.breaks is not None:
                self._disturbed(sync)
            else:
                self._quiet()
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
                        deed.do(self.people)
            except AssertionError as error:
                self._errors.append(error)
        down = sync.breaks is not None and self.requests >= sync.breaks
        return Response("<html>Bad Gateway</html>", 502, mimetype="text/html") if down else None

    def _disturbed(self, disturbed: Sync) -> None:
        before = self.office.local()
        try:
            self.office.sync()
        except RefusedForSafety:
            known = self.office.local()  # nothing was deleted, so what is gone is among it
            gone = len(known.keys() - self._there())
            assert too_many(gone, len(known), *self._day()), "refused, and few are gone"
        except KoboError:
            assert disturbed.breaks is not None, "nothing was wrong with the server"
        lost = (before.keys() & self._there()) - self.office.local().keys()
        assert not lost, f"lost: {sorted(lost)}"

    def _quiet(self) -> None:
        known = self.office.local()
        gone = known.keys() - self._there()
        roots = [known[number].root_uuid for number in gone]
        held = len(known.keys() | self._there())  # what is new was read before anything is missed
        if too_many(len(gone), held, *self._day()):
            with pytest.raises(RefusedForSafety):
                self.office.sync()
            assert known.keys() <= self.office.local().keys(), "refused, and deleted all the same"
            self.office.sync(force=True)
        else:
            self.office.sync()
        faults = self.office.faults()
        assert not faults, "\n".join(faults)
        stones = self.office.tombstones()
        assert all(self.office.tombstone(root) in stones for root in roots), "a tombstone is missing"
        self._bytes()

    def _day(self) -> tuple[int, int]:
        """Return how many were deleted here in the day before, and how many there were then, as the program notes."""
        if not self.office.has_store:
            return 0, 0
        now = self.office.server.now.timestamp()
        notes = column(self.office.space.store, "SELECT value FROM meta WHERE key LIKE 'gone:%'")
        lately = [one for note in notes for one in json.loads(note) if now - one[0] < 24 * 3600]
        return sum(one[1] for one in lately), max((one[2] for one in lately), default=0)

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
