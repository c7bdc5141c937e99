"""What is published of an area: its score, gaps, barriers, and whether it is severely lacking."""

from __future__ import annotations

from release_samples import area, block, form, known, listed, plain_service, release, service
from scoring_samples import women, worst


def test_an_area_with_one_service_has_no_score_of_its_own() -> None:
    """An area of one service is that service: it has no score, and it says that it is the only one."""
    found = area(release(known(listed("S1"), [plain_service("S1", 12)])))
    assert (found["score"], found["only_service"]) == (None, True)


def test_three_published_services_make_an_area_score() -> None:
    """Three services with ten women or more have a score together, rounded; two have none."""
    three = [plain_service(code, 12) for code in ("S1", "S2", "S3")]
    score = area(release(known(listed("S1", "S2", "S3"), three)))["score"]
    assert (score["percent"], score["low"], score["high"]) == (95, 90, 100)
    assert area(release(known(listed("S1", "S2", "S3"), three[:2])))["score"] is None


def test_a_hidden_service_never_enters_an_area_score() -> None:
    """A fourth service of nine women, however bad, changes nothing of the area."""
    three = [plain_service(code, 12) for code in ("S1", "S2", "S3")]
    bad = service("S4", {"C": women(9, worst("C"))})
    one, two = (release(known(listed("S1", "S2", "S3", "S4"), found)).release.data for found in (three, [*three, bad]))
    assert one == two


def test_one_small_network_cannot_be_worked_out_of_an_area_score() -> None:
    """Two small networks beside three published services stay out; three of them join, for they make a score alone."""
    three = [plain_service(code, 12) for code in ("S1", "S2", "S3")]
    small = [service(code, {"C": women(12, worst("C"))}) for code in ("T1", "T2", "T3")]
    services = (*listed("S1", "S2", "S3"), *listed("T1", "T2", "T3", band="under_20"))
    alone = area(release(known(services, three)))["score"]
    assert area(release(known(services, [*three, *small[:2]])))["score"] == alone
    joined = release(known(services, [*three, *small]))
    assert area(joined)["score"]["percent"] < alone["percent"]
    assert {block(joined, code)["status"] for code in ("T1", "T2", "T3")} == {"not_published"}


def test_a_gap_that_one_team_heard_of_from_few_women_looks_like_no_data() -> None:
    """Four women and one team say that there is no naloxone: no data. Two teams, or five women: a confirmed gap."""
    services = listed("S1")  # in D1; nothing is listed in D9
    states = []
    for forms in (
        [form("T1", "r1_4", loc_naloxone="not_reachable")],
        [form("T1", "r1_4", loc_naloxone="not_reachable"), form("T2", "r1_4", loc_naloxone="not_reachable")],
        [form("T1", "r5_9", loc_naloxone="not_reachable")],
        [],
    ):
        found = area(release(known(services, [], forms={"D9": tuple(forms)})), "D9")
        states.append(found["gaps"]["loc_naloxone"])
    assert states == ["no_data", "confirmed", "confirmed", "no_data"]


def test_a_gap_that_is_contradicted_is_reported() -> None:
    """Five women say that there is no naloxone, another team says there is: the gap is reported, not confirmed."""
    forms = (form("T1", "r5_9", loc_naloxone="not_reachable"), form("T2", "r1_4", loc_naloxone="here"))
    found = area(release(known(listed("S1"), [], forms={"D1": forms})))
    assert found["gaps"]["loc_naloxone"] == "reported"


def test_only_published_services_contradict_a_gap() -> None:
    """A service that is not published leaves no trace in the gaps of its area, whatever it offers."""
    forms = {"D1": (form("T1", "r5_9", loc_naloxone="not_reachable"),)}
    there = area(release(known(listed("S1"), [plain_service("S1", 12)], forms=forms)))
    hidden = area(release(known(listed("S1", band=""), [plain_service("S1", 12)], forms=forms)))
    nobody = area(release(known(listed("S1", band=""), [], forms=forms)))
    assert there["gaps"]["loc_naloxone"] == "reported"
    assert hidden == nobody
    assert hidden["gaps"]["loc_naloxone"] == "reported"


def test_a_gap_is_confirmed_only_beside_published_services() -> None:
    """With a service that is held back, a gap is reported and the area not lacking; it is confirmed beside one that is.

    What a held-back service offers may speak against the gap, so nobody outside could say that nothing does.
    """
    forms = {"D1": (form("T1", "r10_up", "no", loc_hiv="not_reachable", loc_shelter="not_reachable"),)}
    held = area(release(known(listed("S1", "S2"), [plain_service("S1", 12)], forms=forms)))
    assert (held["any_hr"], held["gaps"]["loc_shelter"], held["lacking"]) == ("reported", "reported", [])
    shown = area(release(known(listed("S1"), [service("S1", {"C": women(30, worst("C"))})], forms=forms)))
    assert shown["gaps"]["loc_shelter"] == "confirmed"


def test_an_area_without_any_service_is_told_of() -> None:
    """A district without a service has its gaps, and is severely lacking where there is no harm reduction at all."""
    forms = {"D9": (form("T1", "r10_up", "no", loc_nsp="not_reachable", loc_hiv="not_reachable"),)}
    found = area(release(known(listed("S1"), [], forms=forms)), "D9")
    assert found["lacking"] == ["any_hr", "gaps"]
    assert (found["any_hr"], found["gaps"]["loc_nsp"], found["only_service"]) == ("confirmed", "confirmed", False)


def test_barriers_need_two_teams_or_five_women() -> None:
    """A barrier that one team heard of from four women is not named."""
    forms = (form("T1", "r1_4", barriers=["police", "cost"]), form("T2", "r1_4", barriers=["police"]))
    assert area(release(known(listed("S1"), [], forms={"D1": forms})))["barriers"] == ["police"]


def test_an_area_is_lacking_by_its_services_only_where_all_are_published() -> None:
    """Three published services, all severely lacking: so is the area; with a fourth, held back, nothing is said."""
    three = [service(code, {"C": women(30, worst("C"))}) for code in ("S1", "S2", "S3")]
    whole = area(release(known(listed("S1", "S2", "S3"), three)))
    assert whole["lacking"] == ["services"]
    assert area(release(known(listed("S1", "S2", "S3", "S4"), three)))["lacking"] == []
