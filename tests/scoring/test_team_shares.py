"""What the team may say aloud of how many women gave the best answer: no more than a release would."""

from __future__ import annotations

import release_samples as released
from scoring_samples import best, framework, scored, women, worst

from kobo_sync.scoring.disclosure import team_view
from kobo_sync.scoring.release_model import FEW, MOST
from kobo_sync.scoring.team_shares import team_shares

RULES = framework()


def test_nothing_is_said_aloud_below_ten_women() -> None:
    """Of a service of fewer than ten women no share is told, whatever they said."""
    for rows in (women(9), women(9, worst("C")), women(4), women(1)):
        assert team_shares(scored({"C": rows, "O": [best("O")]}), RULES) == {}
    assert team_shares(scored({"C": women(10)}), RULES)


def test_small_numbers_on_either_side_are_words() -> None:
    """Fewer than five women who gave the best answer, or who did not, are never a number."""
    for good in range(21):
        rows = [*women(good), *women(20 - good, worst("C"))]
        share = team_shares(scored({"C": rows}), RULES)["pkg_nsp"]
        assert share == (FEW if good < 5 else MOST if good > 15 else 5 * good)


def test_shares_are_on_the_public_grid() -> None:
    """What is between the words is rounded as in public: in tens below twenty women, else in fives."""
    for n in (10, 19, 24, 57, 120):
        for good in range(0, n + 1, 7):
            shares = team_shares(scored({"C": [*women(good), *women(n - good, worst("C"))]}), RULES)
            assert shares
            step = 10 if n < 20 else 5
            assert all(share in (FEW, MOST, *range(step, 100, step)) for share in shares.values())


def test_harms_and_what_the_page_hides_have_no_share() -> None:
    """No harm has a share, nor any question without its figure on the team's page of the service."""
    score = scored({"C": women(24, worst("C", harms=True)), "O": [best("O")], "P": [best("P")]})
    shown = {
        item.code for domain in team_view(score, RULES).domains for item in domain.items if item.percent is not None
    }
    shares = team_shares(score, RULES)
    assert shares
    assert set(shares) <= shown
    assert not [code for code in shares if RULES.by_code[code].harm or "C" not in RULES.by_code[code].sources]


def test_shares_are_those_of_a_release() -> None:
    """Where a release has a share of a question, the team's page has the same one."""
    score = released.plain_service("S1", 24)
    made = released.release(released.known(released.listed("S1"), [score]))
    public = {
        one["indicator"]: one["share"] for domain in released.block(made)["domains"] for one in domain["questions"]
    }
    aloud = team_shares(score.score, released.rules())
    assert public
    assert {code: aloud[code] for code in public} == public
