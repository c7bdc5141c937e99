"""Narrow lists, counts, submissions by number, and the server's clock: single calls."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from kobo_samples import URL, Pauses, session
from recorded import ASSET, final_rows, recorded_server

from kobo_sync.kobo.account import server_time
from kobo_sync.kobo.errors import BadToken, NotKobo
from kobo_sync.kobo.submissions import NARROW, by_ids, count, listing

PATH = f"{URL}/api/v2/assets/aForm/data/"
EDITED = {"meta/deprecatedID": {"$exists": True}}


def page(ids: list[int], number: int) -> dict[str, Any]:
    return {"count": number, "next": None, "previous": None, "results": [{"_id": id_} for id_ in ids]}


def asked(server: responses.RequestsMock) -> list[dict[str, Any]]:
    return [
        {key: json.loads(values[0]) for key, values in parse_qs(urlsplit(str(call.request.url)).query).items()}
        for call in server.calls
    ]


def test_a_list_ends_by_the_servers_count_and_not_by_its_length() -> None:
    """A short page is followed by another while the server counts more; the last one is known by its count."""
    with responses.RequestsMock() as server:
        for ids, number in (([3], 5), ([5, 6], 4), ([7, 9], 2)):
            server.get(PATH, json=page(ids, number))
        pages = list(listing(session(), "aForm", 2, 9, query=EDITED, size=2))
        questions = asked(server)
    assert [[row["_id"] for row in one.rows] for one in pages] == [[3], [5, 6], [7, 9]]
    assert [one["query"]["_id"] for one in questions] == [{"$gt": n, "$lte": 9} for n in (2, 3, 6)]
    assert all(one["fields"] == list(NARROW) and one["query"].items() >= EDITED.items() for one in questions)


def test_an_empty_list_is_one_empty_page() -> None:
    """Where nothing matches, one question is asked, and its empty page given."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=page([], 0))
        assert [one.rows for one in listing(session(), "aForm", 0, 9)] == [[]]


@pytest.mark.parametrize("ids", [[2, 5], [5, 10], [1]])
def test_a_list_outside_of_its_range_is_not_taken(ids: list[int]) -> None:
    """Submissions below or above the range that was asked for are not given on."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=page(ids, len(ids)))
        with pytest.raises(NotKobo, match="not asked for"):
            list(listing(session(), "aForm", 2, 9))


def test_a_contradiction_is_asked_about_again() -> None:
    """An empty page although submissions match can be a deletion at that moment: the next answer counts."""
    pauses = Pauses()
    with responses.RequestsMock() as server:
        server.get(PATH, json=page([], 1))
        server.get(PATH, json=page([], 0))
        assert [one.rows for one in listing(session(sleep=pauses), "aForm", 0, 9)] == [[]]
    assert pauses.taken == [1.0]


def test_a_lasting_contradiction_ends_the_reading() -> None:
    """A server that goes on to count submissions and to hand out none is not believed."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=page([], 4))
        with pytest.raises(NotKobo, match="does not hand them out"):
            list(listing(session(sleep=Pauses()), "aForm", 0, 9))
        assert len(server.calls) == 3


def test_what_is_asked_for_by_number_comes_whole() -> None:
    """When an answer holds fewer than the server counts, the missing ones are asked for until all are there."""
    with responses.RequestsMock() as server:
        for ids, number in (([2], 3), ([], 2), ([4], 2), ([8], 1)):
            server.get(PATH, json=page(ids, number))
        (found,) = by_ids(session(sleep=Pauses()), "aForm", [2, 3, 4, 8], fields=NARROW)
        questions = asked(server)
    assert [row["_id"] for row in found.rows] == [2, 4, 8]
    assert [one["query"]["_id"]["$in"] for one in questions] == [[2, 3, 4, 8], [3, 4, 8], [3, 4, 8], [3, 8]]
    assert questions[0]["fields"] == list(NARROW)


def test_numbers_that_are_never_handed_out_are_not_taken_for_gone() -> None:
    """A server that counts submissions of these numbers and hands out none is not believed."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=page([], 1))
        with pytest.raises(NotKobo, match="does not hand them out"):
            list(by_ids(session(sleep=Pauses()), "aForm", [2, 3]))


def test_counting_hands_out_one_number() -> None:
    """To count, one submission's number is asked for, and the server's count is taken."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=page([3], 4711))
        assert count(session(), "aForm", 2, 9, query=EDITED) == 4711
        (question,) = asked(server)
    assert (question["limit"], question["fields"]) == (1, ["_id"])


def test_the_question_for_changes_is_answered_by_the_stand_in() -> None:
    """Ever edited, or a status since, or come in since: one question joined by "or" lists them all."""
    rows = final_rows()
    wanted = {
        row["_id"]
        for row in rows
        if "meta/deprecatedID" in row or row["_validation_status"] or row["_submission_time"] >= "2026-11-22T11:15:00"
    }
    query = {
        "$or": [
            EDITED,
            {"_validation_status.timestamp": {"$gt": 0}},
            {"_submission_time": {"$gte": "2026-11-22T11:15:00"}},
        ]
    }
    with recorded_server() as recorded:
        opened = session(recorded.server.url, recorded.tokens["owner1"])
        pages = list(listing(opened, ASSET, 0, rows[-1]["_id"], query=query, size=7))
    assert {row["_id"] for one in pages for row in one.rows} == wanted
    assert 0 < len(wanted) < len(rows)


@pytest.mark.parametrize("told", ["2026-07-01T12:00:00Z", "2026-07-01T12:00:00", "2026-07-01T14:00:00.250000+02:00"])
def test_the_servers_clock_is_read(told: str) -> None:
    """The server's time is read with its zone, or as UTC without one."""
    with responses.RequestsMock() as server:
        server.get(f"{URL}/me/", json={"username": "a", "server_time": told})
        assert server_time(session()) == 1782907200


@pytest.mark.parametrize("answer", [{"message": "user is not logged in"}, {"server_time": 5}, {"server_time": "x"}, []])
def test_a_server_without_a_clock_is_no_kobotoolbox(answer: Any) -> None:
    """What does not tell its time is not KoboToolbox, and the message says what to look at."""
    with responses.RequestsMock() as server:
        server.get(f"{URL}/me/", json=answer)
        with pytest.raises(NotKobo, match=r"kobo-sync\.toml"):
            server_time(session())


def test_a_wrong_token_is_said_before_anything_is_read() -> None:
    """The first question of a run, the time, is refused for a wrong token, in the usual words."""
    with responses.RequestsMock() as server:
        server.get(f"{URL}/me/", status=401, json={"detail": "Invalid token."})
        with pytest.raises(BadToken):
            server_time(session())
