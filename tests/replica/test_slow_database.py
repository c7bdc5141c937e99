"""A transaction that stays open: a lower `_id` appears after a higher one, as on a real server under load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from replica_form import Sent, xml
from replica_rig import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server with the tiny form."""
    with serving() as running:
        yield running


def test_a_submission_whose_transaction_is_open_is_not_there(server: Server) -> None:
    """Its `_id` is drawn, and nobody sees it until it is committed; then it stands below what came after it."""
    with server.standin.slow_database() as opened:
        assert server.send(xml(Sent(number=1), "one")) == 201
    assert server.send(xml(Sent(number=2), "two")) == 201
    assert [item.row["_uuid"] for item in server.asset.submissions.values()] == ["two"]
    opened[0]()
    late, early = (server.asset.submissions[number].row for number in sorted(server.asset.submissions))
    assert (late["_uuid"], early["_uuid"]) == ("one", "two")
    assert late["_submission_time"] == early["_submission_time"]


def test_the_same_submission_meanwhile_is_locked(server: Server) -> None:
    """A phone that sends it again meanwhile hears 423, and 202 afterwards: it is there once."""
    with server.standin.slow_database() as opened:
        server.send(xml(Sent(number=1), "one"))
        other = xml(Sent(number=2), "one")
        assert server.send(other) == 423
    opened[0]()
    assert server.send(xml(Sent(number=1), "one")) == 202
    assert server.send(other) == 409
    assert len(server.asset.submissions) == 1
