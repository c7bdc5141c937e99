"""`kobo-sync score --explain` as a coordinator meets it: under the rules of team exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flag_world import FIRST, SECOND, Flags, flag_world, woman


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Flags]:
    with flag_world(tmp_path, monkeypatch, capfd) as made:
        yield made


def test_the_way_from_answers_to_band_is_told(world: Flags) -> None:
    """It tells who was asked, each domain by its items, the whole and the band with its gates, with the rules."""
    assert world.say("score", "--explain", "S01") == 0
    for words in (
        f"S01, round {SECOND}",
        "Who was asked",
        "12",
        "Domain: weighted mean of these",
        "Gate of band 5",
        "3.11",
    ):
        assert words in world.said
    assert "conventions" in world.said


def test_a_language_changes_the_labels(world: Flags) -> None:
    """Labels come in the language that is asked for."""
    assert world.say("score", "--explain", "S01", "--language", "es") == 0
    assert "Jeringas estériles" in world.said


def test_an_open_flag_is_told_as_what_it_lowers(world: Flags) -> None:
    """A cap is told as a figure that an open flag lowered; no flag by name, no count; nothing of one that waits."""
    assert world.say("score", "--explain", "S01") == 0
    world.add("women", woman(13, cnf_breach="yes"), woman(14, cnf_breach="yes"))
    assert world.say("score", "--explain", "S01") == 0
    assert "flag to" not in world.said
    world.review()
    assert world.say("score", "--explain", "S01") == 0
    assert "Lowered by open flags to" in world.said
    assert "44 %" in world.said
    assert "Women's information told to others" not in world.said
    assert "Two told me" not in world.said


def test_fewer_than_five_women_have_no_figure(world: Flags) -> None:
    """Of a service that fewer than five women spoke about no figure at all is told, nor how many there are."""
    world.add("women", *(woman(n, "S03") for n in range(61, 65)))
    assert world.say("score", "--explain", "S03") == 0
    assert "fewer than 5 women" in world.said
    assert "%" not in world.said
    assert " 4 " not in world.said


def test_a_round_can_be_named(world: Flags) -> None:
    """The last round is told unless another is named; a closed one by the framework that it was closed with."""
    world.add("women", *(woman(n, round_=FIRST) for n in range(31, 37)))
    world.close(FIRST)
    assert world.say("score", "--explain", "S01") == 0
    assert f"S01, round {SECOND}" in world.said
    path = world.space.xlsform / "framework.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('version: "2026.3"', 'version: "2026.9"', 1), encoding="utf-8")
    assert world.say("score", "--explain", "S01", "--round", FIRST) == 2  # the open round's scores come first
    assert "kobo-sync score" in world.said
    assert world.say("score") == 0
    assert world.say("score", "--explain", "S01", "--round", FIRST) == 0
    assert f"S01, round {FIRST}" in world.said
    assert "2026.3" in world.said


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("--explain", "S99"), "services.csv"),
        (("--explain", "S03"), "kobo-sync sync"),
        (("--explain", "S01", "--round", "2031-H1"), SECOND),
        (("--explain", "S01", "--all"), "one at a time"),
        (("--round", SECOND), "--explain"),
    ],
)
def test_what_cannot_be_told_is_exit_2(world: Flags, arguments: tuple[str, ...], remedy: str) -> None:
    """An unknown service or round, and options that do not go together: exit 2, and what to do."""
    assert world.say("score", *arguments) == 2
    assert remedy in world.said
