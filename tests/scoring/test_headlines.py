"""Headlines: a share of women with their number, of what has its figure on the page anyway."""

from __future__ import annotations

from fractions import Fraction

import pytest
import release_samples as samples
from scoring_samples import best, framework, scored, women, worst

from kobo_sync.scoring.disclosure import team_view
from kobo_sync.scoring.release_headlines import public_headlines
from kobo_sync.scoring.release_model import FEW, MOST
from kobo_sync.scoring.release_rounding import share
from kobo_sync.scoring.team_headlines import Headline, Headlines, choose, team_headlines
from kobo_sync.scoring.team_shares import team_shares


def told(n: int, bad: int) -> Headlines:
    """Return the headlines of a service where so many of n women say the worst."""
    score = scored({"C": [*women(n - bad), *women(bad, worst("C"))], "O": [best("O")]}, resamples=20)
    return team_headlines(team_shares(score, framework()), score, framework())


@pytest.mark.parametrize("share", range(5, 100, 5))
def test_a_share_is_said_exactly(share: int) -> None:
    """Seven in ten, three in four, thirteen in twenty: the words are the figure that stands on the page."""
    one = Headline("x", share, 24)
    assert Fraction(one.part, one.whole) == Fraction(share, 100)
    assert one.whole in (4, 10, 20)


def test_the_team_is_told_how_many_women() -> None:
    """Of 24 women of whom 7 say the worst, as many tens gave the best answer as in public, and the number stands by."""
    found = told(24, 7)
    assert {(one.share, one.women) for one in found.best} <= {(share(17, 24, framework()), 24), (MOST, 24)}
    assert all(one.share == share(7, 24, framework()) for one in told(24, 17).worst)


def test_ends_are_words() -> None:
    """Where all or none said so, the headline says most or all, few or none: it names nobody's answer."""
    assert {one.share for one in told(20, 20).worst} == {FEW}
    assert {one.share for one in told(20, 0).best} == {MOST}


@pytest.mark.parametrize("n", [1, 4, 9])
def test_too_few_women_make_no_headline(n: int) -> None:
    """Of a service that fewer than ten women spoke of, no headline is made."""
    assert told(n, 1) == Headlines()


def test_no_harm_makes_a_headline() -> None:
    """A headline is made of questions with figures on the page, so of no harm and of no domain that has one."""
    rules = framework()
    score = scored({"C": [*women(12), *women(12, worst("C", harms=True))]}, resamples=20)
    team = team_view(score, rules)
    shown = {item.code for domain in team.domains for item in domain.items if item.percent is not None}
    found = team_headlines(team_shares(score, rules), score, rules)
    assert {one.code for one in (*found.best, *found.worst)} <= shown
    assert not any(rules.by_code[one.code].harm for one in (*found.best, *found.worst))


def test_two_of_each_kind_are_named() -> None:
    """At most two of the highest and two of the lowest; where two are alike, a core question first."""
    rules = framework()
    core = next(one.code for one in rules.indicators if one.core and not one.harm)
    other = next(one.code for one in rules.indicators if not one.core and not one.harm)
    found = choose([Headline(other, 90, 20), Headline(core, 90, 20), Headline("pkg_nsp", 40, 20)], rules)
    assert [one.code for one in found.best] == [core, other]
    assert [one.code for one in found.worst] == ["pkg_nsp"]
    assert len(told(24, 2).best) == 2


def test_public_headlines_are_the_published_shares() -> None:
    """A public headline is a share of the release in words, and its number of women the band of the service."""
    made = samples.release(samples.known(samples.listed("S1", "S2"), [samples.plain_service("S1", 14)]))
    block = samples.block(made)
    shares = {one["indicator"]: one["share"] for domain in block["domains"] for one in domain["questions"]}
    found = public_headlines(block, samples.rules())
    assert found.best
    for one in (*found.best, *found.worst):
        assert (one.share, one.women) == (shares[one.code], "10-19")
    assert public_headlines(samples.block(made, "S2"), samples.rules()) == Headlines()
