"""What is published of a single service: worked examples, one a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from release_samples import block, domain, known, listed, mixed, plain_service, release, rules, service, shares, simple
from scoring_samples import best, item, reviewed, women

from kobo_sync.scoring.release_model import Scored
from kobo_sync.scoring.release_services import public_part


def test_ten_women_are_enough_and_nine_are_not() -> None:
    """A service with ten women has figures; with nine it says only that it is not published."""
    assert block(release(simple(10)))["women"] == "10-19"
    assert block(release(simple(9))) == {
        "code": "S1",
        "label": "Service S1",
        "area": "D1",
        "status": "not_published",
    }


def test_a_service_without_red_flags_has_all_its_figures() -> None:
    """Twelve women, no flag: band, figures on the grid of five, bounds around them, no number of women but a band.

    pkg 1 - 2/11 · 0.125 = 0.977; acc 1 - 1/8 · 0.357 = 0.955; stf 1 - 2/5 · 0.335 = 0.866; the other nine 1; so the
    mean is 0.983, printed as 95: 95 or more.
    """
    found = block(release(simple(12)))
    assert (found["status"], found["women"], found["flags"]) == ("published", "10-19", [])
    assert found["overall"] == {"percent": 95, "low": 90, "high": 100, "grade": "B"}
    figure = {one["code"]: one["figure"]["percent"] for one in found["domains"]}
    assert (figure["pkg"], figure["acc"], figure["stf"], len(figure)) == (95, 95, 85, 12)


def test_what_is_held_back_looks_the_same_for_every_reason() -> None:
    """Nobody asked, nine women, a flag that waits, a small network: the same bytes."""
    waiting = service("S1", {"C": [*women(10), *women(2, cnf_breach="yes")]})
    assert waiting.score.waiting
    rounds = [
        known(listed("S1"), []),
        simple(9),
        simple(4),
        known(listed("S1"), [waiting]),
        known(listed("S1", band="under_20"), [plain_service("S1", 12)]),
    ]
    assert len({release(one).release.data for one in rounds}) == 1


def test_a_reviewed_flag_is_a_word_without_counts() -> None:
    """Two of twelve women report a breach, it is reviewed: indicator, level, whose doing, open; nobody's number."""
    answers: Any = {"C": [*women(10), *women(2, cnf_breach="yes")]}
    found = block(release(known(listed("S1"), [service("S1", answers, reviews=reviewed("cnf_breach"))])))
    assert found["flags"] == [{"indicator": "cnf_breach", "level": "R1", "by_service": True, "open": True}]
    more: Any = {"C": [*women(7), *women(5, cnf_breach="yes")]}
    other = block(release(known(listed("S1"), [service("S1", more, reviews=reviewed("cnf_breach"))])))
    assert other == found


def test_a_reported_flag_moves_no_byte() -> None:
    """What one woman reports on a gate changes nothing at all that is published."""
    without = service("S1", {"C": women(12)})
    with_one = service("S1", {"C": [*women(11), *women(1, cnf_breach="yes")]})
    one, two = (release(known(listed("S1"), [found])).release.data for found in (without, with_one))
    assert one == two


def test_a_capped_service_shows_its_own_figure_and_the_band_of_the_cap() -> None:
    """An excellent service with an open hard flag: the uncapped figure, and the band that the cap leaves."""
    answers: Any = {"C": [*women(28), *women(2, srh_coercion="yes")], "O": [best("O")]}
    found = block(release(known(listed("S1"), [service("S1", answers, reviews=reviewed("srh_coercion"))])))
    assert found["overall"]["percent"] == 95
    assert found["band"]["number"] == 2  # S is capped at 0.44
    assert found["tier"] == "lacking"  # an open R1 that the service caused, published as a word


@pytest.mark.parametrize(
    ("band", "n", "status"),
    [
        ("100_or_more", 49, "published"),
        ("100_or_more", 50, "not_published"),  # half of a hundred: the band may be no more than that
        ("50_to_99", 24, "published"),
        ("50_to_99", 25, "not_published"),
        ("20_to_49", 10, "not_published"),
        ("under_20", 10, "not_published"),
        ("", 10, "not_published"),  # unknown counts as small
        ("many", 10, "not_published"),  # as does a word that the framework does not know
    ],
)
def test_small_networks_are_not_published(band: str, n: int, status: str) -> None:
    """Where the women interviewed may be half or more of those whom the service sees, it has no figures of its own."""
    found = release(known(listed("S1", band=band), [plain_service("S1", n)]))
    assert block(found)["status"] == status


def test_a_domain_needs_ten_women() -> None:
    """Nine of twelve women answered anything about legal support: the domain is held back, the others are not."""
    rows = [
        {k: v for k, v in row.items() if not k.startswith("leg_") or number < 9} for number, row in enumerate(mixed(12))
    ]
    found = block(release(known(listed("S1"), [service("S1", {"C": rows})])))
    assert domain(found, "leg") is None
    assert domain(found, "stf") is not None
    assert found["overall"] is not None  # of the domains that are published


def test_the_overall_figure_rests_on_published_domains_alone() -> None:
    """Whatever nine women said about legal support, the overall figure, its interval and the band are the same."""
    blocks = []
    for answer in ("here", "no"):
        rows = [
            {
                **{k: v for k, v in row.items() if not k.startswith("leg_")},
                **({"leg_aid": answer, "leg_arrest": "yes"} if number < 9 else {}),
            }
            for number, row in enumerate(mixed(12))
        ]
        scored = service("S1", {"C": rows})
        assert any(one.code == "leg" and one.valid for one in scored.score.domains)
        blocks.append(block(release(known(listed("S1"), [scored]))))
    assert blocks[0] == blocks[1]
    assert blocks[0]["overall"] is not None


def test_without_the_resamples_no_overall_figure_is_made_up() -> None:
    """Where a valid domain is held back and the answers are no longer at hand, there is no overall figure."""
    rows = [
        {k: v for k, v in row.items() if not k.startswith("leg_") or number < 9} for number, row in enumerate(mixed(12))
    ]
    scored = replace(service("S1", {"C": rows}), draws=None)
    found = block(release(known(listed("S1"), [scored])))
    assert (found["overall"], found["band"]) == (None, None)
    assert domain(found, "stf") is not None


def test_a_question_that_few_answered_hides_its_domain() -> None:
    """Four of twelve women answered one averaged question: a domain near its end would tell what they said."""
    for few, there in ((4, False), (5, True)):
        rows = [{**row, **({} if number < few else {"pkg_prep_pep": "dk"})} for number, row in enumerate(mixed(12))]
        found = block(release(known(listed("S1"), [service("S1", {"C": rows})])))
        assert (domain(found, "pkg") is not None) == there


def test_a_harm_that_fewer_than_ten_answered_hides_its_domain() -> None:
    """Nine of twelve women answered whether they had to pay: the domain is held back, though the rest is complete."""
    for few, there in ((9, False), (10, True)):
        rows = [{**row, **({} if number < few else {"acc_free": "pns"})} for number, row in enumerate(mixed(12))]
        found = block(release(known(listed("S1"), [service("S1", {"C": rows})])))
        assert (domain(found, "acc") is not None) == there


def test_a_domain_that_is_one_harm_is_hidden() -> None:
    """Where only the question whether one can complain safely has a value, the domain would be that harm's figure."""
    rows = [{**row, "fbk_complaint": "dk", "fbk_acted": "dk"} for row in mixed(12)]
    scored = service("S1", {"C": rows})
    score = replace(
        scored.score,
        domains=tuple(
            replace(one, valid=True, value=0.9, items=("fbk_safe",)) if one.code == "fbk" else one
            for one in scored.score.domains
        ),
    )
    assert "fbk" not in {one.code for one in public_part(Scored(score, scored.draws), rules()).domains}


def test_questions_beside_a_harm_have_no_shares() -> None:
    """Getting in has a harm among its questions, staff has none: only the latter's have shares."""
    found = block(release(simple(12)))
    assert shares(found, "acc") == {}
    assert set(shares(found, "stf")) == {"stf_respect", "stf_language", "stf_women"}


def test_one_small_question_takes_the_shares_of_its_domain() -> None:
    """Nine women answered one question of a domain: no question of the domain has a share, the domain keeps its own."""
    rows = [{**row, **({} if number < 9 else {"pkg_prep_pep": "dk"})} for number, row in enumerate(mixed(12))]
    found = block(release(known(listed("S1"), [service("S1", {"C": rows})])))
    assert domain(found, "pkg") is not None
    assert shares(found, "pkg") == {}


def test_shares_are_those_of_women_who_gave_the_best_answer() -> None:
    """Of twelve women six say that staff always show respect: half; all twelve that words are kind: most or all."""
    found = block(release(simple(12)))
    assert shares(found, "stf") == {"stf_respect": 50, "stf_language": "most_or_all", "stf_women": "most_or_all"}


def test_no_question_of_a_harm_and_no_gate_is_named() -> None:
    """Nowhere but in a flag does the name of a harm stand."""
    text = release(simple(30)).release.data.decode()
    assert not [one.code for one in rules().indicators if one.harm and one.code in text]


def test_a_gate_without_ten_women_is_not_met() -> None:
    """Nine women answered about a women's time: the band that asks for it is not reached, whatever they said."""
    bands = {}
    for asked in (9, 10):
        for answer in ("yes", "no"):
            rows = [*women(asked, acc_women_time=answer), *women(12 - asked, acc_women_time="dk")]
            rows = [{**row, "mip_design": "no", "mip_network": "no"} for row in rows]  # so that band 5 is out of reach
            scored = service("S1", {"C": rows})
            assert item(scored.score, "acc_women_time").n == asked
            part = public_part(scored, rules())
            assert part.band is not None
            bands[asked, answer] = part.band.number
    assert bands == {(9, "yes"): 3, (9, "no"): 3, (10, "yes"): 4, (10, "no"): 3}


def test_good_practice_needs_all_its_conditions_of_the_published_part() -> None:
    """Named where women confirm it and the service agrees; else in between, and nothing says which was missing."""
    answers: Any = {"C": women(30), "O": [best("O")], "P": [best("P")]}
    tiers = {
        named: block(release(known(listed("S1"), [service("S1", answers, named=named)])))["tier"]
        for named in (True, False, None)
    }
    assert tiers == {True: "good", False: "between", None: "between"}


def test_a_provider_alone_publishes_nothing() -> None:
    """A service of which only the manager spoke is not published."""
    assert block(release(known(listed("S1"), [service("S1", {"P": [best("P")]})])))["status"] == "not_published"


def test_women_who_knew_nothing_publish_nothing() -> None:
    """Twelve women who answered "don't know" throughout are no twelve women with a value."""
    rows = [dict.fromkeys(best("C"), "dk")] * 12
    assert block(release(known(listed("S1"), [service("S1", {"C": rows})])))["status"] == "not_published"


def test_what_the_service_says_is_not_published() -> None:
    """Nine of thirteen women say the best, the manager too: "most or all" and "at most three quarters" would be nine.

    Most or all: at least 13 - 4 = 9. The service says more: the mean is at most 1 - 0.25, so at most 9.75 of 13. Both
    together: nine, and that four women were not content. (Found by the adversary in tests/attack.)
    """
    rows = [*mixed(9), *mixed(4, stf_women="never")]
    scored = service("S1", {"C": rows, "P": [best("P")]})
    assert "stf_women" in {gap.code for gap in scored.score.gaps}
    found = block(release(known(listed("S1"), [scored])))
    assert shares(found, "stf")["stf_women"] == "most_or_all"
    assert set(found["domains"][0]) == {"code", "figure", "questions"}
