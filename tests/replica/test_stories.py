"""Histories that a replica gets wrong easily, each by name; and each kind of change at every moment of a sync."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from replica_form import V2
from replica_people import (
    Begin,
    BulkEdit,
    Commit,
    Deed,
    Delete,
    DeleteMany,
    Duplicate,
    Edit,
    KeepVersion,
    ListService,
    Resend,
    Status,
    Statuses,
    Submit,
    Tick,
)
from replica_rig import STATUSES, Office, Server, serving
from replica_story import Story, Sync

APPROVED, NOT_APPROVED, ON_HOLD = STATUSES
SEVERAL = [Submit()] * 8
LATER = Tick(3600)  # so that what came in before is no news to the next sync
KNOWN: list[Deed | Sync] = [*SEVERAL, LATER, Sync(), LATER]
STATED: list[Deed | Sync] = [*KNOWN, Statuses((1, 2, 3), APPROVED), Sync(), LATER]

STORIES: dict[str, Sequence[Deed | Sync]] = {
    "a status is set": [*KNOWN, Status(1, APPROVED)],
    "a status is cleared": [*STATED, Status(1, None)],
    "a status that does not exist clears in bulk": [*STATED, Statuses((1, 2), "no_such_status")],
    "all statuses are cleared": [*STATED, Statuses((1, 2, 3), None)],
    "one is cleared and another set": [*STATED, Status(1, None), Status(5, APPROVED)],
    "one is cleared and set again at once": [*STATED, Status(1, None), Status(1, APPROVED)],
    "three statuses in one second": [*STATED, Status(1, ON_HOLD), Status(1, NOT_APPROVED), Status(1, ON_HOLD)],
    "a status in the second of the sync": [*KNOWN, Status(1, ON_HOLD), Sync(), Status(1, APPROVED)],
    "one with a status is deleted, another set": [*STATED, Delete(1), Status(5, APPROVED)],
    "one with a status is deleted, another cleared": [*STATED, Delete(1), Status(1, None)],
    "deleted": [*KNOWN, Delete(3)],
    "five are deleted": [*KNOWN, DeleteMany((0, 1, 2, 3, 4))],
    "six are deleted, which is too many": [*KNOWN, DeleteMany((0, 1, 2, 3, 4, 5))],
    "all are deleted": [*KNOWN, DeleteMany(tuple(range(8)))],
    "too many, and the next sync refuses too": [*KNOWN, DeleteMany((0, 1, 2, 3, 4, 5)), Sync(breaks=9), Sync()],
    "deleted and sent again": [*KNOWN, Delete(3), Resend(0)],
    "deleted, synced, sent again": [*KNOWN, Delete(3), Sync(), LATER, Resend(0)],
    "deleted and sent again twice": [*KNOWN, Delete(3), Resend(0), Sync(), Delete(7), Resend(1)],
    "one deleted and a new one": [*KNOWN, Delete(3), Submit()],
    "edited": [*KNOWN, Edit(2)],
    "edited twice": [*KNOWN, Edit(2), Edit(2), Sync(), LATER, Edit(2)],
    "edited by a client that names no root": [*KNOWN, Edit(2, with_root=False)],
    "edited, then deleted": [*KNOWN, Edit(2), Sync(), LATER, Delete(2)],
    "edited, deleted and sent again": [*KNOWN, Edit(2), Sync(), Delete(2), Resend(0)],
    "edited into a refusal": [*KNOWN, Edit(2, kind="refusal")],
    "spoiled, then mended": [*KNOWN, BulkEdit((2, 3), "spoiled visits"), Sync(), LATER, BulkEdit((2,), "visits")],
    "its words are deleted": [*KNOWN, BulkEdit((2,), "no words")],
    "quarantined, then deleted": [Submit("no such choice"), *KNOWN, Delete(0)],
    "quarantined with a status": [Submit("no such choice"), *KNOWN, Status(0, ON_HOLD)],
    "quarantined, its status cleared": [Submit("no such choice"), Status(0, ON_HOLD), *KNOWN, Status(0, None)],
    "the version arrives": [Submit(version=V2), *KNOWN, KeepVersion()],
    "the service is listed": [Submit("service of later"), *KNOWN, ListService()],
    "the service is listed during a sync": [Submit("service of later"), *KNOWN, Sync(during=((3, ListService()),))],
    "the version arrives during a sync": [Submit(version=V2), *KNOWN, Sync(during=((3, KeepVersion()),))],
    "a lower number appears late": [*KNOWN, Begin(), Submit(), Sync(), Commit(0)],
    "it appears as another is deleted": [*KNOWN, Begin(), Submit(), Sync(), Commit(0), Delete(1)],
    "it appears minutes later": [*KNOWN, Begin(), Submit(), Tick(200), Sync(), Tick(90), Commit(0), Delete(1)],
    "two appear in another order": [*KNOWN, Begin(), Begin(), Submit(), Sync(), Commit(1), Sync(), Commit(0)],
    "it appears, and is deleted": [*KNOWN, Begin(), Submit(), Sync(), Commit(0), Delete(8)],
    "one uuid twice": [*KNOWN, Duplicate(3)],
    "one uuid twice, one edited": [*KNOWN, Duplicate(3), Sync(), LATER, Edit(8)],
    "one uuid twice, one deleted": [*KNOWN, Duplicate(3), Sync(), LATER, Delete(3)],
    "one uuid twice, the other deleted": [*KNOWN, Duplicate(3), Sync(), LATER, Delete(8)],
    "one uuid twice, one deleted, the other edited": [*KNOWN, Duplicate(3), Delete(8), Edit(3)],
    "one uuid twice, both edited": [*KNOWN, Duplicate(3), Sync(), LATER, Edit(8), Edit(3)],
    "nothing was ever sent": [Sync()],
    "the only one is deleted": [Submit(), Sync(), LATER, Delete(0)],
    "the last is deleted, and one is new": [*KNOWN, Delete(7), Submit()],
    "days pass": [*KNOWN, Tick(86400), Status(1, APPROVED), Sync(), Tick(10 * 86400), Status(1, None)],
}

# Those that a sync can meet at any of its requests. Submission 1 has a status, 2 was edited, 9 is late.
DEEDS: dict[str, Deed] = {
    "submit": Submit(),
    "commit": Commit(0),
    "edit": Edit(0),
    "edit again": Edit(2),
    "spoil": BulkEdit((4,), "spoiled visits"),
    "set": Status(5, APPROVED),
    "set another": Status(1, ON_HOLD),
    "clear": Status(1, None),
    "delete": Delete(3),
    "delete what was edited": Delete(2),
    "delete what has a status": Delete(1),
    "delete the last": Delete(-1),
    "delete several": DeleteMany((0, 3, 4, 6)),
    "resend": Resend(0),
}
REQUESTS = range(1, 9)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run one server for all stories; each starts with an empty form."""
    with serving() as running:
        yield running


def _tell(server: Server, story: Sequence[Deed | Sync], *, sweep: bool = False) -> None:
    server.empty()
    with tempfile.TemporaryDirectory() as folder:
        Story(Office(server, Path(folder))).play(story, sweep=sweep)


@pytest.mark.parametrize("name", STORIES)
def test_every_story_ends_exact(server: Server, name: str) -> None:
    """Without a sweep, by what changed alone, local = server at the end of each story."""
    _tell(server, STORIES[name])


def _meanwhile(server: Server, *during: tuple[int, Deed]) -> None:
    before = [*STATED, Edit(2), Delete(7), Sync(), LATER, Begin(), Submit(), Edit(6), Status(6, ON_HOLD)]
    _tell(server, [*before, Sync(during=during), LATER])


@pytest.mark.parametrize("number", range(len(DEEDS)))
def test_a_change_at_some_moments_of_a_sync_is_found(server: Server, number: int) -> None:
    """Whatever happens before one of a sync's requests, the next sync ends exact."""
    for place in REQUESTS[number % 4 :: 4]:
        _meanwhile(server, (place, list(DEEDS.values())[number]))


@pytest.mark.soak
@pytest.mark.parametrize("deed", DEEDS)
def test_a_change_at_any_moment_of_a_sync_is_found(server: Server, deed: str) -> None:
    """The same before each of its requests."""
    for place in REQUESTS:
        _meanwhile(server, (place, DEEDS[deed]))


@pytest.mark.soak
@pytest.mark.parametrize("first", DEEDS)
def test_two_changes_in_one_sync_are_found(server: Server, first: str) -> None:
    """The same for every two changes, each pair before other requests."""
    for number, second in enumerate(DEEDS):
        place = REQUESTS[(number + len(first)) % 8]
        _meanwhile(server, (place, DEEDS[first]), (REQUESTS[number * 3 % 8], DEEDS[second]))
