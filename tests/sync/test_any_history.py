"""Any list of deeds on the server, with syncs in between that may be disturbed: a quiet sync ends exact."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sync_rig import ASSET, STATUSES, Running, is_persons, raw, serving, uuid_of
from werkzeug.wrappers import Request

from kobo_sync.errors import RefusedForSafety
from kobo_sync.store.store import RunCounts

Deed = tuple[str, int, int]  # what, which submission, and one number more
DEEDS = ("submit", "late", "edit", "mark", "clear", "delete", "resend", "twin", "spoil", "wait")
deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, 40), st.integers(0, 5))
syncs = st.tuples(st.just("sync"), st.integers(1, 12), deeds)


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    """Run one server for all histories."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), 0) as made:
        yield made


def do(running: Running, deed: Deed) -> None:
    """Do on the server what a deed says, as far as there is anything to do it to."""
    what, which, more = deed
    rows = running.server.world.assets[ASSET].submissions
    there = sorted(rows)
    free = running.server.world._next_id
    stamp = {"_submission_time": f"{running.now:%Y-%m-%dT%H:%M:%S}"}
    if what == "wait":
        running.later((1, 30, 500, 3600, 7200, 90000)[more])
    elif what == "submit":
        running.add(*[raw(free + n + 3, **stamp) for n in range(more + 1)])
    elif what == "resend":
        running.add(raw(free, _uuid=uuid_of(which + 1), **stamp))
    elif there:
        chosen = there[which % len(there)]
        late = max(set(range(1, there[-1])) - running.used, default=free)
        {
            "late": lambda: running.add(raw(late, **stamp)),
            "twin": lambda: running.add(raw(free, _uuid=rows[chosen].row["_uuid"], **stamp)),
            "edit": lambda: running.edit(chosen, month=f"2026-0{more + 1}"),
            "spoil": lambda: running.edit(chosen, ending="perhaps"),
            "mark": lambda: running.mark(chosen, STATUSES[more % 3]),
            "clear": lambda: running.mark(chosen, ""),
            "delete": lambda: running.delete(chosen),
        }[what]()
    running.used |= set(rows)


def pull(running: Running, size: int) -> RunCounts:
    """Sync, and say yes when many are gone."""
    try:
        return running.pull(page_size=size)
    except RefusedForSafety:
        return running.pull(page_size=size, force=True)


histories = st.lists(deeds | deeds | syncs, max_size=30)
sizes = st.sampled_from((1, 2, 7, 1000))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=histories, size=sizes)
def test_a_quiet_sync_ends_exact(served: Running, history: list[tuple[object, ...]], size: int) -> None:
    """After any history, a quiet sync makes the store what the server is, and another one finds nothing to do."""
    live_through(served, history, size)


@pytest.mark.soak
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=histories, size=sizes)
def test_a_quiet_sync_ends_exact_after_many_histories(
    served: Running, history: list[tuple[object, ...]], size: int
) -> None:
    """The same over many histories."""
    live_through(served, history, size)


def live_through(served: Running, history: list[tuple[object, ...]], size: int) -> None:
    """Do what the history says, in an empty form, and hold the store to the server in the end."""
    rows = served.server.world.assets[ASSET].submissions
    if rows:
        served.delete(*rows)
    served.space.store_file.unlink(missing_ok=True)
    served.space.key_file.unlink(missing_ok=True)
    for step in history:
        if step[0] != "sync":
            do(served, step)  # type: ignore[arg-type]  # told apart by its first word
            continue
        count = [0]

        def meanwhile(request: Request, step: tuple[object, ...] = step, count: list[int] = count) -> None:
            count[0] += not is_persons(request)
            if count[0] == step[1] and not is_persons(request):
                do(served, step[2])  # type: ignore[arg-type]  # as above

        served.server.before = meanwhile
        try:
            pull(served, size)
        finally:
            served.server.before = None
    pull(served, size)
    assert served.here == served.there
    assert pull(served, size) == RunCounts()
