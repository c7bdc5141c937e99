"""A line that breaks, stalls and lies: a sync ends exact, or says so and has lost nothing; and it never hammers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from replica_form import Sent
from replica_proxy import FAULTS, PAUSE, Line, Seen, by_chance
from replica_rig import Office, Server, run_sync, serving
from replica_rows import fill, row
from small_forms import seeded

from kobo_sync.kobo.errors import KoboError, ServerBusy
from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.sync.all_forms import Result
from kobo_sync.workspace import open_workspace

# As in life, but for the time limit of one request: a stall is noticed soon.
PATIENCE = Patience(read=0.3, connect=2)
MOST_RUNS = 40


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a server of one's own."""
    with serving() as running:
        yield running


@pytest.fixture
def office(server: Server, tmp_path: Path) -> Office:
    """Open a workspace on a server with 60 submissions."""
    server.empty()
    fill(server, (row(n, Sent("refusal" if n % 9 == 0 else "interview", number=n)) for n in range(1, 61)))
    return Office(server, tmp_path)


def _over(line: Line, office: Office, pauses: list[float]) -> Result:
    opened = KoboSession(line.url, Secret(office.server.token), patience=PATIENCE, sleep=pauses.append)
    return run_sync(open_workspace(office.folder), opened)


def _until_done(line: Line, office: Office, pauses: list[float]) -> int:
    """Run again until a run goes through, as the message asks for; returns how many runs that took.

    Whatever breaks off, exit code 3 says so and nothing that the server still has is lost.
    """
    there = set(office.server.asset.submissions)
    for runs in range(1, MOST_RUNS):
        before = office.local().keys() & there
        with suppress(KoboError):
            _over(line, office, pauses)
            return runs
        assert before <= office.local().keys()
    raise AssertionError(f"{MOST_RUNS} runs, and none went through")


def _change(office: Office, turn: int) -> None:
    server = office.server
    server.now += dt.timedelta(hours=25)  # deletions add up over a day, and are not what is looked at here
    there = sorted(server.asset.submissions)
    body = {"payload": {"submission_ids": there[turn : turn + 5], "data": {"interview/visits": str(turn)}}}
    assert server.ask("PATCH", "bulk/", body) == 200
    assert server.ask("DELETE", "bulk/", {"payload": {"submission_ids": there[20 + turn : 22 + turn]}}) == 200
    status = {"payload": {"submission_ids": there[:4], "validation_status.uid": "validation_status_on_hold"}}
    assert server.ask("PATCH", "validation_statuses/", status) == 200
    first = server.standin.world.next_id() + 1
    fill(server, (row(n, Sent(number=n)) for n in range(first, first + 5)))


def _bad_days(office: Office, seeds: range) -> list[Seen]:
    """Sync over bad lines, one a seed, while things change in between; returns all that went over them."""
    seen: list[Seen] = []
    for seed in seeds:
        pauses: list[float] = []
        with Line(office.server.standin.url, by_chance(seeded(seed), 0.2)) as line:
            _until_done(line, office, pauses)
            assert not office.faults()
            _change(office, seed % 10)
            _until_done(line, office, pauses)
            assert not office.faults()
            assert max(line.most_at_once.values()) == 1, line.most_at_once
            _never_hammers(line.seen, pauses)
        seen += line.seen
    return seen


def _never_hammers(seen: list[Seen], pauses: list[float]) -> None:
    """After an answer that says "busy", or none, there was a pause before the next try, as long as was asked for."""
    tried_again = sum(1 for one, after in pairwise(seen) if one.fault not in {"", "page"} and after.path == one.path)
    assert len(pauses) >= tried_again
    assert all(pause >= PATIENCE.first / 2 for pause in pauses), sorted(pauses)[:3]
    asked = sum(one.fault.endswith("+") for one in seen)
    assert sum(pause >= PAUSE for pause in pauses) >= asked - sum(one.fault == "page" for one in seen)


def test_over_a_bad_line_a_sync_ends_exact_or_loses_nothing(office: Office) -> None:
    """With a fifth of all answers spoiled, runs end exact or with exit code 3, one request at a time."""
    _bad_days(office, range(4))


@pytest.mark.soak
def test_over_many_bad_lines_a_sync_ends_exact_or_loses_nothing(server: Server, tmp_path: Path) -> None:
    """The same over sixty bad lines, on which every fault occurred."""
    seen: list[Seen] = []
    for round_ in range(6):
        server.empty()
        fill(server, (row(n, Sent(number=n)) for n in range(1, 61)))
        seen += _bad_days(Office(server, tmp_path / str(round_)), range(100 + 10 * round_, 110 + 10 * round_))
    assert {one.fault for one in seen} == {"", *FAULTS}


def _one_fault(office: Office, fault: str, place: int) -> None:
    _change(office, place)
    count = iter(range(1000))
    with Line(office.server.standin.url, lambda _target: fault if next(count) == place else "") as line:
        assert _until_done(line, office, []) <= 2
    assert not office.faults()


@pytest.mark.parametrize("place", range(0, 8, 3))
def test_one_fault_at_one_place_is_survived(office: Office, place: int) -> None:
    """Each kind of fault, at some of a sync's first requests: exact at once or after one more run."""
    office.sync()
    for fault in FAULTS:
        _one_fault(office, fault, place)


@pytest.mark.soak
@pytest.mark.parametrize("place", range(12))
def test_one_fault_anywhere_is_survived(office: Office, place: int) -> None:
    """Each kind of fault, at each of a sync's first requests: exact at once or after one more run."""
    office.sync()
    for fault in FAULTS:
        _one_fault(office, fault, place)


def test_an_hour_of_maintenance_is_waited_for_and_then_reported(office: Office) -> None:
    """While everything answers 503 with a page, the run pauses longer and longer, gives up, and exits 3 unharmed."""
    office.sync()
    before = office.local()
    _change(office, 0)
    pauses: list[float] = []
    with Line(office.server.standin.url, lambda _target: "maintenance") as line:
        with pytest.raises(ServerBusy, match="Nothing was lost") as caught:
            _over(line, office, pauses)
        assert caught.value.exit_code == 3
        assert len(line.seen) == PATIENCE.attempts
    assert office.local() == before
    assert len(pauses) == PATIENCE.attempts - 1
    assert all(pause >= PATIENCE.first / 2 for pause in pauses)
    assert sum(pauses[-3:]) > sum(pauses[:3])
    office.sync()
    assert not office.faults()


def test_a_pause_that_the_server_asks_for_is_kept(office: Office) -> None:
    """After 429 or 503 with Retry-After, the next request waits that long."""
    kinds = iter(["429+", "503+", "429+"])
    pauses: list[float] = []
    with Line(office.server.standin.url, lambda _target: next(kinds, "")) as line:
        _over(line, office, pauses)
    assert len(pauses) == 3
    assert all(pause >= PAUSE for pause in pauses)
    assert not office.faults()


@pytest.mark.parametrize("fault", [*FAULTS, "maintenance"])
def test_every_fault_is_one_of_the_servers_or_the_lines(office: Office, fault: str) -> None:
    """Whatever goes wrong on the way, for good, is an error of KoboToolbox or the way to it: exit 3, and a remedy."""
    with Line(office.server.standin.url, lambda _target: fault) as line, pytest.raises(KoboError) as caught:
        _over(line, office, [])
    assert caught.value.exit_code == 3
    assert len(line.seen) <= PATIENCE.attempts
    assert "again" in str(caught.value) or "address" in str(caught.value)
