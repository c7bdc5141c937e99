"""What a closing round freezes beside the scores: changes and places; what mends them, and what never touches them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flag_world import FIRST, LATER, NOW, SECOND, Flags, flag_world, place, woman
from sqlalchemy import update

from kobo_sync.scoring.areas import Area
from kobo_sync.scoring.changes import Changes
from kobo_sync.store import tables
from kobo_sync.store.closing import closed_rounds
from kobo_sync.store.frozen import AREA, BASIS, CHANGE, frozen
from kobo_sync.store.scores import documents
from kobo_sync.store.store import Store
from kobo_sync.sync import figures, rounds
from kobo_sync.sync.all_forms import framework_of, versions_of
from kobo_sync.sync.figures import Answers, Basis, figures_of

NONE = {"nsp": "not_reachable", "hiv": "not_reachable"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Flags]:
    with flag_world(tmp_path, monkeypatch, capfd) as made:
        yield made


def two_rounds(world: Flags) -> None:
    """Close a first round of both services, and then the second."""
    worse = {"pkg_nsp": "no", "pkg_hiv": "no", "pkg_condoms": "no"}
    world.add(
        "women",
        *(woman(n, round_=FIRST, **worse) for n in range(31, 41)),
        *(woman(n, "S02", round_=FIRST) for n in range(41, 48)),
    )
    world.close(FIRST)
    world.close(SECOND)


def changes(world: Flags, round_: str = SECOND) -> dict[str, Changes]:
    with Store(world.space.store) as store:
        return frozen(store, round_, CHANGE, Changes)


def areas(world: Flags, round_: str = SECOND) -> dict[str, Area]:
    with Store(world.space.store) as store:
        return frozen(store, round_, AREA, Area)


def row(world: Flags, kind: str, code: str, round_: str = SECOND) -> Any:
    found = world.table("frozen", "result", "round", "kind", "code")
    return next((one[0] for one in found if one[1:] == (round_, kind, code)), None)


def lacking(world: Flags, code: str) -> tuple[str, ...]:
    return areas(world)[code].lacking


def test_changes_of_a_service_are_frozen_with_the_round(world: Flags) -> None:
    """A service that was in the closed round before has its change frozen, and an open round has none yet."""
    world.add("women", woman(61, "S03"))
    two_rounds(world)
    found = changes(world)
    assert sorted(found) == ["S01", "S02"]  # S03 is new
    assert (found["S01"].before, found["S01"].after) == (FIRST, SECOND)
    items = {item.code: item.verdict for item in found["S01"].items}
    assert items["pkg_nsp"] == "better"
    assert changes(world, FIRST) == {}
    assert world.table("closed_round", "name") == [(FIRST,), (SECOND,)]


def test_rounds_follow_each_other_by_their_months(world: Flags) -> None:
    """The round before is the one with the earlier months, in whatever order rounds are closed."""
    world.add("women", *(woman(n, round_=FIRST) for n in range(31, 41)))
    world.close(SECOND)
    assert changes(world) == {}  # there was none before it
    world.close(FIRST)
    assert changes(world, FIRST) == {}
    world.forget(1)
    assert changes(world) == {}  # what was not frozen with it is not made later
    with Store(world.space.store) as store, store.read() as connection:
        assert list(closed_rounds(connection)) == [FIRST, SECOND]


def test_a_withdrawal_makes_its_own_figures_again_and_no_others(world: Flags) -> None:
    """What rested on her answers is made anew without her: change and place of her service; no other moves a byte."""
    world.add("women", *(woman(n, "S03") for n in range(61, 67)), *(woman(n, "S03", FIRST) for n in range(71, 77)))
    two_rounds(world)
    before = {code: row(world, CHANGE, code) for code in ("S01", "S02", "S03")}
    south, north = row(world, AREA, "south"), row(world, AREA, "north")
    world.forget(3)
    assert row(world, CHANGE, "S01") != before["S01"]
    assert {code: row(world, CHANGE, code) for code in ("S02", "S03")} == {c: before[c] for c in ("S02", "S03")}
    assert row(world, AREA, "south") == south
    assert north is not None
    again = row(world, CHANGE, "S01")
    world.forget(32)  # of the round before
    assert row(world, CHANGE, "S01") != again
    assert row(world, CHANGE, "S02") == before["S02"]


def test_a_service_without_answers_has_no_change_left(world: Flags) -> None:
    """When all women of a service withdrew, its change and score are gone, from the disk too."""
    two_rounds(world)
    bytes_ = row(world, CHANGE, "S02")
    assert bytes_ is not None
    world.forget(*range(21, 27))
    assert row(world, CHANGE, "S02") is None
    assert row(world, CHANGE, "S01") is not None
    assert not world.on_disk(bytes_[:400])
    with Store(world.space.store) as store:
        assert frozen(store, SECOND, BASIS, Basis)["north"].services == ("S01",)


def test_lists_that_changed_since_do_not_reach_a_closed_round(world: Flags) -> None:
    """A service that moved to another place, and a law that changed, leave a closed round's places as they were."""
    world.add("places", place(81, "north", team="t1", any="no"), place(82, "north", team="t2", any="no"))
    world.close()
    before = areas(world)["north"]
    text = world.space.services_file.read_text(encoding="utf-8")
    world.space.services_file.write_text(text.replace("Women,north", "Women,south"), encoding="utf-8")
    config = world.space.root / "kobo-sync.toml"
    config.write_text('not_lawful = ["loc_oat"]\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    world.again()
    south = row(world, AREA, "south")
    world.forget(3)
    assert areas(world)["north"].score.services == before.score.services == 1
    assert row(world, AREA, "south") == south


def test_a_form_about_a_place_that_is_gone_makes_the_place_again(world: Flags) -> None:
    """Two teams confirm a gap; when one form is deleted it is only reported; other places do not move a byte."""
    told = [place(81, "south", team="t1", **NONE), place(82, "south", team="t2", **NONE)]
    world.add("places", *told, place(83, "west", team="t1", **NONE), place(84, "north", team="t1", nsp="here"))
    world.close()
    assert lacking(world, "south") == ("gaps",)
    assert sorted(areas(world)) == ["north", "south", "west"]  # one that is not listed is told of, too
    others = {code: row(world, AREA, code) for code in ("north", "west")}
    world.drop("places", 82)
    assert lacking(world, "south") == ()
    assert {gap.state for gap in areas(world)["south"].gaps} == {"reported", "no_data"}
    assert {code: row(world, AREA, code) for code in ("north", "west")} == others
    world.drop("places", 83)
    assert sorted(areas(world)) == ["north", "south"]  # nobody speaks of it any more


def test_what_is_not_lawful_counts_towards_nothing(world: Flags) -> None:
    """A gap that nobody may close in the country makes no place severely lacking; without the setting it does."""
    told = {"nsp": "not_reachable", "oat": "not_reachable"}
    world.add("places", place(81, "south", team="t1", **told), place(82, "south", team="t2", **told))
    world.add("places", *(place(n, "south", FIRST, team=f"t{n - 90}", **told) for n in (91, 92)))
    world.close(FIRST)
    assert areas(world, FIRST)["south"].lacking == ("gaps",)
    config = world.space.root / "kobo-sync.toml"
    config.write_text('not_lawful = ["loc_oat"]\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    world.again()
    world.close(SECOND)
    assert lacking(world, "south") == ()
    assert areas(world, FIRST)["south"].lacking == ("gaps",)


def test_a_slip_in_not_lawful_closes_nothing(world: Flags) -> None:
    """A code that is no such gap is exit 2 with those there are: it would call a place severely lacking."""
    config = world.space.root / "kobo-sync.toml"
    config.write_text('not_lawful = ["oat"]\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert world.say("rounds", "close", SECOND, "--yes") == 2
    assert "There are: loc_oat." in world.said
    assert world.table("closed_round") == []


def test_what_is_frozen_outlives_the_answers(world: Flags) -> None:
    """When answers are deleted because their time is over, changes and places of their round stay, byte for byte."""
    world.add("places", place(81, "south", team="t1", **NONE))
    two_rounds(world)
    before = world.table("frozen")
    assert world.say("retention", "--yes", on=LATER) == 0
    world.sync()
    assert world.table("submission", "id") == []
    assert world.table("frozen") == before
    assert len(before) > 5


def test_a_change_against_a_retired_round_goes_with_her(world: Flags) -> None:
    """When she withdraws after the answers of the round before were retired, the change cannot be made: it goes."""
    two_rounds(world)
    other = row(world, CHANGE, "S02")
    early = NOW.replace(year=2026, month=7, day=9)
    with Store(world.space.store) as store, store.write() as connection:
        table = tables.closed_round
        connection.execute(update(table).where(table.c.name == FIRST).values(closed_at=early.timestamp()))
    assert world.say("retention", "--yes", on=NOW.replace(year=2027, day=9)) == 0
    assert row(world, CHANGE, "S01") is not None
    world.forget(3)
    assert row(world, CHANGE, "S01") is None
    assert row(world, CHANGE, "S02") == other


@pytest.mark.parametrize("where", ["_mend", "take_note"])
def test_figures_are_owed_until_they_are_made(world: Flags, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Killed between the score and the frozen figures, the next run makes them: her answers stay in nothing."""
    two_rounds(world)
    before = row(world, CHANGE, "S01")

    def killed(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as broken:
        broken.setattr(figures if where == "_mend" else Store, where, killed)
        with pytest.raises(SystemExit, match="killed"):
            world.forget(3)
    world.sync()
    again = row(world, CHANGE, "S01")
    assert again != before
    assert world.table("meta", "key").count(("figures due",)) == 0
    world.sync()
    assert row(world, CHANGE, "S01") == again


def test_a_round_is_closed_whole_or_not_at_all(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while figures are written, a round is open and holds none of them; closed again, it has them all."""

    def killed(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(figures, "change_details", killed)
        assert world.say("rounds", "close", SECOND, "--yes") != 0
    assert world.table("closed_round") == world.table("frozen") == []
    world.close()
    assert sorted(areas(world)) == ["north", "south"]


def test_a_change_is_measured_by_one_framework(world: Flags) -> None:
    """Where the framework changed between two rounds, the earlier one's figures are measured by the later one's."""
    world.add("women", *(woman(n, round_=FIRST, pkg_nsp="no") for n in range(31, 41)))
    world.close(FIRST)
    before = world.score(round_=FIRST)
    path = world.space.xlsform / "framework.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("- code: pkg_nsp")
    path.write_text(text[:start] + text[start:].replace("core: true", "core: false", 1), encoding="utf-8")
    assert world.say("score") == 0
    world.close(SECOND)
    change = next(one for one in changes(world)["S01"].domains if one.code == "pkg")
    then = next(one.value for one in before.domains if one.code == "pkg")
    assert then is not None
    assert change.before > then  # the no weighs less
    assert world.score(round_=FIRST) == before


def test_each_service_is_read_once_and_let_go(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """To freeze figures, answers of a service are read once a round, and no more than one service's are held."""
    world.add("women", *(woman(n, round_=FIRST) for n in range(31, 41)))
    world.close(FIRST)
    read: list[tuple[str, str]] = []

    def look(store: Store, service: str, months: tuple[str, ...], **more: bool) -> object:
        read.append((service, months[0]))
        return documents(store, service, months, **more)

    monkeypatch.setattr(figures, "documents", look)
    world.close(SECOND)
    assert sorted(read) == [("S01", "2025-07"), ("S01", "2026-01"), ("S02", "2026-01")]


def test_a_withdrawal_reads_its_own_service_alone(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a withdrawal costs does not grow with the services: none but those of her place are read."""
    world.add("women", *(woman(n, "S03") for n in range(61, 67)))
    two_rounds(world)
    read: list[str] = []

    def look(store: Store, service: str, months: tuple[str, ...], **more: bool) -> object:
        read.append(service)
        return documents(store, service, months, **more)

    monkeypatch.setattr(figures, "documents", look)
    monkeypatch.setattr("kobo_sync.sync.scores.documents", look)
    world.forget(61)
    assert set(read) == {"S03"}
    read.clear()
    world.sync()
    assert read == []


def test_figures_are_those_of_the_answers(world: Flags) -> None:
    """Figures that are mended are those that a closing without her would have frozen."""
    world.add("places", place(81, "north", team="t1", **NONE))
    two_rounds(world)
    world.forget(3, 33)
    with Store(world.space.store) as store:
        answers = Answers(world.space, store, framework_of(world.space), versions_of(world.space))
        with store.read() as connection:
            months = closed_rounds(connection)[SECOND].months
        fresh = figures_of(answers, SECOND, months)
    assert fresh.changes == changes(world)
    assert fresh.areas == areas(world)


def test_a_round_without_figures_is_left_alone(world: Flags) -> None:
    """A round that an earlier version closed, without figures, is mended in its scores and given no figures now."""
    with Store(world.space.store) as store:
        framework = framework_of(world.space)
        state = rounds.may_close(store, framework, SECOND, NOW.date(), force=False)
        rounds.close_round(world.space, store, framework, state, NOW)
    world.forget(3)
    assert world.score().n == 11
    assert world.table("frozen") == []
