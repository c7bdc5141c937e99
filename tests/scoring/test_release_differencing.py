"""Releases after releases: what may be made again, and what two of them together must not tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from release_samples import (
    AGE,
    LATER,
    ROUND,
    area,
    block,
    domain,
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
    shares,
    simple,
)
from scoring_samples import best, women, worst

from kobo_sync.errors import RefusedForSafety
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.release import NothingToRelease
from kobo_sync.scoring.release_model import Known, Remembered, Scored, read_release
from kobo_sync.scoring.release_tables import files_of


def after(n: int, first: int = 15, **changes: int) -> Known:
    """Return the round of one service as it is later: n women with a value, of `first` with these changes."""
    return simple(n, records={"S1": records("S1", first, **changes)})


def bad(code: str, n: int) -> Scored:
    """Return a service of n women of whom none is content, so that its figures move."""
    return service(code, {"C": women(n, worst("C"))})


def test_a_withdrawal_leaves_the_release_as_it_was() -> None:
    """One woman of fifteen withdraws: the release stays; asked for again, the program says so and gives the old one."""
    first = release(simple(15))
    with pytest.raises(NothingToRelease, match="fewer than 5") as caught:
        release(after(14, gone=1), [first])
    assert caught.value.release.data == first.release.data


@pytest.mark.parametrize("changes", [{"gone": 4}, {"edited": 4}, {"gone": 1, "edited": 4}, {"gone": 4, "edited": 6}])
def test_fewer_than_five_or_few_among_edits_change_nothing(changes: dict[str, int]) -> None:
    """Four withdrawals do not make a new release, nor four edits, nor one withdrawal hidden among four edits."""
    first = release(simple(15))
    other = replace(after(15, **changes), scored=(service("S1", {"C": women(15, worst("C"))}),))
    with pytest.raises(NothingToRelease):
        release(other, [first])


@pytest.mark.parametrize("changes", [{"gone": 5}, {"edited": 5}, {"gone": 3, "new": 2}])
def test_five_changed_interviews_make_a_new_release(changes: dict[str, int]) -> None:
    """Once five interviews have changed, the round is released again, with the next number."""
    first = release(simple(15))
    second = release(replace(after(15, **changes), scored=(service("S1", {"C": women(15, worst("C"))}),)), [first])
    assert (second.release.number, second.release.content["number"]) == (2, 2)
    assert block(second)["overall"]["percent"] < block(first)["overall"]["percent"]


def test_changes_add_up_over_time() -> None:
    """Three withdrawals change nothing, two more later make five: what counts is what the release was made of."""
    first = release(simple(15))
    with pytest.raises(NothingToRelease):
        release(after(12, gone=3), [first])
    assert release(replace(after(10, gone=5), scored=(bad("S1", 10),)), [first]).release.number == 2


def test_what_was_taken_over_keeps_its_own_base() -> None:
    """Of two services one is made again. Three changes of the other are remembered until two more come."""
    services, found = listed("S1", "S2"), [plain_service("S1", 15), plain_service("S2", 15)]
    first = release(known(services, found))
    hashes = {"S1": records("S1", 15, gone=5), "S2": records("S2", 15, gone=3)}
    second = release(known(services, [bad("S1", 10), bad("S2", 12)], records=hashes), [first])
    assert block(second, "S2") == block(first, "S2")
    assert block(second, "S1") != block(first, "S1")
    hashes = {"S1": records("S1", 15, gone=5), "S2": records("S2", 15, gone=5)}
    third = release(known(services, [bad("S1", 10), bad("S2", 10)], records=hashes), [first, second])
    assert block(third, "S2") != block(first, "S2")
    assert block(third, "S1") == block(second, "S1")


def test_a_tenth_woman_does_not_make_a_service_appear() -> None:
    """Nine women at the first release, ten later: the service stays held back, else its appearing would tell."""
    services, found = listed("S1", "S2"), [plain_service("S1", 9), plain_service("S2", 15)]
    first = release(known(services, found))
    hashes = {"S1": records("S1", 9, new=1), "S2": records("S2", 15, gone=5)}
    second = release(known(services, [plain_service("S1", 10), bad("S2", 10)], records=hashes), [first])
    assert block(second, "S1")["status"] == "not_published"
    hashes = {"S1": records("S1", 9, new=5), "S2": records("S2", 15, gone=5)}
    third = release(known(services, [plain_service("S1", 14), bad("S2", 10)], records=hashes), [first, second])
    assert block(third, "S1")["status"] == "published"


def test_a_review_does_not_make_a_service_appear() -> None:
    """A service that waited for a review stays held back in that round: appearing would say that a flag had waited."""
    answers: Any = {"C": [*women(10), *women(2, cnf_breach="yes")]}
    first = release(known(listed("S1"), [service("S1", answers)]))
    from scoring_samples import reviewed

    with pytest.raises(NothingToRelease):
        release(known(listed("S1"), [service("S1", answers, reviews=reviewed("cnf_breach"))]), [first])


def test_a_service_that_falls_below_ten_stays_until_five_have_changed() -> None:
    """Eleven women, two withdraw: the figures stay; three more withdraw: the service is no longer published."""
    first = release(simple(11))
    with pytest.raises(NothingToRelease):
        release(after(9, first=11, gone=2), [first])
    second = release(after(6, first=11, gone=5), [first])
    assert block(second)["status"] == "not_published"


def test_shares_of_questions_need_ten_changed_interviews() -> None:
    """Made again after five changes, a service has its domains and no shares: these would tell of the five."""
    first = release(simple(30))
    assert shares(block(first), "stf")
    second = release(replace(after(25, first=30, gone=5), scored=(bad("S1", 25),)), [first])
    assert domain(block(second), "stf") is not None
    assert shares(block(second), "stf") == {}
    third = release(after(20, first=30, gone=10), [first, second])
    assert shares(block(third), "stf")


def test_a_figure_that_hardly_moves_stays_as_it_was() -> None:
    """Five of thirty women withdraw and a figure falls from 85 to 80: it stays 85; where all do, so does the release.

    Staff: with x of n women content, D = 1 - 2/5 · (1 - x/n) · 0.67. Fifteen of thirty: 0.866, told as 85. Of the 25
    who are left ten are content: 0.839, 85 too, but with seven: 0.807, 80. Both are within a step of 85.
    """
    first = release(simple(30))
    figures = {one["code"]: one["figure"]["percent"] for one in block(first)["domains"]}
    assert figures["stf"] == 85
    for content in (10, 7):
        rows = [*mixed(2 * content), *[row for row in mixed(50) if row["stf_respect"] == "sometimes"]][:25]
        answers: Any = {"C": rows, "O": [best("O")] * 2, "P": [best("P")]}
        now = replace(after(25, first=30, gone=5), scored=(service("S1", answers),))
        alone = block(release(now))
        assert {one["code"]: one["figure"]["percent"] for one in alone["domains"]}["stf"] == (
            85 if content == 10 else 80
        )
        with pytest.raises(NothingToRelease):
            release(now, [first])


def test_of_a_service_made_again_only_what_moves_is_new() -> None:
    """One domain falls by more than a step, the others do not: it alone has a new figure."""
    first = release(simple(30))
    rows = [{**row, "leg_aid": "no", "leg_arrest": "no", "leg_rights_info": "no"} for row in mixed(25)]
    answers: Any = {"C": rows, "O": [best("O")] * 2, "P": [best("P")]}
    second = release(replace(after(25, first=30, gone=5), scored=(service("S1", answers),)), [first])
    before = {one["code"]: one["figure"] for one in block(first)["domains"]}
    now = {one["code"]: one["figure"] for one in block(second)["domains"]}
    assert {code for code in now if now[code] != before[code]} == {"leg"}


def test_identity_tables_need_ten_changed_interviews_in_each_part() -> None:
    """Eight women more in a district leave its table as it was; ten make all tables of the question anew."""
    services = (*listed("S1", "S2"), *listed("S3", "S4", area="D2"))
    counts = {code: {"young": 9, "middle": 0, "old": 0} for code in ("S1", "S2", "S3", "S4")}
    hashes = {code: records(code, 9) for code in counts}
    round_ = Known(ROUND, "2026-08-01", services, variables=(AGE,), records=hashes)
    first = release(replace(round_, identities=tuple(identities(AGE, counts))))
    cells = {"young": "five_or_more", "middle": "few_or_none", "old": "few_or_none"}
    assert [table["cells"] for table in first.release.content["identity"]] == [cells, cells]
    for more, changed in ((8, False), (10, True)):
        later = {**counts, "S1": {"young": 9, "middle": 9, "old": 0}}
        now = replace(
            round_,
            identities=tuple(identities(AGE, later)),
            records={**hashes, "S1": records("S1", 9, new=more)},
            scored=(plain_service("S1", 19),),
        )
        found = release(now, [first]).release.content["identity"]
        assert (found != first.release.content["identity"]) == changed


def test_an_area_is_made_again_only_with_all_its_services() -> None:
    """Of three services one is made again and one has lost one woman: the area's score stays as it was."""
    codes = ("S1", "S2", "S3")
    first = release(known(listed(*codes), [plain_service(code, 15) for code in codes]))
    found = [bad("S1", 15), plain_service("S2", 15), plain_service("S3", 15)]
    hashes = {code: records(code, 15) for code in codes} | {"S1": records("S1", 15, edited=5)}
    again = release(known(listed(*codes), found, records=hashes), [first])
    assert area(again)["score"] != area(first)["score"]
    held = release(known(listed(*codes), found, records=hashes | {"S2": records("S2", 15, gone=1)}), [first])
    assert block(held, "S1") == block(again, "S1")
    assert area(held)["score"] == area(first)["score"]


def test_forms_about_an_area_change_nothing_by_themselves() -> None:
    """A form that comes or goes later does not make a release again."""
    first = release(simple(15))
    with pytest.raises(NothingToRelease):
        release(simple(15, forms={"D1": (form("T1", "r10_up", "no"),)}), [first])


def test_rounds_do_not_hold_each_other_back() -> None:
    """A second round of other interviews is released whole."""
    first = release(simple(15))
    later = replace(simple(15), round=LATER, records={"S1": records("later", 15)})
    assert block(release(later, [first]))["status"] == "published"


@pytest.mark.parametrize(
    ("more", "status"), [(0, "published"), (1, "not_published"), (9, "not_published"), (10, "published")]
)
def test_a_round_that_is_another_one_and_a_little_more_is_held_back(more: int, status: str) -> None:
    """A year of which a half was published already: what it has more must be nobody, or as many as a service needs."""
    first = release(simple(15))
    year = replace(simple(15 + more), round="2026", records={"S1": records("S1", 15, new=more)})
    assert block(release(year, [first]))["status"] == status


def test_other_thresholds_do_not_release_a_round_again() -> None:
    """The same answers by different rules would tell more than either."""
    first = release(simple(15))
    more = replace(rules(), public_from=12)
    with pytest.raises(RefusedForSafety, match="other thresholds"):
        release(after(10, gone=5), [first], more)


def _with(**changes: Any) -> Framework:
    return replace(rules(), disclosure=replace(rules().disclosure, **changes))


@pytest.mark.parametrize(
    "low",
    [
        replace(rules(), public_from=9),
        replace(rules(), suppress_below=4),
        _with(mask_to=3),
        _with(sensitive_from=9),
        _with(sensitive_services=1),
        _with(after_changes=4),
        _with(score_step=0.01),
        _with(small_network=(3, 4)),
        _with(share_steps=rules().disclosure.share_steps[1:]),
    ],
)
def test_thresholds_below_the_method_publish_nothing(low: Framework) -> None:
    """A framework may ask for more women than the method does, never for fewer."""
    with pytest.raises(RefusedForSafety, match="would expose women"):
        release(simple(15), of=low)


def test_a_release_reads_back_as_it_was() -> None:
    """The bytes of a release are its one form: read and written again they are the same, and so are all its files."""
    made = release(simple(15)).release
    again = read_release(made.data)
    assert (again.data, files_of(again)) == (made.data, files_of(made))


def test_an_edited_record_counts_once() -> None:
    """An edit gives a record a new uuid and leaves its root: one change, not one gone and one come."""
    first = release(simple(15))
    for edited, there in ((4, False), (5, True)):
        now = replace(after(15, edited=edited), scored=(service("S1", {"C": women(15, worst("C"))}),))
        made: Remembered | None = None
        try:
            made = release(now, [first])
        except NothingToRelease:
            assert not there
        assert (made is not None) == there
