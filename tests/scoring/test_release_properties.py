"""The wall as a whole: what is suppressed changes no byte, order does not matter, more care never publishes more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_samples import (
    AGE,
    WHO,
    form,
    identities,
    known,
    listed,
    mixed,
    plain_service,
    records,
    release,
    rules,
    service,
    simple,
)
from scoring_samples import best, women, worst

from kobo_sync.errors import RefusedForSafety
from kobo_sync.scoring.release_model import Known, Plain, Scored
from kobo_sync.scoring.release_shape import check
from kobo_sync.scoring.release_tables import files_of

CODES = ("S1", "S2", "S3", "S4")
AREAS = {"S1": "D1", "S2": "D1", "S3": "D2", "S4": "D2"}

_KINDS: dict[str, Any] = {
    "good": lambda n: {"C": women(n), "O": [best("O")], "P": [best("P")]},
    "bad": lambda n: {"C": women(n, worst("C"))},
    "mixed": lambda n: {"C": mixed(n)},
    "reported": lambda n: {"C": [*women(n - 1), *women(1, cnf_breach="yes")] if n else []},
    "waiting": lambda n: {"C": [*women(n - 2), *women(2, cnf_breach="yes")] if n > 1 else []},
    "thin": lambda n: {
        "C": [{**row, "acc_free": "pns", "leg_aid": "dk"} if i > 7 else row for i, row in enumerate(mixed(n))]
    },
}


@st.composite
def a_service(draw: st.DrawFn, code: str, sizes: st.SearchStrategy[int]) -> Scored:
    """Draw a service of one of several kinds."""
    return service(code, _KINDS[draw(st.sampled_from(sorted(_KINDS)))](draw(sizes)))


@st.composite
def a_round(draw: st.DrawFn) -> Known:
    """Draw a round of up to four services in two areas, with identities and forms about the areas."""
    there = draw(st.lists(st.sampled_from(CODES), unique=True, min_size=1))
    sizes = st.integers(0, 34)
    bands = st.sampled_from(["100_or_more", "50_to_99", "20_to_49", ""])
    services = tuple(one for code in CODES for one in listed(code, area=AREAS[code], band=draw(bands)))
    cells = st.integers(0, 12)
    ages = {code: {name: draw(cells) for name in AGE.categories} for code in there}
    who = {code: {name: draw(cells) for name in WHO.categories} for code in there}
    said = st.sampled_from(["here", "not_reachable", ""])
    forms = {
        area: tuple(form(f"T{i}", draw(st.sampled_from(["r1_4", "r5_9"])), loc_nsp=draw(said)) for i in range(2))
        for area in ("D1", "D2")
    }
    return known(
        services,
        [draw(a_service(code, sizes)) for code in sorted(there)],
        variables=(AGE, WHO),
        identities=(*identities(AGE, ages), *identities(WHO, who, answered=12)),
        forms=forms,
    )


def held_back(made: Plain) -> set[str]:
    """Return the services that are not published."""
    return {block["code"] for block in made["services"] if block["status"] == "not_published"}


@settings(max_examples=25, deadline=None)
@given(a_round(), st.data())
def test_what_is_suppressed_changes_no_byte(round_: Known, data: st.DataObject) -> None:
    """Two rounds that differ only in services of few women, or that wait, give the same bytes in all files."""
    first = release(round_).release
    hidden = {one.score.service for one in round_.scored if one.score.n < 10 or one.score.waiting} & held_back(
        first.content
    )
    others = [
        data.draw(
            st.one_of(a_service(one.score.service, st.integers(0, 9)), st.just(plain_service(one.score.service, 3)))
        )
        if one.score.service in hidden
        else one
        for one in round_.scored
    ]
    there = [one for one in others if one.score.service not in hidden or data.draw(st.booleans())]
    second = release(replace(round_, scored=tuple(there))).release
    assert first.data == second.data
    assert files_of(first) == files_of(second)


@settings(max_examples=15, deadline=None)
@given(a_round(), st.randoms(use_true_random=False))
def test_the_order_of_anything_does_not_matter(round_: Known, random: Any) -> None:
    """Services, scores, counts and forms in any order give the same bytes."""

    def shuffled(values: Any) -> Any:
        made = list(values)
        random.shuffle(made)
        return tuple(made)

    other = replace(
        round_,
        services=shuffled(round_.services),
        scored=shuffled(round_.scored),
        identities=shuffled(round_.identities),
        forms={area: shuffled(forms) for area, forms in reversed(list(round_.forms.items()))},
        records=dict(reversed(list(round_.records.items()))),
    )
    assert release(round_).release.data == release(other).release.data


def amount(content: Plain) -> tuple[int, int, int, int, int]:
    """Count what a release publishes: services, domains, shares, area scores, identity tables."""
    blocks = [block for block in content["services"] if block["status"] == "published"]
    domains = [domain for block in blocks for domain in block["domains"]]
    return (
        len(blocks),
        len(domains),
        sum(len(domain["questions"]) for domain in domains),
        sum(area["score"] is not None for area in content["areas"]),
        len(content["identity"]),
    )


@settings(max_examples=20, deadline=None)
@given(a_round(), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.sampled_from([(1, 2), (1, 3), (1, 10)]))
def test_higher_thresholds_never_publish_more(
    round_: Known, public: int, sensitive: int, few: int, small: tuple[int, int]
) -> None:
    """Whoever asks for more women, a smaller share of the women seen, or masks more, publishes at most as much."""
    rule = rules()
    careful = replace(
        rule,
        public_from=rule.public_from + public,
        suppress_below=rule.suppress_below + few,
        disclosure=replace(
            rule.disclosure, sensitive_from=rule.disclosure.sensitive_from + sensitive, small_network=small
        ),
    )
    less = amount(release(round_, of=careful).release.content)
    more = amount(release(round_).release.content)
    assert all(one <= other for one, other in zip(less, more, strict=True))


@settings(max_examples=20, deadline=None)
@given(a_round())
def test_every_service_is_listed_in_the_order_of_the_codes(round_: Known) -> None:
    """The list of services is that of services.csv, in the order of the codes, never by score; so it tells nothing."""
    content = release(round_).release.content
    assert [block["code"] for block in content["services"]] == sorted(one.code for one in round_.services)


@pytest.mark.parametrize(
    "more",
    [
        {"n": 12},
        {"overall": {"percent": 62, "low": 60, "high": 65, "grade": "B"}},
        {"women": "12"},
        {"flags": [{"indicator": "cnf_breach", "level": "R1", "by_service": True, "open": True, "women": 3}]},
    ],
)
def test_what_no_release_may_hold_is_refused_at_the_door(more: dict[str, Any]) -> None:
    """A key, a number off the grid or a count that a release does not know stops it before anything leaves."""
    content = release(simple(12)).release.content
    service_ = content["services"][0]
    with pytest.raises(RefusedForSafety, match="no release may hold"):
        check({**content, "services": [{**service_, **more}]}, rules())


def test_a_share_of_a_harm_is_refused_at_the_door() -> None:
    """Even by mistake no harm is published as a question."""
    content = release(simple(12)).release.content
    service_ = content["services"][0]
    domains = [
        {**domain, "questions": [{"indicator": "acc_free", "share": 50}]} if domain["code"] == "acc" else domain
        for domain in service_["domains"]
    ]
    with pytest.raises(RefusedForSafety):
        check({**content, "services": [{**service_, "domains": domains}]}, rules())


def test_private_things_stay_private() -> None:
    """Neither the band of women nor practice.csv nor a hash of an interview stands in any file."""
    named = service("S1", _KINDS["good"](30), named=True)
    files = files_of(release(known(listed("S1"), [named], records={"S1": records("hash", 30)})).release)
    text = "".join(files.values())
    assert not [word for word in ("100_or_more", "hash-", "confirmed_by_women", "agrees_named") if word in text]


def test_csv_and_json_say_the_same() -> None:
    """The same figure stands in every file: an overall score in its table, a share in its own, words in the note."""
    files = files_of(release(simple(12)).release)
    assert "2026-H1,1,D1,S1,Service S1,published,10-19,overall,95,90,100,B\n" in files["scores.csv"]
    assert "2026-H1,1,D1,S1,10-19,stf,stf_respect,50\n" in files["questions.csv"]
    assert "domains are published" in files["method.txt"].replace("\n  ", " ").replace(
        "that are published", "are published"
    )
