"""Reading submissions by keyset: nothing lost, nothing twice, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from kobo_samples import URL, Pauses, session
from recorded import ASSET, Recorded, final_rows, recorded_server
from requests import PreparedRequest
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.errors import NotKobo
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import IDS_A_REQUEST, Page, by_ids, new_pages
from kobo_sync.standin import seeds

PATH = f"{URL}/api/v2/assets/aForm/data/"


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with recorded_server() as server:
        yield server


@pytest.fixture
def here(recorded: Recorded) -> KoboSession:
    return session(recorded.server.url, recorded.tokens["owner1"])


def _page(rows: Any, count: int = 0) -> dict[str, Any]:
    return {"count": count, "next": None, "previous": None, "results": rows}


def _ids(pages: Iterator[Page] | list[Page]) -> list[int]:
    return [row["_id"] for page in pages for row in page.rows]


@pytest.mark.parametrize("size", [1, 7, 79, 80, 81, 1000])
def test_every_submission_comes_once_in_order(here: KoboSession, size: int) -> None:
    """Pages of any size together hold every submission once, in the order of their ids, as the server gives it."""
    rows = [row for page in new_pages(here, ASSET, 0, size=size) for row in page.rows]
    assert rows == final_rows()


def test_each_page_knows_how_many_are_left(here: KoboSession) -> None:
    """A page tells its highest id and how many match from it on, for the watermark and the progress."""
    pages = list(new_pages(here, ASSET, 0, size=30))
    assert [(len(page.rows), page.left) for page in pages] == [(30, 80), (30, 50), (20, 20)]
    assert [page.last_id for page in pages] == [page.rows[-1]["_id"] for page in pages]


def test_a_watermark_is_where_reading_goes_on(here: KoboSession) -> None:
    """Reading after an id gives what is above it and nothing else."""
    ids = [row["_id"] for row in final_rows()]
    assert _ids(new_pages(here, ASSET, ids[49])) == ids[50:]
    assert _ids(new_pages(here, ASSET, ids[-1])) == []


def test_pages_are_asked_for_one_at_a_time(here: KoboSession, recorded: Recorded) -> None:
    """The next page is not read before this one is dealt with."""
    before = len(recorded.server.requests)
    pages = new_pages(here, ASSET, 0, size=10)
    assert len(recorded.server.requests) == before
    next(pages)
    assert len(recorded.server.requests) == before + 1


def test_the_server_s_limit_loses_nothing(here: KoboSession, recorded: Recorded) -> None:
    """A server that gives fewer rows than asked, without a word, is read to the end all the same."""
    last = final_rows()[-1]
    more = [{**last, "_id": 10**6 + n, "_uuid": f"u{n}", "meta/rootUuid": f"uuid:u{n}"} for n in range(1500)]
    seeds.add_rows(recorded.server.world, ASSET, more)
    sizes = [len(page.rows) for page in new_pages(here, ASSET, 0, size=5000)]
    assert sizes == [1000, 580]


def test_a_short_page_is_not_the_last() -> None:
    """Only an empty page ends the reading: a page can be short for many reasons."""
    with responses.RequestsMock() as server:
        for rows in ([{"_id": 1}], [{"_id": 5}, {"_id": 9}], [{"_id": 10}], []):
            server.get(PATH, json=_page(rows))
        assert _ids(new_pages(session(), "aForm", 0, size=1000)) == [1, 5, 9, 10]
        asked = [json.loads(parse_qs(urlsplit(str(call.request.url)).query)["query"][0]) for call in server.calls]
    assert asked == [{"_id": {"$gt": after}} for after in (0, 1, 9, 10)]


def test_only_what_the_server_knows_is_asked_with(here: KoboSession, recorded: Recorded) -> None:
    """Pages are asked for by query, sort and limit; offsets lose rows and other words are ignored by the server."""
    list(new_pages(here, ASSET, 0))
    for record in recorded.server.requests:
        if record.path.endswith("/data/"):
            assert set(parse_qs(record.query)) == {"query", "sort", "limit"}


def test_deletions_between_pages_lose_nothing_else(here: KoboSession, recorded: Recorded) -> None:
    """Rows deleted while pages are read, before and after the page, take no other row with them."""
    ids = [row["_id"] for row in final_rows()]
    pages = new_pages(here, ASSET, 0, size=20)
    got = _ids([next(pages)])
    gone = ids[0:20:3] + ids[20:60:7]
    answer = here.send("DELETE", f"/api/v2/assets/{ASSET}/data/bulk/", body={"payload": {"submission_ids": gone}})
    assert "deleted" in answer["detail"]
    got += _ids(pages)
    assert got == ids[:20] + [id_ for id_ in ids[20:] if id_ not in gone]


def test_arrivals_between_pages_are_read(here: KoboSession, recorded: Recorded) -> None:
    """Submissions that arrive while pages are read come with the last pages, once each."""
    last = final_rows()[-1]
    pages = new_pages(here, ASSET, 0, size=30)
    got = _ids([next(pages)])
    for number in range(5):
        new = {**last, "_id": last["_id"] + 10 + number, "_uuid": f"n{number}", "meta/rootUuid": f"uuid:n{number}"}
        seeds.add_rows(recorded.server.world, ASSET, [new])
        got += _ids([next(pages)]) if number < 2 else []
    got += _ids(pages)
    assert got == [row["_id"] for row in final_rows()] + [last["_id"] + 10 + number for number in range(5)]


def test_a_storm_between_pages_loses_nothing(here: KoboSession, recorded: Recorded) -> None:
    """A busy server in the middle of the reading only costs time."""
    count = [0]

    def busy_often(_: Request) -> Response | None:
        count[0] += 1
        return Response("", 503, {"Retry-After": "2"}) if count[0] % 3 else None

    recorded.server.before = busy_often
    assert _ids(new_pages(here, ASSET, 0, size=25)) == [row["_id"] for row in final_rows()]


BROKEN: dict[str, Any] = {
    "out of order": _page([{"_id": 5}, {"_id": 4}]),
    "twice the same": _page([{"_id": 5}, {"_id": 5}]),
    "below the watermark": _page([{"_id": 3}, {"_id": 7}]),
    "the watermark itself": _page([{"_id": 4}]),
    "no id": _page([{"_uuid": "x"}]),
    "an id that is text": _page([{"_id": "5"}]),
    "an id that is no whole number": _page([{"_id": 5.5}]),
    "an id that is true": _page([{"_id": True}]),
    "an id that is null": _page([{"_id": None}]),
    "rows that are no objects": _page([5, 6]),
    "no rows": {"count": 0},
    "rows that are null": _page(None),
    "rows that are an object": _page({"_id": 5}),
    "no count": {"results": [{"_id": 5}]},
    "a count that is text": {"count": "many", "results": [{"_id": 5}]},
    "a list": [{"_id": 5}],
    "null": None,
    "a text": "hello",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_page_that_makes_no_sense_is_not_given_on(kind: str) -> None:
    """A page out of order, with repeated or unasked ids, or no page at all, yields nothing and ends the reading."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=BROKEN[kind])
        pages = new_pages(session(), "aForm", 4)
        with pytest.raises(NotKobo, match=r"[Nn]othing|nothing was stored"):
            next(pages)


@given(st.lists(st.lists(st.integers(-3, 60), max_size=6), max_size=5))
def test_what_is_yielded_always_rises(pages: list[list[int]]) -> None:
    """Whatever a server answers, the ids that are yielded rise from the watermark on, page after page."""
    got: list[int] = []
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        for ids in [*pages, []]:
            server.get(PATH, json=_page([{"_id": id_} for id_ in ids]))
        try:
            for page in new_pages(session(sleep=Pauses()), "aForm", 0):
                got += [row["_id"] for row in page.rows]
        except NotKobo:
            ended_well = False
        else:
            ended_well = True
    assert got == sorted(set(got))
    assert all(id_ > 0 for id_ in got)
    # It ends well only after everything that came before the first empty page was yielded.
    until = [ids for ids in pages[: next((n for n, ids in enumerate(pages) if not ids), len(pages))]]  # noqa: C416 -- the slice is what is meant
    assert not ended_well or got == [id_ for ids in until for id_ in ids]


def _asked(request: PreparedRequest) -> list[int]:
    found: list[int] = json.loads(parse_qs(urlsplit(str(request.url)).query)["query"][0])["_id"]["$in"]
    return found


@given(st.lists(st.integers(1, 2**33), max_size=700, unique=True).map(sorted))
def test_known_ids_are_asked_for_in_short_addresses(ids: list[int]) -> None:
    """Known ids are asked for 200 at a time, each once, and no address passes 4 kB."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        server.add_callback(
            "GET", PATH, lambda request: (200, {}, json.dumps(_page([{"_id": id_} for id_ in _asked(request)])))
        )
        pages = list(by_ids(session(), "aForm", ids))
        calls = [call.request for call in server.calls]
    assert [id_ for request in calls for id_ in _asked(request)] == ids
    assert all(len(_asked(request)) <= 200 for request in calls)
    assert all(len(str(request.url)) < 4096 for request in calls)
    assert _ids(pages) == ids
    assert len(pages) == -(-len(ids) // IDS_A_REQUEST)


def test_the_real_address_of_200_ids_is_taken(here: KoboSession, recorded: Recorded) -> None:
    """A server that refuses addresses above 4 kB takes those of 200 ten-digit ids."""
    wanted = [row["_id"] for row in final_rows()][:3] + list(range(9_000_000_000, 9_000_000_300))
    assert _ids(by_ids(here, ASSET, wanted)) == wanted[:3]
    assert {record.status for record in recorded.server.requests if record.path.endswith("/data/")} == {200}


def test_ids_that_were_not_asked_for_are_not_given_on() -> None:
    """An answer with other submissions than those asked for is not taken."""
    with responses.RequestsMock() as server:
        server.get(PATH, json=_page([{"_id": 1}, {"_id": 2}]))
        with pytest.raises(NotKobo, match="not asked for"):
            next(by_ids(session(), "aForm", [1, 3]))
