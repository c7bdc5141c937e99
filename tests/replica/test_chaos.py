"""Whatever happens on the server, before, during and between syncs: after a quiet sync, local = server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replica_form import KINDS, V1, V2
from replica_people import (
    BULK,
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

# Often the same few, so that things happen to one submission after another; and edits of a few only: what was ever
# edited is listed by every sync, which would hide the rest.
_pick = st.one_of(st.integers(0, 3), st.integers(0, 30))
_few = st.lists(_pick, min_size=1, max_size=3).map(tuple)
_picks = st.lists(_pick, min_size=1, max_size=9).map(tuple)
_kind = st.sampled_from(("interview", "interview", "interview", *KINDS))
_version = st.sampled_from((V1, V1, V2))
_status = st.sampled_from((*STATUSES, None))
_deed: st.SearchStrategy[Deed] = st.one_of(
    st.builds(Submit, _kind, _version),
    st.builds(Submit, _kind, _version),
    st.builds(Edit, _pick, _kind, _version, st.booleans()),
    st.builds(BulkEdit, _few, st.sampled_from(sorted(BULK))),
    st.builds(Status, _pick, _status),
    st.builds(Status, _pick, _status),
    st.builds(Statuses, _picks, st.sampled_from((*STATUSES, None, "no_such_status"))),
    st.builds(Delete, _pick),
    st.builds(DeleteMany, _picks),
    st.builds(Resend, _pick),
    st.builds(Duplicate, _pick),
    st.builds(Begin, _kind),
    st.builds(Commit, _pick),
    st.builds(Tick, st.sampled_from((1, 1, 30, 200, 3600))),
    st.just(KeepVersion()),
    st.just(ListService()),
)
_rarely = st.sampled_from((False, False, False, True))
_sync = st.one_of(
    st.just(Sync()),
    st.builds(Sync, sweep=_rarely),
    st.builds(
        Sync,
        during=st.lists(st.tuples(st.integers(1, 9), _deed), min_size=1, max_size=5).map(tuple),
        sweep=_rarely,
    ),
    st.builds(Sync, breaks=st.integers(1, 9), sweep=_rarely),
)
# Several days of some deeds and a sync each: one long list would be drawn much shorter. Time passes between: what came
# in lately is looked at again by every sync, which would hide what is found by counts alone.
_pause = st.sampled_from((0, 60, 3600, 3600)).map(Tick)
_day: st.SearchStrategy[list[Deed | Sync]] = st.builds(
    lambda pause, deeds, sync: [pause, *deeds, sync], _pause, st.lists(_deed, max_size=10), _sync
)
HISTORY: st.SearchStrategy[list[Deed | Sync]] = st.builds(
    lambda first, days, last: [*[Submit()] * first, *chain.from_iterable(days), *last],
    st.integers(0, 12),
    st.tuples(_day, _day, _day, _day),
    st.builds(lambda pause, deeds: [pause, *deeds], _pause, st.lists(_deed, max_size=10)),
)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Run one server for all histories; each starts with an empty form."""
    with serving() as running:
        yield running


def _told(server: Server, history: list[Deed | Sync], *, sweep: bool) -> None:
    server.empty()
    with tempfile.TemporaryDirectory() as folder:
        Story(Office(server, Path(folder))).play(history, sweep=sweep)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=HISTORY, sweep=st.booleans())
def test_after_a_quiet_sync_local_is_server(server: Server, history: list[Deed | Sync], *, sweep: bool) -> None:
    """After any history, one quiet sync makes the store what the server is, field by field."""
    _told(server, history, sweep=sweep)


@pytest.mark.soak
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(history=HISTORY, sweep=st.booleans())
def test_after_any_of_many_histories_local_is_server(
    server: Server, history: list[Deed | Sync], *, sweep: bool
) -> None:
    """The same over many histories."""
    _told(server, history, sweep=sweep)
