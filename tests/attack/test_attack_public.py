"""The adversary: from all published bytes of all releases she tries to solve for what is held back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from attack_naive import naive, read_naive
from attack_puzzle import Puzzle
from attack_reading import Known, Version, given, read_files
from attack_targets import Found, secrets, women_gone
from attack_worlds import ROUNDS, World, a_world, framework

from kobo_sync.scoring.release import NothingToRelease, make_release
from kobo_sync.scoring.release_model import Plain, Remembered
from kobo_sync.scoring.release_tables import files_of


def withdrawals(world: World, seed: int) -> tuple[World, World]:
    """Return the round after one woman has withdrawn, and after five to eight more of each of some services have."""
    rng = np.random.default_rng([seed, 99])
    first = {site.code: 1 for site in world.sites if len(site.women) > 10}
    one = dict(list(first.items())[:1])
    many = {code: int(rng.integers(4, 13)) for code in first if rng.random() < 0.6}
    return world.after(one), world.after({code: one.get(code, 0) + many.get(code, 0) for code in first})


def release_all(seed: int) -> tuple[list[tuple[World, Remembered]], int]:
    """Release two rounds, the first again after withdrawals; also how often there was nothing to release."""
    first, second = a_world(seed, ROUNDS[0]), a_world(seed, ROUNDS[1])
    made: list[tuple[World, Remembered]] = []
    refused = 0
    for world in (first, *withdrawals(first, seed), second):
        try:
            made.append((world, make_release(world.known(), [one for _, one in made], framework())))
        except NothingToRelease:
            refused += 1
    return made, refused


def _shown(content: Plain) -> dict[str, set[str]]:
    return {
        block["code"]: {domain["code"] for domain in block["domains"]}
        for block in content["services"]
        if block["status"] == "published"
    }


def attack(seed: int) -> tuple[list[Found], Counter[str]]:
    """Play the adversary against everything that is published; return what she found, and what she had to go by."""
    made, refused = release_all(seed)
    puzzle, found, had = Puzzle(), list[Found](), Counter[str](refused=refused, releases=len(made))
    known: dict[str, Known] = {}
    for world, remembered in made:
        # A block that was taken over is about the women as they were then: she can tell by its bytes.
        version: Version = (world.round, remembered.release.number)
        known[str(version)] = given(world)
        if version[1] == 1:
            read_files(puzzle, files_of(remembered.release), version, known[str(version)])
    again = [(world, one) for world, one in made if one.release.number == 2]
    for world, remembered in again:
        version = (world.round, 2)
        old = next(one for _, one in made if one.release.round == world.round)
        changed = _changed(remembered, old)
        had["made again"] += len(changed.release.content["services"])
        read_files(puzzle, files_of(changed.release), version, known[str(version)], files_of(old.release))
        before = puzzle.questions
        found += _gone(puzzle, made[0][0], world, (old, changed))
        had["women gone"] += puzzle.questions - before
    for world, remembered in made:
        version = (world.round, remembered.release.number)
        found += secrets(puzzle, world, version, known[str(version)])
    had["facts"], had["questions"] = len(puzzle.facts), puzzle.questions
    had["services"] = sum(len(_shown(one.release.content)) for _, one in made)
    had["tables"] = sum(len(one.release.content["identity"]) for _, one in made)
    return found, had


def _changed(new: Remembered, old: Remembered) -> Remembered:
    """Return the release with what is not byte for byte as before."""
    before, content = old.release.content, new.release.content
    parts = {
        part: [block for block in content[part] if block not in before[part]]
        for part in ("services", "areas", "identity")
    }

    return replace(new, release=replace(new.release, content={**content, **parts}))


def _gone(puzzle: Puzzle, before: World, after: World, releases: tuple[Remembered, Remembered]) -> list[Found]:
    if not before.complete:
        return []
    old, new = (_shown(one.release.content) for one in releases)
    domains = {code: sorted(old[code] & new[code]) for code in new if code in old}
    return list(women_gone(puzzle, before, after, ((before.round, 1), (before.round, 2)), domains))


def run(seeds: range) -> Counter[str]:
    """Attack each of these worlds; returns what there was to work with. Fails where anything was recovered."""
    total = Counter[str]()
    for seed in seeds:
        found, had = attack(seed)
        assert not found, (seed, found)
        total += had
    return total


def test_nothing_held_back_can_be_solved_for() -> None:
    """From two rounds, a withdrawal and a release made again, she recovers no secret at all, in ten worlds."""
    had = run(range(10))
    assert had["services"] > 50
    assert had["tables"] > 10
    assert had["refused"] > 5
    assert had["made again"] > 5


@pytest.mark.soak
def test_nothing_held_back_can_be_solved_for_in_two_hundred_worlds() -> None:
    """The same in two hundred worlds."""
    had = run(range(200))
    assert had["services"] > 1000
    assert had["made again"] > 100


def test_the_adversary_wins_against_a_naive_release() -> None:
    """Against exact figures with only the small ones blanked she recovers identities, harms, small services, women."""
    kinds = Counter[str]()
    for seed in range(6):
        first = a_world(seed, ROUNDS[0])
        puzzle, known = Puzzle(), dict[int, Known]()
        worlds = [first, withdrawals(first, seed)[0]]
        for number, world in enumerate(worlds, 1):
            content = naive(world)
            known[number] = given(world)
            read_naive(puzzle, content, (world.round, number), known[number])
            kinds.update(one.kind for one in secrets(puzzle, world, (world.round, number), known[number]))
        if first.complete:
            shown = {code: list(block["domains"]) for code, block in content["services"].items()}
            versions = ((first.round, 1), (first.round, 2))
            kinds.update(one.kind for one in women_gone(puzzle, worlds[0], worlds[1], versions, shown))
    assert {"identity", "small service", "small domain", "woman", "every woman"} <= set(kinds), kinds
    assert kinds["identity"] > 20
