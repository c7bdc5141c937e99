"""Closing a round freezes its scores; only an interview that is gone changes them, and what is late counts nowhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rights_world import ASSET, FORM, NOW, ROUND, Rights, interview, rights_world

from kobo_sync import __version__
from kobo_sync.errors import ConfigError, RefusedForSafety, UserError
from kobo_sync.report.gather import gather
from kobo_sync.scoring.service import score_service
from kobo_sync.store.closing import Closed, closed_rounds
from kobo_sync.store.scores import round_counts, stale_pairs
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of, score_workspace
from kobo_sync.sync.rounds import due_on, may_close, round_states

JUNE = dt.date(2026, 6, 30)
JULY = dt.date(2026, 7, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


def closed(world: Rights) -> Closed:
    with Store(world.space.store) as store, store.read() as connection:
        return closed_rounds(connection)[ROUND]


def change_framework(world: Rights) -> None:
    path = world.space.xlsform / "framework.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("core: 2", "core: 3", 1), encoding="utf-8")


def edit(world: Rights, id_: int, **answers: str) -> None:
    """Edit on the server: a new uuid, the old one named."""
    before = world.server.world.assets[ASSET].submissions[id_].row
    uuid = f"10000000-0000-4000-8000-{id_:012d}"
    world.add(
        {
            **before,
            **answers,
            "_uuid": uuid,
            "meta/instanceID": f"uuid:{uuid}",
            "meta/deprecatedID": before["meta/instanceID"],
        }
    )


def test_closing_keeps_what_the_scores_were_made_with(world: Rights) -> None:
    """A closed round remembers the versions, the months and the counts, and a copy of its framework."""
    world.close()
    found, framework = closed(world), framework_of(world.space)
    assert found.closed_at == NOW.timestamp()
    assert found.details["framework"] == framework.version
    assert found.details["fingerprint"] == framework.fingerprint
    assert found.details["numpy"] == np.__version__
    assert found.details["program"] == __version__
    assert found.months == ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    assert found.details["counts"] == {"accepted": 8, "refused": 0, "quarantined": 0, "services": 2}
    kept = world.space.rounds / ROUND / "framework.yaml"
    assert kept.read_bytes() == (world.space.xlsform / "framework.yaml").read_bytes()


def test_a_round_that_is_not_over_is_closed_with_force_only(world: Rights) -> None:
    """In the last month of a round closing is refused, exit 5; the day after it is not."""
    framework = framework_of(world.space)
    with Store(world.space.store) as store:
        with pytest.raises(RefusedForSafety, match="--force"):
            may_close(store, framework, ROUND, JUNE, force=False)
        assert may_close(store, framework, ROUND, JUNE, force=True).name == ROUND
        assert may_close(store, framework, ROUND, JULY, force=False).name == ROUND


@pytest.mark.parametrize("name", ["2025-H2", "nonsense", "../H1", ""])
def test_a_round_without_answers_cannot_be_closed(world: Rights, name: str) -> None:
    """A name that no answers belong to is refused, with those that can be closed."""
    with Store(world.space.store) as store, pytest.raises(UserError, match=ROUND):
        may_close(store, framework_of(world.space), name, JULY, force=False)


def test_a_round_is_closed_once(world: Rights) -> None:
    """A closed round cannot be closed again: its scores would be said to be of another day."""
    world.close()
    with pytest.raises(UserError, match="was closed on 2026-07-10"):
        world.close()


def test_scores_that_are_not_of_the_answers_are_not_frozen(world: Rights) -> None:
    """With answers or a framework that changed since the scores were made, nothing is closed."""
    change_framework(world)
    with pytest.raises(ConfigError, match="kobo-sync score"):
        world.close()
    world.sync()
    world.close()


def test_what_comes_after_the_closing_counts_in_no_score(world: Rights) -> None:
    """An interview of a closed round that arrives later is kept, counted as late, and changes no score of it."""
    world.close()
    before = world.score()
    world.add(interview(20), interview(21, month="2026-07"))
    result = world.sync()
    assert result.scored == 1  # the open round's
    assert world.score() == before
    assert world.women(round_="2026-H2") == 1
    with Store(world.space.store) as store:
        counts = round_counts(store, closed(world).months)
        assert (counts.accepted, counts.late) == (8, 1)
        assert stale_pairs(store) == []
    assert gather(world.space, ROUND).fieldwork.interviews == 8


def test_an_edit_after_the_closing_changes_no_score(world: Rights) -> None:
    """Answers that are edited after the closing are kept, and the frozen score stays; the record is not late for it."""
    world.close()
    before = world.score()
    edit(world, 3, **{"g/hiv": "no"})
    assert world.sync().scored == 0
    assert world.score() == before
    with Store(world.space.store) as store:
        assert round_counts(store, closed(world).months).late == 0
        assert stale_pairs(store) == []


def test_a_consent_that_is_taken_back_is_a_deletion(world: Rights) -> None:
    """When an edit turns an interview into a refusal, it leaves even a frozen score, and the team's pages."""
    world.close()
    out = world.report()
    before = world.server.world.assets[ASSET].submissions[3].row
    for question in [name for name in before if name.startswith("g/")]:
        del before[question]
    edit(world, 3, consent="no")
    world.sync()
    assert world.states == {"accepted": 7, "refused": 1}
    assert world.women() == 6
    assert "6 women" in (out / "en" / "index.html").read_text(encoding="utf-8")
    assert not world.on_disk("canary-7741-3-end")


def test_what_was_in_quarantine_at_the_closing_has_missed_it(world: Rights) -> None:
    """A submission that is released from quarantine after its round was closed is late, like one that came late."""
    world.add(interview(20, consent="perhaps"))
    world.sync()
    world.close()
    before = world.score()
    edit(world, 20, consent="yes")
    world.sync()
    assert world.states == {"accepted": 9}
    assert world.score() == before
    with Store(world.space.store) as store:
        assert round_counts(store, closed(world).months).late == 1


def test_what_moves_into_a_closed_round_is_late_there(world: Rights) -> None:
    """An interview whose month is edited into a closed round counts in no score of it."""
    world.add(interview(20, month="2026-07"))
    world.sync()
    world.close()
    before = world.score()
    edit(world, 20, month="2026-04")
    world.sync()
    assert world.score() == before
    assert world.score(round_="2026-H2") is None
    with Store(world.space.store) as store:
        assert round_counts(store, closed(world).months).late == 1


@pytest.mark.parametrize("how", ["forget", "deleted on the server"])
def test_a_deletion_changes_the_score_of_its_service_alone(world: Rights, how: str) -> None:
    """What is gone leaves even a frozen score, made from what remains; no other service's score is touched."""
    world.close()
    other = world.score("S02")
    world.add(interview(20))
    world.sync()
    if how == "forget":
        world.forget(3)
    else:
        world.drop(3)
        world.sync()
    assert world.women() == 6  # without the late one
    assert world.score("S02") == other


def test_a_deletion_of_something_late_changes_no_score(world: Rights) -> None:
    """What never counted in a frozen score leaves it as it is when it is withdrawn."""
    world.close()
    before = world.score()
    world.add(interview(20))
    world.sync()
    world.forget(20)
    assert world.score() == before


def test_the_last_interview_takes_the_score_with_it(world: Rights) -> None:
    """A service-round of which nothing remains has no score any more, though it was frozen."""
    world.close()
    world.forget(8)
    assert world.score("S02") is None


def test_a_changed_framework_leaves_closed_rounds_alone(world: Rights) -> None:
    """When the framework changes, open rounds are scored anew and a closed one keeps scores and rules."""
    world.add(interview(20, month="2026-07"))
    world.sync()
    world.close()
    before, kept = world.score(), framework_of(world.space)
    change_framework(world)
    assert score_workspace(world.space, everything=False, progress=lambda _done, _total: None) == 1
    assert score_workspace(world.space, everything=True, progress=lambda _done, _total: None) == 1
    assert world.score() == before
    assert gather(world.space, ROUND).framework.fingerprint == kept.fingerprint
    assert gather(world.space, "2026-H2").framework.fingerprint == framework_of(world.space).fingerprint


def test_a_deletion_after_the_framework_changed_is_scored_by_the_frozen_one(
    world: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What remains of a closed round is scored by the framework that it was closed with, not by today's."""
    world.close()
    kept = framework_of(world.space).fingerprint
    change_framework(world)
    world.sync()
    used: list[str] = []

    def look(service: str, round_: str, framework: object, *rest: object, **more: object) -> object:
        used.append(getattr(framework, "fingerprint", ""))
        return score_service(service, round_, framework, *rest, **more)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr("kobo_sync.sync.scores.score_service", look)
    world.forget(3)
    assert used == [kept]
    assert world.women() == 6


def test_the_list_of_rounds_tells_open_and_closed(world: Rights) -> None:
    """Each round shows whether it is over or closed, its counts, and until when its answers are kept."""
    world.add(interview(20, month="2026-07"))
    world.sync()
    framework = framework_of(world.space)
    with Store(world.space.store) as store:
        first, second = round_states(store, framework, 12, JULY)
        assert (first.name, first.over, first.closed_on, first.due_on) == (ROUND, True, None, None)
        assert (second.name, second.over, second.counts.accepted) == ("2026-H2", False, 1)
    world.close()
    with Store(world.space.store) as store:
        first, _ = round_states(store, framework, 12, JULY)
        assert (first.closed_on, first.due_on, first.services) == (NOW.date(), dt.date(2027, 7, 10), 2)


@pytest.mark.parametrize(
    ("closed_on", "months", "day"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2027, 12, 15), 12, dt.date(2028, 12, 15)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2026, 7, 1), 1200 * 100, dt.date.max),
    ],
)
def test_months_are_counted_by_the_calendar(closed_on: dt.date, months: int, day: dt.date) -> None:
    """The time to keep answers ends on the same day of a later month, or on its last one."""
    assert due_on(closed_on, months) == day


def test_a_forms_name_is_no_part_of_a_rounds_folder(world: Rights) -> None:
    """What is kept of a round lies in a folder of its own, away from the versions of forms."""
    world.close()
    assert {path.name for path in world.space.rounds.iterdir()} == {ROUND}
    assert {path.name for path in world.space.versions.iterdir()} == {FORM}
