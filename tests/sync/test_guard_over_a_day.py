"""Wrong answers and slow losses: what a single run would let pass is a question when it adds up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_rig import Running, is_persons, raw, serving
from werkzeug.wrappers import Request, Response

from kobo_sync.errors import RefusedForSafety


def nothing(request: Request) -> Response | None:
    """Say of every list that it is empty, as no error."""
    if is_persons(request) or "/data/" not in request.path:
        return None
    return Response('{"count": 0, "results": [], "next": null, "previous": null}', mimetype="application/json")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with five refusals that were read once, an hour ago."""
    with serving(tmp_path, 5) as made:
        made.pull()
        made.later(3600)
        yield made


def test_one_wrong_answer_empties_no_small_form(running: Running) -> None:
    """All of a form with more than one gone at once is a question, however few they are."""
    running.server.before = nothing
    with pytest.raises(RefusedForSafety, match="5 of 5"):
        running.pull()
    running.server.before = None
    running.pull()
    assert running.here == running.there
    assert len(running.here) == 5


def test_losses_add_up_over_a_day(tmp_path: Path) -> None:
    """Five gone in one run pass, one more within a day is a question, and a day later it passes."""
    with serving(tmp_path, 40) as made:
        made.pull()
        made.later(3600)
        made.delete(*range(1, 6))
        assert made.pull().deleted == 5
        made.later(3600)
        made.delete(6)
        with pytest.raises(RefusedForSafety, match="after 5 in the day before"):
            made.pull()
        assert 6 in made.here
        made.later(24 * 3600)
        assert made.pull().deleted == 1


def test_what_a_person_confirmed_adds_to_nothing(running: Running) -> None:
    """After --force the day begins anew: the next few deletions are no question."""
    running.delete(*range(1, 6))
    running.add(raw(70), raw(71))
    running.pull(force=True)
    running.delete(70)
    assert running.pull().deleted == 1
