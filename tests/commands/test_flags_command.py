"""`kobo-sync flags` as the safety focal point meets it, and what her decisions do to scores, pages and releases."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flag_world import FIRST, SECOND, Flags, flag_world, manager, woman

from kobo_sync.store.scores import stale_pairs
from kobo_sync.store.store import Store
from kobo_sync.sync.lock import lock

REASON = "Two peers were told about it"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Flags]:
    with flag_world(tmp_path, monkeypatch, capfd) as made:
        yield made


def two_report(world: Flags) -> None:
    world.add("women", woman(13, cnf_breach="yes"), woman(14, cnf_breach="yes"))


def status(world: Flags, round_: str = SECOND) -> str:
    """Release a round; return what it says of the first service."""
    assert world.say("report", "--audience", "public", "--round", round_) == 0, world.said
    made = json.loads(world.files(f"public/{round_}")["release.json"])
    return str(next(one["status"] for one in made["services"] if one["code"] == "S01"))


def outputs(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], answer: str) -> object:
    with flag_world(folder, monkeypatch, capfd) as world:
        world.add("women", woman(13, cnf_breach=answer))
        world.close()
        assert world.say("report") == 0
        assert status(world) == "published"
        explained = (world.say("score", "--explain", "S01"), world.said)
        world.say("flags", "list")
        assert ("1 woman says so" in world.said) == (answer == "yes")
        frozen = [world.table(name) for name in ("score", "frozen", "flag_review")]
        return frozen, world.files("report"), world.files(f"public/{SECOND}"), explained


def test_a_reported_flag_moves_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What one woman reports is in the inbox alone: scores, frozen figures, pages, release, explain are the same."""
    one, other = (outputs(tmp_path / answer, monkeypatch, capfd, answer) for answer in ("yes", "no"))
    assert one == other


def test_two_women_make_a_flag_wait_and_a_round_stay_open(world: Flags) -> None:
    """What two women report waits: closing is refused with exit 5, and by force nothing is published of the service."""
    two_report(world)
    assert world.score().waiting
    assert world.say("flags", "list") == 0
    assert "2 women say so" in world.said
    assert "kobo-sync flags review S01 cnf_breach --round 2026-H1" in world.said
    assert world.say("rounds", "close", SECOND, "--yes") == 5
    assert "Red flags in 1 service wait" in world.said
    assert "kobo-sync flags list" in world.said
    assert "S01" not in world.said  # who may close a round need not know which service
    assert world.say("rounds", "close", SECOND, "--yes", "--force") == 0
    assert status(world) == "not_published"
    world.say("flags", "list")
    assert "was not reviewed before the round was closed" in world.said
    assert world.say("flags", "review", "S01", "cnf_breach") == 2
    assert "is closed: its scores are frozen" in world.said
    assert world.table("flag_review") == []


def test_a_review_opens_a_flag_and_a_resolution_lifts_it(world: Flags) -> None:
    """A review caps, and the band follows; the team's pages are made anew; a resolution lifts both again."""
    two_report(world)
    assert world.say("report") == 0
    before, pages = world.score(), world.files("report")
    world.review(why=REASON)
    opened = world.score()
    assert opened.band is not None
    assert (opened.value, opened.waiting) == (before.value, False)
    assert opened.capped == pytest.approx(0.44)
    assert opened.band.number == 2
    assert world.table("meta", "key").count(("reports due",)) == 0
    world.say("flags", "list")
    assert f"open, reviewed on 2026-07-10: {REASON}" in world.said
    world.resolve()
    resolved = world.score()
    assert resolved.capped == before.value
    assert [flag.state for flag in resolved.flags] == ["resolved"]
    world.say("flags", "list")
    assert "resolved on 2026-07-10: Staff were trained." in world.said
    assert world.files("report").keys() == pages.keys()
    world.close()
    assert status(world) == "published"


def test_pages_are_owed_with_the_decision(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that is killed before the scores are made is finished by the next run, the team's pages too."""
    two_report(world)
    assert world.say("report") == 0
    written: list[object] = []
    with monkeypatch.context() as broken:
        broken.setattr("kobo_sync.sync.all_forms.score_now", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        assert world.say("flags", "review", "S01", "cnf_breach", typed="So it is.\n") != 0
    assert ("reports due",) in world.table("meta", "key")
    with Store(world.space.store) as store:
        assert stale_pairs(store) == [("S01", "2026-06")]
    monkeypatch.setattr("kobo_sync.report.site.write_site", lambda *_, **__: written.append(1))
    world.sync()
    assert world.score().flags[0].is_open
    assert written == [1]


def test_what_cannot_be_decided_is_said_in_words(world: Flags) -> None:
    """A reported flag is not reviewed, one under review not resolved, and each is done once: exit 2, and why."""
    world.add("women", woman(13, cnf_breach="yes"))
    for deed in ("review", "resolve"):
        assert world.say("flags", deed, "S01", "cnf_breach", typed="Why\n") == 2
        assert "One woman reports this" in world.said
        assert "Why" not in world.said  # nobody is asked in vain
    world.add("women", woman(14, cnf_breach="yes"))
    assert world.say("flags", "resolve", "S01", "cnf_breach") == 2
    assert "First: kobo-sync flags review" in world.said
    world.review()
    assert world.say("flags", "review", "S01", "cnf_breach") == 2
    assert "kobo-sync flags resolve S01 " in world.said
    world.resolve()
    for deed, words in (("review", "Should it get worse"), ("resolve", "resolved already")):
        assert world.say("flags", deed, "S01", "cnf_breach") == 2
        assert words in world.said
    assert world.say("flags", "review", "S01", "cnf_nothing") == 2
    assert "kobo-sync flags list" in world.said


def test_a_slip_of_the_pen_is_not_no_flag(world: Flags) -> None:
    """An unknown service or round in the list is exit 2 and says what there is, never "no flag"."""
    for more, words in ((("--service", "S0l"), "services.csv"), (("--round", "2026-h1"), SECOND)):
        assert world.say("flags", "list", *more) == 2
        assert words in world.said
        assert "No flag" not in world.said
    assert world.say("flags", "list", "--service", "S03") == 0
    assert "does not mean that nothing happened" in world.said


def test_a_flag_that_became_worse_waits_anew(world: Flags) -> None:
    """A concern that was reviewed and became a hard flag waits again, and nothing is published until it is reviewed."""
    told = {"acc_no_conditions": "yes"}
    world.add("women", woman(13, **told, shared="no"), woman(14, **told, shared="no"))
    world.review("acc_no_conditions")
    assert [flag.level for flag in world.score().flags] == ["R2"]
    world.add("women", woman(15, **told, shared="yes"))
    assert not world.score().waiting  # one woman's word raises no level
    world.say("flags", "list")
    assert "somebody speaks of more: a hard red flag" in world.said
    world.add("women", woman(16, **told, shared="yes"))
    assert world.score().waiting
    assert world.score().flags == ()
    assert world.say("rounds", "close", SECOND, "--yes") == 5
    world.review("acc_no_conditions")
    assert [flag.level for flag in world.score().flags] == ["R1"]


def test_a_rule_of_the_service_waits_without_any_woman(world: Flags) -> None:
    """A manager who states a harmful rule makes a flag that waits; the list says who says so."""
    world.add("provider", manager(50))
    world.say("flags", "list")
    assert "the provider says so; caused by the service, and it is the service's own rule" in world.said
    world.review("cnf_mandatory")
    band = world.score().band
    assert band is not None
    assert (band.number, band.imposed) == (1, "in_policy")


def test_a_closed_round_keeps_its_figures(world: Flags) -> None:
    """What is decided after the closing is kept and told in the inbox; not a byte of the round's figures moves."""
    two_report(world)
    world.review()
    world.close()
    before = world.table("score"), world.table("frozen"), world.table("closed_round")
    assert world.say("flags", "resolve", "S01", "cnf_breach", typed="Mended.\n") == 0
    assert "its own figures stay as they are" in world.said
    assert (world.table("score"), world.table("frozen"), world.table("closed_round")) == before
    world.say("flags", "list")
    assert "resolved on 2026-07-10: Mended." in world.said


def test_a_late_decision_does_not_ride_in_on_a_withdrawal(world: Flags) -> None:
    """When a closed round's score is made without one woman, a decision from after the closing still moves nothing."""
    two_report(world)
    world.review()
    world.close()
    world.resolve()
    world.forget(1)
    score = world.score()
    assert score.n == 13
    assert [flag.state for flag in score.flags] == ["reviewed"]
    assert score.capped == pytest.approx(0.44)


def test_a_flag_of_several_rounds_is_named_with_its_round(world: Flags) -> None:
    """Where a flag stands in several rounds, a decision needs --round, and says which there are."""
    two_report(world)
    world.add("women", *(woman(n, round_=FIRST, cnf_breach="yes") for n in (31, 32)))
    assert world.say("flags", "review", "S01", "cnf_breach", typed="Why\n") == 2
    assert f"({FIRST}, {SECOND}). Say which one with --round." in world.said
    assert world.say("flags", "review", "S01", "cnf_breach", "--round", FIRST, typed="Why\n") == 0
    assert world.score().waiting
    assert not world.score(round_=FIRST).waiting


def test_a_reason_that_could_tell_on_somebody_is_not_kept(world: Flags) -> None:
    """A reason with a number, an address or a handle, an empty or a very long one is asked for anew, and not kept."""
    two_report(world)
    typed = "She said so, call 0812 3456 789\nmail amina@example.org\n \n" + "x" * 501 + "\nTwo told it.\n"
    assert world.say("flags", "review", "S01", "cnf_breach", typed=typed) == 0
    assert "a phone number or another long number" in world.said
    assert "an e-mail address" in world.said
    assert world.table("flag_review", "reason") == [("Two told it.",)]
    for text in ("0812 3456", "08123456789", "amina"):
        assert not world.on_disk(text)


def test_reasons_and_flags_are_in_no_log(world: Flags, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a reason nor a flag nor its service is ever logged, however much is logged."""
    caplog.set_level(logging.DEBUG)
    two_report(world)
    world.review(why=REASON)
    world.resolve(why=REASON)
    world.sync()
    for text in (REASON, "cnf_breach", "S01"):
        assert text not in caplog.text
    assert not any(REASON in path.read_text("utf-8", "replace") for path in world.space.root.rglob("*.log*"))


def test_nobody_waits_while_she_thinks(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a reason or a yes is asked for, the lock is free: a woman who withdraws meanwhile need not wait."""
    two_report(world)
    free: list[str] = []

    def ask(*_: object, **__: object) -> str:
        with lock(world.space):
            free.append("free")
        return "So it is."

    monkeypatch.setattr("click.prompt", ask)
    monkeypatch.setattr("click.confirm", ask)
    assert world.say("flags", "review", "S01", "cnf_breach") == 0
    assert world.say("rounds", "close", SECOND) == 0
    assert free == ["free", "free"]


def test_what_changed_while_she_thought_is_not_decided(world: Flags, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag that changed while the reason was written is looked at again first; a round likewise is not closed."""
    two_report(world)

    def withdraw(id_: int) -> str:
        world.forget(id_)
        return "So it is."

    monkeypatch.setattr("click.prompt", lambda *_, **__: withdraw(13))
    assert world.say("flags", "review", "S01", "cnf_breach") == 2
    assert "changed while you wrote" in world.said
    assert world.table("flag_review") == []
    monkeypatch.setattr("click.confirm", lambda *_, **__: withdraw(1))
    assert world.say("rounds", "close", SECOND) == 2
    assert "nothing was closed" in world.said
    assert world.table("closed_round") == []
