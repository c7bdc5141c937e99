"""Sensitivity (3.4): how many services another way of weighing puts into another band."""

from __future__ import annotations

from dataclasses import replace

from scoring_samples import best, framework, scored, women, worst

from kobo_sync.instrument.framework import Framework, with_weights
from kobo_sync.instrument.weights import CommunityWeights
from kobo_sync.scoring.model import DomainScore, ServiceScore
from kobo_sync.scoring.sensitivity import ServiceSensitivity, sensitivity

NAMES = [domain.code for domain in framework().domains]


def _community(**weights: float) -> Framework:
    every = {**dict.fromkeys(NAMES, 1.0), **weights}
    return with_weights(framework(), CommunityWeights("2026.1", "a meeting", "2026-03-01", "", every, "x"))


def _score(service: str, values: dict[str, float]) -> ServiceScore:
    """Return a service with these domains: what sensitivity looks at, and no more."""
    base = scored({"C": women(5)})
    domains = tuple(DomainScore(code, values[code], True, "", 5, (), values[code]) for code in values)  # noqa: FBT003 -- valid
    return replace(base, service=service, domains=domains)


def test_both_ways_of_weighing_are_compared() -> None:
    """Equal against community weights, arithmetic against geometric mean: who changes band is counted."""
    low = dict.fromkeys(NAMES, 0.8) | {"cnf": 0.0}
    # equal: 11 · 0.8 / 12 = 0.733 → band 4; geometric: 0.8^(11/12) · 0.01^(1/12) = 0.555 → band 3
    # community, cnf counting 12: 11 · 0.8 / 23 = 0.383 → band 2; geometric: 0.8^(11/23) · 0.01^(12/23) = 0.081 → band 1
    even = dict.fromkeys(NAMES, 0.5)  # band 3 in every way
    found = sensitivity([_score("S1", low), _score("S2", even)], _community(cnf=12.0))
    assert found.services == (ServiceSensitivity("S1", 4, 3, 2, 1), ServiceSensitivity("S2", 3, 3, 3, 3))
    assert (found.by_weights, found.by_mean) == (1, 1)


def test_without_community_weights_only_the_means_are_compared() -> None:
    """Where the community has set no weights there is nothing to hold them against."""
    found = sensitivity([_score("S1", dict.fromkeys(NAMES, 0.8) | {"cnf": 0.0})], framework())
    assert found.services == (ServiceSensitivity("S1", 4, 3, None, None),)
    assert (found.by_weights, found.by_mean) == (None, 1)


def test_services_without_a_score_are_left_out() -> None:
    """A service without enough information has no band to change."""
    assert sensitivity([scored({"C": women(3)})], framework()).services == ()


def test_community_weights_are_in_force_and_named() -> None:
    """With the community's weights S is their mean over the valid domains, and the score names their version."""
    answers = {"C": women(6, worst("C"), **{c: v for c, v in best("C").items() if c.startswith("pkg")})}
    plain, own = scored(answers), scored(answers, of=_community(pkg=100.0))
    assert plain.weights_version == ""
    assert own.weights_version == "2026.1"
    assert plain.value is not None
    assert own.value is not None
    assert own.value > 0.9 > plain.value
